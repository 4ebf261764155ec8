import type { RequestErrorCode } from '@llmhub/schema'
import { KINDS } from '@llmhub/schema'
import type { ProjectLimits } from '../../auth/project-limits.ts'
import { EVENT_SCHEMA } from '../../query/events/event-fields.ts'
import type { ReadFailure } from '../../query/events/list-events.ts'
import { DEFAULT_FROM, EVENT_LIMITS } from '../../query/events/parse-request.ts'
import type { EventReader } from '../../query/events/reader.ts'
import { WHERE_SIGNS } from '../../query/where-text.ts'
import type { Problem } from '../problems.ts'
import { problem, retryAfter } from '../problems.ts'
import { PROJECT_HEADER, scopeToRead } from '../project-header.ts'
import type { Call, QueryParameter, Reply, Route } from '../route.ts'
import { ANSWER_SCHEMA } from '../schemas.ts'

export interface ReadEventDependencies {
  readonly reading: EventReader
  readonly projectLimits: ProjectLimits
  readonly random: () => number
  /** Aborted when the server closes, so that nobody who waits for events holds that up. */
  readonly closing: AbortSignal
}

/** Errors that reading events may end in. */
export const READ_PROBLEMS = [
  'not_found',
  'query_timeout',
  'result_too_large',
  'store_rebuilding',
] as const satisfies readonly RequestErrorCode[]

export const READ_HEADERS = {
  [PROJECT_HEADER]: 'Project to read from, for keys bound to none. Default: all.',
}

export const FROM_TO: readonly QueryParameter[] = [
  {
    name: 'from',
    doc: 'Event time at or after: `now-1h`, ISO 8601 or epoch.',
    default: DEFAULT_FROM,
    example: 'now-1h',
  },
  { name: 'to', doc: 'Event time before.', default: 'now' },
]

const PARAMETERS: readonly QueryParameter[] = [
  {
    name: 'order',
    doc: '`time`: newest first. `arrival`: oldest first in the order of the log; `next` is always there, and asking with it again gives what has come since.',
    values: ['time', 'arrival'],
    default: 'time',
  },
  {
    name: 'from',
    doc: `Event time at or after: \`now-1h\`, ISO 8601 or epoch. Default \`${DEFAULT_FROM}\`; by arrival none.`,
    example: 'now-1h',
  },
  { name: 'to', doc: 'Event time before. Default `now`; by arrival none.' },
  {
    name: 'kind',
    doc: `Kinds of events, with commas: ${KINDS.map(({ kind }) => kind).join(', ')}.`,
    example: 'llm_request',
  },
  {
    name: 'where',
    doc: `\`field:value\`, with one of ${WHERE_SIGNS}; all of them must hold. The fields are those of \`/api/v1/semantic\` and \`tag.<key>\`.`,
    repeats: true,
    example: 'model:gpt-4o',
  },
  {
    name: 'fields',
    doc: 'Fields of each event, with commas; those without a value are null then. Default: all that have a value.',
    example: 'time,kind,model,cost',
  },
  {
    name: 'reports',
    doc: '`all` shows reports of a call too that are not counted because a better one is.',
    values: ['counted', 'all'],
    default: 'counted',
  },
  {
    name: 'limit',
    doc: `Events of a page, at most ${EVENT_LIMITS.rows}.`,
    default: String(EVENT_LIMITS.default),
  },
  {
    name: 'last',
    doc: 'By arrival, without a cursor: begin with this many of the last events; 0 begins with what comes from now on. Default: the first event there is.',
  },
  {
    name: 'wait',
    doc: `By arrival: seconds to wait for an event where there is none, at most ${EVENT_LIMITS.waitSeconds}.`,
    default: '0',
  },
  { name: 'cursor', doc: '`next` of the page before, with the same order, kind, where, reports.' },
]

const PAGE_SCHEMA = {
  title: 'EventPage',
  type: 'object',
  required: ['events', 'next', 'more', 'meta'],
  properties: {
    events: { type: 'array', items: EVENT_SCHEMA },
    next: { type: ['string', 'null'], description: '`cursor` of the next page.' },
    more: { type: 'boolean', description: 'More events were there when the page was read.' },
    meta: ANSWER_SCHEMA.properties.meta,
  },
  additionalProperties: false,
} as const

/** `GET /api/v1/events`: what was taken in, event by event. */
export function readEventRoutes(dependencies: ReadEventDependencies): readonly Route[] {
  const { closing, projectLimits, random, reading } = dependencies

  async function list(call: Call): Promise<Reply | Problem> {
    const target = scopeToRead(call, projectLimits)
    if ('problem' in target) return target
    const wheres = call.repeated['where'] ?? []
    const signal = AbortSignal.any([call.signal(), closing])
    const outcome = await reading.list(call.query, wheres, target.scope, signal)
    if (!outcome.ok) return readProblem(outcome, random)
    const { page } = outcome
    return {
      status: 200,
      headers: page.next === null ? {} : { link: linkTo(call, page.next) },
      body: { events: page.events, next: page.next, more: page.more, meta: page.meta },
    }
  }

  return [
    {
      method: 'GET',
      url: '/api/v1/events',
      permission: 'query:read',
      summary: 'Events as they were taken in, page by page; also to follow along',
      tags: ['events'],
      query: { checked: true, parameters: PARAMETERS },
      headers: READ_HEADERS,
      responses: {
        200: {
          description: 'A page. `Link: <…>; rel="next"` leads to the next one.',
          content: { 'application/json': PAGE_SCHEMA },
        },
      },
      problems: READ_PROBLEMS,
      handle: list,
    },
  ]
}

/** The same request with the cursor of the next page. */
function linkTo(call: Call, next: string): string {
  const { last: _, ...query } = call.query
  const parameters = new URLSearchParams(query)
  for (const where of call.repeated['where'] ?? []) parameters.append('where', where)
  parameters.set('cursor', next)
  return `</api/v1/events?${parameters.toString()}>; rel="next"`
}

/** Why there is nothing to read. */
export function readProblem(outcome: ReadFailure, random: () => number): Problem {
  if (outcome.failure === 'invalid') {
    return problem('invalid_request', 'the request is not valid', { errors: outcome.issues })
  }
  const codes = {
    rebuilding: 'store_rebuilding',
    timeout: 'query_timeout',
    cancelled: 'query_timeout',
    too_many_rows: 'result_too_large',
  } as const
  const code = codes[outcome.failure]
  return problem(code, outcome.message, retryAfter(code, random))
}
