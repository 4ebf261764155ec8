import { StatsError } from '../stats-error.ts'

/** Point forecasts 1 … horizon and what the model thinks they are off by. */
export interface Prediction {
  readonly mean: Float64Array
  /** Standard deviation of the error of each step, under the model. */
  readonly deviation: Float64Array
}

/** A model fitted to a series. Plain data besides `predict`, which is pure. */
export interface Fit {
  /** `ETS(A,Ad,N)`, `ARIMA(1,1,1)`, … */
  readonly method: string
  readonly parameters: Readonly<Record<string, number>>
  /** One-step forecasts of the series itself; NaN where the model has none. */
  readonly fitted: Float64Array
  /** Corrected information criterion; null for methods without a likelihood. Comparable within one method only. */
  readonly aicc: number | null
  /** Throws a StatsError when horizon is not a whole number from 1. */
  predict(this: void, horizon: number): Prediction
}

/** Throws a StatsError unless y has at least `least` values and all are finite. */
export function completeSeries(y: ArrayLike<number>, least: number): Float64Array {
  if (y.length < least) {
    throw new StatsError('too_few', 'y', `${y.length} values; ${least} are needed`)
  }
  const values = Float64Array.from(y)
  const at = values.findIndex((value) => !Number.isFinite(value))
  if (at !== -1) {
    throw new StatsError('not_finite', `y[${at}]`, `${values[at]}; fill gaps first`)
  }
  return values
}

export function checkHorizon(horizon: number): void {
  if (!(Number.isInteger(horizon) && horizon >= 1)) {
    throw new StatsError('out_of_range', 'horizon', `${horizon} is no whole number from 1`)
  }
}

/** Throws a StatsError unless period is a whole number from 1. */
export function checkPeriod(period: number): void {
  if (!(Number.isInteger(period) && period >= 1)) {
    throw new StatsError('out_of_range', 'period', `${period} is no whole number from 1`)
  }
}

/**
 * Root of the mean square of y − fitted where both are known, with `parameters` degrees of freedom taken off, of
 * which one at least is left; 0 when nothing is known.
 */
export function residualDeviation(
  y: ArrayLike<number>,
  fitted: ArrayLike<number>,
  parameters: number,
): number {
  let squares = 0
  let count = 0
  for (let t = 0; t < y.length; t++) {
    const residual = (y[t] as number) - (fitted[t] as number)
    if (Number.isNaN(residual)) continue
    squares += residual * residual
    count++
  }
  return count === 0 ? 0 : Math.sqrt(squares / Math.max(1, count - parameters))
}
