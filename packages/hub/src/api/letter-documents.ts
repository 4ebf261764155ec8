/** Dead letters as documents, and their schemas. */

import type { ErrorCode, RequestErrorCode } from '@llmhub/schema'
import { ERRORS, formatIsoMicros } from '@llmhub/schema'
import { isReplayable, keptJson } from '../maintenance/replayable.ts'
import type { LetterResult, ResolveOutcome } from '../maintenance/resolve.ts'
import type { Letter } from '../store/letters.ts'
import { LETTER_STATUSES } from '../store/letters.ts'
import { EVENT_CODES } from './letter-choice.ts'
import type { Problem } from './problems.ts'
import { problem, retryAfter } from './problems.ts'

const time = { type: 'string', format: 'date-time' } as const
const text = { type: 'string' } as const
const textOrNull = { type: ['string', 'null'] } as const

const LETTER_PROPERTIES = {
  id: { type: 'string', description: 'Id of the dead letter.' },
  project: text,
  received_at: time,
  receiver: text,
  event_id: { ...textOrNull, description: 'Id of the event, where it had one.' },
  code: { enum: EVENT_CODES },
  path: { type: 'string', description: 'JSON pointer into the event.' },
  message: text,
  status: { enum: LETTER_STATUSES },
  resolved_at: { type: ['string', 'null'], format: 'date-time' },
  replayed_as: { ...textOrNull, description: 'Id of the event that it became.' },
  replayable: {
    type: 'boolean',
    description:
      'Whether the kept event is the one sent; otherwise a replay needs a corrected one.',
  },
} as const

export const LETTER_SCHEMA = {
  title: 'DeadLetter',
  type: 'object',
  required: Object.keys(LETTER_PROPERTIES),
  properties: LETTER_PROPERTIES,
  additionalProperties: false,
} as const

const DETAIL_PROPERTIES = {
  ...LETTER_PROPERTIES,
  title: { type: 'string', description: 'What the code means.' },
  hint: { type: 'string', description: 'What to do.' },
  body_form: {
    type: ['string', 'null'],
    enum: ['event', 'redacted', 'cut', 'text', null],
    description:
      '`event`: the event as sent, but for content fields that are never kept. `redacted`: a secret, or what may be content, was left out. `cut`: only the first 16 KiB. `text`: no JSON. null: an earlier release kept it and did not say.',
  },
  event: { type: ['object', 'array', 'null'], description: 'The kept body, where it is JSON.' },
  text: { ...textOrNull, description: 'The kept body, where it is not.' },
} as const

export const LETTER_DETAIL_SCHEMA = {
  title: 'DeadLetterDetail',
  type: 'object',
  required: Object.keys(DETAIL_PROPERTIES),
  properties: DETAIL_PROPERTIES,
  additionalProperties: false,
} as const

const OUTCOMES = [
  'accepted',
  'duplicate',
  'rejected',
  'not_replayable',
  'invalid_patch',
  'dismissed',
  'unchanged',
] as const satisfies readonly LetterResult['outcome'][]

const RESULT_PROPERTIES = {
  id: text,
  outcome: {
    enum: OUTCOMES,
    description:
      '`accepted`, `duplicate`: it is an event now, or was one already. `rejected`, `not_replayable`, `invalid_patch`: it stays as it was. `unchanged`: it was replayed or dismissed before.',
  },
  event_id: { ...textOrNull, description: 'Id of the event that it became, or would.' },
  code: { ...textOrNull, description: 'Why it is rejected.' },
  path: textOrNull,
  message: textOrNull,
} as const

const RESULT_SCHEMA = {
  title: 'DeadLetterResult',
  type: 'object',
  required: Object.keys(RESULT_PROPERTIES),
  properties: RESULT_PROPERTIES,
  additionalProperties: false,
} as const

const RESOLVED_PROPERTIES = {
  dry_run: { type: 'boolean', description: 'Nothing was changed.' },
  counts: {
    type: 'object',
    description: 'Letters by outcome.',
    additionalProperties: { type: 'integer', minimum: 0 },
  },
  results: { type: 'array', items: RESULT_SCHEMA },
  position: { ...textOrNull, description: 'A question may wait for it (`after`).' },
  next: { ...textOrNull, description: 'Send it as `cursor` for the letters that follow.' },
} as const

export const RESOLVED_SCHEMA = {
  title: 'DeadLetterResults',
  type: 'object',
  required: Object.keys(RESOLVED_PROPERTIES),
  properties: RESOLVED_PROPERTIES,
  additionalProperties: false,
} as const

export function letterDocument(letter: Letter): Readonly<Record<string, unknown>> {
  const { resolvedAt } = letter
  return {
    id: letter.rejectId,
    project: letter.project,
    received_at: formatIsoMicros(letter.receivedAt),
    receiver: letter.receiver,
    event_id: letter.eventId,
    code: letter.code,
    path: letter.path,
    message: letter.message,
    status: letter.status,
    resolved_at: resolvedAt === null ? null : formatIsoMicros(resolvedAt),
    replayed_as: letter.replayedAs,
    replayable: isReplayable(letter),
  }
}

export function letterDetail(letter: Letter): Readonly<Record<string, unknown>> {
  const spec = ERRORS.find(({ code }) => code === (letter.code as ErrorCode))
  const event = letter.bodyForm === 'text' ? null : keptJson(letter.body)
  return {
    ...letterDocument(letter),
    title: spec?.title ?? letter.code,
    hint: spec?.hint ?? 'A newer release rejected it: see its list of errors.',
    body_form: letter.bodyForm,
    event,
    text: event === null ? letter.body : null,
  }
}

export function resolvedDocument(
  outcome: ResolveOutcome & { readonly ok: true },
  dryRun: boolean,
  next: string | null,
): Readonly<Record<string, unknown>> {
  const counts: Record<string, number> = {}
  for (const { outcome: each } of outcome.results) counts[each] = (counts[each] ?? 0) + 1
  const results = outcome.results.map(
    ({ letter, outcome: what, eventId, code, path, message }) => ({
      id: letter.rejectId,
      outcome: what,
      event_id: eventId,
      code: code ?? null,
      path: path ?? null,
      message: message ?? null,
    }),
  )
  return { dry_run: dryRun, counts, results, position: outcome.position, next }
}

/** Failures of the store and of acts as errors of the API. */
const FAILURES = {
  rebuilding: 'store_rebuilding',
  timeout: 'query_timeout',
  cancelled: 'query_timeout',
  too_many_rows: 'result_too_large',
  stopped: 'storage_failed',
  overloaded: 'overloaded',
  disk_full: 'disk_full',
  rate_limited: 'rate_limited',
  storage_failed: 'storage_failed',
  too_many_events: 'too_many_events',
} as const satisfies Readonly<
  Record<Extract<ResolveOutcome, { ok: false }>['code'], RequestErrorCode>
>

export function letterProblem(
  failure: keyof typeof FAILURES,
  message: string,
  random: () => number,
  retryAfterSeconds?: number,
): Problem {
  const code = FAILURES[failure]
  return problem(code, message, retryAfter(code, random, retryAfterSeconds))
}
