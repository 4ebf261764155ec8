/**
 * Numbers that add up exactly. The order in which a database adds doubles is not fixed, so a sum
 * of doubles may differ between two runs, after a rebuild, or when part of it was added before. The
 * columns below are added as whole multiples of a unit in 128 bits instead: the sum is the same in
 * any order and is turned into a number once, at the end. Whoever adds rows adds them like that, so that
 * stored, cached and live sums are the same numbers.
 */
export interface FixedPoint {
  /** Units in 1; the sum is of values rounded to this unit (half to even). */
  readonly scale: number
  /** Units in 1 for squares, coarser so that the sum of squares fits 128 bits. */
  readonly squareScale: number
  /** Values beyond ± this count as this. */
  readonly limit: number
}

/** Milliseconds add up as whole nanoseconds, their squares as whole microseconds. */
const MILLISECONDS: FixedPoint = { scale: 1e6, squareScale: 1e3, limit: 9e12 }

const FIXED_POINT: ReadonlyMap<string, FixedPoint> = new Map([
  ['latency_ms', MILLISECONDS],
  ['ttft_ms', MILLISECONDS],
  ['tokens_per_second', { scale: 1e9, squareScale: 1e3, limit: 9e9 }],
  ['quality', { scale: 1e12, squareScale: 1e9, limit: 9e6 }],
])

/** How a column adds up exactly; undefined for whole numbers and for columns of unbounded range. */
export function fixedPoint(column: string): FixedPoint | undefined {
  return FIXED_POINT.get(column)
}

/** Weights add up as whole millionths. */
export const WEIGHT_SCALE = 1e6

/** Weights beyond this count as this. */
export const WEIGHT_LIMIT: number = MILLISECONDS.limit

/** Sum of units as a number of the column. */
export function fromUnits(sum: bigint, scale: number): number {
  const unit = BigInt(scale)
  return sum % unit === 0n ? Number(sum / unit) : Number(sum) / scale
}

/** Σ(x − mean)² of n values from Σx and Σx² in units: exact until the division. */
export function squaredDeviations(n: bigint, sum: bigint, squares: bigint, scale: number): number {
  return Number(n * squares - sum * sum) / Number(n) / (scale * scale)
}
