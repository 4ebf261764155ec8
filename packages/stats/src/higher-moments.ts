import { MOMENTS_WIDTH, moveMean, type SpreadOf } from './moments.ts'

/**
 * Moments to order 4: the record of `moments.ts` and after it [m3, m4], the sums of third and fourth
 * powers of distances from the mean. Functions of `moments.ts` that read a record read this one too.
 * Update and merge are Pébay's formulas (Sandia report SAND2008-6212, 2.1 and 3.1).
 */
export const HIGHER_MOMENTS_WIDTH: number = MOMENTS_WIDTH + 2

export function createHigherMoments(): Float64Array {
  return new Float64Array(HIGHER_MOMENTS_WIDTH)
}

/** Adds one finite value, standing for `weight` values (> 0). Constant time, no allocation. */
export function addToHigherMoments(record: Float64Array, value: number, weight = 1, at = 0): void {
  const delta = value - (record[at + 1] ?? 0) - (record[at + 2] ?? 0)
  join(record, at, weight, delta, 0, 0, 0)
}

/** Adds the record of `from` to that of `into`. */
export function mergeHigherMoments(
  into: Float64Array,
  from: Float64Array,
  at = 0,
  fromAt = 0,
): void {
  const added = from[fromAt] ?? 0
  if (added === 0) return
  if ((into[at] ?? 0) === 0) {
    for (let i = 0; i < HIGHER_MOMENTS_WIDTH; i++) into[at + i] = from[fromAt + i] ?? 0
    return
  }
  const delta =
    (from[fromAt + 1] ?? 0) - (into[at + 1] ?? 0) + ((from[fromAt + 2] ?? 0) - (into[at + 2] ?? 0))
  join(into, at, added, delta, from[fromAt + 3] ?? 0, from[fromAt + 4] ?? 0, from[fromAt + 5] ?? 0)
}

/** Adds a part of `nb` values whose mean is `delta` away from that of the record. */
function join(
  record: Float64Array,
  at: number,
  nb: number,
  delta: number,
  m2b: number,
  m3b: number,
  m4b: number,
): void {
  const na = record[at] ?? 0
  const m2a = record[at + 3] ?? 0
  const m3a = record[at + 4] ?? 0
  const m4a = record[at + 5] ?? 0
  const n = na + nb
  const shareA = na / n
  const shareB = nb / n
  const squared = delta * delta
  const spread = squared * shareA * nb
  record[at] = n
  record[at + 3] = m2a + m2b + spread
  record[at + 4] =
    m3a + m3b + spread * delta * (shareA - shareB) + 3 * delta * (shareA * m2b - shareB * m2a)
  record[at + 5] =
    m4a +
    m4b +
    spread * squared * (shareA * shareA - shareA * shareB + shareB * shareB) +
    6 * squared * (shareA * shareA * m2b + shareB * shareB * m2a) +
    4 * delta * (shareA * m3b - shareB * m3a)
  moveMean(record, delta * shareB, at)
}

/**
 * Skewness. `population` is m3 / m2^1.5 times √n (g1); `sample` is G1 = g1 · √(n(n−1)) / (n−2), as
 * spreadsheets have it. Null without spread, or with fewer than three values for a sample.
 */
export function skewnessOf(record: Float64Array, of: SpreadOf, at = 0): number | null {
  const n = record[at] ?? 0
  const m2 = record[at + 3] ?? 0
  if (!(m2 > 0)) return null
  const g1 = (Math.sqrt(n) * (record[at + 4] ?? 0)) / (m2 * Math.sqrt(m2))
  if (of === 'population') return g1
  return n > 2 ? (g1 * Math.sqrt(n * (n - 1))) / (n - 2) : null
}

/**
 * Excess kurtosis, 0 for a normal distribution. `population` is n · m4 / m2² − 3 (g2); `sample` is
 * G2 = (n−1) / ((n−2)(n−3)) · ((n+1) · g2 + 6). Null without spread, or with fewer than four values for
 * a sample.
 */
export function excessKurtosisOf(record: Float64Array, of: SpreadOf, at = 0): number | null {
  const n = record[at] ?? 0
  const m2 = record[at + 3] ?? 0
  if (!(m2 > 0)) return null
  const g2 = (n * (record[at + 5] ?? 0)) / (m2 * m2) - 3
  if (of === 'population') return g2
  return n > 3 ? ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * g2 + 6) : null
}
