import { adjustClassically, type SeasonalAdjustment } from '../decompose/classical.ts'
import { minimiseLine } from '../optimise/minimise-line.ts'
import { checkHorizon, checkPeriod, completeSeries, type Fit, residualDeviation } from './fit.ts'
import { isSeasonal, slopeOf } from './seasonality.ts'

/**
 * The Theta method of Assimakopoulos and Nikolopoulos (2000), as simple exponential smoothing with half of the line's
 * slope as drift (Hyndman and Billah 2003); the season, where the M4 test finds one, is taken off by classical
 * decomposition and put back. Agrees with R's `thetaf`. Throws a StatsError for an empty series or values that are not
 * finite. About 40 passes over the series.
 */
export function theta(y: ArrayLike<number>, period = 1): Fit {
  checkPeriod(period)
  const values = completeSeries(y, 1)
  const n = values.length
  const season = seasonOf(values, period)
  const x = season?.adjusted ?? values
  const { alpha, level, fitted } = smoothSimply(x)
  const drift = slopeOf(x) / 2
  const sigma = residualDeviation(x, fitted, 2)
  return {
    method: 'Theta',
    parameters: { alpha, drift, level },
    fitted: reseasoned(fitted, season, 0),
    aicc: null,
    predict(horizon) {
      checkHorizon(horizon)
      const rest = (1 - (1 - alpha) ** n) / alpha
      const mean = new Float64Array(horizon)
      const deviation = new Float64Array(horizon)
      for (let h = 0; h < horizon; h++) {
        mean[h] = level + drift * (h + rest)
        deviation[h] = sigma * Math.sqrt(h * alpha * alpha + 1)
      }
      return { mean: reseasoned(mean, season, n), deviation }
    },
  }
}

/**
 * The dynamic optimised Theta model (Fiorucci, Pellegrini, Louzada, Petropoulos and Koehler 2016): θ, α and the first
 * level minimise the squared one-step errors, and the line is refitted at every step. For a given α the errors are
 * linear in the level and in 1 − 1/θ, so that only α is searched. `period` and errors as of `theta`; about
 * 40 passes over the series.
 */
export function dynamicTheta(y: ArrayLike<number>, period = 1): Fit {
  checkPeriod(period)
  const values = completeSeries(y, 1)
  const n = values.length
  const season = seasonOf(values, period)
  const x = season?.adjusted ?? values
  const lines = runningLines(x)
  const search = minimiseLine((alpha) => dynamicFit(x, lines, alpha, null).squares, 0.1, 0.99, {
    tolerance: 1e-5,
  })
  const fitted = new Float64Array(n)
  const { level, weight, last } = dynamicFit(x, lines, search.x, fitted)
  const sigma = residualDeviation(x, fitted, 3)
  const alpha = search.x
  return {
    method: 'DOTM',
    parameters: { alpha, theta: 1 / (1 - weight), level },
    fitted: reseasoned(fitted, season, 0),
    aicc: null,
    predict(horizon) {
      checkHorizon(horizon)
      const mean = new Float64Array(horizon)
      const deviation = new Float64Array(horizon)
      let [l, b, average] = [last, lines.slope[n - 1] as number, lines.mean[n - 1] as number]
      let a = average - ((n + 1) / 2) * b
      let power = (1 - alpha) ** n
      for (let h = 0; h < horizon; h++) {
        const t = n + h + 1
        const value = l + weight * (power * a + ((1 - power * (1 - alpha)) / alpha) * b)
        mean[h] = value
        deviation[h] = sigma * Math.sqrt(h * alpha * alpha + 1)
        // The forecast stands for the value it forecasts.
        l = alpha * value + (1 - alpha) * l
        b = nextSlope(b, average, value, t)
        average += (value - average) / t
        a = average - ((t + 1) / 2) * b
        power *= 1 - alpha
      }
      return { mean: reseasoned(mean, season, n), deviation }
    },
  }
}

function seasonOf(values: Float64Array, period: number): SeasonalAdjustment | null {
  return isSeasonal(values, period) ? adjustClassically(values, period) : null
}

/** Puts the season back onto a series that begins `from` steps behind y[0]. */
function reseasoned(
  values: Float64Array,
  season: SeasonalAdjustment | null,
  from: number,
): Float64Array {
  if (season === null) return values
  const { indices, kind } = season
  return values.map((value, t) => {
    const index = indices[(from + t) % indices.length] as number
    return kind === 'multiplicative' ? value * index : value + index
  })
}

interface SimpleSmoothing {
  readonly alpha: number
  /** Behind the last value. */
  readonly level: number
  readonly fitted: Float64Array
}

/** Simple exponential smoothing with least squared errors over α and the first level, which enters linearly. */
function smoothSimply(x: Float64Array): SimpleSmoothing {
  const { x: alpha } = minimiseLine((candidate) => simpleErrors(x, candidate).squares, 1e-4, 0.9999)
  const { level: first } = simpleErrors(x, alpha)
  const fitted = new Float64Array(x.length)
  let level = first
  for (let t = 0; t < x.length; t++) {
    fitted[t] = level
    level += alpha * ((x[t] as number) - level)
  }
  return { alpha, level, fitted }
}

function simpleErrors(x: Float64Array, alpha: number): { squares: number; level: number } {
  // e_t = p_t − q_t · level with p from a first level of 0, as a distance from x[0] to keep digits.
  const origin = x[0] as number
  let state = 0
  let q = 1
  let [pp, pq, qq] = [0, 0, 0]
  for (let t = 0; t < x.length; t++) {
    const p = (x[t] as number) - origin - state
    pp += p * p
    pq += p * q
    qq += q * q
    state += alpha * p
    q *= 1 - alpha
  }
  const shift = pq / qq
  return { squares: Math.max(0, pp - shift * pq), level: origin + shift }
}

/** Line of least squares through the first t values, t = 1 … n: its slope, and their mean. */
interface RunningLines {
  readonly slope: Float64Array
  readonly mean: Float64Array
}

function runningLines(x: Float64Array): RunningLines {
  const slope = new Float64Array(x.length)
  const mean = x.slice()
  for (let t = 2; t <= x.length; t++) {
    const before = mean[t - 2] as number
    slope[t - 1] = nextSlope(slope[t - 2] as number, before, x[t - 1] as number, t)
    mean[t - 1] = before + ((x[t - 1] as number) - before) / t
  }
  return { slope, mean }
}

/** Slope through t values from that through t − 1, their mean, and the t-th. */
function nextSlope(slope: number, mean: number, value: number, t: number): number {
  return ((t - 2) * slope + (6 * (value - mean)) / t) / (t + 1)
}

interface DynamicFit {
  readonly squares: number
  readonly level: number
  /** 1 − 1/θ, from 0 to 1. */
  readonly weight: number
  /** Level behind the last value. */
  readonly last: number
}

function dynamicFit(
  x: Float64Array,
  lines: RunningLines,
  alpha: number,
  fitted: Float64Array | null,
): DynamicFit {
  const n = x.length
  const origin = x[0] as number
  let state = 0
  let q = 1
  let [pp, pq, qq, pg, qg, gg] = [0, 0, 0, 0, 0, 0]
  for (let t = 0; t < n; t++) {
    const p = (x[t] as number) - origin - state
    let g = 0
    if (t > 0) {
      const b = lines.slope[t - 1] as number
      // Line and mean at the place of the origin: the level is a distance from it too.
      const a = (lines.mean[t - 1] as number) - ((t + 1) / 2) * b
      g = q * a + ((1 - q * (1 - alpha)) / alpha) * b
    }
    pp += p * p
    pq += p * q
    qq += q * q
    pg += p * g
    qg += q * g
    gg += g * g
    state += alpha * p
    q *= 1 - alpha
  }
  const determinant = qq * gg - qg * qg
  let weight = determinant > 1e-12 * qq * gg ? (qq * pg - qg * pq) / determinant : 0
  weight = Math.min(1 - 1e-10, Math.max(0, weight))
  const shift = (pq - weight * qg) / qq
  const squares =
    pp +
    shift * shift * qq +
    weight * weight * gg -
    2 * shift * pq -
    2 * weight * pg +
    2 * shift * weight * qg
  const level = origin + shift
  let last = level
  if (fitted !== null) {
    q = 1
    for (let t = 0; t < n; t++) {
      let g = 0
      if (t > 0) {
        const b = lines.slope[t - 1] as number
        const a = (lines.mean[t - 1] as number) - ((t + 1) / 2) * b
        g = q * a + ((1 - q * (1 - alpha)) / alpha) * b
      }
      fitted[t] = last + weight * g
      last += alpha * ((x[t] as number) - last)
      q *= 1 - alpha
    }
  }
  return { squares: Math.max(0, squares), level, weight, last }
}
