/**
 * The registry of public error codes. A code, once published, keeps its meaning for ever.
 * Codes with `scope: 'event'` reject one event of a batch; the others end a request.
 */

export interface ErrorSpec {
  readonly code: string
  readonly scope: 'event' | 'request'
  /** HTTP status of a request error; status of the answer when it hits every event of a batch. */
  readonly status: number
  readonly title: string
  /** What the caller should do. */
  readonly hint: string
}

export const ERRORS = [
  // Events
  {
    code: 'not_an_object',
    scope: 'event',
    status: 422,
    title: 'Event is not a JSON object',
    hint: 'Send an object with `common` and `payload`.',
  },
  {
    code: 'missing_field',
    scope: 'event',
    status: 422,
    title: 'Required field is missing',
    hint: 'Add the field named by `path`.',
  },
  {
    code: 'wrong_type',
    scope: 'event',
    status: 422,
    title: 'Field has the wrong type',
    hint: 'Send the type named in the message; values are not converted.',
  },
  {
    code: 'out_of_range',
    scope: 'event',
    status: 422,
    title: 'Number is out of range',
    hint: 'Send a number within the range named in the message.',
  },
  {
    code: 'not_allowed',
    scope: 'event',
    status: 422,
    title: 'Value is not one of the allowed ones',
    hint: 'Send one of the values named in the message.',
  },
  {
    code: 'unknown_kind',
    scope: 'event',
    status: 422,
    title: 'Kind of event is unknown',
    hint: 'Use a `payload.type` of the schema; see /schemas/event.json.',
  },
  {
    code: 'family_mismatch',
    scope: 'event',
    status: 422,
    title: 'Family contradicts the kind',
    hint: 'Leave `event_type` out: it follows from `payload.type`.',
  },
  {
    code: 'bad_time',
    scope: 'event',
    status: 422,
    title: 'Timestamp is not a time',
    hint: 'Send ISO 8601 with a zone, or epoch seconds, milliseconds or microseconds.',
  },
  {
    code: 'future',
    scope: 'event',
    status: 422,
    title: 'Event lies in the future',
    hint: 'Correct the clock of the sender; more than 10 minutes ahead is refused.',
  },
  {
    code: 'expired',
    scope: 'event',
    status: 422,
    title: 'Event is older than the retention',
    hint: 'Raise the retention of its family, or leave the event out.',
  },
  {
    code: 'missing_event_id',
    scope: 'event',
    status: 422,
    title: 'Event has no id',
    hint: 'Send `common.event_id`, or an `Idempotency-Key` header.',
  },
  {
    code: 'id_conflict',
    scope: 'event',
    status: 409,
    title: 'Same id, different content',
    hint: 'Use a new `event_id` for a new event; an event once accepted does not change.',
  },
  {
    code: 'unsupported_version',
    scope: 'event',
    status: 422,
    title: 'Schema version is not supported',
    hint: 'Send a `schema_version` whose major number this hub knows.',
  },
  {
    code: 'string_too_long',
    scope: 'event',
    status: 422,
    title: 'Text is too long',
    hint: 'Shorten the text to the limit named in the message.',
  },
  {
    code: 'too_many_tags',
    scope: 'event',
    status: 422,
    title: 'Too many tags',
    hint: 'Send at most the number of tags named in the message.',
  },
  {
    code: 'too_deep',
    scope: 'event',
    status: 422,
    title: 'JSON is nested too deeply',
    hint: 'Flatten the event to the depth named in the message.',
  },
  {
    code: 'event_too_large',
    scope: 'event',
    status: 413,
    title: 'Event is too large',
    hint: 'Split the event or drop large fields.',
  },
  {
    code: 'forbidden_key',
    scope: 'event',
    status: 422,
    title: 'Key is not allowed',
    hint: 'Rename the key: `__proto__`, `constructor` and `prototype` are refused.',
  },
  {
    code: 'invalid_json_line',
    scope: 'event',
    status: 422,
    title: 'Line is not JSON',
    hint: 'Send one JSON object per line.',
  },
  // Requests
  {
    code: 'invalid_json',
    scope: 'request',
    status: 400,
    title: 'Body is not JSON',
    hint: 'Send valid UTF-8 JSON; the message names the position.',
  },
  {
    code: 'invalid_encoding',
    scope: 'request',
    status: 400,
    title: 'Body cannot be decompressed',
    hint: 'Send gzip or zstd as named in Content-Encoding.',
  },
  {
    code: 'invalid_request',
    scope: 'request',
    status: 400,
    title: 'Request is not valid',
    hint: 'Correct the parameters named in `errors`.',
  },
  {
    code: 'invalid_question',
    scope: 'request',
    status: 400,
    title: 'Question is not valid',
    hint: 'Correct the parts named in `errors`; see /api/v1/semantic.',
  },
  {
    code: 'invalid_sql',
    scope: 'request',
    status: 400,
    title: 'SQL statement cannot be run',
    hint: 'Correct the place that `errors` names; see docs/reference/sql.md and /api/v1/sql/schema.',
  },
  {
    code: 'too_much_memory',
    scope: 'request',
    status: 400,
    title: 'SQL statement takes too much memory',
    hint: 'Read fewer rows or columns, or group before you join and sort.',
  },
  {
    code: 'not_supported',
    scope: 'request',
    status: 400,
    title: 'Not supported yet',
    hint: 'The name is reserved; leave it out.',
  },
  {
    code: 'too_many_buckets',
    scope: 'request',
    status: 400,
    title: 'Too many time buckets',
    hint: 'Use the step named in the message or a coarser one.',
  },
  {
    code: 'unauthenticated',
    scope: 'request',
    status: 401,
    title: 'No valid key',
    hint: 'Send `Authorization: Bearer <key>`.',
  },
  {
    code: 'forbidden',
    scope: 'request',
    status: 403,
    title: 'Key may not do this',
    hint: 'Use a key that has the permission named in the message.',
  },
  {
    code: 'not_found',
    scope: 'request',
    status: 404,
    title: 'Not found',
    hint: 'See /openapi.json for what there is.',
  },
  {
    code: 'method_not_allowed',
    scope: 'request',
    status: 405,
    title: 'Method is not allowed',
    hint: 'Use a method named in the Allow header.',
  },
  {
    code: 'conflict',
    scope: 'request',
    status: 409,
    title: 'Conflicts with what is there',
    hint: 'Read the current state and try again.',
  },
  {
    code: 'held',
    scope: 'request',
    status: 409,
    title: 'A legal hold keeps it',
    hint: 'Release the hold named in the message, or leave those rows.',
  },
  {
    code: 'not_replayable',
    scope: 'request',
    status: 409,
    title: 'Dead letter is not the event as sent',
    hint: 'Send the corrected event as the body: what was kept of it was cut or redacted.',
  },
  {
    code: 'request_timeout',
    scope: 'request',
    status: 408,
    title: 'Request came too slowly',
    hint: 'Send headers and body within the times of /api/v1/limits.',
  },
  {
    code: 'body_too_large',
    scope: 'request',
    status: 413,
    title: 'Body is too large',
    hint: 'Send fewer events per request; the limit is in the message.',
  },
  {
    code: 'too_many_events',
    scope: 'request',
    status: 413,
    title: 'Too many events in one request',
    hint: 'Send fewer events per request; the limit is in the message.',
  },
  {
    code: 'unsupported_media_type',
    scope: 'request',
    status: 415,
    title: 'Content type is not supported',
    hint: 'Send application/json or application/x-ndjson, plain or as gzip or zstd.',
  },
  {
    code: 'headers_too_large',
    scope: 'request',
    status: 431,
    title: 'Headers are too large',
    hint: 'Send fewer or shorter headers and a shorter URL; see /api/v1/limits.',
  },
  {
    code: 'rate_limited',
    scope: 'request',
    status: 429,
    title: 'Project is over its limit',
    hint: 'Wait for the time in Retry-After.',
  },
  {
    code: 'internal',
    scope: 'request',
    status: 500,
    title: 'Internal error',
    hint: 'Report the request id.',
  },
  {
    code: 'overloaded',
    scope: 'request',
    status: 503,
    title: 'Hub is overloaded',
    hint: 'Nothing was taken in. Wait for the time in Retry-After and send the same again.',
  },
  {
    code: 'disk_full',
    scope: 'request',
    status: 503,
    title: 'Disk is full',
    hint: 'Nothing was taken in. Free space; the hub resumes by itself.',
  },
  {
    code: 'storage_failed',
    scope: 'request',
    status: 503,
    title: 'Storage failed',
    hint: 'The outcome is unknown. Send the same again after the hub has restarted: it counts once.',
  },
  {
    code: 'store_rebuilding',
    scope: 'request',
    status: 503,
    title: 'Store is being rebuilt',
    hint: 'Events are still taken in. Ask again after the time in Retry-After.',
  },
  {
    code: 'query_timeout',
    scope: 'request',
    status: 504,
    title: 'Question took too long',
    hint: 'Narrow the range, use a coarser step, or raise the deadline.',
  },
  {
    code: 'too_many_windows',
    scope: 'request',
    status: 409,
    title: 'Too many windows are defined',
    hint: 'Remove one that nobody watches; the limit is in the message.',
  },
  {
    code: 'too_many_streams',
    scope: 'request',
    status: 429,
    title: 'Too many live streams',
    hint: 'Close streams that nobody reads, and watch several windows by one stream (`subs`).',
  },
  {
    code: 'too_many_queries',
    scope: 'request',
    status: 503,
    title: 'Too many questions at once',
    hint: 'Wait for the time in Retry-After.',
  },
  {
    code: 'result_too_large',
    scope: 'request',
    status: 400,
    title: 'Answer has too many rows',
    hint: 'Use `top`, `limit` or fewer dimensions.',
  },
] as const satisfies readonly ErrorSpec[]

export type ErrorCode = (typeof ERRORS)[number]['code']
export type EventErrorCode = Extract<(typeof ERRORS)[number], { scope: 'event' }>['code']
export type RequestErrorCode = Extract<(typeof ERRORS)[number], { scope: 'request' }>['code']

const BY_CODE: ReadonlyMap<string, ErrorSpec> = new Map(ERRORS.map((spec) => [spec.code, spec]))

/** The registered error of a code. */
export function errorSpec(code: ErrorCode): ErrorSpec {
  const spec = BY_CODE.get(code)
  if (spec === undefined) throw new RangeError(`error code ${code} is not registered`)
  return spec
}
