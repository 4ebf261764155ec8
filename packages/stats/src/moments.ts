/**
 * Count, mean and spread of a stream of numbers, without keeping them; `higher-moments.ts` adds
 * skewness and kurtosis.
 *
 * Values are added by Welford's recurrence (weighted: West 1979) and parts are merged by the formula
 * of Chan, Golub and LeVeque (1979). Neither subtracts large sums of squares, so the spread stays
 * right where the mean is large beside it. What the mean loses by rounding is kept in `low`, so that
 * it does not wander however many values come. Merging parts equals one pass up to rounding.
 *
 * The state is a record of `MOMENTS_WIDTH` doubles, [n, mean, low, m2], in a Float64Array from `at` on,
 * so that many of them can share an array. n is the sum of weights, the mean is mean + low, m2 the
 * sum of weighted squared distances from it. All zero is the empty record.
 */
export const MOMENTS_WIDTH = 4

export function createMoments(): Float64Array {
  return new Float64Array(MOMENTS_WIDTH)
}

/** Adds one finite value, standing for `weight` values (> 0). Constant time, no allocation. */
export function addToMoments(record: Float64Array, value: number, weight = 1, at = 0): void {
  const before = record[at] ?? 0
  const n = before + weight
  const delta = value - (record[at + 1] ?? 0) - (record[at + 2] ?? 0)
  record[at] = n
  record[at + 3] = (record[at + 3] ?? 0) + delta * delta * (before / n) * weight
  moveMean(record, (delta * weight) / n, at)
}

/** Adds the record of `from` to that of `into`. */
export function mergeMoments(into: Float64Array, from: Float64Array, at = 0, fromAt = 0): void {
  const added = from[fromAt] ?? 0
  if (added === 0) return
  const before = into[at] ?? 0
  if (before === 0) {
    for (let i = 0; i < MOMENTS_WIDTH; i++) into[at + i] = from[fromAt + i] ?? 0
    return
  }
  const n = before + added
  const delta =
    (from[fromAt + 1] ?? 0) - (into[at + 1] ?? 0) + ((from[fromAt + 2] ?? 0) - (into[at + 2] ?? 0))
  const m2 = from[fromAt + 3] ?? 0
  into[at] = n
  into[at + 3] = (into[at + 3] ?? 0) + m2 + delta * delta * (before / n) * added
  moveMean(into, delta * (added / n), at)
}

/** Adds a small step to the mean and keeps in `low` what rounding takes away from it (Dekker 1971). */
export function moveMean(record: Float64Array, step: number, at: number): void {
  const mean = record[at + 1] ?? 0
  const rest = (record[at + 2] ?? 0) + step
  const moved = mean + rest
  // Exact in this order only where the step is the smaller, which a first value is not.
  record[at + 2] = Math.abs(mean) >= Math.abs(rest) ? mean - moved + rest : rest - moved + mean
  record[at + 1] = moved
}

/** Sum of weights: the number of values when every weight is 1. */
export function countOf(record: Float64Array, at = 0): number {
  return record[at] ?? 0
}

/** Null without values. */
export function meanOf(record: Float64Array, at = 0): number | null {
  return (record[at] ?? 0) > 0 ? (record[at + 1] ?? 0) + (record[at + 2] ?? 0) : null
}

/** `sample` divides by n − 1 (an estimate from a sample), `population` by n (all there is). */
export type SpreadOf = 'sample' | 'population'

/** Null where it is undefined: a sample needs two values, a population one. Never negative. */
export function varianceOf(record: Float64Array, of: SpreadOf, at = 0): number | null {
  const n = record[at] ?? 0
  const divisor = of === 'sample' ? n - 1 : n
  return divisor > 0 ? (record[at + 3] ?? 0) / divisor : null
}

/** Square root of the variance, in the unit of the values; null where the variance is. */
export function standardDeviationOf(record: Float64Array, of: SpreadOf, at = 0): number | null {
  const variance = varianceOf(record, of, at)
  return variance === null ? null : Math.sqrt(variance)
}
