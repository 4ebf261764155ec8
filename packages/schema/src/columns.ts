/**
 * The columns of an event row: what a column batch carries, what the journal stores, what the store
 * keeps, and what questions may name. The event kinds (`kinds.ts`) say which payload field goes into
 * which column; a field without a column is kept in `extra`.
 *
 * Types:
 * - `dict`: text of few distinct values (stored as an integer id of a dictionary)
 * - `text`: any text
 * - `i64`: whole number; times are microseconds since 1970-01-01T00:00:00Z, money is pico-dollars
 * - `i16`: bin of the quantile sketch (see `@llmhub/stats`)
 * - `f64`, `bool`
 * - `tags`: map from text to text
 */
export type ColumnType = 'dict' | 'text' | 'i64' | 'i32' | 'i16' | 'f64' | 'bool' | 'tags'

export interface ColumnSpec {
  readonly name: string
  readonly type: ColumnType
  /** Unit of a number: `ms`, `tokens`, `pico-dollars`, … */
  readonly unit?: string
  readonly doc: string
}

/** Set by the hub itself on every row before it enters the log. */
export const SYSTEM_COLUMNS = [
  { name: 'project', type: 'dict', doc: 'Project the event belongs to.' },
  { name: 'event_id', type: 'text', doc: 'Identity of the event within its project.' },
  {
    name: 'id_hi',
    type: 'i64',
    doc: 'Upper half of the 128-bit keyed hash of (project, event_id).',
  },
  { name: 'id_lo', type: 'i64', doc: 'Lower half of that hash.' },
  {
    name: 'content_hash',
    type: 'i64',
    doc: 'Hash of the event as sent, to tell a duplicate from a conflict.',
  },
  { name: 'time', type: 'i64', unit: 'us', doc: 'Event time.' },
  { name: 'received_at', type: 'i64', unit: 'us', doc: 'When the hub received the event.' },
  { name: 'receiver', type: 'dict', doc: 'Receiver that took the event in: http, import, otlp, …' },
  { name: 'kind', type: 'dict', doc: 'Kind of the event: payload.type.' },
  { name: 'family', type: 'dict', doc: 'Family of the kind: common.event_type.' },
  {
    name: 'weight',
    type: 'f64',
    doc: 'How many events this row stands for (sampling); 1 by default.',
  },
  { name: 'suppressed', type: 'bool', doc: 'Another row reports the same call; not counted.' },
  {
    name: 'entity_id',
    type: 'text',
    doc: 'Identity of the thing that versions of a row describe.',
  },
  { name: 'entity_version', type: 'i64', doc: 'Version of that thing; greater wins.' },
  { name: 'is_current', type: 'bool', doc: 'No newer version of the entity is known.' },
] as const satisfies readonly ColumnSpec[]

/** From the `common` part of an event. */
export const COMMON_COLUMNS = [
  { name: 'schema_version', type: 'dict', doc: 'Version of the event schema the sender used.' },
  { name: 'source_module', type: 'dict', doc: 'Module that emitted the event.' },
  { name: 'severity', type: 'dict', doc: 'debug | info | warning | error | critical.' },
  { name: 'environment', type: 'dict', doc: 'Deployment environment.' },
  { name: 'correlation_id', type: 'text', doc: 'Ties events of one transaction together.' },
  { name: 'parent_event_id', type: 'text', doc: 'Event that caused this one.' },
  { name: 'tags', type: 'tags', doc: 'Free key and value pairs.' },
] as const satisfies readonly ColumnSpec[]

/** From payload fields; several kinds may share a column. */
export const PAYLOAD_COLUMNS = [
  { name: 'provider', type: 'dict', doc: 'Provider or platform that served the model.' },
  { name: 'model', type: 'dict', doc: 'Model id as the sender named it.' },
  { name: 'service', type: 'dict', doc: 'Application or service that made the call.' },
  {
    name: 'status',
    type: 'dict',
    doc: 'ok | error | timeout | cancelled, or the outcome of an action.',
  },
  { name: 'error_type', type: 'dict', doc: 'Class of the error.' },
  { name: 'error_message', type: 'text', doc: 'Message of the error.' },
  { name: 'task_type', type: 'dict', doc: 'Kind of task the call served.' },
  { name: 'prompt_name', type: 'dict', doc: 'Name of the prompt template.' },
  { name: 'prompt_version', type: 'dict', doc: 'Version of the prompt template.' },
  {
    name: 'name',
    type: 'dict',
    doc: 'Name of the metric, span, score, policy, service event or rule.',
  },
  {
    name: 'category',
    type: 'dict',
    doc: 'Class within the kind: threat type, resource type, data category, …',
  },
  { name: 'action', type: 'dict', doc: 'Action taken or requested: block, allow, create, …' },
  { name: 'unit', type: 'dict', doc: 'Unit of `value`.' },
  { name: 'user_id', type: 'text', doc: 'End user.' },
  { name: 'session_id', type: 'text', doc: 'Session or conversation.' },
  { name: 'request_id', type: 'text', doc: 'Identity of the call as the client knows it.' },
  { name: 'response_id', type: 'text', doc: 'Identity of the answer as the provider gave it.' },
  { name: 'trace_id', type: 'text', doc: 'Trace the span belongs to.' },
  { name: 'span_id', type: 'text', doc: 'Span.' },
  { name: 'actor', type: 'text', doc: 'Who acted, for security and governance events.' },
  { name: 'resource', type: 'text', doc: 'What was acted on.' },
  { name: 'decision_id', type: 'text', doc: 'Parameter decision an execution followed.' },
  { name: 'latency_ms', type: 'f64', unit: 'ms', doc: 'Duration of the call or operation.' },
  { name: 'ttft_ms', type: 'f64', unit: 'ms', doc: 'Time to the first token.' },
  { name: 'tokens_per_second', type: 'f64', unit: 'tokens/s', doc: 'Output speed.' },
  { name: 'value', type: 'f64', doc: 'Value of a metric, score, rate or risk.' },
  { name: 'quality', type: 'f64', doc: 'Quality of the response, 0 to 1.' },
  { name: 'temperature', type: 'f64', doc: 'Sampling temperature.' },
  { name: 'top_p', type: 'f64', doc: 'Nucleus sampling mass.' },
  { name: 'top_k', type: 'f64', doc: 'Number of candidates sampled from.' },
  { name: 'max_tokens', type: 'f64', unit: 'tokens', doc: 'Limit of output tokens.' },
] as const satisfies readonly ColumnSpec[]

/** Computed at ingest from the fields above; a sender cannot set them. */
export const DERIVED_COLUMNS = [
  {
    name: 'input_tokens',
    type: 'i64',
    unit: 'tokens',
    doc: 'Prompt tokens, cache reads and writes included.',
  },
  {
    name: 'output_tokens',
    type: 'i64',
    unit: 'tokens',
    doc: 'Completion tokens, reasoning included.',
  },
  {
    name: 'cache_read_tokens',
    type: 'i64',
    unit: 'tokens',
    doc: 'Part of input read from a cache.',
  },
  {
    name: 'cache_write_tokens',
    type: 'i64',
    unit: 'tokens',
    doc: 'Part of input written to a cache.',
  },
  {
    name: 'reasoning_tokens',
    type: 'i64',
    unit: 'tokens',
    doc: 'Part of output spent on reasoning.',
  },
  {
    name: 'cost_reported',
    type: 'i64',
    unit: 'pico-dollars',
    doc: 'Cost as the sender reported it.',
  },
  {
    name: 'cost_computed',
    type: 'i64',
    unit: 'pico-dollars',
    doc: 'Cost from usage and price table.',
  },
  {
    name: 'cost_prompt',
    type: 'i64',
    unit: 'pico-dollars',
    doc: 'Input part of the computed cost, cache included.',
  },
  {
    name: 'cost_completion',
    type: 'i64',
    unit: 'pico-dollars',
    doc: 'Output part of the computed cost, reasoning included.',
  },
  {
    name: 'cost_other',
    type: 'i64',
    unit: 'pico-dollars',
    doc: 'Rest of the computed cost: requests, tools, ….',
  },
  {
    name: 'cost_total',
    type: 'i64',
    unit: 'pico-dollars',
    doc: 'Computed cost, else reported cost, else null.',
  },
  {
    name: 'price_source',
    type: 'dict',
    doc: 'package | override | reported | none: where the cost comes from.',
  },
  {
    name: 'price_rule',
    type: 'dict',
    doc: 'Rule of the price table that was applied, or why none was.',
  },
  { name: 'price_version', type: 'dict', doc: 'Version of the price table.' },
  { name: 'latency_bin', type: 'i16', doc: 'Sketch bin of latency_ms.' },
  { name: 'ttft_bin', type: 'i16', doc: 'Sketch bin of ttft_ms.' },
  { name: 'value_bin', type: 'i16', doc: 'Sketch bin of value.' },
  { name: 'extra', type: 'text', doc: 'JSON object of the fields that have no column.' },
  {
    name: 'cost_cache_saved',
    type: 'i64',
    unit: 'pico-dollars',
    doc: 'What the computed cost would be without cache, less what it is: negative where writing cost more than reading saved.',
  },
  {
    name: 'service_tier',
    type: 'dict',
    doc: 'Service tier the call was made in: standard, batch, flex, priority, …; null where none was named.',
  },
  {
    name: 'usage_details',
    type: 'text',
    doc: 'JSON object of the counts that have no column (cache writes by lifetime, audio, images, searches, …); null for most.',
  },
  {
    name: 'usage_rule',
    type: 'dict',
    doc: 'How the usage was read: shape, whether cache and reasoning were within their totals, and what decided.',
  },
] as const satisfies readonly ColumnSpec[]

/** Every column of an event row, in the order of the column batch. The order only ever grows at the end. */
export const EVENT_COLUMNS = [
  ...SYSTEM_COLUMNS,
  ...COMMON_COLUMNS,
  ...PAYLOAD_COLUMNS,
  ...DERIVED_COLUMNS,
] as const satisfies readonly ColumnSpec[]

export type EventColumnName = (typeof EVENT_COLUMNS)[number]['name']

/** Columns of a rejected event: the dead letter. */
export const REJECT_COLUMNS = [
  { name: 'project', type: 'dict', doc: 'Project the event was sent to.' },
  { name: 'reject_id', type: 'text', doc: 'Identity of the dead letter.' },
  { name: 'received_at', type: 'i64', unit: 'us', doc: 'When the hub received the event.' },
  { name: 'receiver', type: 'dict', doc: 'Receiver that took the event in.' },
  { name: 'event_id', type: 'text', doc: 'Identity of the event, where it had one.' },
  { name: 'code', type: 'dict', doc: 'Error code.' },
  { name: 'path', type: 'text', doc: 'JSON pointer to the offending value.' },
  { name: 'message', type: 'text', doc: 'What was wrong and what to do.' },
  { name: 'body', type: 'text', doc: 'The event as sent, content fields removed, cut at 16 KiB.' },
  {
    name: 'body_form',
    type: 'dict',
    doc: 'event | redacted | cut | text: whether body is the event as sent, for taking it in again. Null in rows of releases that did not say.',
  },
] as const satisfies readonly ColumnSpec[]
