import { ERASED_COLUMN } from '@llmhub/stream'
import type { CheckpointState } from './checkpoint.ts'
import { compileDefinition } from './compile.ts'
import { type Compiled, columnsOf } from './compiled.ts'
import type { CountedBatch } from './counted-rows.ts'
import { type DefinitionLimits, DefinitionWindows } from './definition-windows.ts'
import type { LiveDefinition, LiveUpdate, PutOutcome } from './live.ts'
import type { PlanMeasures } from './plan.ts'
import { ALL } from './restating.ts'
import type { WindowSeries } from './window-series.ts'

export interface DefinitionSetOptions {
  readonly limits: DefinitionLimits & { readonly definitions: number }
  readonly planMeasures: PlanMeasures
}

/** Where a definition begins to count. */
export interface Beginning {
  /** Windows that begin before this miss rows from before; −∞: none do. */
  readonly incompleteBefore: number
  readonly watermark: number | null
  /** Windows that end before this are over. */
  readonly openFrom: number
}

/** All definitions and their windows. */
export class DefinitionSet {
  readonly #options: DefinitionSetOptions
  readonly #definitions = new Map<string, DefinitionWindows>()
  /** Those of definitions that are gone stay: they cost little. */
  readonly #columns = new Set<string>(ALWAYS_READ)

  constructor(options: DefinitionSetOptions) {
    this.#options = options
  }

  /** Columns of rows that some definition reads. */
  get columns(): ReadonlySet<string> {
    return this.#columns
  }

  /** Whether the series is one of a definition that there is. */
  has(series: WindowSeries): boolean {
    return this.named(series.compiled.definition.name)?.series.includes(series) ?? false
  }

  all(): Iterable<DefinitionWindows> {
    return this.#definitions.values()
  }

  *series(): Iterable<WindowSeries> {
    for (const { series } of this.#definitions.values()) yield* series
  }

  named(name: string): DefinitionWindows | undefined {
    return this.#definitions.get(name)
  }

  definitions(): readonly LiveDefinition[] {
    return [...this.#definitions.values()].map(({ compiled }) => compiled.definition)
  }

  /** Adds or replaces a definition, without any state. */
  put(definition: LiveDefinition, beginning: Beginning): PutOutcome {
    const refuse = (
      code: 'invalid' | 'built_in' | 'too_many',
      message: string,
      issues: Extract<PutOutcome, { ok: false }>['issues'] = [],
    ): PutOutcome => ({ ok: false, code, message, issues })
    const outcome = compileDefinition(definition, this.#options.planMeasures)
    if (!outcome.ok) {
      const [first] = outcome.issues
      return refuse('invalid', `${first?.path} ${first?.message}`.trim(), outcome.issues)
    }
    const known = this.#definitions.get(definition.name)
    if (known?.compiled.definition.builtIn === true) {
      return refuse('built_in', `"${definition.name}" is one of the hub's own definitions`)
    }
    const own = this.definitions().filter((each) => each.builtIn !== true).length
    if (known === undefined && own >= this.#options.limits.definitions) {
      return refuse('too_many', `there are ${own} definitions of windows, which is the limit`)
    }
    this.begin(outcome.compiled, beginning)
    return { ok: true, definition }
  }

  remove(name: string): boolean {
    const known = this.#definitions.get(name)
    if (known === undefined || known.compiled.definition.builtIn === true) return false
    return this.#definitions.delete(name)
  }

  /**
   * A definition without state counts from here on; windows that are open have their past in the store.
   * @param before counted the same until here
   * @param isMissed whether rows were passed over since
   */
  begin(
    compiled: Compiled,
    { incompleteBefore, watermark, openFrom }: Beginning,
    before?: DefinitionWindows,
    isMissed = false,
  ): void {
    const { limits } = this.#options
    const windows = new DefinitionWindows({ compiled, limits, incompleteBefore, watermark })
    this.#set(windows)
    if (before !== undefined) windows.inherit(before, isMissed)
    if (Number.isFinite(incompleteBefore)) windows.doubtWithin(ALL, openFrom, incompleteBefore)
  }

  #set(windows: DefinitionWindows): void {
    this.#definitions.set(windows.name, windows)
    for (const column of columnsOf(windows.compiled)) this.#columns.add(column)
  }

  /** All definitions there are begin anew, as rows were passed over. */
  beginAnew(beginning: Beginning): void {
    for (const before of this.all()) this.begin(before.compiled, beginning, before, true)
  }

  /** Definitions begin. Answers those that were refused. */
  beginAll(configured: readonly LiveDefinition[], beginning: Beginning): string[] {
    const refused: string[] = []
    for (const definition of configured) {
      const outcome = compileDefinition(definition, this.#options.planMeasures)
      if (outcome.ok) this.begin(outcome.compiled, beginning)
      else refused.push(refusal(definition, outcome.issues[0]?.message))
    }
    return refused
  }

  /**
   * Goes on from a checkpoint; definitions that it does not have, or has otherwise, begin here.
   * @throws StreamError `bad_snapshot`
   */
  restore(
    configured: readonly LiveDefinition[],
    checkpoint: CheckpointState['definitions'],
    incompleteBefore: number,
    beginning: Beginning,
  ): string[] {
    const { limits, planMeasures } = this.#options
    const states = new Map(checkpoint.map(({ fingerprint, state }) => [fingerprint, state]))
    const refused: string[] = []
    for (const definition of configured) {
      const outcome = compileDefinition(definition, planMeasures)
      if (!outcome.ok) {
        refused.push(refusal(definition, outcome.issues[0]?.message))
        continue
      }
      const { compiled } = outcome
      const restored = states.get(fingerprintOf(compiled))
      if (restored === undefined) this.begin(compiled, beginning)
      else {
        const { watermark } = beginning
        const options = { compiled, limits, incompleteBefore, watermark, restored }
        this.#set(new DefinitionWindows(options))
      }
    }
    return refused
  }

  clear(): void {
    this.#definitions.clear()
  }

  states(): CheckpointState['definitions'] {
    return [...this.#definitions.values()].map((windows) => ({
      fingerprint: fingerprintOf(windows.compiled),
      state: windows.state(),
    }))
  }

  add(of: CountedBatch): void {
    for (const windows of this.#definitions.values()) windows.add(of)
  }

  flush(): void {
    for (const windows of this.#definitions.values()) windows.flush()
  }

  advance(watermark: number): void {
    for (const windows of this.#definitions.values()) windows.advance(watermark)
  }

  tick(now: number): void {
    for (const windows of this.#definitions.values()) windows.tick(now)
  }

  take(now: number): LiveUpdate[] {
    return [...this.#definitions.values()].flatMap((windows) => windows.take(now))
  }

  doubtRows(of: CountedBatch): void {
    for (const windows of this.#definitions.values()) windows.doubtRows(of)
  }

  doubtAt(project: string, time: number): void {
    for (const windows of this.#definitions.values()) windows.doubtAt(project, time)
  }

  doubtWithin(project: string, from: number, to: number): void {
    for (const windows of this.#definitions.values()) windows.doubtWithin(project, from, to)
  }
}

/** What the consumer itself needs of a row. */
const ALWAYS_READ = [
  'project',
  'time',
  'received_at',
  'weight',
  'suppressed',
  'is_current',
  ERASED_COLUMN,
]

function refusal({ name }: LiveDefinition, message = ''): string {
  return `the windows "${name}" are not counted: ${message}`
}

/** Equal where the state of one fits the other. */
function fingerprintOf({ definition, plan }: Compiled): string {
  const { name, project, windows, trigger, lateness, maxGroups } = definition
  const { by, where, aggregates } = plan
  const parts = [name, project, windows, trigger, lateness, maxGroups, by, where, aggregates]
  return JSON.stringify(parts, (_, each: unknown) =>
    typeof each === 'bigint' ? `${each}n` : (each ?? null),
  )
}
