import { mstl } from '../decompose/mstl.ts'
import { seasonalStrength } from '../decompose/stl.ts'
import { bridgeGaps, isConstant } from '../series/regularise.ts'
import { difference, differencesOf } from './arima.ts'

/** Critical value of the KPSS test of a level at 5 %. */
const KPSS_95 = 0.463

/**
 * Statistic of Kwiatkowski, Phillips, Schmidt and Shin (1992) for a stationary level, with ⌊3√n / 13⌋ lags as
 * R's `ndiffs` has it; above 0.463 the series is not stationary at 5 %. Missing values are left out; 0 when nothing
 * varies. Linear time for each lag.
 */
export function kpssStatistic(y: ArrayLike<number>): number {
  const values = Float64Array.from(y).filter((value) => !Number.isNaN(value))
  const n = values.length
  if (n === 0 || isConstant(values)) return 0
  const mean = values.reduce((sum, value) => sum + value / n, 0)
  const lags = Math.trunc((3 * Math.sqrt(n)) / 13)
  let variance = 0
  let partial = 0
  let squares = 0
  for (let t = 0; t < n; t++) {
    const error = (values[t] as number) - mean
    variance += error * error
    partial += error
    squares += partial * partial
  }
  for (let lag = 1; lag <= lags; lag++) {
    let product = 0
    for (let t = lag; t < n; t++) {
      product += ((values[t] as number) - mean) * ((values[t - lag] as number) - mean)
    }
    variance += 2 * (1 - lag / (lags + 1)) * product
  }
  return squares / (n * variance)
}

/** Differences until the KPSS test finds a level, at most two, and none that leaves a constant before it. */
export function firstDifferences(y: Float64Array): number {
  let x = y
  for (let d = 0; d < 2; d++) {
    if (isConstant(x) || kpssStatistic(x) <= KPSS_95) return d
    x = difference(x, differencesOf(1, 0, 1))
  }
  return 2
}

/** 1 when the season is stronger than 0.64 of what is not trend (Wang, Smith and Hyndman 2006), else 0. */
export function seasonalDifferences(y: Float64Array, period: number): 0 | 1 {
  if (period < 2 || y.length < 2 * period || isConstant(y)) return 0
  const complete = filledForDecomposition(y)
  const fit = mstl(complete, { periods: [period] })
  const season = fit?.seasonals[0]?.values
  if (fit === null || season === undefined) return 0
  return seasonalStrength(season, fit.remainder) > 0.64 ? 1 : 0
}

/** Lines across all gaps, and the nearest value beyond both ends; 0 when nothing is known. */
export function filledForDecomposition(y: Float64Array): Float64Array {
  const out = y.slice()
  bridgeGaps(out, Number.POSITIVE_INFINITY)
  const first = out.findIndex((value) => !Number.isNaN(value))
  if (first === -1) return out.fill(0)
  out.fill(out[first] as number, 0, first)
  for (let t = first + 1; t < out.length; t++)
    if (Number.isNaN(out[t])) out[t] = out[t - 1] as number
  return out
}
