/**
 * Unknown JSON → a question whose names are resolved and whose values fit, or everything that is
 * wrong with it at once: path, message, and the nearest known name. Never throws.
 */

import type { Fill, Step } from '@llmhub/schema'
import { STEPS } from '@llmhub/schema'
import { bucketEdges, parseTime } from '@llmhub/stream'
import type { QuestionIssue } from '../core/ask.ts'
import type { Predicate } from '../store/store.ts'
import type { Field } from './dimensions.ts'
import { FIELD_NAMES, FIELDS, fieldNamed } from './dimensions.ts'
import type { ParsedMeasure } from './parse-measures.ts'
import { COMPARISONS, parseMeasures } from './parse-measures.ts'
import type { WhereContext } from './parse-where.ts'
import { allOf, isRecord, parseParts, parseWhere, unknownKeys } from './parse-where.ts'
import { suggestion } from './suggestion.ts'

export const QUESTION_LIMITS = {
  dimensions: 8,
  listFields: 60,
  name: 100,
  orders: 10,
  top: 1000,
  rows: 100_000,
  listRows: 1000,
} as const

export const DEFAULT_LIMITS = { series: 100_000, table: 1000, list: 100 } as const

export interface ParsedQuestion {
  readonly kind: 'series' | 'table' | 'list'
  /** Measures before the formulas that use them, otherwise in the order asked. */
  readonly measures: readonly ParsedMeasure[]
  /** Names of the columns of the answer in the order asked. */
  readonly shown: readonly string[]
  readonly step: Step | null
  /** Dimensions; of a list the fields shown, empty for the default ones. */
  readonly by: readonly Field[]
  readonly where: Predicate | null
  /** The question filters on `status` or groups by it. */
  readonly statusAsked: boolean
  /** Epoch microseconds, [from, to). */
  readonly from: number
  readonly to: number
  readonly now: number
  readonly timezone: string
  readonly fill: Fill
  readonly top: { readonly by: string; readonly n: number; readonly other: boolean } | null
  readonly order: readonly { readonly by: string; readonly dir: 'asc' | 'desc' }[]
  readonly compare: boolean
  readonly limit: number
  readonly cursor: string | null
  readonly after: string | null
}

export type QuestionParse =
  | { readonly ok: true; readonly question: ParsedQuestion }
  | {
      readonly ok: false
      readonly code: 'invalid_question' | 'not_supported'
      readonly issues: readonly QuestionIssue[]
    }

const KEYS = [
  'kind',
  'measures',
  'by',
  'where',
  'filters',
  'from',
  'to',
  'timezone',
  'fill',
  'top',
  'order',
  'compare',
  'limit',
  'cursor',
  'after',
] as const
export const RESERVED_KEYS = ['per', 'related', 'having', 'asOf'] as const
export const RESERVED_KINDS = ['histogram', 'funnel'] as const
export const FILLS: readonly Fill[] = ['none', 'null', 'zero', 'previous', 'linear']
const GROUP_NAMES = FIELDS.filter((field) => field.groups).flatMap((f) => [f.name, ...f.aliases])

function reserved(value: Readonly<Record<string, unknown>>): QuestionIssue[] {
  const issues: QuestionIssue[] = []
  for (const key of RESERVED_KEYS) {
    if (value[key] !== undefined && value[key] !== null) {
      issues.push({ path: `/${key}`, message: `\`${key}\` is reserved and not built yet` })
    }
  }
  const kind = RESERVED_KINDS.find((each) => each === value['kind'])
  if (kind !== undefined) {
    issues.push({ path: '/kind', message: `\`${kind}\` is reserved and not built yet` })
  }
  return issues
}

/** @param now epoch microseconds; relative times are resolved against it */
export function parseQuestion(value: unknown, now: number): QuestionParse {
  if (!isRecord(value)) {
    return {
      ok: false,
      code: 'invalid_question',
      issues: [{ path: '', message: 'must be an object' }],
    }
  }
  const notBuilt = reserved(value)
  if (notBuilt.length > 0) return { ok: false, code: 'not_supported', issues: notBuilt }

  const issues: QuestionIssue[] = []
  for (const key of Object.keys(value)) {
    if (!(KEYS as readonly string[]).includes(key) && !RESERVED_KEYS.some((each) => each === key)) {
      issues.push({
        path: `/${key.slice(0, QUESTION_LIMITS.name)}`,
        message: `is not part of a question.${suggestion(key, KEYS)}`,
      })
    }
  }
  const kind = (['series', 'table', 'list'] as const).find((each) => each === value['kind'])
  if (kind === undefined) {
    issues.push({ path: '/kind', message: 'must be series, table or list' })
    return { ok: false, code: 'invalid_question', issues }
  }
  const context: WhereContext = { issues, fields: new Set(), filters: 0 }
  const where = allOf([
    parseWhere(value['where'], '/where', context),
    ...parseParts(value['filters'], '/filters', context),
  ])
  const { step, by } = parseBy(value['by'], kind, issues)
  const statusAsked = context.fields.has('status') || by.some((field) => field.name === 'status')
  const { measures, shown } = parseMeasures(
    value['measures'],
    kind,
    ['time', 'complete', ...by.map((field) => field.name)],
    context,
  )
  const range = parseRange(value, now, issues)
  const fill = parseFill(value['fill'], step, issues)
  const top = parseTop(value['top'], kind, by, measures, issues)
  const compare = parseCompare(value['compare'], kind, issues)
  const order = parseOrder(value['order'], kind, { step, by, shown, compare }, issues)
  const limit = parseLimit(value['limit'], kind, issues)
  const cursor = parseText(value['cursor'], '/cursor', 2000, issues)
  if (cursor !== null && kind !== 'list') {
    issues.push({ path: '/cursor', message: 'only a list has pages' })
  }
  const after = parseText(value['after'], '/after', 200, issues)
  if (after !== null && !isPosition(after)) {
    issues.push({ path: '/after', message: 'must be a position as an ingest answer gave it' })
  }
  if (issues.length > 0) return { ok: false, code: 'invalid_question', issues }
  return {
    ok: true,
    question: {
      kind,
      measures,
      shown,
      step,
      by,
      where,
      statusAsked,
      ...range,
      now,
      fill,
      top,
      order,
      compare,
      limit,
      cursor,
      after,
    },
  }
}

function parseText(
  value: unknown,
  path: string,
  longest: number,
  issues: QuestionIssue[],
): string | null {
  if (value === undefined || value === null) return null
  if (typeof value === 'string' && value.length > 0 && value.length <= longest) return value
  issues.push({ path, message: `must be a text of at most ${longest} characters` })
  return null
}

function parseBy(
  value: unknown,
  kind: ParsedQuestion['kind'],
  issues: QuestionIssue[],
): { step: Step | null; by: Field[] } {
  let step: Step | null = null
  const by: Field[] = []
  if (value === undefined || value === null) return { step: kind === 'series' ? '1h' : null, by }
  if (!Array.isArray(value)) {
    issues.push({ path: '/by', message: 'must be a list of dimensions' })
    return { step, by }
  }
  const most = kind === 'list' ? QUESTION_LIMITS.listFields : QUESTION_LIMITS.dimensions + 1
  if (value.length > most) {
    issues.push({ path: '/by', message: `has more than ${most} entries` })
    return { step, by }
  }
  for (const [index, name] of value.entries()) {
    const path = `/by/${index}`
    if (typeof name !== 'string') {
      issues.push({ path, message: 'must be the name of a dimension' })
      continue
    }
    if (name.startsWith('time:')) {
      const found = STEPS.find((each) => name === `time:${each}`)
      if (found === undefined) {
        issues.push({ path, message: `step must be one of ${STEPS.join(', ')}` })
      } else if (kind !== 'series') {
        issues.push({ path, message: 'only a series has time buckets' })
      } else if (step !== null) {
        issues.push({ path, message: 'a series has one step' })
      } else step = found
      continue
    }
    const field = fieldNamed(name)
    if (field === undefined || (kind !== 'list' && !field.groups)) {
      const why = field === undefined ? 'is not a dimension' : 'cannot be grouped by'
      issues.push({
        path,
        message: `"${name.slice(0, QUESTION_LIMITS.name)}" ${why}.${suggestion(name, kind === 'list' ? FIELD_NAMES : GROUP_NAMES)}`,
      })
    } else if (by.some((each) => each.name === field.name)) {
      issues.push({ path, message: `"${field.name}" is there twice` })
    } else by.push(field)
  }
  if (by.length > QUESTION_LIMITS.dimensions && kind !== 'list') {
    issues.push({ path: '/by', message: `has more than ${QUESTION_LIMITS.dimensions} dimensions` })
  }
  return { step: kind === 'series' ? (step ?? '1h') : null, by }
}

function parseRange(
  value: Readonly<Record<string, unknown>>,
  now: number,
  issues: QuestionIssue[],
): { from: number; to: number; timezone: string } {
  const zone = value['timezone'] ?? 'UTC'
  const timezone = typeof zone === 'string' && isZone(zone) ? zone : 'UTC'
  if (timezone !== zone) {
    issues.push({ path: '/timezone', message: 'must be an IANA time zone like Europe/Berlin' })
  }
  const from = parseInstant(value['from'] ?? 'now-7d', '/from', { now, timezone }, issues)
  const to = parseInstant(value['to'] ?? 'now', '/to', { now, timezone }, issues)
  if (from !== null && to !== null && from > to) {
    issues.push({ path: '/from', message: 'lies after `to`' })
  }
  return { from: from ?? 0, to: to ?? 0, timezone }
}

/** Whether the runtime knows the time zone. */
/** Partition and offset, as an ingest answer gives them. */
export function isPosition(text: string): boolean {
  return /^\d{1,9}:\d{1,19}$/u.test(text)
}

export function isZone(zone: string): boolean {
  if (zone.length > 100) return false
  return bucketEdges({ from: 0, to: 0, step: '1d', zone }).ok
}

function parseInstant(
  value: unknown,
  path: string,
  at: { readonly now: number; readonly timezone: string },
  issues: QuestionIssue[],
): number | null {
  if (typeof value !== 'number' && (typeof value !== 'string' || value.length > 100)) {
    issues.push({ path, message: 'must be a time as text or number' })
    return null
  }
  const time = parseTime(value, at.now, at.timezone)
  if (time.ok) return time.micros
  issues.push({ path, message: time.message })
  return null
}

function parseFill(value: unknown, step: Step | null, issues: QuestionIssue[]): Fill {
  if (value === undefined || value === null) return 'none'
  const fill = FILLS.find((each) => each === value)
  if (fill === undefined) {
    issues.push({ path: '/fill', message: `must be one of ${FILLS.join(', ')}` })
    return 'none'
  }
  if (fill !== 'none' && step === null) {
    issues.push({ path: '/fill', message: 'only a series has buckets to fill' })
  }
  return fill
}

function parseTop(
  value: unknown,
  kind: ParsedQuestion['kind'],
  by: readonly Field[],
  measures: readonly ParsedMeasure[],
  issues: QuestionIssue[],
): ParsedQuestion['top'] {
  if (value === undefined || value === null) return null
  if (!isRecord(value)) {
    issues.push({ path: '/top', message: 'must be an object with `by` and `n`' })
    return null
  }
  unknownKeys(value, ['by', 'n', 'other'], '/top', issues)
  if (kind === 'list' || by.length === 0) {
    issues.push({ path: '/top', message: 'needs a dimension in `by` to rank' })
  }
  const { n, other } = value
  const ranked = measures.find((measure) => measure.name === value['by'])
  if (ranked === undefined) {
    const names = measures.map((measure) => measure.name)
    const asked = typeof value['by'] === 'string' ? suggestion(value['by'], names) : ''
    issues.push({ path: '/top/by', message: `must name a measure of the question.${asked}` })
  }
  const most = QUESTION_LIMITS.top
  if (typeof n !== 'number' || !Number.isInteger(n) || n < 1 || n > most) {
    issues.push({ path: '/top/n', message: `must be a whole number from 1 to ${most}` })
    return null
  }
  if (other !== undefined && typeof other !== 'boolean') {
    issues.push({ path: '/top/other', message: 'must be true or false' })
  }
  return ranked === undefined ? null : { by: ranked.name, n, other: other === true }
}

function parseCompare(
  value: unknown,
  kind: ParsedQuestion['kind'],
  issues: QuestionIssue[],
): boolean {
  if (value === undefined || value === null) return false
  if (value !== 'previous') issues.push({ path: '/compare', message: 'must be "previous" or null' })
  else if (kind === 'list') issues.push({ path: '/compare', message: 'a list is not compared' })
  return true
}

function parseOrder(
  value: unknown,
  kind: ParsedQuestion['kind'],
  columns: { step: Step | null; by: readonly Field[]; shown: readonly string[]; compare: boolean },
  issues: QuestionIssue[],
): ParsedQuestion['order'] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value) || value.length > QUESTION_LIMITS.orders) {
    issues.push({ path: '/order', message: `must be a list of at most ${QUESTION_LIMITS.orders}` })
    return []
  }
  if (kind === 'list' && value.length > 0) {
    issues.push({ path: '/order', message: 'a list is always newest first' })
    return []
  }
  const known = [
    ...(columns.step === null ? [] : ['time']),
    ...columns.by.map((field) => field.name),
    ...columns.shown,
    ...(columns.compare
      ? columns.shown.flatMap((name) => COMPARISONS.map((suffix) => `${name}.${suffix}`))
      : []),
  ]
  const order: { by: string; dir: 'asc' | 'desc' }[] = []
  for (const [index, each] of value.entries()) {
    const path = `/order/${index}`
    if (!isRecord(each)) {
      issues.push({ path, message: 'must be an object with `by`' })
      continue
    }
    unknownKeys(each, ['by', 'dir'], path, issues)
    const asked = each['by']
    const alias = typeof asked === 'string' ? fieldNamed(asked)?.name : undefined
    const found =
      known.find((column) => column === asked) ?? known.find((column) => column === alias)
    const dir = (['asc', 'desc'] as const).find((direction) => direction === (each['dir'] ?? 'asc'))
    if (found === undefined) {
      const hint = typeof asked === 'string' ? suggestion(asked, known) : ''
      issues.push({ path: `${path}/by`, message: `must name a column of the answer.${hint}` })
    }
    if (dir === undefined) issues.push({ path: `${path}/dir`, message: 'must be asc or desc' })
    if (found !== undefined && dir !== undefined) order.push({ by: found, dir })
  }
  return order
}

function parseLimit(value: unknown, kind: ParsedQuestion['kind'], issues: QuestionIssue[]): number {
  if (value === undefined || value === null) return DEFAULT_LIMITS[kind]
  const most = kind === 'list' ? QUESTION_LIMITS.listRows : QUESTION_LIMITS.rows
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) {
    return value
  }
  issues.push({ path: '/limit', message: `must be a whole number from 1 to ${most}` })
  return DEFAULT_LIMITS[kind]
}
