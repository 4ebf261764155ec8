import { checkFinite, checkPositive, checkWhole, checkWithin } from '../checks.ts'
import { logGamma } from '../special/log-gamma.ts'
import { StatsError } from '../stats-error.ts'
import { sampleGamma } from './continuous.ts'
import type { RandomSource } from './generator.ts'

/** Samplers of counts. Parameters are checked (StatsError); each draw is constant time on average. */

/** Poisson: by inversion below a mean of 10, above by PTRS (Hörmann 1993, transformed rejection). */
export function samplePoisson(random: RandomSource, mean: number): number {
  checkFinite(mean, 'mean')
  if (mean < 0) throw new StatsError('out_of_range', 'mean', `${mean} is below 0`)
  if (mean < 10) return inverted(random, Math.exp(-mean), (k) => mean / (k + 1))
  const b = 0.931 + 2.53 * Math.sqrt(mean)
  const a = -0.059 + 0.02483 * b
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
  const accepted = 0.9277 - 3.6224 / (b - 2)
  const logMean = Math.log(mean)
  for (;;) {
    const u = random() - 0.5
    const v = random()
    const us = 0.5 - Math.abs(u)
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43)
    if (us >= 0.07 && v <= accepted) return k
    if (k < 0 || (us < 0.013 && v > us)) continue
    if (Math.log((v * inverseAlpha) / (a / (us * us) + b)) <= k * logMean - mean - logGamma(k + 1))
      return k
  }
}

/** Binomial: by inversion below an expected 10, above by BTRS (Hörmann 1993). */
export function sampleBinomial(random: RandomSource, trials: number, p: number): number {
  checkWhole(trials, 0, 'trials')
  checkWithin(p, 0, 1, 'p')
  if (p > 0.5) return trials - sampleBinomial(random, trials, 1 - p)
  if (p === 0) return 0
  const odds = p / (1 - p)
  if (trials * p < 10) {
    const none = Math.exp(trials * Math.log1p(-p))
    return inverted(random, none, (k) => ((trials - k) / (k + 1)) * odds)
  }
  const deviation = Math.sqrt(trials * p * (1 - p))
  const b = 1.15 + 2.53 * deviation
  const a = -0.0873 + 0.0248 * b + 0.01 * p
  const centre = trials * p + 0.5
  const accepted = 0.92 - 4.2 / b
  const alpha = (2.83 + 5.1 / b) * deviation
  const mode = Math.floor((trials + 1) * p)
  const atMode = logGamma(mode + 1) + logGamma(trials - mode + 1)
  for (;;) {
    const u = random() - 0.5
    const v = random()
    const us = 0.5 - Math.abs(u)
    const k = Math.floor(((2 * a) / us + b) * u + centre)
    if (k < 0 || k > trials) continue
    if (us >= 0.07 && v <= accepted) return k
    const density =
      atMode - logGamma(k + 1) - logGamma(trials - k + 1) + (k - mode) * Math.log(odds)
    if (Math.log((v * alpha) / (a / (us * us) + b)) <= density) return k
  }
}

/**
 * Negative binomial: failures before `successes` (> 0, not only whole) successes of probability p; mean
 * successes · (1 − p) / p. A Poisson whose mean is gamma.
 */
export function sampleNegativeBinomial(random: RandomSource, successes: number, p: number): number {
  checkPositive(successes, 'successes')
  checkPositive(p, 'p')
  checkWithin(p, 0, 1, 'p')
  return p === 1 ? 0 : samplePoisson(random, sampleGamma(random, successes, (1 - p) / p))
}

/** Walks up from P(0) = `none` by the ratio of neighbours. */
function inverted(random: RandomSource, none: number, ratio: (k: number) => number): number {
  let u = random()
  let share = none
  let k = 0
  // The sum of shares may stay a rounding below 1: where nothing is left the walk ends.
  while (u >= share && share > 0) {
    u -= share
    share *= ratio(k)
    k++
  }
  return k
}
