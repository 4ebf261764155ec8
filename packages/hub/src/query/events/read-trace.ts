/** Traces: the spans of one as a tree, and the list of them. */

import type { AnswerMeta } from '@llmhub/schema'
import { formatIsoMicros } from '@llmhub/schema'
import { dollars } from '../../core/dollars.ts'
import type { Aggregate, Frame, FrameCell, ListPlan, Predicate } from '../../store/store.ts'
import type { RunPlan } from '../answer-meta.ts'
import { metaOf } from '../answer-meta.ts'
import { cellOf, isText } from './find-event.ts'
import type { ReadFailure } from './list-events.ts'
import { type Span, type SpanNode, spanTree } from './span-tree.ts'

export const TRACE_LIMITS = {
  spans: 2000,
  traces: 200,
  defaultTraces: 50,
  listedSpans: 20_000,
} as const

/** Orders of the list of traces, and the aggregate each goes by. */
export const TRACE_ORDERS = ['newest', 'cost', 'errors', 'slowest'] as const
export type TraceOrder = (typeof TRACE_ORDERS)[number]

interface Range {
  readonly from: number
  readonly to: number
}

interface TraceSpan extends Span {
  readonly traceId: string
  readonly shown: Readonly<Record<string, FrameCell>>
}

export interface SpanDocument {
  readonly span_id: string | null
  readonly event_id: string | null
  readonly kind: FrameCell
  readonly name: string
  readonly service: FrameCell
  readonly model: FrameCell
  readonly status: FrameCell
  readonly error_type: FrameCell
  readonly error_message: FrameCell
  readonly start: string
  /** Milliseconds after the start of the trace. */
  readonly offset_ms: number
  readonly duration_ms: number
  readonly self_ms: number
  readonly critical: boolean
  readonly orphan: boolean
  readonly cost: string | null
  readonly input_tokens: number
  readonly output_tokens: number
  readonly total: TotalsDocument
  readonly children: readonly SpanDocument[]
}

export interface TotalsDocument {
  readonly spans: number
  readonly errors: number
  readonly cost: string | null
  readonly input_tokens: number
  readonly output_tokens: number
}

export interface TraceSummary extends TotalsDocument {
  readonly trace_id: string
  /** Of the root, or of the first span. */
  readonly name: string
  readonly service: FrameCell
  readonly start: string
  readonly duration_ms: number
}

export interface TraceDocument extends TraceSummary {
  readonly root: SpanDocument
  readonly critical_path: readonly { readonly name: string; readonly event_id: string | null }[]
  /** The trace has more spans than are read: the newest are shown. */
  readonly partial: boolean
}

const COLUMNS = [
  'trace_id',
  'event_id',
  'span_id',
  'parent_event_id',
  'extra',
  'kind',
  'name',
  'category',
  'service',
  'model',
  'status',
  'error_type',
  'error_message',
  'latency_ms',
  'cost_total',
  'input_tokens',
  'output_tokens',
] as const

export type TraceOutcome = { readonly ok: true; readonly trace: TraceDocument | null } | ReadFailure

/** Cost: one scan of the trace ids of the range. */
export async function readTrace(id: string, range: Range, run: RunPlan): Promise<TraceOutcome> {
  const outcome = await run(spansPlan(isText('trace_id', id), range, TRACE_LIMITS.spans + 1))
  if (!outcome.ok) return outcome
  const { frame } = outcome
  const spans = frame.rows.slice(0, TRACE_LIMITS.spans).map((row) => spanOf(frame, row))
  const tree = spanTree(spans)
  if (tree === null) return { ok: true, trace: null }
  const path: { name: string; event_id: string | null }[] = []
  const root = spanDocument(tree, tree.start, path)
  const partial = frame.rows.length > TRACE_LIMITS.spans
  return { ok: true, trace: { ...summaryOf(id, tree), root, critical_path: path, partial } }
}

export type TracesOutcome =
  | {
      readonly ok: true
      readonly traces: readonly TraceSummary[]
      readonly meta: AnswerMeta
    }
  | ReadFailure

const ORDER_BY: Readonly<Record<TraceOrder, Aggregate>> = {
  newest: { id: 'by', fn: 'max', column: 'time' },
  cost: { id: 'by', fn: 'sum', column: 'cost_total' },
  slowest: { id: 'by', fn: 'max', column: 'latency_ms' },
  errors: {
    id: 'by',
    fn: 'rows',
    where: {
      op: 'in',
      field: { type: 'column', column: 'status' },
      values: ['error', 'timeout'],
    },
  },
}

/**
 * The first traces of the range by an order, with figures of all their spans in it. `slowest` goes by the
 * longest span. Cost: one grouping of the range by trace, and one scan for the spans of those chosen.
 */
export async function listTraces(
  order: TraceOrder,
  limit: number,
  range: Range,
  where: Predicate | null,
  run: RunPlan,
): Promise<TracesOutcome> {
  const field = { type: 'column', column: 'trace_id' } as const
  const named: Predicate = { op: 'not', part: { op: 'is_null', field } }
  const chosen = await run({
    type: 'aggregate',
    ...range,
    edges: null,
    where: where === null ? named : { op: 'and', parts: [named, where] },
    groupBy: [field],
    aggregates: [ORDER_BY[order]],
    topGroups: { by: 'by', dir: 'desc', limit },
    maxRows: limit,
  })
  if (!chosen.ok) return chosen
  const at = chosen.frame.columns.indexOf('by')
  const ids = chosen.frame.rows
    .toSorted((a, b) => Number(b[at] ?? 0) - Number(a[at] ?? 0))
    .flatMap(([key]) => (typeof key === 'string' ? [key] : []))
  const shown = { ...range, timezone: 'UTC' }
  if (ids.length === 0) return { ok: true, traces: [], meta: metaOf(shown, [chosen.frame], []) }
  const inThese: Predicate = { op: 'in', field, values: ids }
  const outcome = await run(spansPlan(inThese, range, TRACE_LIMITS.listedSpans))
  if (!outcome.ok) return outcome
  const { frame } = outcome
  const spans = Map.groupBy(
    frame.rows.map((row) => spanOf(frame, row)),
    ({ traceId }) => traceId,
  )
  const cut = frame.rows.length === TRACE_LIMITS.listedSpans
  const warnings = cut
    ? [`These traces have more than ${TRACE_LIMITS.listedSpans} spans: figures are of the newest.`]
    : []
  const meta = metaOf(shown, [chosen.frame, frame], warnings)
  return {
    ok: true,
    traces: ids.flatMap((id) => {
      const tree = spanTree(spans.get(id) ?? [])
      return tree === null ? [] : [summaryOf(id, tree)]
    }),
    meta: { ...meta, partial: cut },
  }
}

function spansPlan(where: Predicate, range: Range, limit: number): ListPlan {
  return { type: 'list', ...range, where, columns: COLUMNS, limit }
}

function spanOf(frame: Frame, row: readonly FrameCell[]): TraceSpan {
  const cell = (column: string): FrameCell => cellOf(frame, row, column)
  const start = Number(cell('time'))
  const latency = cell('latency_ms')
  const cost = cell('cost_total')
  const status = cell('status')
  return {
    traceId: String(cell('trace_id')),
    eventId: String(cell('event_id')),
    spanId: textOf(cell('span_id')),
    parentId: parentSpan(cell('extra')) ?? textOf(cell('parent_event_id')),
    start,
    end: start + (typeof latency === 'number' ? Math.round(latency * 1000) : 0),
    error: status === 'error' || status === 'timeout',
    cost: typeof cost === 'bigint' ? cost : null,
    inputTokens: Number(cell('input_tokens') ?? 0),
    outputTokens: Number(cell('output_tokens') ?? 0),
    shown: Object.fromEntries(COLUMNS.map((column) => [column, cell(column)])),
  }
}

const textOf = (cell: FrameCell): string | null =>
  typeof cell === 'string' && cell !== '' ? cell : null

/** The parent has no column: it is kept with the other fields that have none. */
function parentSpan(extra: FrameCell): string | null {
  if (typeof extra !== 'string' || !extra.includes('parent_')) return null
  const members = JSON.parse(extra) as Readonly<Record<string, unknown>>
  const parent = members['parent_span_id']
  return typeof parent === 'string' && parent !== '' ? parent : null
}

const milliseconds = (micros: number): number => micros / 1000

function nameOf({ span }: SpanNode<TraceSpan>): string {
  if (span === null) return '(trace)'
  const { name, model, category, kind } = span.shown
  return textOf(name ?? null) ?? textOf(model ?? null) ?? textOf(category ?? null) ?? String(kind)
}

function totalsOf({ totals }: SpanNode<TraceSpan>): TotalsDocument {
  const { spans, errors, cost, inputTokens, outputTokens } = totals
  return {
    spans,
    errors,
    cost: cost === null ? null : dollars(cost),
    input_tokens: inputTokens,
    output_tokens: outputTokens,
  }
}

function summaryOf(id: string, tree: SpanNode<TraceSpan>): TraceSummary {
  const first = tree.span === null ? (tree.children[0] ?? tree) : tree
  return {
    trace_id: id,
    name: nameOf(first),
    service: first.span?.shown['service'] ?? null,
    start: formatIsoMicros(tree.start),
    duration_ms: milliseconds(tree.end - tree.start),
    ...totalsOf(tree),
  }
}

/** Recursive: a trace has no more spans than `TRACE_LIMITS.spans`, so it is no deeper. */
function spanDocument(
  node: SpanNode<TraceSpan>,
  origin: number,
  path: { name: string; event_id: string | null }[],
): SpanDocument {
  const { span } = node
  const shown = (column: string): FrameCell => span?.shown[column] ?? null
  const name = nameOf(node)
  if (node.critical && span !== null) path.push({ name, event_id: span.eventId })
  return {
    span_id: span?.spanId ?? null,
    event_id: span?.eventId ?? null,
    kind: shown('kind'),
    name,
    service: shown('service'),
    model: shown('model'),
    status: shown('status'),
    error_type: shown('error_type'),
    error_message: shown('error_message'),
    start: formatIsoMicros(node.start),
    offset_ms: milliseconds(node.start - origin),
    duration_ms: milliseconds(node.end - node.start),
    self_ms: milliseconds(node.selfMicros),
    critical: node.critical,
    orphan: node.orphan,
    cost: span === null || span.cost === null ? null : dollars(span.cost),
    input_tokens: span?.inputTokens ?? 0,
    output_tokens: span?.outputTokens ?? 0,
    total: totalsOf(node),
    children: node.children.map((child) => spanDocument(child, origin, path)),
  }
}
