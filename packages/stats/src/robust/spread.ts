import { median, type QuantileType, quantileOfSorted, sortedValues } from './quantile.ts'
import { selectByCounting } from './select-pair.ts'

/** 1 / Φ⁻¹(¾): makes the median deviation estimate the standard deviation of normal values. */
export const MAD_TO_DEVIATION = 1.482602218505602

/** √2 Φ⁻¹(⅝), inverted: the same for pairwise distances (Rousseeuw and Croux 1993). */
const QN_TO_DEVIATION = 2.219144465985076

/** Factors of Qn for 2 … 9 values (Croux and Rousseeuw 1992). */
const QN_SMALL = [0.399, 0.994, 0.512, 0.844, 0.611, 0.857, 0.669, 0.872] as const

/**
 * Median of the distances from the median, times `scale`; the default makes it comparable with a standard deviation, 1
 * leaves it raw. 0 where more than half of the values are equal. O(n log n).
 */
export function medianAbsoluteDeviation(
  values: ArrayLike<number>,
  scale: number = MAD_TO_DEVIATION,
): number {
  const middle = median(values)
  return scale * median(Float64Array.from(values, (x) => Math.abs(x - middle)))
}

/**
 * The same for each side of the median, from the values at or below and at or above it: for skewed values (Rosenmai 2013).
 * O(n log n).
 */
export function doubleMad(
  values: ArrayLike<number>,
  scale: number = MAD_TO_DEVIATION,
): { readonly median: number; readonly below: number; readonly above: number } {
  const sorted = sortedValues(values)
  const middle = quantileOfSorted(sorted, 0.5)
  const side = (keep: (x: number) => boolean): number =>
    scale * median(sorted.filter(keep).map((x) => Math.abs(x - middle)))
  return { median: middle, below: side((x) => x <= middle), above: side((x) => x >= middle) }
}

/** Distance of the quartiles. O(n log n). */
export function interquartileRange(values: ArrayLike<number>, type: QuantileType = 7): number {
  const sorted = sortedValues(values)
  return quantileOfSorted(sorted, 0.75, type) - quantileOfSorted(sorted, 0.25, type)
}

/**
 * Median of the means of all pairs, each value paired with itself too (Hodges and Lehmann 1963): nearly as efficient as the
 * mean for normal values, and not moved by 29 % of outliers. O(n log n), without making the pairs.
 */
export function hodgesLehmann(values: ArrayLike<number>): number {
  const sorted = sortedValues(values)
  const n = sorted.length
  const at = (i: number): number => sorted[i] ?? 0
  const count = (t: number): number => {
    let pairs = 0
    let j = n - 1
    for (let i = 0; i < n; i++) {
      while (j >= i && at(i) / 2 + at(j) / 2 > t) j--
      if (j < i) break
      pairs += j - i + 1
    }
    return pairs
  }
  const all = (n * (n + 1)) / 2
  const [low, high] = [at(0), at(n - 1)]
  const first = selectByCounting(count, Math.floor((all + 1) / 2), low, high)
  const second = selectByCounting(count, Math.floor(all / 2) + 1, first, high)
  return first / 2 + second / 2
}

/**
 * Qn of Rousseeuw and Croux (1993): the lower quartile of all pairwise distances, scaled to a standard deviation of normal
 * values with their factors for small samples. Breaks down at 50 %, needs no centre, 82 % efficient. Two values or more.
 * O(n log n).
 */
export function qnScale(values: ArrayLike<number>): number {
  const sorted = sortedValues(values, 2)
  const n = sorted.length
  const half = Math.floor(n / 2) + 1
  const count = (t: number): number => {
    let pairs = 0
    let i = 0
    for (let j = 1; j < n; j++) {
      while (i < j && (sorted[j] ?? 0) - (sorted[i] ?? 0) > t) i++
      pairs += j - i
    }
    return pairs
  }
  const range = (sorted[n - 1] ?? 0) - (sorted[0] ?? 0)
  const raw = selectByCounting(count, (half * (half - 1)) / 2, 0, range)
  const factor = QN_SMALL[n - 2] ?? (n % 2 === 1 ? n / (n + 1.4) : n / (n + 3.8))
  return QN_TO_DEVIATION * factor * raw
}
