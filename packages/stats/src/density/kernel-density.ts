import { checkFinite, checkPositive, checkWhole } from '../checks.ts'
import { addToMoments, createMoments, standardDeviationOf } from '../moments.ts'
import { quantileOfSorted, sortedValues } from '../robust/quantile.ts'
import { StatsError } from '../stats-error.ts'

/** A smooth density. */
export interface KernelDensity {
  /** Standard deviation of the kernel, in the unit of the values. */
  readonly bandwidth: number
  /** Density at a point. O(values within 9 bandwidths + log n). */
  readonly at: (x: number) => number
  /** Density at `size` equal steps from `low` to `high`, by default 3 bandwidths beyond the values. */
  readonly grid: (
    size?: number,
    low?: number,
    high?: number,
  ) => { readonly x: Float64Array; readonly density: Float64Array }
}

/**
 * Silverman's rule of thumb (1986, 3.31): 0.9 · min(deviation, IQR / 1.34) · n^(−1/5). A StatsError for fewer than two values, or
 * equal ones. O(n log n).
 */
export function silvermanBandwidth(values: ArrayLike<number>): number {
  const sorted = sortedValues(values, 2)
  const record = createMoments()
  for (const value of sorted) addToMoments(record, value)
  const deviation = standardDeviationOf(record, 'sample') ?? 0
  const range = (quantileOfSorted(sorted, 0.75) - quantileOfSorted(sorted, 0.25)) / 1.34
  const spread = range > 0 ? Math.min(deviation, range) : deviation
  if (!(spread > 0)) throw new StatsError('degenerate', 'values', 'do not vary: give a bandwidth')
  return 0.9 * spread * sorted.length ** -0.2
}

/** Gaussian kernel density of one or more finite values; the default bandwidth is Silverman's. */
export function kernelDensity(
  values: ArrayLike<number>,
  options: { readonly bandwidth?: number } = {},
): KernelDensity {
  const sorted = sortedValues(values)
  const bandwidth = options.bandwidth ?? silvermanBandwidth(sorted)
  checkPositive(bandwidth, 'options.bandwidth')
  const n = sorted.length
  const scale = 1 / (n * bandwidth * Math.sqrt(2 * Math.PI))
  const at = (x: number): number => {
    checkFinite(x, 'x')
    // Beyond 9 deviations a kernel has less than 1e-18 of its peak.
    let sum = 0
    for (let i = firstFrom(sorted, x - 9 * bandwidth); i < n; i++) {
      const z = ((sorted[i] ?? 0) - x) / bandwidth
      if (z > 9) break
      sum += Math.exp(-0.5 * z * z)
    }
    return sum * scale
  }
  return {
    bandwidth,
    at,
    grid: (size = 512, low, high) => {
      checkWhole(size, 2, 'size')
      const from = low ?? (sorted[0] ?? 0) - 3 * bandwidth
      const to = high ?? (sorted[n - 1] ?? 0) + 3 * bandwidth
      const x = new Float64Array(size).map((_, i) => from + ((to - from) * i) / (size - 1))
      return { x, density: x.map(at) }
    },
  }
}

/** Index of the first value at or above x. */
function firstFrom(sorted: Float64Array, x: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? 0) < x) low = middle + 1
    else high = middle
  }
  return low
}
