/** Parameters that reports share, and how their texts become the parts of questions. */

import type { Filter, Step } from '@llmhub/schema'
import { parseTime } from '@llmhub/stream'
import type { QuestionIssue } from '../../core/ask.ts'
import type { ReportParameter } from '../../core/report.ts'
import { fieldNamed } from '../dimensions.ts'
import { isPosition, isZone } from '../parse-question.ts'
import { suggestion } from '../suggestion.ts'

export const GRANULARITIES: Readonly<Record<string, Step>> = {
  '1min': '1m',
  '5min': '5m',
  '15min': '15m',
  '1hour': '1h',
  '6hour': '6h',
  '1day': '1d',
  '1week': '1w',
  '1month': '1M',
}

export const FILTER_PARAMETERS: readonly ReportParameter[] = [
  { name: 'provider', type: 'string', doc: 'Only this provider.', example: 'openai' },
  { name: 'model', type: 'string', doc: 'Only this model.', example: 'gpt-4' },
  { name: 'environment', type: 'string', doc: 'Only this environment.', example: 'production' },
  { name: 'user_id', type: 'string', doc: 'Only this user.', example: 'user-1' },
]

export const RANGE_PARAMETERS: readonly ReportParameter[] = [
  {
    name: 'start_time',
    type: 'time',
    doc: 'Start, inclusive: ISO 8601, epoch, or relative like now-7d. Default: 7 days before the end.',
    example: '2026-11-01T00:00:00Z',
  },
  { name: 'end_time', type: 'time', doc: 'End, exclusive.', default: 'now', example: 'now' },
]

/** Short names of the ends of the range, for the reports that take them. */
export const SHORT_RANGE_PARAMETERS: readonly ReportParameter[] = [
  { name: 'from', type: 'time', doc: 'Short for `start_time`.', example: '2026-11-08' },
  { name: 'to', type: 'time', doc: 'Short for `end_time`.', example: '2026-11-15' },
]

export const TIMEZONE_PARAMETER: ReportParameter = {
  name: 'timezone',
  type: 'string',
  doc: 'IANA zone in which days, weeks and months begin.',
  default: 'UTC',
  example: 'Europe/Berlin',
}

export const GRANULARITY_PARAMETER: ReportParameter = {
  name: 'granularity',
  type: 'enum',
  doc: 'Length of the time buckets of the series.',
  values: Object.keys(GRANULARITIES),
  default: '1hour',
}

/** Every report takes it. */
export const AFTER_PARAMETER: ReportParameter = {
  name: 'after',
  type: 'position',
  doc: 'Position of an ingest answer: wait, at most 2 s, until the report includes it.',
  example: '0:1',
}

const DEFAULT_RANGE_MICROS = 7 * 86_400 * 1_000_000
const LONGEST_VALUE = 4096

/** Parameters of a report, read and checked. */
export interface ReportInput {
  /** Epoch microseconds, [from, to). */
  readonly from: number
  readonly to: number
  readonly now: number
  readonly timezone: string
  readonly step: Step
  readonly filters: readonly Filter[]
  /** The texts given, defaults filled in. */
  readonly values: Readonly<Record<string, string>>
  /** Epoch microseconds of a parameter that is a time; null where it was not given. */
  readonly instant: (name: string) => number | null
}

export type InputParse =
  | { readonly ok: true; readonly input: ReportInput }
  | { readonly ok: false; readonly issues: readonly QuestionIssue[] }

/**
 * @param given texts of the query string
 * @param now epoch microseconds
 */
export function readParameters(
  specs: readonly ReportParameter[],
  given: Readonly<Record<string, string>>,
  now: number,
): InputParse {
  const issues: QuestionIssue[] = []
  const values: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) {
    const spec = specs.find((each) => each.name === name)
    if (spec === undefined) {
      const known = specs.map((each) => each.name)
      issues.push({ path: name, message: `is not a parameter.${suggestion(name, known)}` })
    } else checkValue(spec, value, now, issues)
  }
  for (const { name, default: fallback } of specs) {
    const value = Object.hasOwn(given, name) ? given[name] : fallback
    if (value !== undefined) values[name] = value
  }
  const timezone = values['timezone'] ?? 'UTC'
  const known = isZone(timezone)
  if (!known) {
    issues.push({ path: 'timezone', message: 'must be an IANA time zone like Europe/Berlin' })
  }
  const instant = (name: string): number | null => {
    const text = values[name]
    const time = text === undefined || !known ? null : parseTime(text, now, timezone)
    return time?.ok === true ? time.micros : null
  }
  for (const [short, long] of [
    ['from', 'start_time'],
    ['to', 'end_time'],
  ] as const) {
    if (Object.hasOwn(given, short) && Object.hasOwn(given, long)) {
      issues.push({ path: short, message: `is given beside \`${long}\`, which is the same` })
    }
  }
  const to = instant('to') ?? instant('end_time') ?? now
  const from = instant('from') ?? instant('start_time') ?? Math.max(0, to - DEFAULT_RANGE_MICROS)
  if (from > to) {
    const path = values['from'] === undefined ? 'start_time' : 'from'
    issues.push({ path, message: 'lies after `end_time`' })
  }
  if (issues.length > 0) return { ok: false, issues }
  const filters = FILTER_PARAMETERS.flatMap(({ name }): Filter[] => {
    const value = values[name]
    const field = fieldNamed(name)?.name
    return value === undefined || field === undefined ? [] : [{ field, op: 'eq', value }]
  })
  const step = GRANULARITIES[values['granularity'] ?? '1hour'] ?? '1h'
  return {
    ok: true,
    input: { from, to, now, timezone, step, filters, values, instant },
  }
}

function checkValue(
  spec: ReportParameter,
  value: string,
  now: number,
  issues: QuestionIssue[],
): void {
  const path = spec.name
  if (value.length > LONGEST_VALUE) {
    issues.push({ path, message: `is longer than ${LONGEST_VALUE} characters` })
    return
  }
  switch (spec.type) {
    case 'string':
      return
    case 'integer':
      if (!/^[1-9]\d{0,3}$/u.test(value)) {
        issues.push({ path, message: 'must be a whole number from 1 to 9999' })
      }
      return
    case 'time': {
      const time = value.length > 100 ? null : parseTime(value, now)
      if (time === null) issues.push({ path, message: 'is not a time' })
      else if (!time.ok) issues.push({ path, message: time.message })
      return
    }
    case 'position':
      if (!isPosition(value)) {
        issues.push({ path, message: 'must be a position as an ingest answer gave it' })
      }
      return
    case 'enum': {
      const values = spec.values ?? []
      if (!values.includes(value)) {
        const hint = suggestion(value, values)
        issues.push({ path, message: `must be one of ${values.join(', ')}.${hint}` })
      }
      return
    }
  }
}
