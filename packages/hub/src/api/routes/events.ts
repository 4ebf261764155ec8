import type { RequestErrorCode } from '@llmhub/schema'
import type { EventReply, EventRequest } from '../../receivers/http/receive.ts'
import { EVENT_MEDIA_TYPES } from '../../receivers/http/receive.ts'
import type { ApiDependencies } from '../dependencies.ts'
import type { Problem } from '../problems.ts'
import { problem, retryAfter } from '../problems.ts'
import { PROJECT_HEADER, projectToWrite } from '../project-header.ts'
import type { Call, Reply, Route } from '../route.ts'
import { EVENT_SCHEMA, INTAKE_ANSWER_SCHEMA } from '../schemas.ts'

/** Errors that sending events may end in. */
export const INTAKE_PROBLEMS = [
  'invalid_json',
  'invalid_encoding',
  'invalid_request',
  'not_found',
  'body_too_large',
  'too_many_events',
  'unsupported_media_type',
  'rate_limited',
  'overloaded',
  'disk_full',
  'storage_failed',
] as const satisfies readonly RequestErrorCode[]

const EVENT_BODY = {
  description: 'One event or an array of events; as NDJSON one event per line.',
  anyOf: [EVENT_SCHEMA, { type: 'array', items: EVENT_SCHEMA }],
}

/** `POST /api/v1/events`. */
export function eventRoutes(
  dependencies: ApiDependencies,
  receive: (request: EventRequest) => Promise<EventReply>,
): readonly Route[] {
  const { projectLimits, random } = dependencies

  async function sendEvents(call: Call): Promise<Reply | Problem> {
    const target = projectToWrite(call, projectLimits)
    if ('problem' in target) {
      call.stream.resume()
      return target
    }
    const reply = await receive({
      headers: call.headers,
      body: call.stream,
      project: target.project,
      dryRun: call.query['dryRun'] === 'true',
    })
    if (reply.ok) return { status: reply.status, body: reply.answer }
    const wait = retryAfter(reply.code, random, reply.retryAfterSeconds)
    return problem(reply.code, reply.message, wait)
  }

  return [
    {
      method: 'POST',
      url: '/api/v1/events',
      permission: 'ingest:write',
      summary: 'Take in events',
      tags: ['events'],
      query: {
        checked: true,
        parameters: [
          {
            name: 'dryRun',
            doc: 'Validate, look for duplicates and price; answer what would be stored, store nothing.',
            values: ['true', 'false'],
            default: 'false',
          },
        ],
      },
      headers: {
        [PROJECT_HEADER]: 'Project of the events, for keys bound to none. Default `default`.',
        'Idempotency-Key': 'Gives events without an id one, made of this key and their index.',
        'Content-Encoding': '`gzip` or `zstd`.',
      },
      body: {
        type: 'stream',
        content: Object.fromEntries(EVENT_MEDIA_TYPES.map((media) => [media, EVENT_BODY])),
      },
      responses: {
        200: ingestResponse('Every event has an outcome; accepted ones are on disk.'),
        409: ingestResponse('Every event was rejected with `id_conflict`.'),
        413: ingestResponse('Every event was rejected with `event_too_large`.'),
        422: ingestResponse('Every event was rejected.'),
      },
      problems: INTAKE_PROBLEMS,
      handle: sendEvents,
    },
  ]
}

function ingestResponse(description: string) {
  return { description, content: { 'application/json': INTAKE_ANSWER_SCHEMA } }
}
