import { moveMean, type SpreadOf } from './moments.ts'

/**
 * Sums from which covariance, correlation and the line of least squares of pairs (x, y) follow, by the
 * merging formulas of `moments.ts`.
 *
 * Record of `COMOMENTS_WIDTH` doubles: [n, mean x, its low part, mean y, its low part, m2 of x, m2 of y,
 * sum of products of distances]. All zero is the empty record.
 */
export const COMOMENTS_WIDTH = 8

export function createComoments(): Float64Array {
  return new Float64Array(COMOMENTS_WIDTH)
}

/** Adds one pair of finite numbers. Constant time, no allocation. */
export function addToComoments(record: Float64Array, x: number, y: number, at = 0): void {
  const dx = x - (record[at + 1] ?? 0) - (record[at + 2] ?? 0)
  const dy = y - (record[at + 3] ?? 0) - (record[at + 4] ?? 0)
  join(record, at, 1, dx, dy)
}

/** Adds the record of `from` to that of `into`. */
export function mergeComoments(into: Float64Array, from: Float64Array, at = 0, fromAt = 0): void {
  const added = from[fromAt] ?? 0
  if (added === 0) return
  if ((into[at] ?? 0) === 0) {
    for (let i = 0; i < COMOMENTS_WIDTH; i++) into[at + i] = from[fromAt + i] ?? 0
    return
  }
  const [m2x, m2y, mxy] = [from[fromAt + 5] ?? 0, from[fromAt + 6] ?? 0, from[fromAt + 7] ?? 0]
  const distance = (i: number) =>
    (from[fromAt + i] ?? 0) -
    (into[at + i] ?? 0) +
    ((from[fromAt + i + 1] ?? 0) - (into[at + i + 1] ?? 0))
  join(into, at, added, distance(1), distance(3))
  into[at + 5] = (into[at + 5] ?? 0) + m2x
  into[at + 6] = (into[at + 6] ?? 0) + m2y
  into[at + 7] = (into[at + 7] ?? 0) + mxy
}

/** Adds `nb` pairs that all lie (dx, dy) away from the means. */
function join(record: Float64Array, at: number, nb: number, dx: number, dy: number): void {
  const before = record[at] ?? 0
  const n = before + nb
  const share = (before / n) * nb
  record[at] = n
  record[at + 5] = (record[at + 5] ?? 0) + dx * dx * share
  record[at + 6] = (record[at + 6] ?? 0) + dy * dy * share
  record[at + 7] = (record[at + 7] ?? 0) + dx * dy * share
  moveMean(record, (dx * nb) / n, at)
  moveMean(record, (dy * nb) / n, at + 2)
}

/** Null where it is undefined: a sample needs two pairs, a population one. */
export function covarianceOf(record: Float64Array, of: SpreadOf, at = 0): number | null {
  const n = record[at] ?? 0
  const divisor = of === 'sample' ? n - 1 : n
  return divisor > 0 ? (record[at + 7] ?? 0) / divisor : null
}

/** Pearson's correlation, −1 … 1; null where x or y does not vary. */
export function correlationOf(record: Float64Array, at = 0): number | null {
  const [m2x, m2y] = [record[at + 5] ?? 0, record[at + 6] ?? 0]
  if (!(m2x > 0 && m2y > 0)) return null
  const r = (record[at + 7] ?? 0) / (Math.sqrt(m2x) * Math.sqrt(m2y))
  return Math.min(1, Math.max(-1, r))
}

/**
 * The line y = intercept + slope · x of least squares of the pairs so far; null where x does not vary. What is known
 * of its errors needs the points themselves: `fitLine`.
 */
export function lineOf(record: Float64Array, at = 0): { slope: number; intercept: number } | null {
  const m2x = record[at + 5] ?? 0
  if (!(m2x > 0)) return null
  const slope = (record[at + 7] ?? 0) / m2x
  const meanX = (record[at + 1] ?? 0) + (record[at + 2] ?? 0)
  const meanY = (record[at + 3] ?? 0) + (record[at + 4] ?? 0)
  return { slope, intercept: meanY - slope * meanX }
}
