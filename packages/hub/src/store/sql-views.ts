import { type ColumnSpec, EVENT_COLUMNS, KINDS, REJECT_COLUMNS } from '@llmhub/schema'

/**
 * The views that people may read by SQL, as data: the store's migration, the guard of statements, the
 * completion of the prompt and the reference page are all made from it or held to it by tests.
 */

/** What a column holds, which decides its SQL type and how it follows from the row. */
export type ViewColumnForm =
  | 'text'
  | 'time'
  | 'micros'
  | 'money'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'tags'

export interface ViewColumn {
  readonly name: string
  readonly form: ViewColumnForm
  readonly unit?: string
  readonly doc: string
}

export interface SqlView {
  readonly name: string
  readonly doc: string
  /** Kinds of events it has, or null for all; `dead_letters` has no events. */
  readonly kinds: readonly string[] | null
  readonly columns: readonly ViewColumn[]
}

/** Schema of the views. */
export const SQL_SCHEMA = 'analytics'

/** Name of each form in SQL. */
export const FORM_TYPES: Readonly<Record<ViewColumnForm, string>> = {
  text: 'VARCHAR',
  time: 'TIMESTAMP',
  micros: 'BIGINT',
  money: 'DECIMAL(31,12)',
  integer: 'BIGINT',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  tags: 'MAP(VARCHAR, VARCHAR)',
}

/** Columns that are of use to the hub alone, or the same in every row of a view. */
const INTERNAL: ReadonlySet<string> = new Set([
  'id_hi',
  'id_lo',
  'content_hash',
  'suppressed',
  'is_current',
  'latency_bin',
  'ttft_bin',
  'value_bin',
])

function formOf({ name, type, unit }: ColumnSpec): ViewColumnForm {
  if (unit === 'us') return 'time'
  if (unit === 'pico-dollars') return 'money'
  if (name === 'weight' || type === 'f64') return 'number'
  switch (type) {
    case 'dict':
    case 'text':
      return 'text'
    case 'bool':
      return 'boolean'
    case 'tags':
      return 'tags'
    case 'i64':
    case 'i32':
    case 'i16':
      return 'integer'
    default:
      return type satisfies never
  }
}

function viewColumn(spec: ColumnSpec): ViewColumn {
  const form = formOf(spec)
  const unit = form === 'money' ? 'USD' : form === 'time' ? 'UTC' : spec.unit
  return { name: spec.name, form, ...(unit === undefined ? {} : { unit }), doc: spec.doc }
}

/** The event time once more, as it is stored: a condition on it lets the scan skip blocks of rows. */
const TIME_US: ViewColumn = {
  name: 'time_us',
  form: 'micros',
  unit: 'us',
  doc: 'Event time in microseconds since 1970: a range of it, as in `time_us >= epoch_us(TIMESTAMP …)`, is the fastest way to read a part.',
}

const EVENT_VIEW_COLUMNS: readonly ViewColumn[] = EVENT_COLUMNS.filter(
  ({ name }) => !INTERNAL.has(name),
).flatMap((spec) => (spec.name === 'time' ? [viewColumn(spec), TIME_US] : [viewColumn(spec)]))

function chosen(...names: string[]): readonly ViewColumn[] {
  return names.map((name) => {
    const column = EVENT_VIEW_COLUMNS.find((each) => each.name === name)
    if (column === undefined) throw new RangeError(`the events have no column ${name}`)
    return column
  })
}

const kindsOf = (...families: string[]): string[] =>
  KINDS.filter(({ family }) => families.includes(family)).map(({ kind }) => kind)

const WHEN_AND_WHERE = ['project', 'event_id', 'time', 'time_us', 'received_at', 'kind'] as const
const WHO = ['environment', 'service', 'user_id', 'session_id', 'tags', 'weight'] as const
const TOKENS = [
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
] as const
const COSTS = [
  'cost_total',
  'cost_computed',
  'cost_reported',
  'cost_prompt',
  'cost_completion',
  'cost_other',
  'cost_cache_saved',
] as const
const PRICES = ['price_source', 'price_rule', 'price_version', 'service_tier'] as const

const LETTER_COLUMNS: readonly ViewColumn[] = [
  ...REJECT_COLUMNS.map(viewColumn),
  { name: 'status', form: 'text', doc: 'open | replayed | dismissed.' },
  { name: 'resolved_at', form: 'time', unit: 'UTC', doc: 'When that was said; null while open.' },
  { name: 'replayed_event_id', form: 'text', doc: 'The event that the letter became.' },
]

export const SQL_VIEWS: readonly SqlView[] = [
  {
    name: 'events',
    doc: 'Every event that counts, of every kind. Rows that another one reports better, and versions that a newer one replaced, are left out, as questions leave them out.',
    kinds: null,
    columns: EVENT_VIEW_COLUMNS,
  },
  {
    name: 'calls',
    doc: 'Calls of models: what `requests.count`, `latency.*` and `ttft.*` count. A call without a status is taken as one that succeeded.',
    kinds: ['llm_request', 'latency'],
    columns: chosen(
      ...WHEN_AND_WHERE,
      'provider',
      'model',
      'status',
      'error_type',
      'error_message',
      'severity',
      'latency_ms',
      'ttft_ms',
      'tokens_per_second',
      ...TOKENS,
      ...COSTS,
      ...PRICES,
      'quality',
      'temperature',
      'top_p',
      'top_k',
      'max_tokens',
      'task_type',
      'prompt_name',
      'prompt_version',
      'request_id',
      'response_id',
      'trace_id',
      'span_id',
      'parent_event_id',
      'correlation_id',
      ...WHO,
      'extra',
    ),
  },
  {
    name: 'costs',
    doc: 'Everything that costs: what `cost.total` adds up. `cost_total` is null where no price is known.',
    kinds: ['llm_request', 'token_cost', 'api_cost', 'resource_consumption'],
    columns: chosen(
      ...WHEN_AND_WHERE,
      'provider',
      'model',
      'name',
      'category',
      ...COSTS,
      ...TOKENS,
      ...PRICES,
      'usage_details',
      'request_id',
      ...WHO,
    ),
  },
  {
    name: 'security',
    doc: 'Threats, vulnerabilities, verdicts of guardrails, breaches of compliance and detections of personal data. `status` is the level of a threat, `category` its type, `action` what was done.',
    kinds: kindsOf('security'),
    columns: chosen(
      ...WHEN_AND_WHERE,
      'severity',
      'name',
      'category',
      'status',
      'action',
      'value',
      'actor',
      'resource',
      'provider',
      'model',
      'request_id',
      'trace_id',
      'correlation_id',
      ...WHO,
      'extra',
    ),
  },
  {
    name: 'governance',
    doc: 'Breaches of policies, the audit trail, accesses to data and statements of consent.',
    kinds: kindsOf('governance'),
    columns: chosen(
      ...WHEN_AND_WHERE,
      'severity',
      'name',
      'category',
      'status',
      'action',
      'value',
      'actor',
      'resource',
      'request_id',
      'trace_id',
      'correlation_id',
      ...WHO,
      'extra',
    ),
  },
  {
    name: 'parameters',
    doc: 'Executions of a task with given parameters: what they were set to, and how it went. `value` is 1 where the execution succeeded.',
    kinds: ['parameter_execution'],
    columns: chosen(
      ...WHEN_AND_WHERE,
      'decision_id',
      'task_type',
      'provider',
      'model',
      'status',
      'value',
      'quality',
      'temperature',
      'top_p',
      'top_k',
      'max_tokens',
      'latency_ms',
      'input_tokens',
      'output_tokens',
      'cost_total',
      'request_id',
      'trace_id',
      ...WHO,
      'extra',
    ),
  },
  {
    name: 'dead_letters',
    doc: 'Rejected events with the reason and what became of them. Content fields are not in `body`.',
    kinds: null,
    columns: LETTER_COLUMNS,
  },
]

/** A view as one may ask for it: `analytics.` may be left out. */
export function sqlViewNamed(name: string): SqlView | undefined {
  const lower = name.toLowerCase()
  return SQL_VIEWS.find((view) => view.name === lower)
}
