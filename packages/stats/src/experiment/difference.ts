import { StatsError } from '../stats-error.ts'
import { checkVariant, type VariantSummary } from './variant.ts'

/** Which difference is meant: that of the means, or its share of the first mean. */
export type DifferenceOf = 'absolute' | 'relative'

export interface Difference {
  readonly estimate: number
  /** Of the estimate. */
  readonly variance: number
}

/**
 * Difference treatment − control with the variance of its estimate; relative ones by the delta method: var(b)/a² + var(a) b²/a⁴.
 * Throws a StatsError: `degenerate` for a relative difference to a mean of 0.
 */
export function differenceOf(
  control: VariantSummary,
  treatment: VariantSummary,
  of: DifferenceOf,
): Difference {
  checkVariant(control, 'control')
  checkVariant(treatment, 'treatment')
  const [a, b] = [control.mean, treatment.mean]
  const ofControl = control.variance / control.count
  const ofTreatment = treatment.variance / treatment.count
  if (of === 'absolute') return { estimate: b - a, variance: ofControl + ofTreatment }
  if (a === 0) throw new StatsError('degenerate', 'control.mean', '0 has no shares')
  const ratio = b / a
  return { estimate: ratio - 1, variance: (ofTreatment + ofControl * ratio * ratio) / (a * a) }
}
