import { StatsError } from '../stats-error.ts'
import { medianOf } from './order.ts'

/**
 * What a value measures; it decides how points of one bucket add up and what a gap means.
 * count, cost: amounts that add up over time. gauge: a level at a moment. ratio: a share, weighted by its
 * denominator.
 */
export type MetricType = 'count' | 'cost' | 'gauge' | 'ratio'

export interface RegulariseOptions {
  /** Default gauge. */
  readonly type?: MetricType
  /** Distance of two buckets in the unit of the times. Default: the median distance of the points. */
  readonly step?: number
  /** Weights of the points of a ratio, its denominators: as many as values. Default: all 1. */
  readonly weights?: ArrayLike<number>
  /**
   * Whether the source was alive in the bucket that begins at `start`: only then is a gap of a count or cost
   * a zero. Default: nobody knows, and gaps stay missing.
   */
  readonly alive?: (start: number, step: number) => boolean
  /** Time up to which the input is complete; the bucket that holds it is dropped. Default: all buckets are complete. */
  readonly completeUntil?: number
  /** Longest gap of a gauge that is bridged by a line, in buckets. Default 3. */
  readonly bridge?: number
}

/** Values at equal distances; NaN where nothing is known. Value i belongs to start + i · step. */
export interface RegularSeries {
  readonly start: number
  readonly step: number
  readonly values: Float64Array
  readonly type: MetricType
  readonly diagnostics: SeriesDiagnostics
  /** What the reader of a result should know, in whole sentences. */
  readonly warnings: readonly string[]
}

export interface SeriesDiagnostics {
  /** Points that were given and are finite. */
  readonly points: number
  /** Points left out because their time or value is not finite. */
  readonly invalid: number
  /** Points that share the bucket of an earlier one. */
  readonly duplicates: number
  /** Share of neighbouring distances that are whole multiples of the step, within a tenth of it; 1 with one point. */
  readonly regularity: number
  /** Buckets without a point, before filling. */
  readonly gaps: number
  /** Of these, buckets that were filled. */
  readonly filled: number
  /** Buckets dropped at the end because they are not complete. */
  readonly incomplete: number
}

/** Below this share of regular distances, a grid would be an invention. */
const LEAST_REGULARITY = 0.7
/** A distance counts as a multiple of the step when it is off by no more than this share of it. */
const TOLERANCE = 0.1
/** More buckets than this are taken for a mistake in the times: a grid would exhaust the memory. */
const MAX_BUCKETS = 10_000_000

/**
 * Puts points onto a grid of equal steps: sorts them, adds up those of one bucket (counts and costs by sum,
 * gauges by the last, ratios by their weighted mean), marks gaps as NaN and fills those that the metric
 * type allows, and drops the last bucket if it is not complete.
 *
 * With `step` given, buckets are [k · step, (k + 1) · step). Without it, every point is a bucket's own
 * start and the step is the median distance; distances are rounded one by one, so that steps of slightly
 * different length (months, polling) do not drift off the grid.
 *
 * Throws a `StatsError`: `length`, `too_few` (no finite point), `out_of_range` (options), or
 * `degenerate` when fewer than 70 % of the distances fit the inferred step. Cost: O(n log n).
 */
export function regularise(
  times: ArrayLike<number>,
  values: ArrayLike<number>,
  options: RegulariseOptions = {},
): RegularSeries {
  const { type = 'gauge', weights, alive, completeUntil, bridge = 3 } = options
  if (times.length !== values.length) {
    throw new StatsError('length', 'values', `${values.length} for ${times.length} times`)
  }
  if (weights !== undefined && weights.length !== values.length) {
    throw new StatsError(
      'length',
      'options.weights',
      `${weights.length} for ${values.length} values`,
    )
  }
  if (options.step !== undefined && !(options.step > 0 && Number.isFinite(options.step))) {
    throw new StatsError('out_of_range', 'options.step', `${options.step} is not a positive number`)
  }
  const order = finiteByTime(times, values)
  if (order.length === 0)
    throw new StatsError('too_few', 'values', 'no finite point; give at least one')

  const distances = distancesOf(times, order)
  const step = options.step ?? (distances.length === 0 ? 1 : medianOf(distances))
  const regularity = regularityOf(distances, step)
  if (options.step === undefined && regularity < LEAST_REGULARITY) {
    throw new StatsError(
      'degenerate',
      'times',
      `only ${Math.round(100 * regularity)} % of the distances fit a step of ${step}; give options.step`,
    )
  }
  const { start, buckets, last } = bucketsOf(times, order, step, options.step !== undefined)
  const grid = new Float64Array(last + 1).fill(Number.NaN)
  const mass = new Float64Array(last + 1)
  let duplicates = 0
  for (const [rank, at] of order.entries()) {
    const bucket = buckets[rank] as number
    const value = values[at] as number
    const before = grid[bucket] as number
    if (!Number.isNaN(before)) duplicates++
    if (type === 'ratio') {
      const weight = Math.max(0, weights?.[at] ?? 1)
      const total = (mass[bucket] as number) + weight
      const base = Number.isNaN(before) ? 0 : before
      grid[bucket] = total > 0 ? base + (weight / total) * (value - base) : value
      mass[bucket] = total
    } else if (type === 'gauge' || Number.isNaN(before)) grid[bucket] = value
    else grid[bucket] = before + value
  }

  const kept = completeBuckets(grid.length, start, step, completeUntil)
  const complete = grid.subarray(0, kept)
  const gaps = countMissing(complete)
  const filled =
    type === 'gauge'
      ? bridgeGaps(complete, bridge)
      : type === 'ratio'
        ? 0
        : fillZeros(complete, start, step, alive)
  const diagnostics: SeriesDiagnostics = {
    points: order.length,
    invalid: values.length - order.length,
    duplicates,
    regularity,
    gaps,
    filled,
    incomplete: grid.length - kept,
  }
  return {
    start,
    step,
    values: complete.slice(),
    type,
    diagnostics,
    warnings: warningsOf(diagnostics, complete),
  }
}

/** Places of the points with finite time and value, by time; equal times keep their order. */
function finiteByTime(times: ArrayLike<number>, values: ArrayLike<number>): number[] {
  const order: number[] = []
  for (let i = 0; i < times.length; i++) {
    if (Number.isFinite(times[i]) && Number.isFinite(values[i])) order.push(i)
  }
  return order.sort((a, b) => (times[a] as number) - (times[b] as number) || a - b)
}

/** Distances of neighbours with different times. */
function distancesOf(times: ArrayLike<number>, order: readonly number[]): Float64Array {
  const distances = new Float64Array(Math.max(0, order.length - 1))
  let count = 0
  for (let i = 1; i < order.length; i++) {
    const distance =
      (times[order[i] as number] as number) - (times[order[i - 1] as number] as number)
    if (distance > 0) distances[count++] = distance
  }
  return distances.subarray(0, count)
}

function regularityOf(distances: Float64Array, step: number): number {
  if (distances.length === 0) return 1
  let regular = 0
  for (const distance of distances) {
    const steps = Math.max(1, Math.round(distance / step))
    if (Math.abs(distance - steps * step) <= TOLERANCE * step) regular++
  }
  return regular / distances.length
}

/** Bucket of every point, by rank, counted from the first. */
function bucketsOf(
  times: ArrayLike<number>,
  order: readonly number[],
  step: number,
  aligned: boolean,
): { start: number; buckets: Float64Array; last: number } {
  const first = times[order[0] as number] as number
  const start = aligned ? Math.floor(first / step) * step : first
  const buckets = new Float64Array(order.length)
  for (let i = 1; i < order.length; i++) {
    const time = times[order[i] as number] as number
    if (aligned) buckets[i] = Math.floor((time - start) / step)
    else {
      const distance = time - (times[order[i - 1] as number] as number)
      const steps = distance > 0 ? Math.max(1, Math.round(distance / step)) : 0
      buckets[i] = (buckets[i - 1] as number) + steps
    }
  }
  const last = buckets[order.length - 1] as number
  if (!(last < MAX_BUCKETS)) {
    throw new StatsError(
      'out_of_range',
      'times',
      `${last + 1} buckets of ${step}; at most ${MAX_BUCKETS} can be held: choose a longer step`,
    )
  }
  return { start, buckets, last }
}

/** Number of buckets that end by `until`; the first stays in any case, so that a series is never empty. */
function completeBuckets(
  count: number,
  start: number,
  step: number,
  until: number | undefined,
): number {
  if (until === undefined || !Number.isFinite(until)) return count
  return Math.max(1, Math.min(count, Math.floor((until - start) / step)))
}

function countMissing(values: Float64Array): number {
  let missing = 0
  for (const value of values) if (Number.isNaN(value)) missing++
  return missing
}

/** Bridges gaps of at most `longest` buckets between two values by a line; returns how many were filled. */
export function bridgeGaps(values: Float64Array, longest: number): number {
  let filled = 0
  let before = -1
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (Number.isNaN(value)) continue
    const gap = i - before - 1
    if (before >= 0 && gap > 0 && gap <= longest) {
      const from = values[before] as number
      // As a weighted mean: a difference of two large values could overflow.
      for (let j = before + 1; j < i; j++) {
        const share = (j - before) / (gap + 1)
        values[j] = from * (1 - share) + value * share
      }
      filled += gap
    }
    before = i
  }
  return filled
}

function fillZeros(
  values: Float64Array,
  start: number,
  step: number,
  alive: RegulariseOptions['alive'],
): number {
  if (alive === undefined) return 0
  let filled = 0
  for (const [i, value] of values.entries()) {
    if (Number.isNaN(value) && alive(start + i * step, step)) {
      values[i] = 0
      filled++
    }
  }
  return filled
}

function warningsOf(diagnostics: SeriesDiagnostics, values: Float64Array): string[] {
  const warnings: string[] = []
  const { invalid, gaps, filled, incomplete, regularity } = diagnostics
  if (invalid > 0) warnings.push(`${invalid} points without a finite time or value were left out.`)
  if (regularity < 0.95) {
    warnings.push(`Only ${Math.round(100 * regularity)} % of the distances fit the step.`)
  }
  if (gaps > filled) warnings.push(`${gaps - filled} of ${values.length} buckets are missing.`)
  if (incomplete > 0) warnings.push(`${incomplete} incomplete buckets at the end were dropped.`)
  if (isConstant(values)) warnings.push('The series is constant: intervals have no basis.')
  return warnings
}

/** Whether all known values are equal; true also for none. */
export function isConstant(values: ArrayLike<number>): boolean {
  let first = Number.NaN
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (Number.isNaN(value)) continue
    if (Number.isNaN(first)) first = value
    else if (value !== first) return false
  }
  return true
}
