import { checkWhole, checkWithin } from '../checks.ts'
import { countOf, meanOf, varianceOf } from '../moments.ts'
import { StatsError } from '../stats-error.ts'

/** What a comparison needs to know of the values of one variant. */
export interface VariantSummary {
  readonly count: number
  readonly mean: number
  /** Of a sample: divided by count − 1. */
  readonly variance: number
}

/** Beyond it squares, and their sums, overflow. */
const GREATEST = 1e100

export function checkVariant({ count, mean, variance }: VariantSummary, path: string): void {
  checkWhole(count, 0, `${path}.count`)
  if (count < 2)
    throw new StatsError('too_few', `${path}.count`, `${count} values, needs 2 or more`)
  checkWithin(mean, -GREATEST, GREATEST, `${path}.mean`)
  checkWithin(variance, 0, GREATEST * GREATEST, `${path}.variance`)
}

/** From a record of `moments`, which has two values or more. */
export function variantOfMoments(record: Float64Array, at = 0): VariantSummary {
  const [mean, variance] = [meanOf(record, at), varianceOf(record, 'sample', at)]
  if (mean === null || variance === null)
    throw new StatsError('too_few', 'record', `${countOf(record, at)} values, needs 2 or more`)
  return { count: countOf(record, at), mean, variance }
}

/** From successes among trials; the variance is rate · (1 − rate). */
export function variantOfRate(successes: number, trials: number): VariantSummary {
  checkWhole(trials, 0, 'trials')
  checkWithin(successes, 0, trials, 'successes')
  if (trials < 2) throw new StatsError('too_few', 'trials', `${trials} trials, needs 2 or more`)
  const mean = successes / trials
  return { count: trials, mean, variance: mean * (1 - mean) }
}
