import type { Compiled } from './compiled.ts'
import type { CountedBatch } from './counted-rows.ts'
import { Fold } from './fold.ts'
import { GroupLimit } from './group-limit.ts'
import type { LiveUpdate } from './live.ts'
import { type SeriesLimits, type SeriesState, WindowSeries } from './window-series.ts'
import { cellWidth, usualLength } from './window-times.ts'

export interface DefinitionLimits extends SeriesLimits {
  readonly groups: number
}

export interface DefinitionOptions {
  readonly compiled: Compiled
  readonly limits: DefinitionLimits
  /** Windows that begin before this miss rows that were read before. */
  readonly incompleteBefore: number
  readonly watermark: number | null
  readonly restored?: DefinitionState
}

/** What a checkpoint holds of a definition; `series` in the order of its windows. */
export interface DefinitionState {
  readonly groups: readonly (readonly [string, number])[]
  readonly overflow: number
  readonly series: readonly SeriesState[]
}

/** Everything that is kept for one definition: the fold of its rows, and a series for each of its windows. */
export class DefinitionWindows {
  readonly compiled: Compiled
  readonly series: readonly WindowSeries[]
  readonly #fold: Fold
  readonly #groups: GroupLimit
  readonly #longest: number
  readonly #overflowBefore: number

  /** @throws StreamError `bad_snapshot` where `restored` does not fit */
  constructor(options: DefinitionOptions) {
    const { compiled, limits, restored } = options
    const { definition, plan, kept } = compiled
    const { windows, project } = definition
    this.compiled = compiled
    this.#groups = new GroupLimit(definition.maxGroups ?? limits.groups, restored?.groups)
    this.#longest = Math.max(...windows.map(usualLength))
    this.#overflowBefore = restored?.overflow ?? 0
    this.#fold = new Fold({ plan, kept, project, cell: cellWidth(windows), groups: this.#groups })
    const { states: sums } = this.#fold
    const { incompleteBefore, watermark } = options
    this.series = windows.map((window, at) => {
      const state = restored?.series[at]
      return new WindowSeries({
        compiled,
        window,
        sums,
        limits,
        incompleteBefore,
        watermark,
        ...(state === undefined ? {} : { restored: state }),
      })
    })
  }

  /** Takes the place of one that counted the same (`WindowSeries.inherit`). */
  inherit(from: DefinitionWindows, isMissed: boolean): void {
    for (const [at, each] of this.series.entries()) {
      const before = from.series[at]
      if (before !== undefined) each.inherit(before, isMissed)
    }
  }

  get name(): string {
    return this.compiled.definition.name
  }

  get groups(): number {
    return this.#groups.size
  }

  /** Memory of the window operators, estimated. */
  get bytes(): number {
    return this.series.reduce((sum, each) => sum + each.bytes, 0)
  }

  /** Rows counted under the overflow key. */
  get overflow(): number {
    return this.#overflowBefore + this.#fold.overflow
  }

  state(): DefinitionState {
    return {
      groups: this.#groups.entries(),
      overflow: this.overflow,
      series: this.series.map((each) => each.state()),
    }
  }

  add(of: CountedBatch): void {
    this.#fold.add(of)
  }

  /** Hands what was added to the windows. */
  flush(): void {
    const sums = this.#fold.sums()
    if (sums === null) return
    for (const each of this.series) each.push(sums)
    // Late rows refer to their sums until they are taken.
    for (const each of this.series) each.takeLate()
    this.#fold.clear()
  }

  advance(watermark: number): void {
    for (const each of this.series) each.advance(watermark)
    this.#groups.forget(watermark - 2 * this.#longest)
  }

  tick(now: number): void {
    for (const each of this.series) each.tick(now)
  }

  take(now: number): LiveUpdate[] {
    return this.series.flatMap((each) => each.take(now))
  }

  /** Rows came that are not counted live: the windows around them are in doubt. */
  doubtRows(of: CountedBatch): void {
    for (const { project, time } of this.#fold.touched(of)) this.doubtAt(project, time)
  }

  doubtAt(project: string, time: number): void {
    for (const each of this.series) each.doubtAt(project, time)
  }

  doubtWithin(project: string, from: number, to: number): void {
    for (const each of this.series) each.doubtWithin(project, from, to)
  }
}
