import { checkBetween, checkPositive, checkWhole, checkWithin } from '../checks.ts'
import type { Interval } from '../regression.ts'
import { type DifferenceOf, differenceOf } from './difference.ts'
import { mixtureBoundary, mixturePrecision } from './mixture-boundary.ts'
import { checkVariant, type VariantSummary } from './variant.ts'

export interface SequenceOptions {
  /** Probability that the intervals at all times hold what they are of. Default 0.95. */
  readonly confidence?: number
  /** Number of values, of all variants together, at which the interval shall be the narrowest. Fix it beforehand. Default 5000. */
  readonly tightestAt?: number
}

export interface SequencePoint {
  readonly estimate: number
  readonly interval: Interval
  /** p-value that holds however often one has looked: the least alpha whose interval leaves 0 out. */
  readonly pValue: number
}

/** Share that intervals of a plain test miss: at any look, not at one that was chosen for what it showed. */
const DEFAULT_TIGHTEST = 5000

/**
 * Interval of a mean that holds at all times at once, for large counts: the asymptotic confidence sequence of Waudby-Smith,
 * Arbour, Sinha, Kennedy and Ramdas (2021), mean ± s √(2 (nρ² + 1) / (n²ρ²) · ln(√(nρ² + 1) / α)) with ρ such that it is
 * narrowest at `tightestAt`. Constant time. A variance of 0 gives an interval of no width: look at `count` first; below
 * about 100 values it is no good. Throws a StatsError for fewer than two values.
 */
export function meanSequence(
  variant: VariantSummary,
  options: SequenceOptions = {},
): SequencePoint {
  checkVariant(variant, 'variant')
  return pointOf(variant.mean, variant.variance, variant.count, options)
}

/**
 * The same of a difference of two means, treatment − control, absolute or relative to the control, counts added up (as GrowthBook does).
 */
export function differenceSequence(
  control: VariantSummary,
  treatment: VariantSummary,
  options: SequenceOptions & { readonly of?: DifferenceOf } = {},
): SequencePoint {
  const { estimate, variance } = differenceOf(control, treatment, options.of ?? 'absolute')
  const count = control.count + treatment.count
  return pointOf(estimate, variance * count, count, options)
}

function pointOf(
  estimate: number,
  variance: number,
  count: number,
  { confidence = 0.95, tightestAt = DEFAULT_TIGHTEST }: SequenceOptions,
): SequencePoint {
  checkBetween(confidence, 0, 1, 'options.confidence')
  checkPositive(tightestAt, 'options.tightestAt')
  const alpha = 1 - confidence
  // n ρ², with ρ² = 1 / mixturePrecision at a time of tightestAt.
  const weight = count / mixturePrecision(tightestAt, alpha)
  const half = Math.sqrt(
    ((2 * variance * (weight + 1)) / (count * weight)) *
      (0.5 * Math.log1p(weight) - Math.log(alpha)),
  )
  const evidence = (estimate * estimate * count * weight) / (2 * variance * (weight + 1))
  const pValue =
    variance > 0
      ? Math.exp(Math.min(0, 0.5 * Math.log1p(weight) - evidence))
      : estimate === 0
        ? 1
        : 0
  return { estimate, interval: { low: estimate - half, high: estimate + half }, pValue }
}

/**
 * Interval of a rate that holds at all times at once, for any count: rates at which a two-sided beta-binomial mixture is below 1 / alpha
 * (Howard, Ramdas, McAuliffe and Sekhon 2021). Narrowest at `tightestAt` trials. About a hundred evaluations. Throws a StatsError
 * for counts that are none.
 */
export function rateSequence(
  successes: number,
  trials: number,
  { confidence = 0.95, tightestAt = DEFAULT_TIGHTEST }: SequenceOptions = {},
): { readonly estimate: number; readonly interval: Interval } {
  checkWhole(trials, 1, 'trials')
  checkWithin(successes, 0, trials, 'successes')
  checkBetween(confidence, 0, 1, 'options.confidence')
  checkPositive(tightestAt, 'options.tightestAt')
  const threshold = -Math.log(1 - confidence)
  const estimate = successes / trials
  const refuted = (rate: number): boolean => {
    const variance = rate * (1 - rate)
    return (
      mixtureBoundary(
        { type: 'two-sided beta-binomial', below: rate, above: 1 - rate },
        { tightestAt: tightestAt * variance, tightestFor: Math.min(0.05, 1 - confidence) },
      ).logMixture(successes - trials * rate, trials * variance) > threshold
    )
  }
  const end = (side: number): number => {
    // The refuted rates lie beyond one place on each side of the estimate.
    let [inside, outside] = [estimate, side]
    for (let i = 0; i < 50 && Math.abs(outside - inside) > 1e-12; i++) {
      const middle = (inside + outside) / 2
      if (refuted(middle)) outside = middle
      else inside = middle
    }
    return inside
  }
  return {
    estimate,
    interval: { low: successes > 0 ? end(0) : 0, high: successes < trials ? end(1) : 1 },
  }
}
