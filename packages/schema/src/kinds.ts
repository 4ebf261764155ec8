/**
 * The table of event kinds. Types, JSON Schema, validators, the filling of columns, and the
 * reference pages all follow from it; adding a kind or a field is adding data here.
 * Kinds and fields only grow: a field's type never changes.
 */

import type { EventColumnName } from './columns.ts'

/**
 * - `string`: text up to the string limit; `id`: text, or a safe integer taken as its decimal text
 * - `number`: finite; `count`: whole, 0 or more, safe; `fraction`: 0 to 1
 * - `usd`: dollars as a number of 0 or more or a decimal string
 * - `boolean`
 * - `object`: any JSON object; `strings`: array of strings; `json`: any JSON value
 * - `enum`: one of `values`
 * - `usage`: token usage (`usage.ts` says which shapes are understood)
 */
export type FieldType =
  | 'string'
  | 'id'
  | 'number'
  | 'count'
  | 'fraction'
  | 'usd'
  | 'boolean'
  | 'object'
  | 'strings'
  | 'json'
  | 'enum'
  | 'usage'

export interface FieldSpec {
  readonly name: string
  readonly type: FieldType
  readonly required?: true
  /** `null` is allowed and means absent, unless `required`. */
  readonly values?: readonly string[]
  /** Least and greatest number allowed, inclusive. */
  readonly min?: number
  readonly max?: number
  readonly unit?: string
  /** Column of the event row that holds the field; without one it is kept in `extra`. */
  readonly column?: EventColumnName
  /**
   * Other names senders use. The canonical name wins; an unequal alias is kept in `extra` and counted.
   */
  readonly aliases?: readonly string[]
  readonly doc: string
}

export const FAMILIES = [
  'telemetry',
  'metric',
  'security',
  'cost',
  'governance',
  'execution',
  'service',
] as const
export type Family = (typeof FAMILIES)[number]

export interface KindSpec {
  readonly family: Family
  readonly kind: string
  readonly doc: string
  readonly fields: readonly FieldSpec[]
}

export const SEVERITIES = ['debug', 'info', 'warning', 'error', 'critical'] as const
export const CALL_STATUSES = ['ok', 'error', 'timeout', 'cancelled'] as const

/** Fields that carry what users and models wrote. Dropped and counted unless content is switched on. */
export const CONTENT_FIELDS = [
  'messages',
  'prompt',
  'completion',
  'input',
  'output',
  'content',
  'response',
  'response_text',
  'prompt_text',
  'system_instructions',
  'tool_definitions',
  'tool_calls',
  'choices',
] as const

const field = (
  name: string,
  type: FieldType,
  doc: string,
  more: Omit<FieldSpec, 'name' | 'type' | 'doc'> = {},
): FieldSpec => ({ name, type, doc, ...more })

const provider = field('provider', 'string', 'Provider or platform that served the model.', {
  column: 'provider',
})
const model = field('model_id', 'string', 'Model as the provider names it.', {
  column: 'model',
  aliases: ['model'],
})
const requiredModel: FieldSpec = { ...model, required: true }
const requestId = field('request_id', 'id', 'Identity of the call as the client knows it.', {
  column: 'request_id',
})
const responseId = field('response_id', 'id', 'Identity of the answer as the provider gave it.', {
  column: 'response_id',
})
const traceId = field('trace_id', 'id', 'Trace the call belongs to.', { column: 'trace_id' })
const spanId = field('span_id', 'id', 'Span of the call.', { column: 'span_id' })
const userId = field('user_id', 'id', 'End user.', { column: 'user_id' })
const sessionId = field('session_id', 'id', 'Session or conversation.', {
  column: 'session_id',
  aliases: ['conversation_id'],
})
const service = field('service', 'string', 'Application or service.', { column: 'service' })
const errorType = field('error_type', 'string', 'Class of the error.', { column: 'error_type' })
const errorMessage = field('error_message', 'string', 'Message of the error.', {
  column: 'error_message',
})
const usage = field('usage', 'usage', 'Token usage.', { aliases: ['token_usage'] })
const taskType = field('task_type', 'string', 'Kind of task the call served.', {
  column: 'task_type',
})
const parameters = field(
  'parameters',
  'object',
  'Model parameters: temperature, top_p, top_k, max_tokens, …',
)
const ttft = field('ttft_ms', 'number', 'Time to the first token.', {
  column: 'ttft_ms',
  unit: 'ms',
  min: 0,
  aliases: ['time_to_first_token_ms'],
})
const tokensPerSecond = field('tokens_per_second', 'number', 'Output speed.', {
  column: 'tokens_per_second',
  unit: 'tokens/s',
  min: 0,
})
const status = field('status', 'enum', 'How the call ended.', {
  column: 'status',
  values: CALL_STATUSES,
})
const actor = field('actor', 'id', 'Who acted.', { column: 'actor' })
const resource = field('resource', 'id', 'What was acted on.', { column: 'resource' })
const action = field('action', 'string', 'What was done.', { column: 'action' })
const description = field('description', 'string', 'What happened, in words.')
const details = field('details', 'object', 'Anything else worth keeping.')
const policy = field('policy_id', 'string', 'Policy that applied.', {
  column: 'name',
  aliases: ['policy', 'policy_name'],
})
const metricName = field('name', 'string', 'Name of the metric.', {
  column: 'name',
  required: true,
})
const metricUnit = field('unit', 'string', 'Unit of the value.', { column: 'unit' })
const temporality = field('temporality', 'enum', 'Whether values are changes or totals.', {
  values: ['delta', 'cumulative'],
})
const currencyCost = (name: string, doc: string, more: Partial<FieldSpec> = {}): FieldSpec =>
  field(name, 'usd', doc, { unit: 'USD', ...more })

export const KINDS = [
  {
    family: 'telemetry',
    kind: 'llm_request',
    doc: 'One call of a model: what it used, how long it took, how it ended.',
    fields: [
      provider,
      requiredModel,
      requestId,
      responseId,
      traceId,
      spanId,
      parameters,
      usage,
      field('latency_ms', 'number', 'Duration of the call.', {
        column: 'latency_ms',
        unit: 'ms',
        min: 0,
        aliases: ['total_latency_ms', 'duration_ms'],
      }),
      ttft,
      tokensPerSecond,
      status,
      errorType,
      errorMessage,
      currencyCost('cost_usd', 'Cost as the provider or gateway reported it.', {
        column: 'cost_reported',
        aliases: ['total_cost_usd', 'response_cost'],
      }),
      field('service_tier', 'string', 'Tier of the call: default, batch, flex, priority.'),
      userId,
      sessionId,
      service,
      taskType,
      field('prompt_name', 'string', 'Name of the prompt template.', { column: 'prompt_name' }),
      field('prompt_version', 'id', 'Version of the prompt template.', {
        column: 'prompt_version',
      }),
      field('quality', 'fraction', 'Quality of the response.', { column: 'quality' }),
    ],
  },
  {
    family: 'telemetry',
    kind: 'latency',
    doc: 'Latency of one call, where the rest of the call is reported elsewhere.',
    fields: [
      provider,
      model,
      requestId,
      responseId,
      field('total_latency_ms', 'number', 'Duration of the call.', {
        column: 'latency_ms',
        unit: 'ms',
        min: 0,
        required: true,
        aliases: ['latency_ms', 'duration_ms'],
      }),
      ttft,
      tokensPerSecond,
      status,
      errorType,
      service,
      userId,
      sessionId,
      field('breakdown', 'object', 'Milliseconds by phase.'),
    ],
  },
  {
    family: 'telemetry',
    kind: 'throughput',
    doc: 'Calls or tokens per second over a period.',
    fields: [
      provider,
      model,
      service,
      field('requests_per_second', 'number', 'Calls per second.', {
        column: 'value',
        unit: 'requests/s',
        min: 0,
        required: true,
        aliases: ['throughput'],
      }),
      tokensPerSecond,
      field('concurrent_requests', 'count', 'Calls in flight.'),
      field('period_ms', 'number', 'Length of the period.', { unit: 'ms', min: 0 }),
    ],
  },
  {
    family: 'telemetry',
    kind: 'error_rate',
    doc: 'Share of failed calls over a period.',
    fields: [
      provider,
      model,
      service,
      field('error_rate', 'fraction', 'Failed calls over all calls.', {
        column: 'value',
        required: true,
        aliases: ['rate'],
      }),
      field('total_requests', 'count', 'All calls.'),
      field('failed_requests', 'count', 'Failed calls.', { aliases: ['error_count'] }),
      errorType,
      field('error_types', 'object', 'Failed calls by class of error.'),
      field('period_ms', 'number', 'Length of the period.', { unit: 'ms', min: 0 }),
    ],
  },
  {
    family: 'telemetry',
    kind: 'token_usage',
    doc: 'Tokens of one call, where the rest of the call is reported elsewhere.',
    fields: [provider, requiredModel, requestId, responseId, usage, service, userId, sessionId],
  },
  {
    family: 'telemetry',
    kind: 'span',
    doc: 'One step of a trace that is not a model call.',
    fields: [
      field('name', 'string', 'Name of the span.', { column: 'name', required: true }),
      field('trace_id', 'id', 'Trace of the span.', { column: 'trace_id', required: true }),
      field('span_id', 'id', 'Identity of the span.', { column: 'span_id', required: true }),
      field('parent_span_id', 'id', 'Parent of the span.'),
      field('span_kind', 'string', 'chain, tool, agent, retriever, …', { column: 'category' }),
      field('duration_ms', 'number', 'Duration of the span.', {
        column: 'latency_ms',
        unit: 'ms',
        min: 0,
        aliases: ['latency_ms'],
      }),
      status,
      errorType,
      errorMessage,
      provider,
      model,
      usage,
      service,
      userId,
      sessionId,
      field('attributes', 'object', 'Attributes of the span.'),
    ],
  },
  {
    family: 'telemetry',
    kind: 'score',
    doc: 'A judgement of a response by a person, a model or a program.',
    fields: [
      field('name', 'string', 'What was judged.', { column: 'name', required: true }),
      field('value', 'number', 'The score.', {
        column: 'value',
        required: true,
        aliases: ['score'],
      }),
      field('label', 'string', 'The score as a word.', { column: 'category' }),
      field('explanation', 'string', 'Why.'),
      field('source', 'string', 'Who judged: api, eval, annotation.', { column: 'actor' }),
      requestId,
      responseId,
      traceId,
      spanId,
      sessionId,
      userId,
      model,
    ],
  },
  {
    family: 'metric',
    kind: 'counter',
    doc: 'A number that only grows.',
    fields: [
      metricName,
      field('value', 'number', 'The value.', { column: 'value', required: true, min: 0 }),
      metricUnit,
      temporality,
      service,
      model,
      provider,
    ],
  },
  {
    family: 'metric',
    kind: 'gauge',
    doc: 'A number that goes up and down.',
    fields: [
      metricName,
      field('value', 'number', 'The value.', { column: 'value', required: true }),
      metricUnit,
      service,
      model,
      provider,
    ],
  },
  {
    family: 'metric',
    kind: 'histogram',
    doc: 'A distribution of values.',
    fields: [
      metricName,
      field('value', 'number', 'Mean of the values, where known.', { column: 'value' }),
      field('count', 'count', 'Number of values.', { required: true }),
      field('sum', 'number', 'Sum of the values.', { required: true }),
      field('min', 'number', 'Least value.'),
      field('max', 'number', 'Greatest value.'),
      field('buckets', 'json', 'Counts by upper bound.'),
      metricUnit,
      temporality,
      service,
      model,
      provider,
    ],
  },
  {
    family: 'security',
    kind: 'threat',
    doc: 'An attack or an attempt at one.',
    fields: [
      field('threat_type', 'string', 'prompt_injection, jailbreak, data_exfiltration, …', {
        column: 'category',
        required: true,
      }),
      field('threat_level', 'enum', 'How bad it is.', {
        column: 'status',
        values: ['low', 'medium', 'high', 'critical'],
        aliases: ['level'],
      }),
      field('confidence', 'fraction', 'How sure the detector is.', { column: 'value' }),
      field('mitigation', 'string', 'What was done about it.', {
        column: 'action',
        aliases: ['mitigation_status', 'action'],
      }),
      field('source_ip', 'string', 'Address the attack came from.'),
      field('indicators', 'strings', 'What gave it away.'),
      actor,
      resource,
      description,
      provider,
      model,
      requestId,
      userId,
      sessionId,
      service,
    ],
  },
  {
    family: 'security',
    kind: 'vulnerability',
    doc: 'A weakness that was found.',
    fields: [
      field('vulnerability_id', 'id', 'Identity of the weakness: a CVE or an own id.', {
        column: 'name',
        required: true,
        aliases: ['cve_id'],
      }),
      field('severity_score', 'number', 'CVSS score.', {
        column: 'value',
        min: 0,
        max: 10,
        aliases: ['cvss_score'],
      }),
      field('component', 'string', 'What is affected.', {
        column: 'category',
        aliases: ['affected_component'],
      }),
      field('remediation_status', 'string', 'How far the fix is.', { column: 'status' }),
      resource,
      description,
      service,
    ],
  },
  {
    family: 'security',
    kind: 'compliance_violation',
    doc: 'A breach of a rule from outside: GDPR, HIPAA, SOC 2.',
    fields: [
      field('framework', 'string', 'Rule book.', {
        column: 'category',
        required: true,
        aliases: ['regulation'],
      }),
      field('control_id', 'string', 'Control that was breached.', {
        column: 'name',
        aliases: ['requirement'],
      }),
      action,
      actor,
      resource,
      description,
      service,
      userId,
      details,
    ],
  },
  {
    family: 'security',
    kind: 'guardrail',
    doc: 'The verdict of a guardrail on an input or output.',
    fields: [
      field('guardrail', 'string', 'Name of the guardrail.', {
        column: 'name',
        required: true,
        aliases: ['name'],
      }),
      field('verdict', 'enum', 'What it decided.', {
        column: 'action',
        required: true,
        values: ['allow', 'deny', 'modify', 'warn', 'escalate'],
      }),
      field('category', 'string', 'Risk it looked for.', { column: 'category' }),
      field('score', 'fraction', 'Risk it saw.', { column: 'value' }),
      field('target', 'string', 'What it looked at: input, output, tool_call, …'),
      field('duration_ms', 'number', 'How long it took.', {
        column: 'latency_ms',
        unit: 'ms',
        min: 0,
      }),
      field('policy_id', 'string', 'Policy that applied.'),
      provider,
      model,
      requestId,
      userId,
      sessionId,
      service,
    ],
  },
  {
    family: 'security',
    kind: 'pii_detected',
    doc: 'Personal data that was found; never the data itself.',
    fields: [
      field('pii_type', 'string', 'email, phone, card, …', { column: 'category', required: true }),
      field('count', 'count', 'How many.'),
      field('confidence', 'fraction', 'How sure the detector is.', { column: 'value' }),
      action,
      field('location', 'string', 'Where it was: input, output, tag, ….'),
      requestId,
      userId,
      sessionId,
      service,
      model,
    ],
  },
  {
    family: 'cost',
    kind: 'token_cost',
    doc: 'Cost of the tokens of one call.',
    fields: [
      provider,
      requiredModel,
      requestId,
      responseId,
      usage,
      currencyCost('cost_usd', 'Cost as reported.', {
        column: 'cost_reported',
        aliases: ['total_cost_usd', 'total_cost'],
      }),
      field('service_tier', 'string', 'Tier of the call: default, batch, flex, priority.'),
      service,
      userId,
      sessionId,
      taskType,
    ],
  },
  {
    family: 'cost',
    kind: 'api_cost',
    doc: 'Cost of calling an API that is not priced by token.',
    fields: [
      provider,
      model,
      requestId,
      field('endpoint', 'string', 'What was called.', { column: 'name', aliases: ['api'] }),
      field('request_count', 'count', 'Number of calls.'),
      currencyCost('cost_usd', 'Cost as reported.', {
        column: 'cost_reported',
        required: true,
        aliases: ['total_cost_usd', 'total_cost'],
      }),
      service,
      userId,
      sessionId,
    ],
  },
  {
    family: 'cost',
    kind: 'resource_consumption',
    doc: 'Use of a resource and what it cost.',
    fields: [
      field('resource_type', 'string', 'gpu, cpu, memory, storage, network, …', {
        column: 'category',
        required: true,
      }),
      field('quantity', 'number', 'How much.', {
        column: 'value',
        min: 0,
        aliases: ['amount', 'value'],
      }),
      metricUnit,
      currencyCost('cost_usd', 'Cost as reported.', {
        column: 'cost_reported',
        aliases: ['total_cost_usd', 'total_cost'],
      }),
      field('utilization', 'fraction', 'Share in use.'),
      provider,
      model,
      resource,
      service,
    ],
  },
  {
    family: 'governance',
    kind: 'policy_violation',
    doc: 'A breach of a rule of the organisation.',
    fields: [
      { ...policy, required: true },
      field('violation_type', 'string', 'Kind of breach.', { column: 'category' }),
      field('violation_severity', 'string', 'How bad it is.', { column: 'status' }),
      action,
      actor,
      resource,
      description,
      userId,
      requestId,
      service,
      model,
    ],
  },
  {
    family: 'governance',
    kind: 'audit_trail',
    doc: 'Who did what to what.',
    fields: [
      { ...action, required: true },
      actor,
      resource,
      field('resource_type', 'string', 'Kind of the resource.', { column: 'category' }),
      field('outcome', 'string', 'success, failure, denied.', {
        column: 'status',
        aliases: ['status'],
      }),
      field('reason', 'string', 'Why.'),
      field('changes', 'json', 'Before and after.'),
      userId,
      requestId,
      service,
    ],
  },
  {
    family: 'governance',
    kind: 'consent',
    doc: 'A subject gave or withdrew consent.',
    fields: [
      { ...userId, required: true, aliases: ['subject_id'] },
      field('purpose', 'string', 'What for.', { column: 'category', required: true }),
      field('consent_status', 'enum', 'What the subject said.', {
        column: 'status',
        required: true,
        values: ['granted', 'withdrawn', 'denied', 'expired'],
        aliases: ['status'],
      }),
      field('policy_version', 'id', 'Version of the text agreed to.'),
      field('evidence', 'string', 'Where it is recorded.'),
      service,
    ],
  },
  {
    family: 'governance',
    kind: 'data_access',
    doc: 'Data was read or written.',
    fields: [
      { ...actor, required: true, aliases: ['accessor'] },
      { ...resource, required: true, aliases: ['data_resource'] },
      field('access_type', 'string', 'read, write, delete, export.', {
        column: 'action',
        aliases: ['action'],
      }),
      field('data_classification', 'string', 'public, internal, confidential, …', {
        column: 'category',
      }),
      field('outcome', 'string', 'granted or denied.', { column: 'status', aliases: ['status'] }),
      field('purpose', 'string', 'What for.'),
      field('records', 'count', 'How many records.', { column: 'value' }),
      userId,
      service,
    ],
  },
  {
    family: 'execution',
    kind: 'parameter_execution',
    doc: 'One execution of a task with given parameters, and how good it was.',
    fields: [
      field('execution_id', 'id', 'Identity of the execution.', {
        column: 'request_id',
        required: true,
      }),
      { ...taskType, required: true },
      provider,
      model,
      { ...parameters, required: true },
      field('execution_time_ms', 'number', 'Duration.', {
        column: 'latency_ms',
        unit: 'ms',
        min: 0,
        aliases: ['latency_ms'],
      }),
      usage,
      field('response_length', 'count', 'Length of the response in characters.'),
      field('response_quality', 'fraction', 'Quality of the response, or null when not judged.', {
        column: 'quality',
        aliases: ['quality'],
      }),
      field('success', 'boolean', 'Whether the task succeeded.', { column: 'value' }),
      errorType,
      userId,
      sessionId,
      service,
      field('decision_id', 'id', 'Decision that chose the parameters.', { column: 'decision_id' }),
      field('arm', 'string', 'Arm that was chosen.', { column: 'category' }),
      field('propensity', 'fraction', 'Probability with which it was chosen.'),
      field('context', 'object', 'What was known when choosing.'),
    ],
  },
  {
    family: 'service',
    kind: 'service_event',
    doc: 'A named event of any service.',
    fields: [
      field('name', 'string', 'Name of the event.', {
        column: 'name',
        required: true,
        aliases: ['event'],
      }),
      { ...service, required: true },
      field('instance', 'id', 'Instance of the service.', { column: 'resource' }),
      field('duration_ms', 'number', 'Duration.', { column: 'latency_ms', unit: 'ms', min: 0 }),
      field('size_bytes', 'count', 'Size.', { column: 'value', unit: 'bytes', aliases: ['size'] }),
      field('outcome', 'string', 'How it ended.', { column: 'status', aliases: ['status'] }),
      errorType,
      { ...errorMessage, aliases: ['error'] },
      userId,
      sessionId,
      requestId,
      details,
    ],
  },
] as const satisfies readonly KindSpec[]

export type KindName = (typeof KINDS)[number]['kind']

/** Fields of `common`. */
export const COMMON_FIELDS = [
  field(
    'event_id',
    'id',
    'Identity of the event within its project. Sending it again counts once.',
    {
      column: 'event_id',
    },
  ),
  field(
    'timestamp',
    'json',
    'When it happened: ISO 8601, or epoch seconds, milliseconds or microseconds.',
    {
      column: 'time',
      required: true,
    },
  ),
  field('event_type', 'enum', 'Family of the event; follows from the kind.', {
    column: 'family',
    values: FAMILIES,
  }),
  field('source_module', 'string', 'Module that emitted the event.', { column: 'source_module' }),
  field('correlation_id', 'id', 'Ties events of one transaction together.', {
    column: 'correlation_id',
  }),
  field('parent_event_id', 'id', 'Event that caused this one.', { column: 'parent_event_id' }),
  field('schema_version', 'string', 'Version of this schema.', { column: 'schema_version' }),
  field('severity', 'enum', 'How serious the event is.', {
    column: 'severity',
    values: SEVERITIES,
  }),
  field('environment', 'string', 'Deployment environment.', { column: 'environment' }),
  field('tags', 'object', 'Free key and value pairs, or a list of keys.', { column: 'tags' }),
  field('weight', 'number', 'How many events this one stands for (sampling).', {
    column: 'weight',
    min: 1,
  }),
] as const satisfies readonly FieldSpec[]
