import { logGamma } from '../special/log-gamma.ts'

export type ConjugateModel = 'normal' | 'poisson'

/**
 * What is known of a run. Normal: the mean is `mean`, as if from `weight` values, and the precision is gamma distributed with
 * `shape` and `rate` (normal inverse gamma). Poisson: the rate of the counts is gamma distributed with `shape` and `rate`; mean and
 * weight follow and are kept for what is told.
 */
export interface RunStatistics {
  readonly mean: number
  readonly weight: number
  readonly shape: number
  readonly rate: number
}

/** Values that the prior mean is worth: a new run may well be four or five deviations away. */
const PRIOR_WEIGHT = 0.05

/** Prior from first values: their mean, loosely held, and their spread, worth two values. */
export function priorOf(model: ConjugateModel, values: readonly number[]): RunStatistics {
  const n = values.length
  const mean = values.reduce((sum, value) => sum + value / n, 0)
  if (model === 'poisson') {
    // One count of the mean rate; a rate of 0 would be certain for ever.
    const rate = 1 / Math.max(mean, 1 / n)
    return { mean, weight: 0, shape: 1, rate }
  }
  // Half of the mean square of differences, which a change among the first values hardly moves.
  let squares = 0
  for (let i = 1; i < n; i++)
    squares += ((values[i] as number) - (values[i - 1] as number)) ** 2 / (2 * (n - 1))
  const least = (1e-6 * Math.max(Math.abs(mean), 1e-6)) ** 2
  return { mean, weight: PRIOR_WEIGHT, shape: 1, rate: Math.max(squares, least) }
}

/** ln of the density, or probability, of the next value: Student's t, or negative binomial. */
export function logPredictive(
  model: ConjugateModel,
  { mean, weight, shape, rate }: RunStatistics,
  value: number,
): number {
  if (model === 'poisson') {
    return (
      logGamma(shape + value) -
      logGamma(shape) -
      logGamma(value + 1) -
      shape * Math.log1p(1 / rate) -
      value * Math.log1p(rate)
    )
  }
  const scale = (2 * rate * (weight + 1)) / weight
  return (
    logGamma(shape + 0.5) -
    logGamma(shape) -
    0.5 * Math.log(Math.PI * scale) -
    (shape + 0.5) * Math.log1p((value - mean) ** 2 / scale)
  )
}

/** What is known with one more value, of which a share of 0 to 1 belongs to the run. */
export function addToRun(
  model: ConjugateModel,
  run: RunStatistics,
  value: number,
  share: number,
): RunStatistics {
  const { mean, weight, shape, rate } = run
  const next = weight + share
  const moved = next > 0 ? mean + (share / next) * (value - mean) : mean
  if (model === 'poisson')
    return { mean: moved, weight: next, shape: shape + share * value, rate: rate + share }
  return {
    mean: moved,
    weight: next,
    shape: shape + share / 2,
    rate: rate + (share * weight * (value - mean) ** 2) / (2 * next),
  }
}

/** Mean of the values of a run. */
export function meanOfRun(model: ConjugateModel, { mean, shape, rate }: RunStatistics): number {
  return model === 'poisson' ? shape / rate : mean
}
