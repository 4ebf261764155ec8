/** How requests choose dead letters: filters as parameters or JSON, and cursors of their pages. */

import { ERRORS } from '@llmhub/schema'
import { parseTime } from '@llmhub/stream'
import { cursorParts, cursorText } from '../core/cursor-text.ts'
import type { LetterFilter, LetterPlace, LetterStatus } from '../store/letters.ts'
import { LETTER_STATUSES } from '../store/letters.ts'
import type { ProblemDetail } from './problems.ts'
import type { QueryParameter } from './route.ts'

export const EVENT_CODES: readonly string[] = ERRORS.filter(({ scope }) => scope === 'event').map(
  ({ code }) => code,
)

/** Longest value of a filter, characters. */
const LONGEST = 2048
const ID = /^[\w.:-]{1,64}$/

export const FILTER_PARAMETERS: readonly QueryParameter[] = [
  { name: 'code', doc: 'Reason of the rejection; several with commas.', example: 'missing_field' },
  { name: 'status', doc: 'What became of it. Default: any.', values: LETTER_STATUSES },
  { name: 'receiver', doc: 'Receiver that took the event in.', example: 'http' },
  {
    name: 'from',
    doc: 'Received at or after: ISO 8601, epoch, or relative like now-1d.',
    example: 'now-1d',
  },
  { name: 'to', doc: 'Received before.', example: 'now' },
  { name: 'event_id', doc: 'Id of the event.' },
  { name: 'text', doc: 'Part of message, path or body, in capitals or not.', example: 'gpt-4o' },
]

export const FILTER_SCHEMA = {
  type: 'object',
  properties: Object.fromEntries(
    FILTER_PARAMETERS.map(({ name, doc, values }) => [
      name,
      { type: 'string', maxLength: LONGEST, description: doc, ...(values && { enum: values }) },
    ]),
  ),
  additionalProperties: false,
} as const

export const IDS_SCHEMA = {
  description: 'Ids of dead letters.',
  type: 'array',
  minItems: 1,
  maxItems: 1000,
  items: { type: 'string', pattern: ID.source },
} as const

export type ParsedFilter =
  | { readonly ok: true; readonly filter: LetterFilter }
  | { readonly ok: false; readonly errors: readonly ProblemDetail[] }

/**
 * A filter from the texts of its parts, `now` in epoch microseconds.
 * @param prefix put before the name of a part in what is said to be wrong
 */
export function parseFilter(
  parts: Readonly<Record<string, string>>,
  now: number,
  prefix = '',
): ParsedFilter {
  const errors: ProblemDetail[] = []
  const tooLong = FILTER_PARAMETERS.find(({ name }) => (parts[name] ?? '').length > LONGEST)
  if (tooLong !== undefined) {
    const message = `is longer than ${LONGEST} characters`
    return { ok: false, errors: [{ path: `${prefix}${tooLong.name}`, message }] }
  }
  const codes = parts['code']?.split(',')
  const unknown = codes?.find((code) => !EVENT_CODES.includes(code))
  if (unknown !== undefined) {
    const message = `${unknown} is not one of ${EVENT_CODES.join(', ')}`
    errors.push({ path: `${prefix}code`, message })
  }
  const status = parts['status']
  const times: { from?: number; to?: number } = {}
  for (const name of ['from', 'to'] as const) {
    const text = parts[name]
    if (text === undefined) continue
    const time = parseTime(text, now)
    if (time.ok) times[name] = time.micros
    else errors.push({ path: `${prefix}${name}`, message: time.message })
  }
  if (errors.length > 0) return { ok: false, errors }
  const { receiver, event_id: eventId, text } = parts
  return {
    ok: true,
    filter: {
      ...times,
      ...(codes === undefined ? {} : { codes }),
      ...(isStatus(status) ? { status } : {}),
      ...(receiver === undefined ? {} : { receiver }),
      ...(eventId === undefined ? {} : { eventId }),
      ...(text === undefined ? {} : { text }),
    },
  }
}

function isStatus(text: string | undefined): text is LetterStatus {
  return LETTER_STATUSES.some((status) => status === text)
}

/** Whether this may be the id of a letter; others are not looked for. */
export function isLetterId(text: string): boolean {
  return ID.test(text)
}

/** Raised when what a cursor holds changes; older cursors are refused. */
const CURSOR_VERSION = 2

/**
 * A cursor holds the place after the last letter of a page. It is bound to the parts of the filter as
 * they were sent, and refused with others.
 */
export function encodeCursor(place: LetterPlace | null, sent: unknown): string | null {
  if (place === null) return null
  const { receivedAt, partition, offset, index } = place
  return cursorText([receivedAt, partition, `${offset}`, index], bindingOf(sent))
}

/** Null when the text is not a cursor of this version, is damaged, or was made for another filter. */
export function decodeCursor(text: string, sent: unknown): LetterPlace | null {
  const parts = cursorParts(text, bindingOf(sent))
  if (parts?.length !== 4) return null
  const [receivedAt, partition, offset, index] = parts
  if (typeof offset !== 'string' || !/^\d{1,18}$/u.test(offset)) return null
  if (!isWhole(receivedAt) || !isWhole(partition) || !isWhole(index)) return null
  return { receivedAt, partition, offset: BigInt(offset), index }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

function bindingOf(sent: unknown): string {
  return `letters ${CURSOR_VERSION} ${JSON.stringify(sent)}`
}
