/**
 * A row of the store as the wire event that it could have been made of. Taken in by an empty hub with
 * the same prices, the event becomes the same row but for what only the hub itself says: when and by
 * what it was received, and where in the log it lies.
 */

import {
  COMMON_FIELDS,
  type FieldSpec,
  formatIsoMicros,
  KINDS,
  type KindSpec,
  USAGE_SHORTHAND,
} from '@llmhub/schema'
import { dollars } from '../core/dollars.ts'
import type { FrameCell } from '../store/store.ts'

/** Columns of a row that an event follows from. */
export const EVENT_SOURCE_COLUMNS: readonly string[] = [
  'event_id',
  'time',
  'kind',
  ...new Set(
    [...COMMON_FIELDS, ...KINDS.flatMap((kind: KindSpec) => kind.fields)].flatMap(
      (spec: FieldSpec) =>
        spec.column === undefined || ['event_id', 'time'].includes(spec.column)
          ? []
          : [spec.column],
    ),
  ),
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'usage_details',
  'usage_rule',
  'extra',
]

export type CellOf = (column: string) => FrameCell

/** Counts of a call by the hub's own names. */
export type Counts = Readonly<Record<string, number>>

export interface EventOptions {
  /** Whether a usage object, as sent, counts what the row has: then it is exported as it was sent. */
  readonly countsAlike: (usage: unknown, counts: Counts) => boolean
}

const TOKENS = [
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
] as const

interface KindPlan {
  /** Payload field by column. */
  readonly columns: readonly FieldSpec[]
  /** Fields without a column, which `extra` holds under their names. */
  readonly columnless: ReadonlySet<string>
  /** Names that mean something in the payload; under them nothing else may be sent there. */
  readonly taken: ReadonlySet<string>
  readonly usage: string | null
}

const PLANS: ReadonlyMap<string, KindPlan> = new Map(
  KINDS.map((kind: KindSpec) => [kind.kind, planOf(kind)]),
)

function planOf({ fields }: KindSpec): KindPlan {
  const usage = fields.find((spec) => spec.type === 'usage')?.name ?? null
  return {
    columns: fields.filter((spec) => spec.column !== undefined),
    columnless: new Set(
      fields.filter((spec) => spec.column === undefined).map((spec) => spec.name),
    ),
    taken: new Set([
      'type',
      ...fields.flatMap((spec) => [spec.name, ...(spec.aliases ?? [])]),
      ...(usage === null ? [] : USAGE_SHORTHAND),
    ]),
    usage,
  }
}

/**
 * The event of a row.
 * @throws SyntaxError when a column that holds JSON does not: a bug of who wrote it
 * @throws RangeError for a kind that this program does not know
 */
export function eventOfRow(cell: CellOf, options: EventOptions): Record<string, unknown> {
  const kind = textOf(cell('kind'))
  const plan = PLANS.get(kind)
  if (plan === undefined) throw new RangeError(`there is no kind ${kind}`)
  const common: Record<string, unknown> = {
    event_id: cell('event_id'),
    timestamp: formatIsoMicros(Number(cell('time'))),
  }
  for (const spec of COMMON_FIELDS as readonly FieldSpec[]) {
    if (spec.column === undefined || spec.column === 'time' || spec.column === 'event_id') continue
    const value = cell(spec.column)
    if (value !== null && !isEmptyRecord(value)) common[spec.name] = value
  }
  const payload: Record<string, unknown> = { type: kind }
  for (const spec of plan.columns) {
    const value = spec.column === undefined ? null : cell(spec.column)
    if (value !== null) payload[spec.name] = fieldValue(spec, value)
  }
  const event: Record<string, unknown> = { common, payload }
  const extra = recordOf(cell('extra'))
  if (plan.usage !== null) {
    const usage = usageOf(cell, extra[plan.usage], options)
    if (usage !== null) payload[plan.usage] = usage
  }
  for (const [name, value] of Object.entries(extra)) {
    if (name === plan.usage) continue
    // What came beside the payload, or under a second name, means nothing at the top of an event, so
    // that it becomes what it was: extra.
    const isFree = plan.columnless.has(name) || !plan.taken.has(name)
    const target = isFree ? payload : event
    target[name] = value
  }
  return event
}

function textOf(cell: FrameCell): string {
  return typeof cell === 'string' ? cell : ''
}

function isEmptyRecord(value: FrameCell): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

function recordOf(cell: FrameCell): Readonly<Record<string, unknown>> {
  return typeof cell === 'string' ? (JSON.parse(cell) as Record<string, unknown>) : {}
}

/** A column as the field says it: money in dollars, whole numbers as numbers, truth as true and false. */
function fieldValue(spec: FieldSpec, value: FrameCell): unknown {
  if (spec.type === 'usd') return dollars(BigInt(value as bigint | number))
  if (spec.type === 'boolean') return Number(value) !== 0
  return typeof value === 'bigint' ? Number(value) : value
}

/** The usage as it was sent where that still counts the same, else by the hub's own names. */
function usageOf(cell: CellOf, sent: unknown, { countsAlike }: EventOptions): unknown {
  const counts: Record<string, number> = {}
  for (const name of TOKENS) {
    const value = cell(name)
    if (value !== null) counts[name] = Number(value)
  }
  for (const [name, value] of Object.entries(recordOf(cell('usage_details')))) {
    counts[name] = Number(value)
  }
  if (sent !== undefined && countsAlike(sent, counts)) return sent
  if (Object.keys(counts).length === 0) return null
  if (!textOf(cell('usage_rule')).startsWith('openai ')) return counts
  const { input_tokens: input, output_tokens: output, ...others } = counts
  const named = {
    ...(input === undefined ? {} : { prompt_tokens: input }),
    ...(output === undefined ? {} : { completion_tokens: output }),
    ...others,
  }
  return countsAlike(named, counts) ? named : counts
}
