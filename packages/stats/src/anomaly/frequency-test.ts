import { checkPositive, checkWhole } from '../checks.ts'
import { negativeBinomial, poisson } from '../distributions/counts.ts'

export interface FrequencyTest {
  /** P(N ≥ count): small where there are more than expected. */
  readonly moreP: number
  /** P(N ≤ count): small where there are fewer. */
  readonly fewerP: number
  /** Twice the smaller one, at most 1. */
  readonly pValue: number
  /** −log10 of `pValue`, finite also where that is 0. */
  readonly rarity: number
}

/**
 * Whether a count is what its expected number allows: exact tails of the Poisson distribution, or, with a `dispersion` above 1 (variance
 * over mean, as of arrivals that come in bursts), of the negative binomial one with that variance. `count` is a whole number
 * from 0 on, `expected` above 0; a StatsError otherwise. Constant time.
 */
export function frequencyTest(count: number, expected: number, dispersion = 1): FrequencyTest {
  checkWhole(count, 0, 'count')
  checkPositive(expected, 'expected')
  checkPositive(dispersion, 'dispersion')
  const law =
    dispersion > 1.001
      ? negativeBinomial(expected / (dispersion - 1), 1 / dispersion)
      : poisson(expected)
  const logMore = law.logSurvival(count - 1)
  const logFewer = law.logCdf(count)
  const log = Math.min(0, Math.min(logMore, logFewer) + Math.LN2)
  return {
    moreP: Math.exp(logMore),
    fewerP: Math.exp(logFewer),
    pValue: Math.exp(log),
    rarity: Math.abs(log / Math.LN10),
  }
}
