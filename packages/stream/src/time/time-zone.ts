/**
 * Time zones as stretches of constant offset.
 *
 * The rules of a zone are known only to `Intl`, which answers one thing: what the wall clock shows at
 * an instant. The offset is probed every five days and, where two probes differ, the instant of the
 * change is found by bisection to the second. Two changes within five days that cancel each other
 * would be missed; the closest two of any zone since 1970 are 6.96 days apart (Brazil's north-east in
 * October 2000, Gaza in some years to come).
 */

/** From `start` (inclusive) to `end` (exclusive), epoch µs, the wall clock shows UTC + `offset` µs. */
export interface OffsetSegment {
  readonly start: number
  readonly end: number
  readonly offset: number
}

export type OffsetSegments =
  | { readonly ok: true; readonly segments: readonly OffsetSegment[] }
  | { readonly ok: false; readonly code: 'unknown_zone'; readonly message: string }

const SECOND = 1_000_000
const PROBE_SECONDS = 5 * 86_400

/** Offset of the wall clock in seconds at an epoch second. */
type OffsetAt = (second: number) => number

/**
 * Zones that are kept. A format takes some 100 µs to make, and memory that the garbage collector does not see: one
 * for each call would grow the process by hundreds of megabytes before anything made it collect them.
 */
const MOST_ZONES = 64
const zones = new Map<string, OffsetAt>()

/** Null when there is no such zone. */
function offsetsOf(zone: string): OffsetAt | null {
  const known = zones.get(zone)
  if (known !== undefined) return known
  const made = makeOffsets(zone)
  if (made === null) return null
  const [oldest] = zones.keys()
  if (zones.size >= MOST_ZONES && oldest !== undefined) zones.delete(oldest)
  zones.set(zone, made)
  return made
}

function makeOffsets(zone: string): OffsetAt | null {
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
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
  return (second) => {
    const shown = format.format(second * 1000)
    const [month, day, year, hour, minute, seconds] = (shown.match(/\d+/g) ?? []).map(Number)
    const wall = Date.UTC(year ?? Number.NaN, (month ?? Number.NaN) - 1, day, hour, minute, seconds)
    if (Number.isNaN(wall)) throw new Error(`Intl shows ${second} in ${zone} as "${shown}"`)
    return wall / 1000 - second
  }
}

/**
 * The constant-offset segments of an IANA zone that together cover [from, to) exactly, ascending and
 * without gaps; neighbours differ in offset. Times are epoch µs. An empty range has no segments.
 * Cost: about 3 µs per five days of the range, and 60 µs per change of offset; UTC costs nothing.
 */
export function offsetSegments(zone: string, from: number, to: number): OffsetSegments {
  if (zone === 'UTC') {
    return { ok: true, segments: from < to ? [{ start: from, end: to, offset: 0 }] : [] }
  }
  const offsetAt = offsetsOf(zone)
  if (offsetAt === null) {
    return { ok: false, code: 'unknown_zone', message: `"${zone}" is not a time zone` }
  }
  if (!(from < to)) return { ok: true, segments: [] }

  const segments: OffsetSegment[] = []
  const last = Math.ceil(to / SECOND) - 1
  let probe = Math.floor(from / SECOND)
  let offset = offsetAt(probe)
  let start = from
  while (probe < last) {
    const next = Math.min(probe + PROBE_SECONDS, last)
    const nextOffset = offsetAt(next)
    if (nextOffset !== offset) {
      const change = firstSecondOf(nextOffset, probe, next, offsetAt) * SECOND
      segments.push({ start, end: change, offset: offset * SECOND })
      start = change
      offset = nextOffset
    }
    probe = next
  }
  segments.push({ start, end: to, offset: offset * SECOND })
  return { ok: true, segments }
}

/** First second of (low, high] at which the offset is `offset`, given that low has not and high has it. */
function firstSecondOf(offset: number, low: number, high: number, offsetAt: OffsetAt): number {
  let without = low
  let having = high
  while (having - without > 1) {
    const middle = Math.floor((without + having) / 2)
    if (offsetAt(middle) === offset) having = middle
    else without = middle
  }
  return having
}
