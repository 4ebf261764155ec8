/**
 * Windowing in plain arrays and objects: every window keeps its events, every question looks at all of
 * them. Slow, and short enough to be seen to be right; the laws compare the engine with it.
 *
 * It knows the trigger at the end of the window with counts before and behind it, which is where windows,
 * lateness, merging and accumulation meet. Other triggers are held to the cases of other engines.
 */

export interface ModelEvent {
  readonly key: string
  readonly time: number
  readonly value: number
}

export type ModelWindow =
  | { readonly type: 'tumbling'; readonly size: number; readonly offset?: number }
  | {
      readonly type: 'hopping'
      readonly size: number
      readonly slide: number
      readonly offset?: number
    }
  | { readonly type: 'cumulate'; readonly size: number; readonly step: number }
  | { readonly type: 'session'; readonly gap: number }
  | { readonly type: 'global' }

export interface ModelOptions {
  readonly window: ModelWindow
  readonly accumulation: 'discarding' | 'accumulating' | 'retracting'
  readonly lateness: number
  /** A pane after so many new events before the end; 0: none. */
  readonly early: number
  /** A pane after so many new events behind the end. */
  readonly late: number
  readonly closing: 'if_not_empty' | 'always'
  readonly stamp: 'end' | 'earliest' | 'latest'
}

export interface ModelResult {
  readonly key: string
  readonly start: number
  readonly end: number
  readonly time: number
  readonly values: readonly number[]
  readonly retraction: boolean
  readonly index: number
  readonly onTimeIndex: number
  readonly timing: 'early' | 'on_time' | 'late'
  readonly first: boolean
  readonly last: boolean
}

interface Open {
  readonly key: string
  start: number
  end: number
  /** Values of all panes, and of those since the last one. */
  told: number[]
  fresh: number[]
  /** Times of those since the last pane that were not behind the watermark. */
  times: number[]
  /** Panes so far, and those from the one on time on. */
  panes: number
  onTime: number
  /** The end has made its pane: from then on late events are counted. */
  ended: boolean
  /** What the last pane said, for a retraction; of several where sessions merged. */
  said: ModelResult[]
}

export const BEGINNING = -8.64e15
export const END = 8.64e15

export function createWindowModel(options: ModelOptions) {
  const { window, accumulation, lateness, early, late, closing, stamp } = options
  let watermark = BEGINNING
  let open: Open[] = []
  let results: ModelResult[] = []
  let refused: ModelEvent[] = []

  const forgotten = (end: number): boolean => watermark >= Math.min(END, end + lateness)

  function emit(one: Open, timing: ModelResult['timing'], last: boolean): void {
    if (accumulation === 'retracting') {
      for (const before of one.said) results.push({ ...before, retraction: true })
      one.said = []
    }
    if (timing !== 'early') one.onTime++
    const values = accumulation === 'discarding' ? one.fresh : [...one.told, ...one.fresh]
    const result: ModelResult = {
      key: one.key,
      start: one.start,
      end: one.end,
      time: timeOf(one),
      values: values.toSorted((a, b) => a - b),
      retraction: false,
      index: one.panes,
      onTimeIndex: timing === 'early' ? -1 : one.onTime - 1,
      timing,
      first: one.panes === 0,
      last,
    }
    results.push(result)
    one.said = [result]
    one.panes++
    one.told = [...one.told, ...one.fresh]
    one.fresh = []
    one.times = []
    if (timing !== 'early') one.ended = true
  }

  function timeOf({ end, times }: Open): number {
    if (stamp === 'end' || times.length === 0) return end - 1
    return stamp === 'earliest' ? Math.min(...times) : Math.max(...times)
  }

  function add(event: ModelEvent): void {
    const bounds = windowsOf(window, event.time)
    if (bounds.length === 0) return
    const taken =
      window.type === 'session'
        ? mergeSession(event, bounds[0] ?? [0, 0])
        : addToEach(event, bounds)
    if (taken.length === 0) refused.push(event)
    for (const one of taken) {
      one.fresh.push(event.value)
      if (event.time >= watermark) one.times.push(event.time)
      const count = one.fresh.length
      if (watermark < one.end && early > 0 && count >= early) emit(one, 'early', false)
      // The end of a window that began behind the watermark is its first event.
      if (watermark >= one.end && (count >= late || !one.ended)) emit(one, 'late', false)
    }
  }

  function addToEach(event: ModelEvent, bounds: readonly Bounds[]): Open[] {
    return bounds
      .filter(([, end]) => !forgotten(end))
      .map(([start, end]) => {
        const there = open.find(
          (one) => one.key === event.key && one.start === start && one.end === end,
        )
        if (there !== undefined) return there
        const made = fresh(event.key, start, end)
        open.push(made)
        return made
      })
  }

  function mergeSession(event: ModelEvent, [start, end]: Bounds): Open[] {
    const merged = fresh(event.key, start, end)
    let parts: Open[] = []
    for (;;) {
      // An end that is another's start touches: an exact gap belongs to the session.
      const touching = open.filter(
        (one) => one.key === event.key && one.start <= merged.end && one.end >= merged.start,
      )
      if (touching.length === parts.length) break
      parts = touching
      merged.start = Math.min(merged.start, ...parts.map((one) => one.start))
      merged.end = Math.max(merged.end, ...parts.map((one) => one.end))
    }
    if (forgotten(merged.end)) return []
    if (parts.length === 1 && parts[0]?.start === merged.start && parts[0]?.end === merged.end) {
      return parts
    }
    merged.told = parts.flatMap((one) => one.told)
    merged.fresh = parts.flatMap((one) => one.fresh)
    merged.times = parts.flatMap((one) => one.times)
    merged.panes = Math.max(0, ...parts.map((one) => one.panes))
    merged.onTime = Math.max(0, ...parts.map((one) => one.onTime))
    merged.ended = watermark >= merged.end && parts.some((one) => one.ended)
    merged.said = parts.flatMap((one) => one.said)
    open = [...open.filter((one) => !parts.includes(one)), merged]
    return [merged]
  }

  function advance(to: number): void {
    const before = watermark
    watermark = Math.max(watermark, to)
    for (const one of open.toSorted((a, b) => a.end - b.end)) {
      const closes = forgotten(one.end)
      // A session that was on time and then grew beyond the watermark is on time once more.
      if (watermark >= one.end && before < one.end) emit(one, 'on_time', closes)
      else if (closes && (one.fresh.length > 0 || closing === 'always')) emit(one, 'late', true)
    }
    open = open.filter((one) => !forgotten(one.end))
  }

  return {
    push(events: readonly ModelEvent[]): void {
      for (const event of events) add(event)
    },
    watermark: advance,
    end: (): void => advance(END),
    takeResults(): ModelResult[] {
      const taken = results
      results = []
      return taken
    },
    takeLate(): ModelEvent[] {
      const taken = refused
      refused = []
      return taken
    },
  }
}

export type WindowModel = ReturnType<typeof createWindowModel>

function fresh(key: string, start: number, end: number): Open {
  return {
    key,
    start,
    end,
    told: [],
    fresh: [],
    times: [],
    panes: 0,
    onTime: 0,
    ended: false,
    said: [],
  }
}

type Bounds = readonly [start: number, end: number]

/** Every window that a time is in, found by trying all that begin near it. */
export function windowsOf(window: ModelWindow, time: number): Bounds[] {
  switch (window.type) {
    case 'tumbling':
      return aligned(time, window.size, window.size, window.offset ?? 0)
    case 'hopping':
      return aligned(time, window.size, window.slide, window.offset ?? 0)
    case 'cumulate':
      return aligned(time, window.size, window.size, 0).flatMap(([start]) =>
        Array.from(
          { length: window.size / window.step },
          (_, i): Bounds => [start, start + (i + 1) * window.step],
        ).filter(([, end]) => time < end),
      )
    case 'session':
      return [[time, time + window.gap]]
    case 'global':
      return [[BEGINNING, END]]
  }
}

function aligned(time: number, size: number, slide: number, offset: number): Bounds[] {
  const first = Math.floor((time - offset - size) / slide)
  const last = Math.ceil((time - offset) / slide)
  return Array.from({ length: last - first + 1 }, (_, i): Bounds => {
    const start = (first + i) * slide + offset
    return [start, start + size]
  }).filter(([start, end]) => start <= time && time < end)
}
