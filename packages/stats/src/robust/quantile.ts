import { checkValues, checkWhole, checkWithin } from '../checks.ts'
import { StatsError } from '../stats-error.ts'

/** The nine definitions of Hyndman and Fan (1996); 7 is the default of R, NumPy and spreadsheets, 8 nearly free of bias. */
export type QuantileType = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9

/** Offsets a, b of the continuous types 4 … 9: the p-quantile is at n p + a + p (1 − a − b), counted from 1. */
const OFFSETS: Readonly<Record<number, readonly [a: number, b: number]>> = {
  4: [0, 1],
  5: [0.5, 0.5],
  6: [0, 0],
  7: [1, 1],
  8: [1 / 3, 1 / 3],
  9: [3 / 8, 3 / 8],
}

/** An ascending copy. A StatsError for fewer than `least` values or one that is not finite. O(n log n). */
export function sortedValues(values: ArrayLike<number>, least = 1, path = 'values'): Float64Array {
  checkValues(values, least, path)
  return Float64Array.from(values).sort()
}

/** The p-quantile, 0 ≤ p ≤ 1, of at least one finite value. O(n log n). */
export function quantile(values: ArrayLike<number>, p: number, type: QuantileType = 7): number {
  return quantileOfSorted(sortedValues(values), p, type)
}

/** The same of values that ascend, which is not checked. Constant time. */
export function quantileOfSorted(
  sorted: ArrayLike<number>,
  p: number,
  type: QuantileType = 7,
): number {
  checkWithin(p, 0, 1, 'p')
  checkWhole(type, 1, 'type')
  const n = sorted.length
  if (n === 0) throw new StatsError('too_few', 'values', 'no values, needs 1 or more')
  const at = (i: number): number => sorted[Math.min(Math.max(i, 1), n) - 1] ?? Number.NaN
  // A product that rounding moved off a whole number is that number (as in R).
  const fuzz = 4 * 2 ** -52
  if (type <= 3) {
    const position = n * p + (type === 3 ? -0.5 : 0)
    const below = Math.floor(position + fuzz)
    const exact = Math.abs(position - below) < fuzz * Math.max(1, position)
    if (type === 1) return at(exact ? below : below + 1)
    if (type === 2) return exact ? (at(below) + at(below + 1)) / 2 : at(below + 1)
    return at(exact && below % 2 === 0 ? below : below + 1)
  }
  const [a, b] = OFFSETS[type] ?? [Number.NaN, Number.NaN]
  if (Number.isNaN(a)) throw new StatsError('out_of_range', 'type', `${type} is not within 1 and 9`)
  const position = a + p * (n + 1 - a - b)
  const below = Math.floor(position + fuzz)
  const share = position - below
  const [low, high] = [at(below), at(below + 1)]
  if (Math.abs(share) < fuzz || low === high) return low
  const width = high - low
  return width < Number.POSITIVE_INFINITY ? low + share * width : (1 - share) * low + share * high
}

/** Middle value, or the mean of the two in the middle. O(n log n). */
export function median(values: ArrayLike<number>): number {
  return quantileOfSorted(sortedValues(values), 0.5, 7)
}
