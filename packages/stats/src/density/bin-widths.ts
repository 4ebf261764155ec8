import { checkSummable, checkWhole } from '../checks.ts'
import { quantileOfSorted, sortedValues } from '../robust/quantile.ts'

export interface BinOptions {
  /** Number of bins; by default from the rule of Freedman and Diaconis. */
  readonly bins?: number
  /** Most bins that the rule may ask for: outliers make it ask for many. Default 1000. */
  readonly maxBins?: number
}

/**
 * Number of bins by Freedman and Diaconis (1981), width 2 · IQR · n^(−1/3); where the quartiles are equal by Sturges (1926),
 * 1 + log₂ n. 1 for equal values. O(n log n).
 */
export function freedmanDiaconisBins(values: ArrayLike<number>, maxBins = 1000): number {
  checkWhole(maxBins, 1, 'maxBins')
  const sorted = sortedValues(values)
  const n = sorted.length
  const range = (sorted[n - 1] ?? 0) - (sorted[0] ?? 0)
  if (range === 0) return 1
  const width =
    2 * (quantileOfSorted(sorted, 0.75) - quantileOfSorted(sorted, 0.25)) * n ** (-1 / 3)
  const bins = width > 0 ? Math.ceil(range / width) : Math.ceil(1 + Math.log2(n))
  return Math.min(Math.max(1, bins), maxBins)
}

/**
 * Counts of finite values in bins of equal width from the least to the greatest, each with its lower edge, the last with its
 * upper one too. Equal values get one bin of width 0. O(n log n).
 */
export function binValues(
  values: ArrayLike<number>,
  options: BinOptions = {},
): { readonly edges: Float64Array; readonly counts: Float64Array } {
  const sorted = sortedValues(values)
  checkSummable(sorted, 1, 'values')
  const bins = options.bins ?? freedmanDiaconisBins(sorted, options.maxBins)
  checkWhole(bins, 1, 'options.bins')
  const [low, high] = [sorted[0] ?? 0, sorted.at(-1) ?? 0]
  const edges = new Float64Array(bins + 1).map((_, i) =>
    i === bins ? high : low + (high - low) * (i / bins),
  )
  const counts = new Float64Array(bins)
  let bin = 0
  for (const value of sorted) {
    while (bin < bins - 1 && value >= (edges[bin + 1] ?? 0)) bin++
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  return { edges, counts }
}
