/** The one source of time and timers, passed to whoever needs them so that tests can replace it. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Epoch microseconds. */
  nowMicros(): number
  /** Milliseconds of a clock that never jumps. */
  monotonic(): number
  /** Calls `run` once after `ms`; the answer cancels it. The timer does not keep the process alive. */
  after(ms: number, run: () => void): () => void
  /** Like `after`, but the process stays alive until it has run. */
  hold(ms: number, run: () => void): () => void
  /** Calls `run` every `ms`; the answer stops it. The timer does not keep the process alive. */
  every(ms: number, run: () => void): () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  nowMicros: () => Date.now() * 1000,
  monotonic: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms).unref()
    return () => clearTimeout(timer)
  },
  hold(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
  every(ms, run) {
    const timer = setInterval(run, ms).unref()
    return () => clearInterval(timer)
  },
}
