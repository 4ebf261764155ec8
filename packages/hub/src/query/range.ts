/**
 * The range of a question as buckets, and the range before it.
 *
 * Buckets are those of the calendar, cut by the range: a bucket is labelled with the instant where
 * it begins in the calendar, and counts the rows of the part inside the range. It is `complete` when
 * the whole bucket lies inside the range and has ended.
 *
 * The previous range touches the same number of buckets, each end shifted by k buckets and keeping
 * its place inside its bucket; k is the least number for which the two do not overlap. So 1 to 20
 * November by month is compared with 1 to 20 October, and a week from Wednesday to Wednesday with
 * the week before, whatever the clocks did in between. Without buckets it is the time of equal
 * length right before.
 */

import type { Step } from '@llmhub/schema'
import { bucketEdges, stepMicros } from '@llmhub/stream'

export interface Buckets {
  /** Starts of the buckets in the calendar: what answers call `time`. */
  readonly labels: readonly number[]
  /** Ascending; one more than buckets; the first is `from`, the last is `to`. */
  readonly edges: readonly number[]
  readonly complete: readonly boolean[]
}

export interface Range {
  readonly from: number
  readonly to: number
  readonly buckets: Buckets | null
}

export type RangeResult =
  | { readonly ok: true; readonly current: Range; readonly previous: Range | null }
  | {
      readonly ok: false
      readonly code: 'too_many_buckets' | 'unknown_zone'
      readonly message: string
    }

export interface RangeInput {
  readonly from: number
  readonly to: number
  readonly now: number
  readonly step: Step | null
  readonly timezone: string
  readonly compare: boolean
}

/** Seconds of a bucket (or of the whole range) that have passed: what a rate is per. */
export function elapsedSeconds(range: Range, bucket: number, now: number): number {
  const from = range.buckets?.edges[bucket] ?? range.from
  const to = range.buckets?.edges[bucket + 1] ?? range.to
  return Math.max(0, Math.min(to, now) - from) / 1e6
}

export function rangeOf(input: RangeInput): RangeResult {
  const { from, to, now, step, compare } = input
  if (step === null) {
    const previous = compare ? { from: from - (to - from), to: from, buckets: null } : null
    return { ok: true, current: { from, to, buckets: null }, previous }
  }
  if (to <= from) {
    const buckets = { labels: [], edges: [], complete: [] }
    const previous = compare ? { from, to: from, buckets } : null
    return { ok: true, current: { from, to: from, buckets }, previous }
  }
  const found = bucketEdges({ from, to, step, zone: input.timezone })
  if (!found.ok) return { ok: false, code: found.code, message: found.message }
  const current = cut(found.edges, from, to, now)
  if (!compare) return { ok: true, current, previous: null }
  const before = edgesBefore(from, to, step, input.timezone)
  return { ok: true, current, previous: previousRange(before, found.edges, from, to, now) }
}

/**
 * Edges before `from`, at least as many as [from, to) has buckets. In three pieces, because the
 * stretch is longer than the range and each piece has to stay within the limit of buckets.
 */
function edgesBefore(from: number, to: number, step: Step, zone: string): number[] {
  const start = from - (to - from) - 2 * longest(step)
  const cuts = [0, 1, 2, 3].map((part) => start + Math.floor(((from - start) * part) / 3))
  const edges = new Set<number>()
  for (let part = 0; part < 3; part++) {
    const piece = { from: cuts[part] ?? start, to: cuts[part + 1] ?? from, step, zone }
    const found = bucketEdges(piece)
    if (!found.ok) throw new RangeError(found.message)
    for (const edge of found.edges) edges.add(edge)
  }
  return [...edges].sort((a, b) => a - b)
}

/** Upper bound of the length of a step, daylight saving and long months included. */
function longest(step: Step): number {
  return stepMicros(step) + 2 * stepMicros('1d')
}

function cut(edges: readonly number[], from: number, to: number, now: number): Range {
  const labels = edges.slice(0, -1)
  const cutEdges = edges.map((edge) => Math.min(Math.max(edge, from), to))
  const complete = labels.map((start, index) => {
    const end = edges[index + 1] ?? to
    return start >= from && end <= to && end <= now
  })
  return { from, to, buckets: { labels, edges: cutEdges, complete } }
}

function previousRange(
  before: readonly number[],
  edges: readonly number[],
  from: number,
  to: number,
  now: number,
): Range {
  const start = edges[0] ?? from
  const all = [...before.filter((edge) => edge < start), ...edges]
  const at = (index: number): number => {
    const edge = all[index]
    if (edge === undefined) throw new RangeError('edges before the range are missing')
    return edge
  }
  const first = all.length - edges.length
  const last = all.length - 1
  const shiftFrom = (k: number): number =>
    Math.min(at(first - k) + (from - at(first)), at(first - k + 1) - 1)
  const shiftTo = (k: number): number =>
    to === at(last) ? at(last - k) : Math.min(at(last - 1 - k) + (to - at(last - 1)), at(last - k))
  let k = last - 1 - first
  while (k < 1 || shiftTo(k) > from) k++
  return cut(all.slice(first - k, last - k + 1), shiftFrom(k), shiftTo(k), now)
}
