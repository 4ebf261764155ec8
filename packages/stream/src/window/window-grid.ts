import { StreamError } from '../stream-error.ts'
import { bucketEdges, type CalendarStep, stepMicros } from '../time/calendar.ts'
import type { TimeUnit } from '../time/time.ts'
import type { ResolvedWindow } from './window-spec.ts'

/**
 * Windows that do not depend on the events, and the slices they are made of: the longest stretches that
 * belong whole to each window or not at all. No two windows have the same end, so that a window is known by it.
 */
export interface WindowGrid {
  /** Sets `sliceStart`, `sliceEnd` and the ends of the first and last window around `time`. */
  seek(time: number): void
  readonly sliceStart: number
  readonly sliceEnd: number
  /** Least end of a window that holds the slice; NaN when none does. */
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

/** What windows of fixed lengths have in common: one begins at `offset`. */
abstract class RegularGrid implements WindowGrid {
  protected readonly size: number
  protected readonly offset: number
  sliceStart = Number.NaN
  sliceEnd = Number.NaN
  firstEnd = Number.NaN
  lastEnd = Number.NaN

  constructor(size: number, offset: number) {
    this.size = size
    this.offset = offset
  }

  abstract seek(time: number): void
  abstract endAfter(end: number): number
  abstract startOf(end: number): number

  /** Greatest multiple of `every`, counted from the offset, that is not after `time`. */
  protected floor(time: number, every: number): number {
    return Math.floor((time - this.offset) / every) * every + this.offset
  }
}

class HoppingGrid extends RegularGrid {
  readonly #slide: number
  readonly #slice: number

  constructor(size: number, slide: number, offset: number) {
    super(size, offset)
    this.#slide = slide
    this.#slice = greatestCommonDivisor(size, slide)
  }

  seek(time: number): void {
    this.sliceStart = this.floor(time, this.#slice)
    this.sliceEnd = this.sliceStart + this.#slice
    this.lastEnd = this.floor(time, this.#slide) + this.size
    if (this.lastEnd <= time) {
      this.firstEnd = Number.NaN
      this.lastEnd = Number.NaN
    } else {
      // Windows that hold the time begin later than time − size.
      const before = Math.floor((this.lastEnd - this.sliceStart - 1) / this.#slide)
      this.firstEnd = this.lastEnd - before * this.#slide
    }
  }

  endAfter(end: number): number {
    return this.floor(end - this.size, this.#slide) + this.#slide + this.size
  }

  startOf(end: number): number {
    return end - this.size
  }
}

class CumulateGrid extends RegularGrid {
  readonly #step: number

  constructor(size: number, step: number, offset: number) {
    super(size, offset)
    this.#step = step
  }

  seek(time: number): void {
    this.sliceStart = this.floor(time, this.#step)
    this.sliceEnd = this.sliceStart + this.#step
    this.firstEnd = this.sliceEnd
    this.lastEnd = this.floor(time, this.size) + this.size
  }

  endAfter(end: number): number {
    return this.floor(end, this.#step) + this.#step
  }

  startOf(end: number): number {
    return this.floor(end - 1, this.size)
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
  sliceStart = Number.NaN
  sliceEnd = Number.NaN

  constructor(step: CalendarStep, zone: string, unit: TimeUnit) {
    this.#step = step
    this.#zone = zone
    this.#scale = unit === 'ms' ? 1000 : 1
  }

  get firstEnd(): number {
    return this.sliceEnd
  }

  get lastEnd(): number {
    return this.sliceEnd
  }

  seek(time: number): void {
    const i = this.#indexOf(time)
    this.sliceStart = this.#edges[i] ?? Number.NaN
    this.sliceEnd = this.#edges[i + 1] ?? Number.NaN
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
