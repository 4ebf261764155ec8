import { EVENT_SCHEMA } from '../../query/events/event-fields.ts'
import { DEFAULT_TRACES_FROM } from '../../query/events/parse-request.ts'
import { CONVERSATION_LIMIT } from '../../query/events/read-conversation.ts'
import { TRACE_LIMITS, TRACE_ORDERS } from '../../query/events/read-trace.ts'
import { WHERE_SIGNS } from '../../query/where-text.ts'
import type { Problem } from '../problems.ts'
import { problem } from '../problems.ts'
import { scopeToRead } from '../project-header.ts'
import type { Call, JsonSchema, Reply, Route } from '../route.ts'
import { ANSWER_SCHEMA } from '../schemas.ts'
import {
  FROM_TO,
  READ_HEADERS,
  READ_PROBLEMS,
  type ReadEventDependencies,
  readProblem,
} from './read-events.ts'

/** One event, one trace, one conversation, and the list of traces. */
export function readOneRoutes(
  dependencies: Omit<ReadEventDependencies, 'closing'>,
): readonly Route[] {
  const { projectLimits, random, reading } = dependencies

  async function event(call: Call): Promise<Reply | Problem> {
    const target = scopeToRead(call, projectLimits)
    if ('problem' in target) return target
    const id = call.params['id'] ?? ''
    const outcome = await reading.event(id, call.query, target.scope, call.signal())
    if (!outcome.ok) return readProblem(outcome, random)
    const [first, ...others] = outcome.found
    if (first === undefined) return missing(NO_EVENT)
    const also = others.map((each) => each.event)
    return { status: 200, body: { ...first, also } }
  }

  async function trace(call: Call): Promise<Reply | Problem> {
    const target = scopeToRead(call, projectLimits)
    if ('problem' in target) return target
    const id = call.params['id'] ?? ''
    const outcome = await reading.trace(id, call.query, target.scope, call.signal())
    if (!outcome.ok) return readProblem(outcome, random)
    return outcome.trace === null ? missing(NO_TRACE) : { status: 200, body: outcome.trace }
  }

  async function traces(call: Call): Promise<Reply | Problem> {
    const target = scopeToRead(call, projectLimits)
    if ('problem' in target) return target
    const wheres = call.repeated['where'] ?? []
    const outcome = await reading.traces(call.query, wheres, target.scope, call.signal())
    if (!outcome.ok) return readProblem(outcome, random)
    return { status: 200, body: { traces: outcome.traces, meta: outcome.meta } }
  }

  async function conversation(call: Call): Promise<Reply | Problem> {
    const target = scopeToRead(call, projectLimits)
    if ('problem' in target) return target
    const id = call.params['id'] ?? ''
    const outcome = await reading.conversation(id, call.query, target.scope, call.signal())
    if (!outcome.ok) return readProblem(outcome, random)
    if (outcome.conversation === null) return missing(NO_CONVERSATION)
    const events = new URLSearchParams({ where: `session:${id}` })
    const links = {
      events: `/api/v1/events?${events.toString()}`,
      report: '/api/v1/metrics/conversations',
    }
    return { status: 200, body: { ...outcome.conversation, links } }
  }

  const one = {
    method: 'GET',
    permission: 'query:read',
    tags: ['events'],
    headers: READ_HEADERS,
    problems: READ_PROBLEMS,
  } as const
  return [
    {
      ...one,
      url: '/api/v1/events/:id',
      summary: 'One event, with the other reports of its call and why one of them counts',
      query: {
        checked: true,
        parameters: [
          { name: 'from', doc: 'Event time at or after: makes the search quicker. Default: none.' },
          { name: 'to', doc: 'Event time before. Default: none.' },
        ],
      },
      responses: { 200: ok('The event.', FOUND_SCHEMA) },
      handle: event,
    },
    {
      ...one,
      url: '/api/v1/traces',
      summary: 'Traces of a range: duration, spans, cost, errors',
      query: {
        checked: true,
        parameters: [
          {
            name: 'from',
            doc: 'Event time at or after: `now-1h`, ISO 8601 or epoch.',
            default: DEFAULT_TRACES_FROM,
            example: 'now-1h',
          },
          { name: 'to', doc: 'Event time before.', default: 'now' },
          {
            name: 'order',
            doc: '`slowest` goes by the longest span.',
            values: TRACE_ORDERS,
            default: 'newest',
          },
          {
            name: 'where',
            doc: `\`field:value\`, with one of ${WHERE_SIGNS}: traces that have such a span.`,
            repeats: true,
            example: 'service:checkout',
          },
          {
            name: 'limit',
            doc: `At most ${TRACE_LIMITS.traces}.`,
            default: String(TRACE_LIMITS.defaultTraces),
          },
        ],
      },
      responses: { 200: ok('The first of them.', TRACES_SCHEMA) },
      handle: traces,
    },
    {
      ...one,
      url: '/api/v1/traces/:id',
      summary: 'The spans of a trace as a tree: own times, critical path, cost, errors',
      query: { checked: true, parameters: FROM_TO },
      responses: {
        200: ok(`The trace; at most ${TRACE_LIMITS.spans} spans of it.`, TRACE_SCHEMA),
      },
      handle: trace,
    },
    {
      ...one,
      url: '/api/v1/conversations/:id',
      summary: 'The events of a session in order: tokens, cost, latency, users',
      query: { checked: true, parameters: FROM_TO },
      responses: {
        200: ok(`The conversation; at most ${CONVERSATION_LIMIT} events.`, CONVERSATION_SCHEMA),
      },
      handle: conversation,
    },
  ]
}

function ok(description: string, schema: JsonSchema) {
  return { description, content: { 'application/json': schema } }
}

interface Missing {
  readonly detail: string
  readonly message: string
  readonly hint: string
}

function missing({ detail, message, hint }: Missing): Problem {
  return problem('not_found', detail, { errors: [{ path: 'id', message, hint }] })
}

const NO_EVENT: Missing = {
  detail: 'there is no event of that id',
  message: 'is the id of no event that this key may read',
  hint: 'It may have been rejected: GET /api/v1/dead-letters?event_id=… shows that. Else it belongs to another project, was never sent, or was deleted by retention or erasure.',
}

const NO_TRACE: Missing = {
  detail: 'there is no trace of that id in the range',
  message: 'is the trace of no event in the range',
  hint: 'Only the last 30 days are looked at unless `from` says otherwise.',
}

const NO_CONVERSATION: Missing = {
  detail: 'there is no conversation of that id in the range',
  message: 'is the session of no event in the range',
  hint: 'Only the last 30 days are looked at unless `from` says otherwise.',
}

const count = { type: 'integer', minimum: 0 } as const
const textOrNull = { type: ['string', 'null'] } as const
const number = { type: 'number' } as const
const money = {
  type: ['string', 'null'],
  description: 'US dollars; null where no cost is known.',
} as const

const FOUND_SCHEMA = {
  type: 'object',
  required: ['event', 'reports', 'also'],
  properties: {
    event: EVENT_SCHEMA,
    reports: {
      description:
        'Reports of the same call, the counted one first; empty when it is the only one.',
      type: 'array',
      items: {
        type: 'object',
        required: ['event_id', 'kind', 'time', 'counted', 'why'],
        properties: {
          event_id: { type: 'string' },
          kind: { type: 'string' },
          time: { type: 'string', format: 'date-time' },
          counted: { type: 'boolean' },
          why: { type: 'string' },
        },
        additionalProperties: false,
      },
    },
    also: {
      description: 'Events of the same id in other projects.',
      type: 'array',
      items: EVENT_SCHEMA,
    },
  },
  additionalProperties: false,
} as const

const TOTALS = {
  spans: count,
  errors: count,
  cost: money,
  input_tokens: count,
  output_tokens: count,
} as const

const SUMMARY = {
  trace_id: { type: 'string' },
  name: { type: 'string', description: 'Of the root, or of the first span.' },
  service: textOrNull,
  start: { type: 'string', format: 'date-time' },
  duration_ms: number,
  ...TOTALS,
} as const

const TRACES_SCHEMA = {
  type: 'object',
  required: ['traces', 'meta'],
  properties: {
    traces: { type: 'array', items: { type: 'object', properties: SUMMARY } },
    meta: ANSWER_SCHEMA.properties.meta,
  },
  additionalProperties: false,
} as const

const SPAN = {
  span_id: textOrNull,
  event_id: { ...textOrNull, description: 'Null for a root that holds several.' },
  kind: textOrNull,
  name: { type: 'string' },
  service: textOrNull,
  model: textOrNull,
  status: textOrNull,
  error_type: textOrNull,
  error_message: textOrNull,
  start: { type: 'string', format: 'date-time' },
  offset_ms: { ...number, description: 'After the start of the trace.' },
  duration_ms: number,
  self_ms: { ...number, description: 'What none of its children covers.' },
  critical: { type: 'boolean', description: 'The end of the trace waited for it.' },
  orphan: { type: 'boolean', description: 'The parent it names is not there.' },
  cost: money,
  input_tokens: count,
  output_tokens: count,
  total: {
    type: 'object',
    required: Object.keys(TOTALS),
    properties: TOTALS,
    description: 'Of it and all below.',
  },
  children: { type: 'array', items: { type: 'object', description: 'Spans like this one.' } },
} as const

/** What a span shows; its children look the same. */
const SPAN_SCHEMA = {
  type: 'object',
  required: Object.keys(SPAN),
  properties: SPAN,
  additionalProperties: false,
} as const

const TRACE_SCHEMA = {
  type: 'object',
  required: [...Object.keys(SUMMARY), 'root', 'critical_path', 'partial'],
  properties: {
    ...SUMMARY,
    root: SPAN_SCHEMA,
    critical_path: {
      description: 'Spans that the end waited for, from the root on.',
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'event_id'],
        properties: { name: { type: 'string' }, event_id: textOrNull },
      },
    },
    partial: { type: 'boolean', description: 'It has more spans: the newest are shown.' },
  },
  additionalProperties: false,
} as const

const CONVERSATION = {
  session: { type: 'string' },
  first_event: { type: 'string', format: 'date-time' },
  last_event: { type: 'string', format: 'date-time' },
  duration_seconds: number,
  turns: { ...count, description: 'Calls of a model among the events.' },
  errors: count,
  cost: money,
  unpriced: { ...count, description: 'Calls whose cost nobody knows.' },
  input_tokens: count,
  output_tokens: count,
  users: { type: 'array', items: { type: 'string' } },
  models: { type: 'array', items: { type: 'string' } },
  partial: { type: 'boolean', description: 'It has more events: the newest are shown.' },
  events: { type: 'array', items: { type: 'object' } },
  links: { type: 'object', additionalProperties: { type: 'string' } },
} as const

const CONVERSATION_SCHEMA = {
  type: 'object',
  required: Object.keys(CONVERSATION),
  properties: CONVERSATION,
  additionalProperties: false,
} as const
