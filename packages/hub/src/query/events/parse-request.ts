/** Parameters of a request for events → what is asked, or everything that is wrong with it. */

import { KINDS, nearestName } from '@llmhub/schema'
import { parseTime } from '@llmhub/stream'
import type { QuestionIssue } from '../../core/ask.ts'
import type { Predicate } from '../../store/store.ts'
import { allOf, parseParts } from '../parse-where.ts'
import { suggestion } from '../suggestion.ts'
import { parseFilterText } from '../where-text.ts'
import { bindingOf, decodeCursor, type EventCursor } from './cursor.ts'
import { EVENT_FIELD_NAMES, type EventField, eventFieldNamed } from './event-fields.ts'

export const EVENT_LIMITS = { rows: 1000, default: 100, waitSeconds: 20, fields: 100 } as const

/** Default range of whatever looks for things by their time. */
export const DEFAULT_FROM = 'now-30d'

/** Instants beyond all events: lists by arrival have no range unless one is asked for. */
const NO_RANGE = { from: 0, to: Number.MAX_SAFE_INTEGER } as const

export interface EventsRequest {
  readonly order: 'time' | 'arrival'
  /** Filters alone, without what decides about reports that are not counted. */
  readonly where: Predicate | null
  readonly everyReport: boolean
  /** Epoch microseconds, [from, to). */
  readonly from: number
  readonly to: number
  /** Null: all that have a value. */
  readonly fields: readonly EventField[] | null
  readonly limit: number
  readonly cursor: EventCursor | null
  /** By arrival without a cursor: begin this many events before the end. */
  readonly last: number | null
  /** How long to wait for an event when there is none. */
  readonly waitSeconds: number
}

export type EventsParse =
  | { readonly ok: true; readonly request: EventsRequest }
  | { readonly ok: false; readonly issues: readonly QuestionIssue[] }

/** Parameters by name; `where` apart, because it may be given several times. */
export type EventParameters = Readonly<Record<string, string | undefined>>

export function parseEventsRequest(
  given: EventParameters,
  wheres: readonly string[],
  now: number,
): EventsParse {
  const issues: QuestionIssue[] = []
  const order = given['order'] === 'arrival' ? 'arrival' : 'time'
  const where = filterOf(given['kind'], wheres, issues)
  const range = rangeOf(given, order, now, issues)
  const limit = wholeOf(given['limit'], 'limit', [1, EVENT_LIMITS.rows], issues)
  const last = wholeOf(given['last'], 'last', [0, EVENT_LIMITS.rows], issues)
  const wait = wholeOf(given['wait'], 'wait', [0, EVENT_LIMITS.waitSeconds], issues)
  for (const [name, value] of [
    ['last', last],
    ['wait', wait],
  ] as const) {
    if (value !== null && order === 'time') {
      issues.push({ path: name, message: 'needs order=arrival' })
    }
  }
  const everyReport = given['reports'] === 'all'
  const fields = fieldsOf(given['fields'], issues)
  const cursor =
    given['cursor'] === undefined
      ? null
      : decodeCursor(given['cursor'], bindingOf(boundTo(where, everyReport)))
  if (given['cursor'] !== undefined && (cursor === null || cursor.order !== order)) {
    const message =
      'is not a cursor of this request: keep order, kind, where and reports as they were, or leave it out to begin anew'
    issues.push({ path: 'cursor', message })
  }
  if (cursor !== null && last !== null) {
    issues.push({ path: 'last', message: 'says where to begin, and so does the cursor: give one' })
  }
  if (issues.length > 0) return { ok: false, issues }
  return {
    ok: true,
    request: {
      order,
      where,
      everyReport,
      ...range,
      fields,
      limit: limit ?? EVENT_LIMITS.default,
      cursor,
      last,
      waitSeconds: wait ?? 0,
    },
  }
}

/** What a cursor of the request is bound to. */
export function boundTo(where: Predicate | null, everyReport: boolean): Predicate | null {
  return everyReport ? allOf([where, EVERY_REPORT]) : where
}

/** Always true; naming the columns makes a list show rows that are not counted. */
const EVERY_REPORT: Predicate = {
  op: 'and',
  parts: ['suppressed', 'is_current'].map((column) => ({
    op: 'in',
    field: { type: 'column', column },
    values: [true, false],
  })),
}

/** Everything that `kind` and the `where`s ask for; `issues` gets what is wrong with them. */
export function filterOf(
  kind: string | undefined,
  wheres: readonly string[],
  issues: QuestionIssue[],
): Predicate | null {
  const filters: unknown[] = []
  if (kind !== undefined) {
    const kinds = kind.split(',').map((each) => each.trim())
    for (const each of kinds) {
      if (KINDS.some((known) => known.kind === each)) continue
      const names = KINDS.map((known) => known.kind)
      const nearest = nearestName(each, names)
      const hint = nearest === null ? `one of ${names.join(', ')}` : `did you mean ${nearest}?`
      issues.push({ path: 'kind', message: `"${each.slice(0, 100)}" is not a kind: ${hint}` })
    }
    filters.push({ field: 'kind', op: 'in', value: kinds })
  }
  for (const text of wheres) {
    const parsed = parseFilterText(text)
    if (parsed.ok) filters.push(parsed.filter)
    else issues.push({ path: 'where', message: `"${text.slice(0, 100)}": ${parsed.message}` })
  }
  const context = { issues: [] as QuestionIssue[], fields: new Set<string>(), filters: 0 }
  const predicate = allOf(parseParts(filters, '', context))
  const offset = kind === undefined ? 0 : 1
  for (const { path, message } of context.issues) {
    const index = Number(path.split('/')[1] ?? 0) - offset
    const text = wheres[index]
    issues.push({ path: 'where', message: text === undefined ? message : `"${text}" ${message}` })
  }
  return predicate
}

/** The range of a request; `issues` gets what is wrong with it. */
export function rangeOf(
  given: EventParameters,
  order: 'time' | 'arrival',
  now: number,
  issues: QuestionIssue[],
): { readonly from: number; readonly to: number } {
  const instant = (name: 'from' | 'to', otherwise: string | number): number => {
    const text = given[name]
    if (text === undefined && typeof otherwise === 'number') return otherwise
    // A number in a URL is text: epoch seconds, milliseconds or microseconds.
    const value = text !== undefined && /^\d+$/.test(text) ? Number(text) : (text ?? otherwise)
    const time = parseTime(value, now)
    if (time.ok) return time.micros
    issues.push({ path: name, message: time.message })
    return 0
  }
  const byTime = order === 'time'
  const from = instant('from', byTime ? DEFAULT_FROM : NO_RANGE.from)
  const to = instant('to', byTime ? 'now' : NO_RANGE.to)
  if (from > to) issues.push({ path: 'from', message: 'lies after `to`' })
  return { from, to }
}

/** A whole number within bounds, null when it is not given. */
export function wholeOf(
  text: string | undefined,
  path: string,
  [least, most]: readonly [number, number],
  issues: QuestionIssue[],
): number | null {
  if (text === undefined) return null
  const value = /^\d{1,9}$/.test(text) ? Number(text) : -1
  if (value >= least && value <= most) return value
  issues.push({ path, message: `is a whole number from ${least} to ${most}` })
  return null
}

function fieldsOf(text: string | undefined, issues: QuestionIssue[]): readonly EventField[] | null {
  if (text === undefined) return null
  const names = text.split(',').map((name) => name.trim())
  if (names.length > EVENT_LIMITS.fields) {
    issues.push({ path: 'fields', message: `are more than ${EVENT_LIMITS.fields}` })
    return null
  }
  return names.flatMap((name) => {
    const field = eventFieldNamed(name)
    if (field !== undefined) return [field]
    const message = `"${name.slice(0, 100)}" is not a field of events.${suggestion(name, EVENT_FIELD_NAMES)}`
    issues.push({ path: 'fields', message })
    return []
  })
}
