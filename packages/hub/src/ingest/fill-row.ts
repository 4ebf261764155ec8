import {
  COMMON_FIELDS,
  EVENT_COLUMNS,
  type EventColumnName,
  type KindSpec,
  type ValidEvent,
} from '@llmhub/schema'
import { binOf } from '@llmhub/stats'
import {
  BatchBuilder,
  type DictWriter,
  type Int64Writer,
  type NumberWriter,
  type TagsWriter,
  type TextWriter,
} from '@llmhub/stream'

import type { Pico } from './money.ts'

/**
 * Copies valid events into the columns of a batch.
 *
 * For each kind a plan is made once from the table of kinds: which field goes to which writer, apart
 * by type of writer, so that every loop calls one method of one class. Nothing is allocated per event.
 */

/** Usage and cost of one event, as the price stage worked them out. Reused from event to event. */
export interface RowCosts {
  /** Normalised counts of tokens, or -1 where unknown. */
  inputTokens: number
  outputTokens: number
  cacheReadTokens: number
  cacheWriteTokens: number
  reasoningTokens: number
  /** Pico-dollars, or null where unknown. */
  reported: Pico | null
  computed: Pico | null
  prompt: Pico | null
  completion: Pico | null
  other: Pico | null
  /** Cost without cache less cost; null where nothing was computed. */
  cacheSaved: Pico | null
  /** package | override | reported | none; empty for an event that costs nothing by its kind. */
  source: string
  rule: string
  version: string
  /** Service tier, empty where none was named. */
  tier: string
  /** JSON of the counts without a column, or null. */
  details: string | null
  /** How the usage was read, empty without usage. */
  usageRule: string
}

export function emptyCosts(): RowCosts {
  return {
    inputTokens: -1,
    outputTokens: -1,
    cacheReadTokens: -1,
    cacheWriteTokens: -1,
    reasoningTokens: -1,
    reported: null,
    computed: null,
    prompt: null,
    completion: null,
    other: null,
    cacheSaved: null,
    source: '',
    rule: '',
    version: '',
    tier: '',
    details: null,
    usageRule: '',
  }
}

/** What the hub itself knows of an event. */
export interface RowSystem {
  readonly project: string
  readonly receiver: string
  /** Epoch microseconds. */
  readonly receivedAt: number
  readonly eventId: string
  /** Holds the 128-bit hash of (project, event id) in four words from `idHashAt`, lowest first. */
  readonly idHashes: Int32Array
  readonly idHashAt: number
  readonly contentLow: number
  readonly contentHigh: number
  readonly suppressed: boolean
}

export interface RowDefaults {
  /** Environment of events that name none. */
  readonly environment: string
  readonly schemaVersion: string
  readonly sourceModule: string
  readonly severity: string
}

export const DEFAULT_ROW_DEFAULTS: RowDefaults = {
  environment: 'production',
  schemaVersion: '1.0.0',
  sourceModule: 'unknown',
  severity: 'info',
}

interface Copy<W> {
  readonly from: number
  readonly to: W
}

interface KindPlan {
  readonly dicts: readonly Copy<DictWriter>[]
  readonly texts: readonly Copy<TextWriter>[]
  readonly numbers: readonly Copy<NumberWriter>[]
  /** Index of `parameters`, or -1. */
  readonly parameters: number
  readonly latency: number
  readonly ttft: number
  readonly value: number
}

const TYPES: ReadonlyMap<EventColumnName, string> = new Map(
  EVENT_COLUMNS.map((column) => [column.name, column.type]),
)

const PARAMETER_COLUMNS = ['temperature', 'top_p', 'top_k', 'max_tokens'] as const

const commonIndex = (name: string): number => COMMON_FIELDS.findIndex((spec) => spec.name === name)
const AT = {
  sourceModule: commonIndex('source_module'),
  schemaVersion: commonIndex('schema_version'),
  severity: commonIndex('severity'),
  environment: commonIndex('environment'),
  correlation: commonIndex('correlation_id'),
  parent: commonIndex('parent_event_id'),
} as const

/** Where a kind keeps the fields that ingest looks at by name; -1 where it has none. */
export function columnIndex(kind: KindSpec, column: EventColumnName): number {
  return kind.fields.findIndex((spec) => spec.column === column)
}

function setPico(writer: Int64Writer | undefined, row: number, amount: Pico | null): void {
  if (typeof amount === 'number') writer?.set(row, amount)
  else if (amount !== null) writer?.setBig(row, amount)
}

/** Fills one batch. The batch is done with `finish`; a filler is used for one batch only. */
export class RowFiller {
  readonly #builder: BatchBuilder
  readonly #defaults: RowDefaults
  readonly #plans = new Map<KindSpec, KindPlan>()
  readonly #project: DictWriter
  readonly #eventId: TextWriter
  readonly #idHigh: Int64Writer
  readonly #idLow: Int64Writer
  readonly #content: Int64Writer
  readonly #time: Int64Writer
  readonly #receivedAt: Int64Writer
  readonly #receiver: DictWriter
  readonly #kind: DictWriter
  readonly #family: DictWriter
  readonly #suppressed: NumberWriter
  readonly #isCurrent: NumberWriter
  readonly #schemaVersion: DictWriter
  readonly #sourceModule: DictWriter
  readonly #severity: DictWriter
  readonly #environment: DictWriter
  readonly #correlation: TextWriter
  readonly #parent: TextWriter
  readonly #tags: TagsWriter
  readonly #extra: TextWriter
  readonly #parameters: readonly NumberWriter[]
  readonly #tokens: readonly Int64Writer[]
  readonly #costs: readonly Int64Writer[]
  readonly #total: Int64Writer
  readonly #priceSource: DictWriter
  readonly #priceRule: DictWriter
  readonly #priceVersion: DictWriter
  readonly #serviceTier: DictWriter
  readonly #usageDetails: TextWriter
  readonly #usageRule: DictWriter
  readonly #latencyBin: NumberWriter
  readonly #ttftBin: NumberWriter
  readonly #valueBin: NumberWriter

  /** With room for `rows`; it grows beyond. */
  constructor(defaults: RowDefaults, rows = 0) {
    const builder = new BatchBuilder(EVENT_COLUMNS, rows)
    this.#builder = builder
    this.#defaults = defaults
    this.#project = builder.dict('project')
    this.#eventId = builder.text('event_id')
    this.#idHigh = builder.int64('id_hi')
    this.#idLow = builder.int64('id_lo')
    this.#content = builder.int64('content_hash')
    this.#time = builder.int64('time')
    this.#receivedAt = builder.int64('received_at')
    this.#receiver = builder.dict('receiver')
    this.#kind = builder.dict('kind')
    this.#family = builder.dict('family')
    this.#suppressed = builder.number('suppressed')
    this.#isCurrent = builder.number('is_current')
    this.#schemaVersion = builder.dict('schema_version')
    this.#sourceModule = builder.dict('source_module')
    this.#severity = builder.dict('severity')
    this.#environment = builder.dict('environment')
    this.#correlation = builder.text('correlation_id')
    this.#parent = builder.text('parent_event_id')
    this.#tags = builder.tags('tags')
    this.#extra = builder.text('extra')
    this.#parameters = PARAMETER_COLUMNS.map((name) => builder.number(name))
    this.#tokens = [
      builder.int64('input_tokens'),
      builder.int64('output_tokens'),
      builder.int64('cache_read_tokens'),
      builder.int64('cache_write_tokens'),
      builder.int64('reasoning_tokens'),
    ]
    this.#costs = [
      builder.int64('cost_reported'),
      builder.int64('cost_computed'),
      builder.int64('cost_prompt'),
      builder.int64('cost_completion'),
      builder.int64('cost_other'),
      builder.int64('cost_cache_saved'),
    ]
    this.#total = builder.int64('cost_total')
    this.#priceSource = builder.dict('price_source')
    this.#priceRule = builder.dict('price_rule')
    this.#priceVersion = builder.dict('price_version')
    this.#serviceTier = builder.dict('service_tier')
    this.#usageDetails = builder.text('usage_details')
    this.#usageRule = builder.dict('usage_rule')
    this.#latencyBin = builder.number('latency_bin')
    this.#ttftBin = builder.number('ttft_bin')
    this.#valueBin = builder.number('value_bin')
  }

  get rows(): number {
    return this.#builder.rows
  }

  /** Adds the event as a row and answers its number. */
  fill(event: ValidEvent, system: RowSystem, costs: RowCosts): number {
    const row = this.#builder.addRow()
    const plan = this.#plans.get(event.kind) ?? this.#plan(event.kind)
    this.#fillSystem(row, event, system)
    this.#fillCommon(row, event.common)
    const { fields } = event
    for (const { from, to } of plan.dicts) {
      const value = fields[from]
      if (value !== undefined) to.set(row, value as string)
    }
    for (const { from, to } of plan.texts) {
      const value = fields[from]
      if (value !== undefined) to.set(row, value as string)
    }
    for (const { from, to } of plan.numbers) {
      const value = fields[from]
      if (value !== undefined) to.set(row, Number(value))
    }
    const { tags } = event
    for (let i = 0; i < tags.length; i++) {
      const pair = tags[i]
      if (pair !== undefined) this.#tags.add(row, pair[0], pair[1])
    }
    if (plan.parameters >= 0) this.#fillParameters(row, fields[plan.parameters])
    this.#fillBin(row, this.#latencyBin, fields[plan.latency])
    this.#fillBin(row, this.#ttftBin, fields[plan.ttft])
    this.#fillBin(row, this.#valueBin, fields[plan.value])
    this.#fillCosts(row, costs)
    if (event.extra !== null) this.#extra.set(row, JSON.stringify(event.extra))
    return row
  }

  /** Marks a row added earlier as reported by a better one. */
  suppress(row: number): void {
    this.#suppressed.set(row, 1)
  }

  /** The batch. The filler must not be used afterwards. */
  finish(): ReturnType<BatchBuilder['finish']> {
    return this.#builder.finish()
  }

  #fillSystem(row: number, event: ValidEvent, system: RowSystem): void {
    const { idHashes, idHashAt } = system
    this.#project.set(row, system.project)
    this.#eventId.set(row, system.eventId)
    this.#idLow.setWords(row, idHashes[idHashAt] ?? 0, idHashes[idHashAt + 1] ?? 0)
    this.#idHigh.setWords(row, idHashes[idHashAt + 2] ?? 0, idHashes[idHashAt + 3] ?? 0)
    this.#content.setWords(row, system.contentLow, system.contentHigh)
    this.#time.set(row, event.time)
    this.#receivedAt.set(row, system.receivedAt)
    this.#receiver.set(row, system.receiver)
    this.#kind.set(row, event.kind.kind)
    this.#family.set(row, event.kind.family)
    this.#suppressed.set(row, system.suppressed ? 1 : 0)
    this.#isCurrent.set(row, 1)
  }

  #fillCommon(row: number, common: readonly unknown[]): void {
    const defaults = this.#defaults
    this.#schemaVersion.set(
      row,
      (common[AT.schemaVersion] as string | undefined) ?? defaults.schemaVersion,
    )
    this.#sourceModule.set(
      row,
      (common[AT.sourceModule] as string | undefined) ?? defaults.sourceModule,
    )
    this.#severity.set(row, (common[AT.severity] as string | undefined) ?? defaults.severity)
    this.#environment.set(
      row,
      (common[AT.environment] as string | undefined) ?? defaults.environment,
    )
    const correlation = common[AT.correlation]
    if (correlation !== undefined) this.#correlation.set(row, correlation as string)
    const parent = common[AT.parent]
    if (parent !== undefined) this.#parent.set(row, parent as string)
  }

  #fillParameters(row: number, parameters: unknown): void {
    if (typeof parameters !== 'object' || parameters === null) return
    for (let i = 0; i < PARAMETER_COLUMNS.length; i++) {
      const value = (parameters as Record<string, unknown>)[PARAMETER_COLUMNS[i] ?? '']
      if (typeof value === 'number' && Number.isFinite(value)) this.#parameters[i]?.set(row, value)
    }
  }

  #fillBin(row: number, writer: NumberWriter, value: unknown): void {
    if (value !== undefined) writer.set(row, binOf(Number(value)))
  }

  #fillCosts(row: number, costs: RowCosts): void {
    const [input, output, cacheRead, cacheWrite, reasoning] = this.#tokens
    if (costs.inputTokens >= 0) input?.set(row, costs.inputTokens)
    if (costs.outputTokens >= 0) output?.set(row, costs.outputTokens)
    if (costs.cacheReadTokens >= 0) cacheRead?.set(row, costs.cacheReadTokens)
    if (costs.cacheWriteTokens >= 0) cacheWrite?.set(row, costs.cacheWriteTokens)
    if (costs.reasoningTokens >= 0) reasoning?.set(row, costs.reasoningTokens)
    const [reported, computed, prompt, completion, other, cacheSaved] = this.#costs
    setPico(reported, row, costs.reported)
    setPico(computed, row, costs.computed)
    setPico(prompt, row, costs.prompt)
    setPico(completion, row, costs.completion)
    setPico(other, row, costs.other)
    setPico(cacheSaved, row, costs.cacheSaved)
    setPico(this.#total, row, costs.computed ?? costs.reported)
    if (costs.source !== '') this.#priceSource.set(row, costs.source)
    if (costs.rule !== '') this.#priceRule.set(row, costs.rule)
    if (costs.version !== '') this.#priceVersion.set(row, costs.version)
    if (costs.tier !== '') this.#serviceTier.set(row, costs.tier)
    if (costs.details !== null) this.#usageDetails.set(row, costs.details)
    if (costs.usageRule !== '') this.#usageRule.set(row, costs.usageRule)
  }

  #plan(kind: KindSpec): KindPlan {
    const dicts: Copy<DictWriter>[] = []
    const texts: Copy<TextWriter>[] = []
    const numbers: Copy<NumberWriter>[] = []
    for (const [from, spec] of kind.fields.entries()) {
      // The service tier comes with the costs, in its one form.
      if (spec.column === undefined || spec.column === 'service_tier') continue
      const type = TYPES.get(spec.column)
      if (type === 'dict') dicts.push({ from, to: this.#builder.dict(spec.column) })
      else if (type === 'text') texts.push({ from, to: this.#builder.text(spec.column) })
      else if (type === 'f64') numbers.push({ from, to: this.#builder.number(spec.column) })
      // The remaining type, i64, is money: it comes with the costs.
    }
    const plan = {
      dicts,
      texts,
      numbers,
      parameters: kind.fields.findIndex((spec) => spec.name === 'parameters'),
      latency: columnIndex(kind, 'latency_ms'),
      ttft: columnIndex(kind, 'ttft_ms'),
      value: columnIndex(kind, 'value'),
    }
    this.#plans.set(kind, plan)
    return plan
  }
}
