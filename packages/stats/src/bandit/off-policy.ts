import { checkBetween, checkSameLength, checkSummable, checkWithin } from '../checks.ts'
import type { Interval } from '../regression.ts'
import { normalQuantile } from '../special/normal-quantile.ts'
import { StatsError } from '../stats-error.ts'

/** Choices that were made with known propensities, and what another policy would have done. One entry for each choice. */
export interface LoggedChoices {
  readonly rewards: ArrayLike<number>
  /** Probability with which the arm was chosen, above 0. */
  readonly propensities: ArrayLike<number>
  /** Probability with which the policy in question would have chosen the same arm. */
  readonly targets: ArrayLike<number>
}

export interface OffPolicyOptions {
  /** Greatest weight target / propensity; greater ones are cut, which trades bias for variance. Default none. */
  readonly clip?: number
  /** Default 0.95. */
  readonly confidence?: number
}

export type OffPolicyWarning =
  /** Fewer than 100 choices' worth of weight, or a twentieth of the choices: the interval is too short. */
  | 'low_effective_size'
  /** One choice in a hundred or more was cut: the estimate is biased. */
  | 'clipped'
  /** Weights do not average 1 within four standard errors: propensities are wrong, or choices are missing. */
  | 'weights_off'

export interface OffPolicyEstimate {
  /** Mean reward of the policy in question. */
  readonly estimate: number
  readonly standardError: number
  readonly interval: Interval
  /** (Σ w)² / Σ w²: choices that are worth as much, if each had the same weight. */
  readonly effectiveSize: number
  readonly warnings: readonly OffPolicyWarning[]
}

interface Weighted {
  readonly weights: Float64Array
  readonly clipped: number
  readonly confidence: number
}

/**
 * Inverse propensity score (Horvitz and Thompson 1952): the mean of w · reward with w = target / propensity. Unbiased where
 * every arm of the target had a propensity above 0. O(n). Throws a StatsError for fewer than two choices, arrays that do
 * not fit, and probabilities that are none.
 */
export function inversePropensity(
  choices: LoggedChoices,
  options: OffPolicyOptions = {},
): OffPolicyEstimate {
  const weighted = weightsOf(choices, options)
  const terms = weighted.weights.map((weight, i) => weight * (choices.rewards[i] as number))
  return estimateOf(terms, weighted)
}

/**
 * Self-normalised inverse propensity score: Σ w · reward / Σ w. A little biased, far steadier, and never outside of the rewards that were
 * seen (Swaminathan and Joachims 2015); its error by the delta method. `degenerate` where no weight is above 0.
 */
export function selfNormalisedPropensity(
  choices: LoggedChoices,
  options: OffPolicyOptions = {},
): OffPolicyEstimate {
  const weighted = weightsOf(choices, options)
  const { weights } = weighted
  const n = weights.length
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (!(total > 0))
    throw new StatsError(
      'degenerate',
      'choices.targets',
      'the policy would have chosen none of them',
    )
  let sum = 0
  for (let i = 0; i < n; i++) sum += (weights[i] as number) * (choices.rewards[i] as number)
  const estimate = sum / total
  const terms = weights.map(
    (weight, i) => estimate + ((weight * ((choices.rewards[i] as number) - estimate)) / total) * n,
  )
  return estimateOf(terms, weighted)
}

/**
 * Doubly robust (Dudík, Langford and Li 2011): what a model expects of the policy, put right by the weighted errors of the model. Right
 * where the propensities are, or the model is. `expected[i]` is the model's reward of the arm that was chosen,
 * `expectedOfTarget[i]` its mean reward over the policy's choice.
 */
export function doublyRobust(
  choices: LoggedChoices,
  expected: ArrayLike<number>,
  expectedOfTarget: ArrayLike<number>,
  options: OffPolicyOptions = {},
): OffPolicyEstimate {
  checkSameLength(choices.rewards, expected, 'choices.rewards', 'expected')
  checkSameLength(choices.rewards, expectedOfTarget, 'choices.rewards', 'expectedOfTarget')
  checkSummable(expected, 2, 'expected')
  checkSummable(expectedOfTarget, 2, 'expectedOfTarget')
  const weighted = weightsOf(choices, options)
  const terms = weighted.weights.map(
    (weight, i) =>
      (expectedOfTarget[i] as number) +
      weight * ((choices.rewards[i] as number) - (expected[i] as number)),
  )
  return estimateOf(terms, weighted)
}

function weightsOf(choices: LoggedChoices, options: OffPolicyOptions): Weighted {
  const { clip = Number.POSITIVE_INFINITY, confidence = 0.95 } = options
  const { rewards, propensities, targets } = choices
  checkSummable(rewards, 2, 'choices.rewards')
  checkSameLength(rewards, propensities, 'choices.rewards', 'choices.propensities')
  checkSameLength(rewards, targets, 'choices.rewards', 'choices.targets')
  checkBetween(confidence, 0, 1, 'options.confidence')
  if (!(clip > 0)) throw new StatsError('out_of_range', 'options.clip', `${clip} is not above 0`)
  let clipped = 0
  const weights = Float64Array.from(rewards, (_, i) => {
    const [propensity, target] = [propensities[i] ?? Number.NaN, targets[i] ?? Number.NaN]
    checkWithin(propensity, Number.MIN_VALUE, 1, `choices.propensities[${i}]`)
    checkWithin(target, 0, 1, `choices.targets[${i}]`)
    const weight = target / propensity
    if (weight > clip) clipped++
    return Math.min(weight, clip, Number.MAX_VALUE)
  })
  return { weights, clipped, confidence }
}

function estimateOf(
  terms: Float64Array,
  { weights, clipped, confidence }: Weighted,
): OffPolicyEstimate {
  const n = terms.length
  const [estimate, spread] = meanAndVariance(terms)
  const [meanWeight, weightSpread] = meanAndVariance(weights)
  const standardError = Math.sqrt(spread / n)
  const half = normalQuantile((1 + confidence) / 2) * standardError
  const squares = weights.reduce((sum, weight) => sum + weight * weight, 0)
  const effectiveSize = squares > 0 ? (n * meanWeight) ** 2 / squares : 0
  const warnings: OffPolicyWarning[] = []
  if (effectiveSize < Math.max(100, n / 20)) warnings.push('low_effective_size')
  if (clipped >= 0.01 * n) warnings.push('clipped')
  // Targets of chosen arms that all are alike have no spread, but a rounding is no fault.
  if (Math.abs(meanWeight - 1) > 4 * Math.sqrt(weightSpread / n) + 1e-9)
    warnings.push('weights_off')
  return {
    estimate,
    standardError,
    interval: { low: estimate - half, high: estimate + half },
    effectiveSize,
    warnings,
  }
}

function meanAndVariance(values: Float64Array): [mean: number, variance: number] {
  const n = values.length
  const mean = values.reduce((sum, value) => sum + value / n, 0)
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return [mean, squares / (n - 1)]
}
