import { checkPositive, checkWhole, checkWithin } from '../checks.ts'
import { sampleBinomial, sampleNegativeBinomial, samplePoisson } from '../random/counts.ts'
import { logBinomialTerm, logPoissonTerm } from '../special/count-terms.ts'
import { logIncompleteBeta } from '../special/incomplete-beta.ts'
import { logGammaP, logGammaQ } from '../special/incomplete-gamma.ts'
import { type Distribution, discreteDistribution } from './distribution.ts'

/** Poisson with a mean above 0, at most 2^52, else a StatsError. */
export function poisson(mean: number): Distribution {
  checkPositive(mean, 'mean')
  checkWithin(mean, 0, 2 ** 52, 'mean')
  return discreteDistribution({
    support: [0, Number.POSITIVE_INFINITY],
    mean,
    variance: mean,
    logPdf: (k) => logPoissonTerm(k, mean),
    logCdf: (k) => logGammaQ(k + 1, mean),
    logSurvival: (k) => logGammaP(k + 1, mean),
    sample: (random) => samplePoisson(random, mean),
  })
}

/** Successes among `trials` (whole, from 0 on), each of probability p. */
export function binomial(trials: number, p: number): Distribution {
  checkWhole(trials, 0, 'trials')
  checkWithin(p, 0, 1, 'p')
  // With one possible value the support is that value, and nothing else is asked.
  const only = trials === 0 || p === 0 ? 0 : p === 1 ? trials : null
  return discreteDistribution({
    support: only === null ? [0, trials] : [only, only],
    mean: trials * p,
    variance: trials * p * (1 - p),
    logPdf: (k) => (only === null ? logBinomialTerm(k, trials - k, p, 1 - p) : 0),
    logCdf: (k) => logIncompleteBeta(1 - p, p, trials - k, k + 1),
    logSurvival: (k) => logIncompleteBeta(p, 1 - p, k + 1, trials - k),
    sample: (random) => sampleBinomial(random, trials, p),
  })
}

/**
 * Negative binomial: failures before `successes` (> 0, not only whole) successes of probability p (0 < p ≤ 1). With mean μ
 * and variance μ + μ² / r it has successes r and p = r / (r + μ).
 */
export function negativeBinomial(successes: number, p: number): Distribution {
  checkPositive(successes, 'successes')
  checkPositive(p, 'p')
  checkWithin(p, 0, 1, 'p')
  checkWithin((successes * (1 - p)) / p ** 2, 0, 1e30, 'successes / p²')
  return discreteDistribution({
    support: p === 1 ? [0, 0] : [0, Number.POSITIVE_INFINITY],
    mean: (successes * (1 - p)) / p,
    variance: (successes * (1 - p)) / p ** 2,
    logPdf: (k) =>
      p === 1 ? 0 : logBinomialTerm(successes, k, p, 1 - p) + Math.log(successes / (successes + k)),
    logCdf: (k) => logIncompleteBeta(p, 1 - p, successes, k + 1),
    logSurvival: (k) => logIncompleteBeta(1 - p, p, k + 1, successes),
    sample: (random) => sampleNegativeBinomial(random, successes, p),
  })
}
