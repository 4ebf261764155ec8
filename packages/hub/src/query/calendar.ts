/**
 * Buckets of time, for questions. Steps shorter than a day are multiples of their length since 1970
 * in UTC; a day, week (from Monday) and month begin at local midnight of the zone. All times are
 * epoch microseconds.
 */

import type { Step } from '@llmhub/schema'

const MINUTE = 60_000_000
const DAY_MS = 86_400_000

/** Lengths of steps in microseconds; of a month and a day the nominal one. */
export const STEP_MICROS: Readonly<Record<Step, number>> = {
  '1m': MINUTE,
  '5m': 5 * MINUTE,
  '15m': 15 * MINUTE,
  '1h': 60 * MINUTE,
  '6h': 360 * MINUTE,
  '1d': 1440 * MINUTE,
  '1w': 7 * 1440 * MINUTE,
  '1M': 30 * 1440 * MINUTE,
}

/** Offset of local time from UTC, in milliseconds, at an instant. */
type OffsetAt = (ms: number) => number

/** Null when the runtime does not know the zone. */
export function zoneOffset(zone: string): OffsetAt | null {
  if (zone === 'UTC') return () => 0
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
  } catch {
    return null
  }
  return (ms) => {
    const part: Record<string, number> = {}
    for (const { type, value } of format.formatToParts(ms)) part[type] = Number(value)
    const local = Date.UTC(
      part['year'] ?? 1970,
      (part['month'] ?? 1) - 1,
      part['day'],
      part['hour'],
      part['minute'],
      part['second'],
    )
    return local - Math.floor(ms / 1000) * 1000
  }
}

/** First instant whose local time is at or after that local midnight. */
function instantOf(localMs: number, offsetAt: OffsetAt): number {
  const before = offsetAt(localMs - DAY_MS)
  const after = offsetAt(localMs + DAY_MS)
  const early = localMs - Math.max(before, after)
  const late = localMs - Math.min(before, after)
  if (early + offsetAt(early) === localMs) return early
  if (late + offsetAt(late) === localMs) return late
  // The midnight does not exist: the clock jumps over it, and the day begins at the jump.
  let low = early
  let high = late
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (middle + offsetAt(middle) >= localMs) high = middle
    else low = middle
  }
  return high
}

/** Local midnights, as if they were UTC, from the one at or before `localMs`. */
function localStart(localMs: number, step: '1d' | '1w' | '1M'): number {
  const day = Math.floor(localMs / DAY_MS) * DAY_MS
  if (step === '1d') return day
  if (step === '1w') return day - ((new Date(day).getUTCDay() + 6) % 7) * DAY_MS
  const date = new Date(day)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)
}

function localNext(start: number, step: '1d' | '1w' | '1M'): number {
  if (step === '1d') return start + DAY_MS
  if (step === '1w') return start + 7 * DAY_MS
  const date = new Date(start)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
}

/**
 * Ascending edges of the buckets that cover [from, to): the first is at or before `from`, the last
 * at or after `to`. Not more than `limit` buckets are made: the last edge then lies before `to`.
 */
export function coveringEdges(
  from: number,
  to: number,
  step: Step,
  offsetAt: OffsetAt,
  limit: number,
): number[] {
  const edges: number[] = []
  if (step === '1d' || step === '1w' || step === '1M') {
    const fromMs = Math.floor(from / 1000)
    let local = localStart(fromMs + offsetAt(fromMs), step)
    let edge = instantOf(local, offsetAt) * 1000
    edges.push(edge)
    while (edge < to && edges.length <= limit) {
      local = localNext(local, step)
      edge = instantOf(local, offsetAt) * 1000
      edges.push(edge)
    }
    return edges
  }
  const length = STEP_MICROS[step]
  for (let edge = Math.floor(from / length) * length; ; edge += length) {
    edges.push(edge)
    if (edge >= to || edges.length > limit) return edges
  }
}

const RELATIVE = /^now(?:-(\d{1,6})(s|m|h|d|w|M|y))?$/u
const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: DAY_MS, w: 7 * DAY_MS } as const
const ISO =
  /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/u

/** Greatest time understood, in microseconds: the end of the year 9999. */
const LATEST = 253_402_300_800_000_000

/**
 * A time of a question in epoch microseconds: epoch seconds, milliseconds or microseconds by
 * magnitude; ISO 8601 (without a zone: UTC); `now`, `now-7d` (s, m, h, d, w, M, y; a month back is
 * the same day of that month, or its last). Null when it is none of them.
 */
export function parseTime(value: string | number, now: number): number | null {
  if (typeof value === 'number' || /^\d{1,17}(?:\.\d+)?$/u.test(value)) {
    const number = Number(value)
    if (!Number.isFinite(number) || number < 0) return null
    const micros = number < 1e11 ? number * 1e6 : number < 1e14 ? number * 1000 : number
    return micros <= LATEST ? Math.floor(micros) : null
  }
  const relative = RELATIVE.exec(value)
  if (relative !== null) {
    const count = Number(relative[1] ?? 0)
    const unit = relative[2] ?? 's'
    if (unit === 'M' || unit === 'y') return monthsBack(now, unit === 'y' ? count * 12 : count)
    return now - count * UNIT_MS[unit as keyof typeof UNIT_MS] * 1000
  }
  if (!ISO.test(value)) return null
  const zoned = /(?:Z|[+-]\d{2}:?\d{2})$/u.test(value) && value.length > 10
  const ms = Date.parse(value.length === 10 ? value : zoned ? value : `${value}Z`)
  return Number.isNaN(ms) ? null : ms * 1000
}

function monthsBack(now: number, months: number): number {
  const date = new Date(now / 1000)
  const first = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - months, 1)
  const target = new Date(first)
  const last = new Date(Date.UTC(target.getUTCFullYear(), target.getUTCMonth() + 1, 0)).getUTCDate()
  const day = Math.min(date.getUTCDate(), last) - 1
  return (first + day * DAY_MS) * 1000 + (now % (DAY_MS * 1000))
}

/** ISO 8601 in UTC; microseconds are shown where there are any. */
export function isoTime(micros: number): string {
  const text = new Date(Math.floor(micros / 1000)).toISOString()
  const rest = micros - Math.floor(micros / 1000) * 1000
  return rest === 0 ? text : `${text.slice(0, -1)}${String(rest).padStart(3, '0')}Z`
}
