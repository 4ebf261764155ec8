/**
 * What a page about an error says beyond the registry: why it usually happens, and a request that ends
 * in it. Tests send the examples to a hub.
 */

import type { ErrorCode } from './error.ts'

export interface ErrorExample {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly mediaType?: string
  readonly body?: string
  /** The request is made without a key. */
  readonly keyless?: true
}

export interface ErrorNote {
  /** What usually leads there, most usual first. */
  readonly causes: readonly string[]
  readonly example?: ErrorExample
}

const EVENTS = '/api/v1/events?dryRun=true'

/** An event that is refused, sent without being taken in. */
function event(common: object, payload: object): ErrorExample {
  const whole = {
    common: { event_id: 'e-1', timestamp: '2026-11-21T10:00:00Z', ...common },
    payload,
  }
  return post(EVENTS, JSON.stringify(whole))
}

function post(path: string, body: string, mediaType = 'application/json'): ErrorExample {
  return { method: 'POST', path, mediaType, body }
}

function question(value: object): ErrorExample {
  return post('/api/v1/query', JSON.stringify(value))
}

const CALL = { type: 'llm_request', model_id: 'gpt-4o' } as const
const KEY_OF_OBJECT = '{"common":{"event_id":"e-1","timestamp":"2026-11-21T10:00:00Z"}'

export const ERROR_NOTES: Readonly<Record<ErrorCode, ErrorNote>> = {
  not_an_object: {
    causes: [
      'An array inside of the array of events, or a text that holds JSON and was encoded twice.',
      'An event without `payload`.',
    ],
    example: post(EVENTS, '["an event"]'),
  },
  missing_field: {
    causes: [
      'The field has another name at its source: the reference of events lists the names that are understood.',
      'The value was null or undefined when the event was made, and left out of the JSON.',
    ],
    example: event({}, { type: 'llm_request' }),
  },
  wrong_type: {
    causes: [
      'A number was sent as text, as many CSV readers and environment variables give it.',
      'A list or an object was sent where one value is expected.',
    ],
    example: event({}, { ...CALL, latency_ms: '512' }),
  },
  out_of_range: {
    causes: [
      'A negative duration, from clocks of two machines or from a clock that was set.',
      'A share sent as a percentage: 85 in place of 0.85.',
    ],
    example: event({}, { ...CALL, latency_ms: -3 }),
  },
  not_allowed: {
    causes: ["The source has words of its own for the status or severity; map them to the hub's."],
    example: event({ severity: 'fatal' }, CALL),
  },
  unknown_kind: {
    causes: [
      'A misspelt `payload.type`.',
      'The sender is newer than the hub and knows kinds that the hub does not know yet.',
    ],
    example: event({}, { type: 'llm_requst', model_id: 'gpt-4o' }),
  },
  family_mismatch: {
    causes: ['`event_type` was set by hand, or copied from an event of another kind.'],
    example: event({ event_type: 'security' }, CALL),
  },
  bad_time: {
    causes: [
      'A time without a zone, such as 2026-11-21 10:00:00.',
      'A date in the order of days or months of a country.',
    ],
    example: event({ timestamp: '21.11.2026 10:00' }, CALL),
  },
  future: {
    causes: [
      'The clock of the sender is ahead, or its zone is taken for UTC.',
      'Milliseconds sent where seconds are meant, or the other way round.',
    ],
    example: event({ timestamp: '2199-01-01T00:00:00Z' }, CALL),
  },
  expired: {
    causes: [
      'An import of events older than the retention of their family keeps.',
      'A sender that buffered events for very long.',
    ],
  },
  missing_event_id: {
    causes: ['The sender makes no ids, and sent no `Idempotency-Key` either.'],
    example: post(
      EVENTS,
      JSON.stringify({ common: { timestamp: '2026-11-21T10:00:00Z' }, payload: CALL }),
    ),
  },
  id_conflict: {
    causes: [
      'Ids are made from something that repeats, such as a counter that starts anew with the process.',
      'An event was changed after it had been sent, and sent again under its id.',
    ],
  },
  unsupported_version: {
    causes: ['The sender was made for another major version of the event schema.'],
    example: event({ schema_version: '9.0.0' }, CALL),
  },
  string_too_long: {
    causes: [
      'A prompt, a response or a stack trace in a field that is meant for a name or a message.',
    ],
  },
  too_many_tags: {
    causes: [
      'All headers or attributes of a request were made tags; send those that are asked for.',
    ],
  },
  too_deep: {
    causes: ['A whole object graph was serialised into a field that is kept as it comes.'],
  },
  event_too_large: {
    causes: ['Content such as prompts, files or images in the event; send a reference to it.'],
  },
  forbidden_key: {
    causes: ['An object that was not made from data of your own, or an attack on a reader of it.'],
    example: post(
      EVENTS,
      `${KEY_OF_OBJECT},"payload":{"type":"llm_request","model_id":"m","constructor":1}}`,
    ),
  },
  invalid_json_line: {
    causes: [
      'A pretty-printed object over several lines: each event has to be on one line.',
      'A line that was cut off, at the end of a file that is still being written.',
    ],
    example: post(EVENTS, '{"common":\n', 'application/x-ndjson'),
  },
  invalid_json: {
    causes: [
      'A trailing comma, single quotes, or a body that was cut off.',
      'Text that is not UTF-8.',
    ],
    example: post(EVENTS, '{"common": }'),
  },
  invalid_encoding: {
    causes: [
      'Content-Encoding names a compression that the body does not have, often because a proxy unpacked it.',
      'A body that was cut off.',
    ],
  },
  invalid_request: {
    causes: [
      'A misspelt parameter: those that a route does not know are refused, so that none is ignored silently.',
      'A cursor used with other filters than those it was made for.',
    ],
    example: { method: 'GET', path: '/api/v1/events?limt=5' },
  },
  invalid_question: {
    causes: ['A misspelt measure, dimension or field: the answer names the nearest that there is.'],
    example: question({ kind: 'table', measures: ['cost.totl'] }),
  },
  invalid_sql: {
    causes: [
      'A misspelt table or column.',
      'More than one statement, or one that would change something.',
    ],
  },
  too_much_memory: {
    causes: ['A join or sort of very many rows, or a grouping with as many groups as rows.'],
  },
  not_supported: {
    causes: ['The name is reserved for a later release.'],
    example: question({ kind: 'funnel' }),
  },
  too_many_buckets: {
    causes: ['A step of seconds or minutes over months.'],
    example: question({
      kind: 'series',
      measures: ['requests.count'],
      by: ['time:1m'],
      from: 'now-30d',
    }),
  },
  unauthenticated: {
    causes: [
      'No Authorization header: in a shell, LLMHUB_KEY may be set but not exported.',
      'A key that was revoked or has expired, or one of another hub.',
    ],
    example: { method: 'GET', path: '/api/v1/events', keyless: true },
  },
  forbidden: {
    causes: [
      'The key has other permissions than this needs.',
      'The key is bound to one project, and another was asked for.',
    ],
  },
  not_found: {
    causes: [
      'A misspelt path, or an id that was never taken in, or is in a project that the key does not see.',
      'What has this id lies outside of the range that was looked at, or was deleted since.',
    ],
    example: { method: 'GET', path: '/api/v1/traces/none' },
  },
  method_not_allowed: {
    causes: ['GET in place of POST: what takes a body is posted.'],
    example: { method: 'GET', path: '/api/v1/query' },
  },
  conflict: { causes: ['Somebody else changed it in the meantime, or the act runs already.'] },
  held: { causes: ['A legal hold names the project, user or range that was to be deleted.'] },
  not_replayable: {
    causes: ['The event was longer than a dead letter keeps, or had content that was not kept.'],
  },
  request_timeout: {
    causes: ['A slow connection, or a client that opens a request before it has the body.'],
  },
  body_too_large: {
    causes: ['A batch that grew without a limit while the hub could not be reached.'],
  },
  too_many_events: {
    causes: ['A batch that grew without a limit while the hub could not be reached.'],
  },
  unsupported_media_type: {
    causes: [
      'No Content-Type, or that of a form, which curl -d sends unless it is told otherwise.',
    ],
    example: post('/api/v1/query', 'kind=table', 'application/x-www-form-urlencoded'),
  },
  headers_too_large: { causes: ['Cookies or tokens meant for another host, or very long URLs.'] },
  rate_limited: {
    causes: [
      'More events a second than the project may send, often after an outage or in a loop of retries.',
    ],
  },
  internal: { causes: ['A bug of the hub: its log has a line with the id of the request.'] },
  overloaded: {
    causes: ['More events than the disk or the store can take for the moment.'],
  },
  disk_full: { causes: ['Free space is below `ingest.disk_reserve_bytes`.'] },
  storage_failed: {
    causes: ['The disk refused a write: what is on it is unknown until the restart.'],
  },
  store_rebuilding: {
    causes: [
      'The hub has just started, or the store was damaged and is being made anew from the log.',
    ],
  },
  query_timeout: {
    causes: [
      'A very long range with a fine step, or a grouping by something that has millions of values.',
    ],
  },
  too_many_windows: {
    causes: [
      'Windows were added for a trial, or by a program at each of its starts, and never removed.',
    ],
  },
  too_many_streams: {
    causes: [
      'A page that opens a stream for each of its charts, or many tabs of it.',
      'A client that comes back without having closed the stream before.',
    ],
  },
  too_many_queries: {
    causes: ['A dashboard of many panels, or a client that asks again without waiting.'],
  },
  result_too_large: { causes: ['A grouping by user, session or trace without `top`.'] },
}
