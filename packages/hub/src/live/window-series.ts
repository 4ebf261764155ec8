import type { Cell } from '@llmhub/schema'
import {
  type Batch,
  createWindowOperator,
  numberAt,
  parseDuration,
  restoreWindowOperator,
  type States,
  textAt,
  type WindowOperator,
  type WindowOperatorOptions,
  type WindowResult,
} from '@llmhub/stream'
import { type Compiled, namesPeople } from './compiled.ts'
import { KeptResults } from './kept-results.ts'
import { type LiveUpdate, type LiveWindow, sizeOf } from './live.ts'
import type { PartValue } from './part.ts'
import { mergingAggregate } from './part-states.ts'
import { ALL, type Due, Restating, type RestatingState } from './restating.ts'
import { isRestatable, usualLength, usualStep, windowsAt } from './window-times.ts'

export interface SeriesLimits {
  /** Closed windows of each size that are kept and restated. */
  readonly windows: number
  /** Results that are kept per definition and size. */
  readonly results: number
}

export interface SeriesOptions {
  readonly compiled: Compiled
  readonly window: LiveWindow
  /** States of the fold, whose slots the rows of sums name. */
  readonly sums: readonly States[]
  readonly limits: SeriesLimits
  /** See `Restating`. */
  readonly incompleteBefore: number
  /** Watermark to begin with. */
  readonly watermark: number | null
  readonly restored?: SeriesState
}

/** What a checkpoint holds of a series. */
export interface SeriesState {
  readonly operator: Uint8Array
  readonly restating: RestatingState
  readonly late: number
  readonly restated: number
  readonly watermark: number | null
  /** Results of closed windows, so that people see them after a start too. */
  readonly closed: readonly LiveUpdate[]
}

/** Results of closed windows in a checkpoint. */
const MOST_SAVED = 500
/** While somebody listens, how often a window gives its present value. */
const EARLY = '1s'
const DEFAULT_LATENESS = '1m'
/** The groups are limited before they come here. */
const NO_LIMIT = 100_000_000
const LATE_ROWS = 1_000_000
/** Most windows that are open, or that events of the near future may be in. */
const MOST_AHEAD = 20_000

/** Windows of one definition and size: a window operator over rows of sums, and what is known of its results. */
export class WindowSeries {
  readonly size: string
  readonly window: LiveWindow
  readonly kept: KeptResults
  readonly restating: Restating
  readonly #compiled: Compiled
  readonly #operator: WindowOperator
  readonly #lateness: number
  readonly #keptFor: number
  readonly #keptWindows: number
  #watermark: number
  late: number
  restated: number

  /** @throws StreamError where the definition is wrong (`invalid_…`) or the snapshot (`bad_snapshot`) */
  constructor(options: SeriesOptions) {
    const { compiled, window, limits, restored } = options
    const { definition } = compiled
    this.size = sizeOf(window)
    this.window = window
    this.#compiled = compiled
    const lateness = definition.lateness ?? DEFAULT_LATENESS
    this.#lateness = parseDuration(lateness, 'us', 'lateness', 'from zero')
    this.#keptWindows = limits.windows
    const length = usualLength(window)
    // What the operator still counts into has to be known to be in doubt.
    this.#keptFor = Math.max(limits.windows * length, length + this.#lateness)
    this.kept = new KeptResults(limits.windows, limits.results)
    this.restating = new Restating(window, options.incompleteBefore, restored?.restating)
    for (const update of restored?.closed ?? []) this.kept.put(update)
    this.late = restored?.late ?? 0
    this.restated = restored?.restated ?? 0
    const operator = operatorOptions(options)
    this.#operator =
      restored === undefined
        ? createWindowOperator(operator)
        : restoreWindowOperator(operator, restored.operator)
    this.#watermark = restored?.watermark ?? options.watermark ?? Number.NEGATIVE_INFINITY
    if (restored === undefined && options.watermark !== null) {
      this.#operator.watermark(options.watermark)
    }
  }

  get compiled(): Compiled {
    return this.#compiled
  }

  get openWindows(): number {
    return this.#operator.statistics().open
  }

  get bytes(): number {
    return this.#operator.statistics().bytes
  }

  /** Windows that ended before this are not kept, and not restated. */
  get keptFrom(): number {
    return this.#watermark - this.#keptFor
  }

  state(): SeriesState {
    return {
      operator: this.#operator.snapshot(),
      restating: this.restating.state(),
      late: this.late,
      restated: this.restated,
      watermark: Number.isFinite(this.#watermark) ? this.#watermark : null,
      // What an erasure takes away must not be left in a file until the store has been asked.
      closed: namesPeople(this.#compiled) ? [] : this.kept.newestClosed(MOST_SAVED),
    }
  }

  push(sums: Batch): void {
    this.#operator.push(sums)
    this.#doubtForgotten(sums)
  }

  /**
   * Where windows overlap, a row may be too late for some and in time for others. The operator counts it for
   * those alone.
   */
  #doubtForgotten(sums: Batch): void {
    if (usualStep(this.window) === usualLength(this.window)) return
    const forgotten = this.#watermark - this.#lateness
    for (let row = 0; row < sums.rows; row++) {
      const time = numberAt(sums.columns.get('time'), row) ?? 0
      if (time >= forgotten) continue
      const project = textAt(sums.columns.get('project'), row) ?? ''
      for (const bounds of windowsAt(this.window, time)) {
        if (bounds.end > forgotten) continue
        this.restating.doubt({ ...bounds, project }, this.#watermark, this.keptFrom)
      }
    }
  }

  /**
   * Takes the place of one that counted the same: results there are can be corrected, and what it had to ask is
   * asked.
   * @param isMissed whether rows were passed over, so that everything that was told is asked again
   */
  inherit(from: WindowSeries, isMissed: boolean): void {
    this.restating.inherit(from.restating)
    for (const update of from.kept.all(null)) {
      this.kept.put(update)
      if (isMissed && isRestatable(this.window))
        this.restating.ask({ ...update.window, project: update.project })
    }
    this.late = from.late
    this.restated = from.restated
  }

  advance(watermark: number): void {
    if (watermark <= this.#watermark) return
    this.#operator.watermark(watermark)
    const before = this.#watermark
    this.#watermark = watermark
    this.restating.advance(before, watermark, before - this.#lateness, this.keptFrom)
    this.kept.trim(watermark, this.keptFrom)
  }

  /** Gives the present values of windows that have new events. */
  tick(now: number): void {
    this.#operator.clock(now)
  }

  /** Results since the last call that may be told; those of windows in doubt are asked for instead. */
  take(now: number): LiveUpdate[] {
    const updates: LiveUpdate[] = []
    for (const result of this.#operator.takeResults()) {
      const [project, ...key] = keyOf(result)
      const owner = project ?? ''
      if (this.restating.doubts(result.window, owner)) {
        if (result.pane.timing !== 'early') {
          this.restating.ask({ ...result.window, project: owner })
        }
        continue
      }
      const update = this.#updateOf(result, owner, key, now)
      // A session that has grown has other bounds: what was told of its parts is withdrawn.
      const parts = this.window.type === 'session' ? this.kept.within(update) : []
      for (const each of [...parts.map((part) => ({ ...part, removed: true })), update]) {
        this.kept.put(each)
        updates.push(each)
      }
    }
    return updates
  }

  /** Rows that came too late put their windows in doubt. */
  takeLate(): void {
    for (const { batch, row, time } of this.#operator.takeLate()) {
      this.late += numberAt(batch.columns.get('events'), row) ?? 0
      const project = textAt(batch.columns.get('project'), row) ?? ''
      this.doubtAt(project, time)
    }
  }

  /** Rows at `time` changed otherwise than by being read in time. */
  doubtAt(project: string, time: number): void {
    if (!this.#concerns(project)) return
    this.restating.doubtAt(project, time, this.#watermark, this.keptFrom)
  }

  /** … somewhere within [from, to). */
  doubtWithin(project: string, from: number, to: number): void {
    if (!this.#concerns(project)) return
    const step = usualStep(this.window)
    const ahead = (to - Math.max(from, this.#watermark) + usualLength(this.window)) / step + 1
    const open = Number.isFinite(ahead) ? Math.max(0, Math.ceil(ahead)) : 0
    const most = this.#keptWindows + Math.min(open, MOST_AHEAD)
    this.restating.doubtWithin(project, from, to, this.#watermark, this.keptFrom, most)
  }

  #concerns(project: string): boolean {
    const own = this.#compiled.definition.project
    return own === null || project === own || project === ALL
  }

  #updateOf(
    { window, pane, values }: WindowResult,
    project: string,
    key: readonly (string | null)[],
    now: number,
  ): LiveUpdate {
    const { definition, plan, kept } = this.#compiled
    const parts = kept.parts.map((_, i) => values[partName(i)] as PartValue)
    return {
      definition: definition.name,
      size: this.size,
      project,
      window: { start: window.start, end: window.end },
      key,
      values: plan.values((id) => kept.cell(id, parts), this.#seconds(window, now)),
      pane: {
        index: pane.index,
        timing: pane.timing,
        closed: window.end <= this.#watermark,
      },
      source: 'live',
    }
  }

  /** Seconds of the window that have passed: what a rate is per. */
  #seconds({ start, end }: Due | LiveUpdate['window'], now: number): number {
    const passed = end <= this.#watermark ? end : Math.min(end, now)
    return Math.max(0, passed - start) / 1e6
  }

  /**
   * The store's answer for a window and project becomes the results there are; groups that it does not have
   * are removed. Answers what changed.
   */
  restate(
    due: Due,
    rows: readonly {
      readonly key: readonly (string | null)[]
      readonly values: LiveUpdate['values']
    }[],
    now: number,
  ): LiveUpdate[] {
    const { definition, plan } = this.#compiled
    const window = { start: due.start, end: due.end }
    const closed = due.end <= this.#watermark
    const before = new Map(
      this.kept.of(window, due.project).map((update) => [JSON.stringify(update.key), update]),
    )
    const updates: LiveUpdate[] = []
    const tell = (
      key: readonly (string | null)[],
      values: Readonly<Record<string, Cell>>,
      removed: boolean,
    ): void => {
      const last = before.get(JSON.stringify(key))
      before.delete(JSON.stringify(key))
      const isSame =
        last !== undefined &&
        !removed &&
        last.pane.closed === closed &&
        last.source === 'store' &&
        JSON.stringify(last.values) === JSON.stringify(values)
      if (isSame) return
      const timing = !closed ? 'early' : last?.pane.closed === true ? 'late' : 'on_time'
      const update: LiveUpdate = {
        definition: definition.name,
        size: this.size,
        project: due.project,
        window,
        key,
        values,
        pane: { index: (last?.pane.index ?? -1) + 1, timing, closed },
        source: 'store',
        ...(removed ? { removed } : {}),
      }
      this.kept.put(update)
      updates.push(update)
    }
    for (const { key, values } of rows) tell(key, values, false)
    const none = plan.values(() => undefined, this.#seconds(window, now))
    for (const update of before.values()) tell(update.key, none, true)
    this.restated++
    this.kept.trim(this.#watermark, this.keptFrom)
    return updates
  }
}

const partName = (at: number): string => `p${at}`

function operatorOptions({ compiled, window, sums }: SeriesOptions): WindowOperatorOptions {
  const { definition, plan, kept } = compiled
  const { trigger, lateness = DEFAULT_LATENESS } = definition
  return {
    unit: 'us',
    time: 'time',
    keys: ['project', ...plan.by.map((_, i) => `key${i}`)],
    windowing: {
      window,
      trigger: trigger ?? {
        on: 'watermark',
        early: { on: 'processing_time', delay: EARLY },
        late: { on: 'count', n: 1 },
      },
      lateness,
      evaluation: 'batch',
    },
    aggregates: kept.parts.map((_, i) => ({ as: partName(i), aggregate: partName(i), of: 'slot' })),
    others: Object.fromEntries(
      kept.parts.map(({ part }, i) => [
        partName(i),
        mergingAggregate(partName(i), part, sums[i] as States),
      ]),
    ),
    limits: { keys: NO_LIMIT, late: LATE_ROWS },
  }
}

function keyOf({ key }: WindowResult): (string | null)[] {
  return Array.isArray(key) ? (key as (string | null)[]) : [key as string | null]
}
