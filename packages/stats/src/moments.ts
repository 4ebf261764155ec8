/**
 * Count, mean and spread of a stream of numbers, without keeping them.
 *
 * Values are added by Welford's recurrence (weighted: West 1979) and parts are merged by the formula
 * of Chan, Golub and LeVeque (1979). Neither subtracts large sums of squares, so the spread stays
 * right where the mean is large beside it. Merging parts equals one pass up to rounding.
 */
export interface Moments {
  /** Sum of weights: the number of values when every weight is 1. */
  n: number
  mean: number
  /** Sum of weighted squared distances from the mean. */
  m2: number
}

export function createMoments(): Moments {
  return { n: 0, mean: 0, m2: 0 }
}

/** Adds one finite value, standing for `weight` values (> 0). Constant time, no allocation. */
export function addToMoments(moments: Moments, value: number, weight = 1): void {
  const n = moments.n + weight
  const delta = value - moments.mean
  const mean = moments.mean + (delta * weight) / n
  moments.n = n
  moments.mean = mean
  moments.m2 += weight * delta * (value - mean)
}

/** Moments of both parts together; the arguments are left alone. */
export function mergeMoments(a: Moments, b: Moments): Moments {
  if (a.n === 0) return { ...b }
  if (b.n === 0) return { ...a }
  const n = a.n + b.n
  const delta = b.mean - a.mean
  return {
    n,
    mean: a.mean + (delta * b.n) / n,
    m2: a.m2 + b.m2 + (delta * delta * a.n * b.n) / n,
  }
}

/** `sample` divides by n − 1 (an estimate from a sample), `population` by n (all there is). */
export type SpreadOf = 'sample' | 'population'

/** Null where it is undefined: a sample needs two values, a population one. Never negative. */
export function varianceOf(moments: Moments, of: SpreadOf): number | null {
  const divisor = of === 'sample' ? moments.n - 1 : moments.n
  return divisor > 0 ? moments.m2 / divisor : null
}

/** Square root of the variance, in the unit of the values; null where the variance is. */
export function standardDeviationOf(moments: Moments, of: SpreadOf): number | null {
  const variance = varianceOf(moments, of)
  return variance === null ? null : Math.sqrt(variance)
}
