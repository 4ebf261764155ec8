import { checkFinite, checkPositive } from '../checks.ts'
import { logGammaQ } from '../special/incomplete-gamma.ts'

export interface AbsenceTest {
  /** P(gap > silence). */
  readonly pValue: number
  /** −log10 of it. */
  readonly rarity: number
}

/** Arrivals on the clock have no spread; beyond this shape a little lateness would be taken for the end. */
const GREATEST_SHAPE = 16
/** Bursts have all spread; below it a silence of any length would be expected. */
const LEAST_SHAPE = 0.25

/**
 * How unlikely a silence is, given mean and standard deviation of the gaps between arrivals: the tail of the gamma distribution with
 * both, the law of a renewal process that has the Poisson process (deviation = mean) and the clock (deviation 0) at its ends.
 * Its shape (mean / deviation)² is held within ¼ and 16. `mean` is above 0, the others from 0 on; a StatsError otherwise.
 */
export function absenceTest(silence: number, mean: number, deviation: number): AbsenceTest {
  checkFinite(silence, 'silence')
  checkPositive(mean, 'mean')
  checkFinite(deviation, 'deviation')
  const ratio = mean / Math.max(Math.abs(deviation), 1e-300 * mean)
  const shape = Math.min(GREATEST_SHAPE, Math.max(LEAST_SHAPE, ratio * ratio))
  const log = silence <= 0 ? 0 : logGammaQ(shape, (shape * silence) / mean)
  return { pValue: Math.exp(log), rarity: Math.abs(log / Math.LN10) }
}
