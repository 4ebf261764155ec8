/** What a process function keeps of one key. */
export interface KeyRecord {
  readonly key: number
  /** Undefined: none. */
  state: unknown
  /** Event time from which on the state has outlived its time; +∞ for never. */
  expires: number
  /** Times at which the function asked to be called, ascending: by watermark, by clock. */
  readonly timers: number[]
  readonly clockTimers: number[]
}

export function keyRecord(key: number): KeyRecord {
  return { key, state: undefined, expires: Number.POSITIVE_INFINITY, timers: [], clockTimers: [] }
}

/** Adds a time to an ascending list, once. Answers whether it is new. */
export function addTime(times: number[], time: number): boolean {
  let at = times.length
  while (at > 0 && (times[at - 1] ?? 0) > time) at--
  if (times[at - 1] === time) return false
  times.splice(at, 0, time)
  return true
}

/** Takes a time out of a list. Answers whether it was there. */
export function removeTime(times: number[], time: number): boolean {
  const at = times.indexOf(time)
  if (at < 0) return false
  times.splice(at, 1)
  return true
}
