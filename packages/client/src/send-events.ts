import type { Client } from './client.ts'
import type { Schemas } from './generated/operations.ts'
import type { Failure } from './outcome.ts'

export type HubEvent = Schemas['Event']
export type IntakeAnswer = Schemas['IntakeAnswer']

export interface SendEventsOptions {
  /** Most events of a request. Default 1,000. */
  readonly batchEvents?: number
  /** Most bytes of a request, but for a single event that is larger. Default 1 MiB. */
  readonly batchBytes?: number
  readonly signal?: AbortSignal
}

/** Rejected and duplicate events, counted from the first event that was given. */
export type EventResult = IntakeAnswer['results'][number]

export interface Sent {
  readonly accepted: number
  readonly duplicates: number
  readonly rejected: number
  /** Events that were not accepted, at most 1,000 of each request. */
  readonly results: readonly EventResult[]
  /** A question may wait for it (`after`); null when nothing was written. */
  readonly position: string | null
  /** Why it ended early, and how many events have an outcome; null when all have. */
  readonly stopped: { readonly failure: Failure; readonly at: number } | null
}

const encoder = new TextEncoder()

/**
 * Sends events as NDJSON, in requests of bounded size, one after the other. Every event needs its
 * `common.event_id`: then a request without an answer is sent again, and counts once. Ends at the
 * first request that fails for good and says how far it has got.
 * Holds one request in memory, whatever the number of events.
 */
export async function sendEvents(
  client: Client,
  events: Iterable<HubEvent> | AsyncIterable<HubEvent>,
  options: SendEventsOptions = {},
): Promise<Sent> {
  const { batchEvents = 1000, batchBytes = 1_048_576, signal } = options
  const counts = { accepted: 0, duplicates: 0, rejected: 0 }
  const results: EventResult[] = []
  let position: string | null = null
  let at = 0
  let lines: string[] = []
  let bytes = 0

  async function flush(): Promise<Failure | null> {
    if (lines.length === 0) return null
    const outcome = await client.request('POST /api/v1/events', {
      body: lines.join(''),
      type: 'application/x-ndjson',
      idempotent: true,
      ...(signal === undefined ? {} : { signal }),
    })
    const answer = outcome.ok ? outcome.data : rejectedAnswer(outcome)
    if (answer === null) return outcome.ok ? null : outcome
    counts.accepted += answer.accepted
    counts.duplicates += answer.duplicates
    counts.rejected += answer.rejected
    for (const result of answer.results) results.push({ ...result, index: result.index + at })
    position = answer.position ?? position
    at += lines.length
    lines = []
    bytes = 0
    return null
  }

  for await (const event of events) {
    const line = `${JSON.stringify(event)}\n`
    const size = encoder.encode(line).length
    if (lines.length >= batchEvents || (lines.length > 0 && bytes + size > batchBytes)) {
      const failure = await flush()
      if (failure !== null) return { ...counts, results, position, stopped: { failure, at } }
    }
    lines.push(line)
    bytes += size
  }
  const failure = await flush()
  const stopped = failure === null ? null : { failure, at }
  return { ...counts, results, position, stopped }
}

/** Where every event of a request was rejected, the status is theirs and the body an answer. */
function rejectedAnswer({ headers, status, text }: Failure): IntakeAnswer | null {
  const isAnswer = headers.get('content-type')?.startsWith('application/json') === true
  if (!isAnswer || (status !== 409 && status !== 413 && status !== 422)) return null
  const answer = JSON.parse(text) as Partial<IntakeAnswer>
  return typeof answer.rejected === 'number' ? (answer as IntakeAnswer) : null
}
