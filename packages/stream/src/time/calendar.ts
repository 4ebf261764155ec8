import { StreamError } from '../stream-error.ts'
import { type OffsetSegment, offsetSegments } from './time-zone.ts'

/**
 * Buckets of the calendar: where minutes, hours, days, weeks and months begin in a time zone.
 *
 * Edges are instants (epoch µs as numbers); bucket i is [edges[i], edges[i + 1]) and is labelled by
 * its start. Two rules make them:
 *
 * - A day, week (from Monday) or month begins at the first instant at which the wall clock has reached
 *   its first midnight. So days of 23 and 25 hours are one bucket, a day whose midnight is skipped
 *   begins when the clock resumes, and a day that a zone left out altogether has no bucket.
 * - Up to six hours, a bucket begins wherever the wall clock shows a whole multiple of the step since
 *   midnight, each time it does: an hour that is repeated in autumn is two buckets. A change of offset
 *   begins a bucket too where the clock jumps into another one; with steps of up to an hour it always
 *   does, so that no such bucket is longer than its step.
 */
export const CALENDAR_STEPS = ['1m', '5m', '15m', '1h', '6h', '1d', '1w', '1M'] as const
export type CalendarStep = (typeof CALENDAR_STEPS)[number]

/** No question is cut into more buckets than this. */
export const MAX_BUCKETS = 11_000

const MINUTE = 60_000_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Length of the steps that divide a day, and the usual length of the others. */
const STEP_MICROS: Readonly<Record<CalendarStep, number>> = {
  '1m': MINUTE,
  '5m': 5 * MINUTE,
  '15m': 15 * MINUTE,
  '1h': HOUR,
  '6h': 6 * HOUR,
  '1d': DAY,
  '1w': 7 * DAY,
  '1M': 30 * DAY,
}

const STEP_ALIASES: Readonly<Record<string, CalendarStep>> = {
  '1min': '1m',
  '5min': '5m',
  '15min': '15m',
  '1hour': '1h',
  '6hour': '6h',
  '1day': '1d',
  '1week': '1w',
  '1month': '1M',
}

/** A step by its name (`1h`) or long name (`1hour`); null when there is none. */
export function parseStep(text: string): CalendarStep | null {
  const step = CALENDAR_STEPS.find((name) => name === text)
  return step ?? (Object.hasOwn(STEP_ALIASES, text) ? (STEP_ALIASES[text] ?? null) : null)
}

/** How long a bucket of the step usually is, in µs; a month counts as 30 days. */
export function stepMicros(step: CalendarStep): number {
  return STEP_MICROS[step]
}

export interface BucketRequest {
  /** Epoch µs, inclusive. */
  readonly from: number
  /** Epoch µs, exclusive. */
  readonly to: number
  readonly step: CalendarStep
  /** IANA zone. */
  readonly zone: string
}

export type BucketEdges =
  | {
      readonly ok: true
      /**
       * Ascending; one more than there are buckets, none when the range is empty. The first bucket
       * holds `from`, the last one holds `to` − 1: they may reach beyond the range.
       */
      readonly edges: readonly number[]
    }
  | { readonly ok: false; readonly code: 'unknown_zone'; readonly message: string }
  | {
      readonly ok: false
      readonly code: 'too_many_buckets'
      readonly message: string
      readonly limit: number
      /** Finest step that stays within the limit, or null when none does. */
      readonly finest: CalendarStep | null
    }

/**
 * Edges of the buckets that cover [from, to). Cost: that of the zone's segments plus 0.1 µs per edge; the latter alone
 * in UTC. Throws a StreamError for bounds that are not whole microseconds.
 */
export function bucketEdges(request: BucketRequest): BucketEdges {
  const { from, to, step, zone } = request
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) {
    throw new StreamError(
      'invalid_input',
      `${from} … ${to} are not epoch microseconds`,
      Number.isSafeInteger(from) ? 'to' : 'from',
    )
  }
  const edges = edgesWithinLimit(from, to, step, zone)
  if (edges === 'unknown_zone') {
    return { ok: false, code: 'unknown_zone', message: `"${zone}" is not a time zone` }
  }
  if (edges !== 'too_many_buckets') return { ok: true, edges }

  const coarser = CALENDAR_STEPS.slice(CALENDAR_STEPS.indexOf(step) + 1)
  const finest =
    coarser.find((name) => Array.isArray(edgesWithinLimit(from, to, name, zone))) ?? null
  const advice =
    finest === null ? 'ask for a shorter range' : `the finest step allowed is ${finest}`
  return {
    ok: false,
    code: 'too_many_buckets',
    message: `Steps of ${step} make more than ${MAX_BUCKETS} buckets of this range; ${advice}`,
    limit: MAX_BUCKETS,
    finest,
  }
}

function edgesWithinLimit(
  from: number,
  to: number,
  step: CalendarStep,
  zone: string,
): readonly number[] | 'unknown_zone' | 'too_many_buckets' {
  const length = STEP_MICROS[step]
  // Refused before they are made: no bucket is twice as long as usual.
  const hopeless = (to - from) / (2 * length) > MAX_BUCKETS
  // The bucket around either end begins or ends less than this far away; a midnight that the clock skips may be
  // a day further.
  const margin = 2 * length + (length < DAY ? 0 : 2 * DAY)
  const zoned = offsetSegments(zone, hopeless ? from : from - margin, hopeless ? from : to + margin)
  if (!zoned.ok) return 'unknown_zone'
  if (hopeless) return 'too_many_buckets'
  if (!(from < to)) return []

  const all =
    length < DAY ? clockEdges(zoned.segments, length) : calendarEdges(zoned.segments, step)
  const edges = around(all, from, to)
  return edges.length - 1 > MAX_BUCKETS ? 'too_many_buckets' : edges
}

/** From the last edge at or before `from` to the first at or after `to`. */
function around(edges: readonly number[], from: number, to: number): readonly number[] {
  let first = 0
  while ((edges[first + 1] ?? Number.POSITIVE_INFINITY) <= from) first++
  let last = edges.length - 1
  while ((edges[last - 1] ?? Number.NEGATIVE_INFINITY) >= to) last--
  return edges.slice(first, last + 1)
}

/** Every instant of the segments at which the wall clock shows a multiple of `length`, or jumps into another. */
function clockEdges(segments: readonly OffsetSegment[], length: number): number[] {
  const edges: number[] = []
  for (const [i, { start, end, offset }] of segments.entries()) {
    const before = segments[i - 1]
    const cell = Math.floor((start + offset) / length)
    if (before !== undefined) {
      const cellBefore = Math.floor((start + before.offset - 1) / length)
      const isMultiple = cell * length === start + offset
      if (!isMultiple && (length <= HOUR || cell !== cellBefore)) edges.push(start)
    }
    let edge = Math.ceil((start + offset) / length) * length - offset
    for (; edge < end; edge += length) edges.push(edge)
  }
  return edges
}

/** The first instants of the days, weeks or months that begin within the segments. */
function calendarEdges(segments: readonly OffsetSegment[], step: CalendarStep): number[] {
  const first = segments[0]
  const last = segments.at(-1)
  if (first === undefined || last === undefined) return []
  const lastWall = last.end + last.offset
  const edges: number[] = []
  let at = 0
  let wall = startOnWall(first.start + first.offset, step)
  for (wall = nextOnWall(wall, step); wall < lastWall; wall = nextOnWall(wall, step)) {
    // Instants ascend with the wall's midnights, so the search goes on where it stopped.
    let segment = segments[at]
    while (segment !== undefined && wall - segment.offset >= segment.end) segment = segments[++at]
    if (segment === undefined) break
    const edge = Math.max(wall - segment.offset, segment.start)
    // Equal when a zone left out the whole day in between.
    if (edge !== edges.at(-1)) edges.push(edge)
  }
  return edges
}

/** 1970-01-05, a Monday, on the wall clock. */
const MONDAY = 4 * DAY

/** Start of the day, week or month around a wall-clock time; both in µs as if the wall showed UTC. */
function startOnWall(wall: number, step: CalendarStep): number {
  if (step === '1M') {
    const date = new Date(wall / 1000)
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) * 1000
  }
  if (step === '1w') return Math.floor((wall - MONDAY) / (7 * DAY)) * 7 * DAY + MONDAY
  return Math.floor(wall / DAY) * DAY
}

function nextOnWall(wall: number, step: CalendarStep): number {
  if (step === '1M') {
    const date = new Date(wall / 1000)
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) * 1000
  }
  return wall + (step === '1w' ? 7 * DAY : DAY)
}

/** Start of the bucket that holds `time`, or null when the zone is unknown. */
export function bucketStart(time: number, step: CalendarStep, zone: string): number | null {
  const found = bucketEdges({ from: time, to: time + 1, step, zone })
  return found.ok ? (found.edges[0] ?? null) : null
}
