import { CALL_STATUSES, type FieldSpec, type FieldType } from './field.ts'

/** Fields that several kinds have, so that they mean the same everywhere. */

type Extras = Omit<FieldSpec, 'name' | 'type' | 'doc'>

/** A field; its name, type, allowed values and `required` stay literal, so that types follow from them. */
export function field<const N extends string, const T extends FieldType, const M extends Extras>(
  name: N,
  type: T,
  doc: string,
  more: M = {} as M,
): { readonly name: N; readonly type: T; readonly doc: string } & Readonly<M> {
  return { name, type, doc, ...more }
}

export const provider = field('provider', 'string', 'Provider or platform that served the model.', {
  column: 'provider',
})
export const model = field('model_id', 'string', 'Model as the provider names it.', {
  column: 'model',
  aliases: ['model'],
})
export const requiredModel = { ...model, required: true } as const
export const requestId = field('request_id', 'id', 'Identity of the call as the client knows it.', {
  column: 'request_id',
})
export const responseId = field(
  'response_id',
  'id',
  'Identity of the answer as the provider gave it.',
  {
    column: 'response_id',
  },
)
export const traceId = field('trace_id', 'id', 'Trace the call belongs to.', { column: 'trace_id' })
export const spanId = field('span_id', 'id', 'Span of the call.', { column: 'span_id' })
export const userId = field('user_id', 'id', 'End user.', { column: 'user_id' })
export const sessionId = field('session_id', 'id', 'Session or conversation.', {
  column: 'session_id',
  aliases: ['conversation_id'],
})
export const service = field('service', 'string', 'Application or service.', { column: 'service' })
export const errorType = field('error_type', 'string', 'Class of the error.', {
  column: 'error_type',
})
export const errorMessage = field('error_message', 'string', 'Message of the error.', {
  column: 'error_message',
})
export const usage = field('usage', 'usage', 'Token usage.', { aliases: ['token_usage'] })
export const taskType = field('task_type', 'string', 'Kind of task the call served.', {
  column: 'task_type',
})
export const parameters = field(
  'parameters',
  'object',
  'Model parameters: temperature, top_p, top_k, max_tokens, …',
)
export const ttft = field('ttft_ms', 'number', 'Time to the first token.', {
  column: 'ttft_ms',
  unit: 'ms',
  min: 0,
  aliases: ['time_to_first_token_ms'],
})
export const tokensPerSecond = field('tokens_per_second', 'number', 'Output speed.', {
  column: 'tokens_per_second',
  unit: 'tokens/s',
  min: 0,
})
export const status = field('status', 'enum', 'How the call ended.', {
  column: 'status',
  values: CALL_STATUSES,
})
export const actor = field('actor', 'id', 'Who acted.', { column: 'actor' })
export const resource = field('resource', 'id', 'What was acted on.', { column: 'resource' })
export const action = field('action', 'string', 'What was done.', { column: 'action' })
export const description = field('description', 'string', 'What happened, in words.')
export const details = field('details', 'object', 'Anything else worth keeping.')
export const policy = field('policy_id', 'string', 'Policy that applied.', {
  column: 'name',
  aliases: ['policy', 'policy_name'],
})
export const metricName = field('name', 'string', 'Name of the metric.', {
  column: 'name',
  required: true,
})
export const metricUnit = field('unit', 'string', 'Unit of the value.', { column: 'unit' })
export const temporality = field('temporality', 'enum', 'Whether values are changes or totals.', {
  values: ['delta', 'cumulative'],
})
/** Cost in dollars as the sender reported it. */
export const reportedCost = field(
  'cost_usd',
  'usd',
  'Cost as the provider or gateway reported it.',
  {
    column: 'cost_reported',
    unit: 'USD',
    aliases: ['total_cost_usd', 'total_cost', 'response_cost'],
  },
)

export const serviceTier = field(
  'service_tier',
  'string',
  'Service tier of the call: standard, batch, flex, priority; also read from the usage object.',
  { column: 'service_tier' },
)
