import { checkBetween, checkPositive } from '../checks.ts'
import { studentT } from '../distributions/student-t.ts'
import type { Interval } from '../regression.ts'
import { StatsError } from '../stats-error.ts'
import { type DifferenceOf, differenceOf } from './difference.ts'
import type { VariantSummary } from './variant.ts'

export interface ComparisonOptions {
  /** Default 0.95. */
  readonly confidence?: number
  /** Default absolute. */
  readonly of?: DifferenceOf
}

export interface Comparison {
  /** Treatment − control. */
  readonly estimate: number
  readonly standardError: number
  readonly interval: Interval
  /** Two-sided, of no difference. */
  readonly pValue: number
  /** Of Student's t, by Welch and Satterthwaite. */
  readonly degrees: number
}

/**
 * Difference of two means with Welch's interval and test: for a number of values that was fixed beforehand and one look. Means and rates alike
 * (`variantOfMoments`, `variantOfRate`). Throws a StatsError: `too_few` below two values, `degenerate` where nothing varies.
 */
export function compareVariants(
  control: VariantSummary,
  treatment: VariantSummary,
  options: ComparisonOptions = {},
): Comparison {
  const { confidence = 0.95, of = 'absolute' } = options
  checkBetween(confidence, 0, 1, 'options.confidence')
  const { estimate, variance } = differenceOf(control, treatment, of)
  if (!(variance > 0))
    throw new StatsError(
      'degenerate',
      'control',
      'and treatment do not vary, so that nothing can be said',
    )
  const [a, b] = [control.variance / control.count, treatment.variance / treatment.count]
  const degrees = (a + b) ** 2 / (a ** 2 / (control.count - 1) + b ** 2 / (treatment.count - 1))
  const standardError = Math.sqrt(variance)
  const t = studentT(degrees)
  const half = t.upperQuantile((1 - confidence) / 2) * standardError
  return {
    estimate,
    standardError,
    interval: { low: estimate - half, high: estimate + half },
    pValue: Math.min(1, 2 * t.survival(Math.abs(estimate) / standardError)),
    degrees,
  }
}

export interface Equivalence {
  readonly estimate: number
  /** Of confidence 1 − 2 alpha: equivalent where it lies within the margin. */
  readonly interval: Interval
  /** The greater of both one-sided tests. */
  readonly pValue: number
  readonly equivalent: boolean
}

/**
 * Whether two means differ by less than `margin`: two one-sided tests (Schuirmann 1987). That no difference is found does not say
 * that there is none; this does. `alpha` by default 0.05. Throws a StatsError as `compareVariants`.
 */
export function equivalenceTest(
  control: VariantSummary,
  treatment: VariantSummary,
  margin: number,
  { alpha = 0.05, of = 'absolute' }: { readonly alpha?: number; readonly of?: DifferenceOf } = {},
): Equivalence {
  checkPositive(margin, 'margin')
  checkBetween(alpha, 0, 0.5, 'options.alpha')
  const comparison = compareVariants(control, treatment, { confidence: 1 - 2 * alpha, of })
  const { estimate, standardError, degrees, interval } = comparison
  const t = studentT(degrees)
  const pValue = Math.max(
    t.survival((estimate + margin) / standardError),
    t.cdf((estimate - margin) / standardError),
  )
  return { estimate, interval, pValue, equivalent: pValue < alpha }
}
