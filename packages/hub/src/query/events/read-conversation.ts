/** A conversation: the events of one session in order, with what each turn took. */

import { formatIsoMicros } from '@llmhub/schema'
import { dollars } from '../../core/dollars.ts'
import type { FrameCell } from '../../store/store.ts'
import type { RunPlan } from '../answer-meta.ts'
import { cellOf, isText } from './find-event.ts'
import type { ReadFailure } from './list-events.ts'

export const CONVERSATION_LIMIT = 1000

export interface Turn {
  readonly [field: string]: FrameCell
}

export interface ConversationDocument {
  readonly session: string
  readonly first_event: string
  readonly last_event: string
  readonly duration_seconds: number
  /** Calls of a model among the events. */
  readonly turns: number
  readonly errors: number
  readonly cost: string | null
  /** Calls whose cost nobody knows. */
  readonly unpriced: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly users: readonly string[]
  readonly models: readonly string[]
  /** It has more events than are read: the newest are shown, and figures are of those. */
  readonly partial: boolean
  readonly events: readonly Turn[]
}

export type ConversationOutcome =
  | { readonly ok: true; readonly conversation: ConversationDocument | null }
  | ReadFailure

const COLUMNS = [
  'event_id',
  'kind',
  'service',
  'name',
  'model',
  'status',
  'error_type',
  'latency_ms',
  'ttft_ms',
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cost_total',
  'user_id',
  'trace_id',
  'quality',
] as const

/** Columns whose name in answers is another. */
const NAMES: Readonly<Record<string, string>> = {
  latency_ms: 'latency',
  ttft_ms: 'ttft',
  cost_total: 'cost',
  user_id: 'user',
  trace_id: 'trace',
}

const CALLS = new Set(['llm_request', 'latency'])

/** Cost: one scan of the session ids of the range. */
export async function readConversation(
  session: string,
  range: { readonly from: number; readonly to: number },
  run: RunPlan,
): Promise<ConversationOutcome> {
  const outcome = await run({
    type: 'list',
    ...range,
    where: isText('session_id', session),
    columns: COLUMNS,
    limit: CONVERSATION_LIMIT + 1,
  })
  if (!outcome.ok) return outcome
  const { frame } = outcome
  const rows = frame.rows.slice(0, CONVERSATION_LIMIT).toReversed()
  const [first] = rows
  const last = rows.at(-1)
  if (first === undefined || last === undefined) return { ok: true, conversation: null }
  const cell = (row: readonly FrameCell[], column: string): FrameCell => cellOf(frame, row, column)
  const timeOf = (row: readonly FrameCell[]): number => Number(cell(row, 'time'))
  const sum = (column: string): number =>
    rows.reduce((total, row) => total + Number(cell(row, column) ?? 0), 0)
  const calls = rows.filter((row) => CALLS.has(String(cell(row, 'kind'))))
  const costs = rows.map((row) => cell(row, 'cost_total')).filter((each) => each !== null)
  const distinct = (column: string): string[] => {
    const values = rows.map((row) => cell(row, column)).filter((each) => each !== null)
    return [...new Set(values.map(String))]
  }
  const endOf = (row: readonly FrameCell[]): number =>
    timeOf(row) + Math.round(Number(cell(row, 'latency_ms') ?? 0) * 1000)
  return {
    ok: true,
    conversation: {
      session,
      first_event: formatIsoMicros(timeOf(first)),
      last_event: formatIsoMicros(timeOf(last)),
      duration_seconds:
        (rows.reduce((most, row) => Math.max(most, endOf(row)), 0) - timeOf(first)) / 1e6,
      turns: calls.length,
      errors: rows.filter((row) => ['error', 'timeout'].includes(String(cell(row, 'status'))))
        .length,
      cost:
        costs.length === 0
          ? null
          : dollars(costs.reduce((total: bigint, each) => total + BigInt(each as bigint), 0n)),
      unpriced: calls.filter((row) => cell(row, 'cost_total') === null).length,
      input_tokens: sum('input_tokens'),
      output_tokens: sum('output_tokens'),
      users: distinct('user_id'),
      models: distinct('model'),
      partial: frame.rows.length > CONVERSATION_LIMIT,
      events: rows.map((row) => ({
        time: formatIsoMicros(timeOf(row)),
        ...Object.fromEntries(
          COLUMNS.map((column) => [NAMES[column] ?? column, shown(cell(row, column), column)]),
        ),
      })),
    },
  }
}

function shown(cell: FrameCell, column: string): FrameCell {
  if (typeof cell !== 'bigint') return cell
  return column === 'cost_total' ? dollars(cell) : Number(cell)
}
