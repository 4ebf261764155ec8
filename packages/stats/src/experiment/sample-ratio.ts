import { checkPositive, checkSameLength, checkValues } from '../checks.ts'
import { chiSquaredTest } from '../hypothesis/contingency.ts'
import { logGamma } from '../special/log-gamma.ts'
import { StatsError } from '../stats-error.ts'

export interface SampleRatio {
  readonly pValue: number
  /** Whether the p-value is below 0.001: then something is wrong with the assignment, and no comparison is to be trusted. */
  readonly mismatch: boolean
}

const THRESHOLD = 1e-3

/**
 * Whether units came to the variants in the shares that were meant, by χ², once, at the end. Shares need not sum to 1; equal ones by default.
 * Throws a StatsError for fewer than two variants, counts that are none, or no counts at all.
 */
export function sampleRatioMismatch(
  counts: ArrayLike<number>,
  shares?: ArrayLike<number>,
): SampleRatio {
  const { pValue } = chiSquaredTest(counts, shares)
  return { pValue, mismatch: pValue < THRESHOLD }
}

/**
 * The same at any look: the p-value is 1 over the likelihood ratio of a Dirichlet mixture of shares to those meant (Lindon and
 * Malek 2020), and holds however often one looks. `concentration` says how far the mixture strays from the shares: it is the number of units
 * that the prior is worth; default 1000. O(variants).
 */
export function sequentialSampleRatioMismatch(
  counts: ArrayLike<number>,
  shares: ArrayLike<number> = Array.from(counts, () => 1),
  { concentration = 1000 }: { readonly concentration?: number } = {},
): SampleRatio {
  checkValues(counts, 2, 'counts')
  checkSameLength(counts, shares, 'counts', 'shares')
  checkPositive(concentration, 'options.concentration')
  let whole = 0
  for (let i = 0; i < shares.length; i++) {
    checkPositive(shares[i] as number, `shares[${i}]`)
    whole += shares[i] as number
  }
  let total = 0
  let logRatio = 0
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] as number
    if (count < 0) throw new StatsError('out_of_range', `counts[${i}]`, `${count} is below 0`)
    const share = (shares[i] as number) / whole
    const prior = concentration * share
    logRatio += logGamma(prior + count) - logGamma(prior) - count * Math.log(share)
    total += count
  }
  logRatio += logGamma(concentration) - logGamma(concentration + total)
  const pValue = Math.exp(Math.min(0, -logRatio))
  return { pValue, mismatch: pValue < THRESHOLD }
}
