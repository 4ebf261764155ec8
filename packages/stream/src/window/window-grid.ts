import { StreamError } from '../stream-error.ts'
import { bucketEdges, type CalendarStep, stepMicros } from '../time/calendar.ts'
import type { TimeUnit } from '../time/time.ts'
import type { ResolvedWindow } from './window-spec.ts'

/**
 * Windows that do not depend on the events, and the panes they are made of: the longest stretches that
 * belong whole to each window or not at all. No two windows have the same end, so that a window is known by it.
 */
export interface WindowGrid {
  /** Sets `paneStart`, `paneEnd` and the ends of the first and last window around `time`. */
  seek(time: number): void
  readonly paneStart: number
  readonly paneEnd: number
  /** Least end of a window that holds the pane; NaN when none does. */
  readonly firstEnd: number
  readonly lastEnd: number
  /** Least end of a window that is greater than `end`, which may be −∞ only where windows are dense. */
  endAfter(end: number): number
  startOf(end: number): number
}

export function createGrid(window: ResolvedWindow, unit: TimeUnit): WindowGrid | null {
  switch (window.type) {
    case 'hopping':
      return new HoppingGrid(window.size, window.slide, window.offset)
    case 'cumulate':
      return new CumulateGrid(window.size, window.step, window.offset)
    case 'calendar':
      return new CalendarGrid(window.step, window.zone, unit)
    case 'sliding':
    case 'session':
    case 'global':
    case 'count':
      return null
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

class HoppingGrid implements WindowGrid {
  readonly #size: number
  readonly #slide: number
  readonly #offset: number
  readonly #pane: number
  paneStart = Number.NaN
  paneEnd = Number.NaN
  firstEnd = Number.NaN
  lastEnd = Number.NaN

  constructor(size: number, slide: number, offset: number) {
    this.#size = size
    this.#slide = slide
    this.#offset = offset
    this.#pane = greatestCommonDivisor(size, slide)
  }

  seek(time: number): void {
    const slide = this.#slide
    const since = time - this.#offset
    this.paneStart = Math.floor(since / this.#pane) * this.#pane + this.#offset
    this.paneEnd = this.paneStart + this.#pane
    const lastStart = Math.floor(since / slide) * slide + this.#offset
    this.lastEnd = lastStart + this.#size
    if (this.lastEnd <= time) {
      this.firstEnd = Number.NaN
      this.lastEnd = Number.NaN
    } else {
      // Windows that hold the time begin later than time − size.
      const before = Math.floor((this.lastEnd - this.paneStart - 1) / slide)
      this.firstEnd = this.lastEnd - before * slide
    }
  }

  endAfter(end: number): number {
    const since = end - this.#offset - this.#size
    return (Math.floor(since / this.#slide) + 1) * this.#slide + this.#offset + this.#size
  }

  startOf(end: number): number {
    return end - this.#size
  }
}

class CumulateGrid implements WindowGrid {
  readonly #size: number
  readonly #step: number
  readonly #offset: number
  paneStart = Number.NaN
  paneEnd = Number.NaN
  firstEnd = Number.NaN
  lastEnd = Number.NaN

  constructor(size: number, step: number, offset: number) {
    this.#size = size
    this.#step = step
    this.#offset = offset
  }

  seek(time: number): void {
    const since = time - this.#offset
    this.paneStart = Math.floor(since / this.#step) * this.#step + this.#offset
    this.paneEnd = this.paneStart + this.#step
    this.firstEnd = this.paneEnd
    this.lastEnd = Math.floor(since / this.#size) * this.#size + this.#offset + this.#size
  }

  endAfter(end: number): number {
    return (Math.floor((end - this.#offset) / this.#step) + 1) * this.#step + this.#offset
  }

  startOf(end: number): number {
    return Math.floor((end - 1 - this.#offset) / this.#size) * this.#size + this.#offset
  }
}

/** How many edges of the calendar are made at once. */
const EDGES = 64

/**
 * Edges are made around the time asked for and kept for as long as times stay near. A time that the
 * calendar does not reach (years beyond 2255 or before 1685) is in no window.
 */
class CalendarGrid implements WindowGrid {
  readonly #step: CalendarStep
  readonly #zone: string
  /** µs per unit of the stream. */
  readonly #scale: number
  #edges: readonly number[] = []
  paneStart = Number.NaN
  paneEnd = Number.NaN

  constructor(step: CalendarStep, zone: string, unit: TimeUnit) {
    this.#step = step
    this.#zone = zone
    this.#scale = unit === 'ms' ? 1000 : 1
  }

  get firstEnd(): number {
    return this.paneEnd
  }

  get lastEnd(): number {
    return this.paneEnd
  }

  seek(time: number): void {
    const i = this.#indexOf(time)
    this.paneStart = this.#edges[i] ?? Number.NaN
    this.paneEnd = this.#edges[i + 1] ?? Number.NaN
  }

  endAfter(end: number): number {
    const i = this.#indexOf(end)
    return this.#edges[i + 1] ?? Number.NaN
  }

  startOf(end: number): number {
    const i = this.#indexOf(end - 1)
    return this.#edges[i] ?? Number.NaN
  }

  /** Index of the bucket that holds a time, in edges that this may have made anew. */
  #indexOf(time: number): number {
    let edges = this.#edges
    if (!(time >= (edges[0] ?? Number.NaN) && time < (edges.at(-1) ?? Number.NaN))) {
      edges = this.#edgesAround(time)
      this.#edges = edges
    }
    let low = 0
    let high = edges.length - 1
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((edges[middle] ?? 0) <= time) low = middle
      else high = middle
    }
    return low
  }

  #edgesAround(time: number): readonly number[] {
    const scale = this.#scale
    const length = stepMicros(this.#step)
    const micros = Math.floor(time * scale)
    const from = micros - 2 * length
    const to = micros + EDGES * length
    // Beyond the years that µs can tell there is no bucket.
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) return []
    const found = bucketEdges({ from, to, step: this.#step, zone: this.#zone })
    if (!found.ok) throw new StreamError('invalid_window', found.message, 'window')
    // Whole in ms: offsets of zones are whole seconds.
    return found.edges.map((edge) => edge / scale)
  }
}
