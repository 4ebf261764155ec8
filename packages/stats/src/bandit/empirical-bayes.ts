import {
  checkBetween,
  checkPositive,
  checkSameLength,
  checkSummable,
  checkValues,
} from '../checks.ts'
import { betaDistribution } from '../distributions/beta.ts'
import { lbfgs } from '../optimise/lbfgs.ts'
import type { Interval } from '../regression.ts'
import { digamma, logBeta } from '../special/log-gamma.ts'
import { normalQuantile } from '../special/normal-quantile.ts'
import { StatsError } from '../stats-error.ts'

/** What is believed of each group, those with little of their own drawn towards the others. */
export interface PooledGroup {
  readonly mean: number
  /** Credible interval; that the prior is estimated is not in it. */
  readonly interval: Interval
  /** Share of the prior in the mean, from 0 to 1. */
  readonly shrinkage: number
}

export interface PooledRates {
  /** Prior of a rate: Beta with these shapes. */
  readonly prior: { readonly successes: number; readonly failures: number }
  readonly groups: readonly PooledGroup[]
  readonly logLikelihood: number
}

/**
 * Rates of many groups under a Beta prior that is estimated from all of them: the maximum of the beta-binomial likelihood over the
 * mean and strength a + b (up to 1e6, where the groups do not differ). Groups without trials get the prior. O(groups) for each of some
 * dozen steps. Throws a StatsError for fewer than two groups with trials or counts that are none.
 */
export function poolRates(
  successes: ArrayLike<number>,
  trials: ArrayLike<number>,
  options: { readonly confidence?: number } = {},
): PooledRates {
  const { confidence = 0.95 } = options
  checkBetween(confidence, 0, 1, 'options.confidence')
  checkValues(successes, 2, 'successes')
  checkValues(trials, 2, 'trials')
  checkSameLength(successes, trials, 'successes', 'trials')
  let [some, all, seen] = [0, 0, 0]
  for (let i = 0; i < trials.length; i++) {
    const [k, n] = [successes[i] as number, trials[i] as number]
    if (!(k >= 0 && k <= n))
      throw new StatsError('out_of_range', `successes[${i}]`, `${k} of ${n} trials`)
    some += k
    all += n
    if (n > 0) seen++
  }
  if (seen < 2) throw new StatsError('too_few', 'trials', `${seen} groups have some, needs 2`)
  const start = Math.min(1 - 1e-6, Math.max(1e-6, some / all))
  const found = lbfgs(
    (theta, gradient) => {
      const mean = 1 / (1 + Math.exp(-(theta[0] as number)))
      const strength = Math.exp(theta[1] as number)
      const [a, b] = [mean * strength, (1 - mean) * strength]
      let value = 0
      let [ofA, ofB, ofBoth] = [0, 0, 0]
      for (let i = 0; i < trials.length; i++) {
        const [k, n] = [successes[i] as number, trials[i] as number]
        if (n === 0) continue
        value -= logBeta(a + k, b + n - k) - logBeta(a, b)
        ofA -= digamma(a + k) - digamma(a)
        ofB -= digamma(b + n - k) - digamma(b)
        ofBoth -= digamma(strength) - digamma(strength + n)
      }
      gradient[0] = (ofA - ofB) * strength * mean * (1 - mean)
      gradient[1] = ofA * a + ofB * b + ofBoth * strength
      return value
    },
    [Math.log(start / (1 - start)), Math.log(10)],
    {
      lower: [-20, Math.log(1e-2)],
      upper: [20, Math.log(1e6)],
      gradientTolerance: 1e-8,
      valueTolerance: 1e-13,
      maxIterations: 200,
    },
  )
  const mean = 1 / (1 + Math.exp(-(found.x[0] as number)))
  const strength = Math.exp(found.x[1] as number)
  const prior = { successes: mean * strength, failures: (1 - mean) * strength }
  const tail = (1 - confidence) / 2
  const groups = Array.from(trials, (n, i) => {
    const k = successes[i] as number
    const belief = betaDistribution(prior.successes + k, prior.failures + n - k)
    return {
      mean: (prior.successes + k) / (strength + n),
      interval: { low: belief.quantile(tail), high: belief.upperQuantile(tail) },
      shrinkage: strength / (strength + n),
    }
  })
  return { prior, groups, logLikelihood: -found.value }
}

export interface PooledMeans {
  /** Prior of a group's mean: normal with this mean and standard deviation. */
  readonly prior: { readonly mean: number; readonly deviation: number }
  /** Standard error of the prior's mean. */
  readonly standardError: number
  readonly groups: readonly PooledGroup[]
}

/**
 * Means of many groups, each with its standard error, under a normal prior that is estimated from all of them: its variance is
 * that with which Σ (x − mean)² / (error² + variance) is what it should be, groups − 1 (Paule and Mandel 1982), 0 where the groups differ no
 * more than their errors. O(groups) for each of some dozen steps. Throws a StatsError for fewer than two groups and for errors not above 0.
 */
export function poolMeans(
  means: ArrayLike<number>,
  standardErrors: ArrayLike<number>,
  options: { readonly confidence?: number } = {},
): PooledMeans {
  const { confidence = 0.95 } = options
  checkBetween(confidence, 0, 1, 'options.confidence')
  checkSummable(means, 2, 'means')
  checkSameLength(means, standardErrors, 'means', 'standardErrors')
  for (let i = 0; i < means.length; i++)
    checkPositive(standardErrors[i] ?? Number.NaN, `standardErrors[${i}]`)
  const excess = (variance: number): number => {
    const { mean } = weightedMean(means, standardErrors, variance)
    let sum = 1 - means.length
    for (let i = 0; i < means.length; i++)
      sum += ((means[i] as number) - mean) ** 2 / ((standardErrors[i] as number) ** 2 + variance)
    return sum
  }
  let variance = 0
  if (excess(0) > 0) {
    let high = (standardErrors[0] as number) ** 2
    while (excess(high) > 0) high *= 4
    let low = 0
    for (let i = 0; i < 200 && high - low > 1e-15 * high; i++) {
      const middle = (low + high) / 2
      if (excess(middle) > 0) low = middle
      else high = middle
    }
    variance = (low + high) / 2
  }
  const { mean, weight } = weightedMean(means, standardErrors, variance)
  const z = normalQuantile((1 + confidence) / 2)
  const groups = Array.from(means, (own, i) => {
    const square = (standardErrors[i] as number) ** 2
    const shrinkage = square / (square + variance)
    const middle = shrinkage * mean + (1 - shrinkage) * own
    // With no variance between groups what is left is not knowing their common mean.
    const deviation = Math.sqrt(variance > 0 ? square * (1 - shrinkage) : 1 / weight)
    return {
      mean: middle,
      interval: { low: middle - z * deviation, high: middle + z * deviation },
      shrinkage,
    }
  })
  return {
    prior: { mean, deviation: Math.sqrt(variance) },
    standardError: 1 / Math.sqrt(weight),
    groups,
  }
}

function weightedMean(
  means: ArrayLike<number>,
  standardErrors: ArrayLike<number>,
  variance: number,
): { mean: number; weight: number } {
  let [sum, weight] = [0, 0]
  for (let i = 0; i < means.length; i++) {
    const own = 1 / ((standardErrors[i] as number) ** 2 + variance)
    sum += own * (means[i] as number)
    weight += own
  }
  return { mean: sum / weight, weight }
}
