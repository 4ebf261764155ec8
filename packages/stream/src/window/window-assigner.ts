import { type Batch, type Column, numberAt } from '../batch/batch.ts'
import { END_OF_TIME, type TimeUnit } from '../time/time.ts'
import { createGrid, type WindowGrid } from './window-grid.ts'
import { ALL_OF_TIME, type ResolvedWindow } from './window-spec.ts'

/** Bounds of a window. */
interface Bounds {
  readonly start: number
  readonly end: number
}

/** Which windows an event belongs to. */
export interface Assigner {
  /** Called before the rows of a batch. */
  begin(batch: Batch): void
  /** Puts the windows of an event into `starts` and `ends`, ascending, and answers how many. */
  assign(time: number, row: number): number
  readonly starts: readonly number[]
  readonly ends: readonly number[]
  /** For windows that merge: those of a key, ascending, that [start, end) becomes one with. */
  readonly merge:
    | (<W extends Bounds>(windows: readonly W[], start: number, end: number) => W[])
    | null
  /** Grain for the timers of such windows. */
  readonly grain: number
}

export function createAssigner(window: ResolvedWindow, unit: TimeUnit): Assigner | null {
  switch (window.type) {
    case 'hopping':
    case 'cumulate':
    case 'calendar': {
      const grid = createGrid(window, unit)
      return grid === null ? null : new GridAssigner(grid)
    }
    case 'session':
      return new SessionAssigner(window.gap, window.gapColumn, window.longest)
    case 'global':
      return new GlobalAssigner()
    case 'sliding':
    case 'count':
      return null
  }
}

class GridAssigner implements Assigner {
  readonly #grid: WindowGrid
  readonly starts: number[] = []
  readonly ends: number[] = []
  readonly merge = null
  readonly grain: number

  constructor(grid: WindowGrid) {
    this.#grid = grid
    grid.seek(0)
    this.grain = grid.sliceEnd - grid.sliceStart
  }

  begin(): void {}

  assign(time: number): number {
    const grid = this.#grid
    grid.seek(time)
    const { firstEnd, lastEnd } = grid
    if (Number.isNaN(firstEnd)) return 0
    let count = 0
    for (let end = firstEnd; end <= lastEnd; end = grid.endAfter(end)) {
      this.starts[count] = grid.startOf(end)
      this.ends[count++] = Math.min(end, END_OF_TIME)
    }
    return count
  }
}

class SessionAssigner implements Assigner {
  readonly #gap: number
  readonly #gapColumn: string | null
  readonly #longest: number
  #gaps: Column | undefined
  readonly starts: number[] = [0]
  readonly ends: number[] = [0]
  readonly grain: number

  constructor(gap: number, gapColumn: string | null, longest: number) {
    this.#gap = gap
    this.#gapColumn = gapColumn
    this.#longest = longest
    this.grain = Number.isNaN(gap) ? 1000 : gap / 16
  }

  begin(batch: Batch): void {
    if (this.#gapColumn !== null) this.#gaps = batch.columns.get(this.#gapColumn)
  }

  assign(time: number, row: number): number {
    let gap = this.#gap
    if (this.#gapColumn !== null) {
      gap = numberAt(this.#gaps, row) ?? Number.NaN
      // Without a gap it is in no session. A gap of 0 is a session of this instant alone.
      if (!Number.isInteger(gap) || gap < 0) return 0
    }
    this.starts[0] = time
    this.ends[0] = Math.min(time + gap, END_OF_TIME)
    return 1
  }

  readonly merge = <W extends Bounds>(windows: readonly W[], start: number, end: number): W[] => {
    const parts: W[] = []
    let from = start
    let to = end
    for (const window of windows) {
      if (window.start > end || window.end < start) continue
      const mergedFrom = Math.min(from, window.start)
      const mergedTo = Math.max(to, window.end)
      if (mergedTo - mergedFrom > this.#longest) continue
      from = mergedFrom
      to = mergedTo
      parts.push(window)
    }
    return parts
  }
}

class GlobalAssigner implements Assigner {
  readonly starts: readonly number[] = [ALL_OF_TIME.start]
  readonly ends: readonly number[] = [ALL_OF_TIME.end]
  readonly merge = null
  readonly grain = 1000

  begin(): void {}

  assign(): number {
    return 1
  }
}
