import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { RequestErrorCode } from '@llmhub/schema'
import { errorSpec } from '@llmhub/schema'
import type { Intake, IntakeAnswer, IntakeOutcome } from '../../core/intake.ts'
import { LIVE } from '../../log/log.ts'
import type { BodyBudget } from './body-budget.ts'
import { decodeJson, decodeNdjson } from './decode.ts'
import type { ReceiverLimits } from './limits.ts'
import type { ContentEncoding } from './read-body.ts'
import { CONTENT_ENCODINGS, readBody } from './read-body.ts'

/** Media types the receiver reads, all of them UTF-8. */
export const EVENT_MEDIA_TYPES = [
  'application/json',
  'application/x-ndjson',
  'application/ndjson',
] as const

export interface EventReceiverOptions {
  readonly intake: Intake
  readonly limits: ReceiverLimits
  readonly budget: BodyBudget
  /** Admits events of a project against its rate: 0, or the seconds to wait. */
  readonly admit: (project: string, events: number) => number
}

export interface EventRequest {
  readonly headers: IncomingHttpHeaders
  readonly body: Readable
  readonly project: string
  readonly dryRun: boolean
  /** Default `http`. */
  readonly receiver?: string
  /** Partition of the log. Default LIVE. */
  readonly partition?: number
}

export type EventReply =
  | { readonly ok: true; readonly status: number; readonly answer: IntakeAnswer }
  | {
      readonly ok: false
      readonly code: RequestErrorCode
      readonly message: string
      readonly retryAfterSeconds?: number
    }

type Refusal = EventReply & { readonly ok: false }

const NOTHING_SENT: IntakeAnswer = {
  accepted: 0,
  duplicates: 0,
  rejected: 0,
  results: [],
  position: null,
}

/**
 * Takes one request from headers and body stream to an answer: read, decompress, decode, admit,
 * hand to ingest. The bytes of the body count against the budget until the answer is there.
 */
export function createEventReceiver(options: EventReceiverOptions) {
  const { intake, limits, budget, admit } = options

  /** Apart from what waits for the outcome, so that the events are not held until it is there. */
  function handOver(
    request: EventRequest,
    form: Form & { readonly ok: true },
    bytes: Buffer,
  ): EventReply | { readonly sent: number; readonly outcome: Promise<IntakeOutcome> } {
    const decoded = form.lines ? decodeNdjson(bytes, limits) : decodeJson(bytes, limits)
    if (!decoded.ok) return refusal(decoded.code, decoded.message)
    const { events } = decoded
    if (events.length === 0) return { ok: true, status: 200, answer: NOTHING_SENT }
    const wait = request.dryRun ? 0 : admit(request.project, events.length)
    if (wait > 0) return refusal('rate_limited', 'the project is over its events per second', wait)
    const outcome = intake({
      project: request.project,
      receiver: request.receiver ?? 'http',
      partition: request.partition ?? LIVE,
      events,
      ...(form.idempotencyKey === null ? {} : { idempotencyKey: form.idempotencyKey }),
      ...(request.dryRun ? { dryRun: true } : {}),
    })
    return { sent: events.length, outcome }
  }

  return async function receiveEvents(request: EventRequest): Promise<EventReply> {
    const form = readForm(request.headers)
    if (!form.ok) {
      request.body.resume()
      return form
    }
    const declared = declaredLength(request.headers)
    const body = await readBody(request.body, form.encoding, declared, limits, budget)
    try {
      if (!body.ok) {
        if (body.code !== 'aborted') return refusal(body.code, body.message)
        return refusal('invalid_request', body.message)
      }
      const handed = handOver(request, form, body.bytes)
      if ('ok' in handed) return handed
      const outcome = await handed.outcome
      if (!outcome.ok) {
        return refusal(outcome.code, outcome.message, outcome.retryAfterSeconds)
      }
      return { ok: true, status: answerStatus(outcome.answer, handed.sent), answer: outcome.answer }
    } finally {
      budget.give(body.held)
    }
  }
}

/**
 * 200 as soon as one event was taken in or known. When every event was rejected: the status of their
 * code if they share one, else 422.
 */
function answerStatus(answer: IntakeAnswer, sent: number): number {
  if (answer.rejected < sent) return 200
  const [first] = answer.results
  const shared = answer.results.every((result) => result.code === first?.code)
  return shared && first?.code !== undefined ? errorSpec(first.code).status : 422
}

type Form =
  | {
      readonly ok: true
      readonly lines: boolean
      readonly encoding: ContentEncoding
      readonly idempotencyKey: string | null
    }
  | Refusal

function readForm(headers: IncomingHttpHeaders): Form {
  const type = headers['content-type']
  if (type === undefined) return refusal('unsupported_media_type', 'Content-Type is missing')
  const [media = '', ...parameters] = type.split(';').map((part) => part.trim().toLowerCase())
  if (!EVENT_MEDIA_TYPES.some((known) => known === media)) {
    return refusal('unsupported_media_type', `events come as ${EVENT_MEDIA_TYPES.join(' or ')}`)
  }
  if (parameters.some((parameter) => !/^(charset="?utf-8"?)?$/.test(parameter))) {
    return refusal('unsupported_media_type', 'the only charset is UTF-8')
  }
  const named = (headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  const encoding = CONTENT_ENCODINGS.find((known) => known === named)
  if (encoding === undefined) {
    const known = CONTENT_ENCODINGS.join(', ')
    return refusal('unsupported_media_type', `Content-Encoding is one of ${known}`)
  }
  const key = headers['idempotency-key']
  if (key !== undefined && (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key))) {
    return refusal('invalid_request', 'Idempotency-Key has 1 to 255 visible ASCII characters')
  }
  return {
    ok: true,
    lines: media !== 'application/json',
    encoding,
    idempotencyKey: key ?? null,
  }
}

function declaredLength(headers: IncomingHttpHeaders): number | null {
  const length = headers['content-length']
  return length === undefined ? null : Number(length)
}

function refusal(code: RequestErrorCode, message: string, retryAfterSeconds?: number): Refusal {
  return {
    ok: false,
    code,
    message,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  }
}
