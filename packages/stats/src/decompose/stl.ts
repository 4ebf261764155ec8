import { isConstant } from '../series/regularise.ts'
import { StatsError } from '../stats-error.ts'
import { type LoessOptions, loess, loessAt } from './loess.ts'

export interface StlOptions {
  /** Points of a cycle, a whole number of at least 2. */
  readonly period: number
  /** Years, so to speak, that the seasonal smoother spans; 'periodic' for the same season in every cycle. Default 7. */
  readonly seasonalWindow?: number | 'periodic'
  /** Default: the least odd number from 1.5 · period / (1 − 1.5 / seasonalWindow). */
  readonly trendWindow?: number
  /** Default: the least odd number from the period. */
  readonly lowPassWindow?: number
  /** Default 0, as in R. */
  readonly seasonalDegree?: 0 | 1
  readonly trendDegree?: 0 | 1
  readonly lowPassDegree?: 0 | 1
  /** Default: a tenth of the window, rounded up. */
  readonly seasonalJump?: number
  readonly trendJump?: number
  readonly lowPassJump?: number
  /** Weighs outliers down. Default false. */
  readonly robust?: boolean
  /** Default 2, and 1 when robust. */
  readonly innerIterations?: number
  /** Default 0, and 15 when robust. */
  readonly outerIterations?: number
}

/** y = trend + seasonal + remainder. */
export interface Decomposition {
  readonly trend: Float64Array
  readonly seasonal: Float64Array
  readonly remainder: Float64Array
  /** What robustness left of the weight of each point, 0 to 1; all 1 without. */
  readonly weights: Float64Array
}

/**
 * Seasonal-trend decomposition by loess (Cleveland et al. 1990), with the defaults of R's `stl`. Values are
 * finite. Throws a `StatsError`: `too_few` with fewer than two cycles, `out_of_range` for options,
 * `not_finite` for missing values. Cost: O(n · window) for each pass, less with jumps.
 */
export function stl(y: ArrayLike<number>, options: StlOptions): Decomposition {
  const { period, robust = false } = options
  const n = y.length
  if (!(Number.isInteger(period) && period >= 2)) {
    throw new StatsError('out_of_range', 'options.period', `${period} is no whole number from 2`)
  }
  if (n < 2 * period) {
    throw new StatsError('too_few', 'y', `${n} values; two cycles of ${period} are needed`)
  }
  const values = Float64Array.from(y)
  if (!values.every(Number.isFinite)) {
    throw new StatsError('not_finite', 'y', 'fill gaps before decomposing')
  }
  const periodic = options.seasonalWindow === 'periodic'
  const seasonalWindow =
    options.seasonalWindow === 'periodic' ? 10 * n + 1 : (options.seasonalWindow ?? 7)
  const trendWindow =
    options.trendWindow ?? nextOdd(Math.ceil((1.5 * period) / (1 - 1.5 / seasonalWindow)))
  const lowPassWindow = options.lowPassWindow ?? nextOdd(period)
  for (const [name, window] of Object.entries({ seasonalWindow, trendWindow, lowPassWindow })) {
    if (!(Number.isInteger(window) && window >= 3 && window % 2 === 1)) {
      throw new StatsError('out_of_range', `options.${name}`, `${window} is no odd number from 3`)
    }
  }
  const smoothers: Smoothers = {
    seasonal: {
      window: seasonalWindow,
      degree: options.seasonalDegree ?? 0,
      jump: options.seasonalJump ?? Math.ceil(seasonalWindow / 10),
    },
    trend: {
      window: trendWindow,
      degree: options.trendDegree ?? 1,
      jump: options.trendJump ?? Math.ceil(trendWindow / 10),
    },
    lowPass: {
      window: lowPassWindow,
      degree: options.lowPassDegree ?? 1,
      jump: options.lowPassJump ?? Math.ceil(lowPassWindow / 10),
    },
  }
  const inner = options.innerIterations ?? (robust ? 1 : 2)
  const outer = options.outerIterations ?? (robust ? 15 : 0)
  return decompose(values, period, smoothers, inner, outer, periodic)
}

interface Smoothers {
  readonly seasonal: LoessOptions
  readonly trend: LoessOptions
  readonly lowPass: LoessOptions
}

function decompose(
  y: Float64Array,
  period: number,
  smoothers: Smoothers,
  inner: number,
  outer: number,
  periodic: boolean,
): Decomposition {
  const n = y.length
  const extended = n + 2 * period
  const trend = new Float64Array(n)
  const seasonal = new Float64Array(n)
  const weights = new Float64Array(n).fill(1)
  const [a, b, c] = [0, 1, 2].map(() => new Float64Array(extended)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ]
  const scratch = new Float64Array(extended)
  const robust = { values: new Float64Array(n), cycle: new Float64Array(n) }
  for (let pass = 0; pass <= outer; pass++) {
    const used = pass === 0 ? null : weights
    for (let i = 0; i < inner; i++) {
      for (let t = 0; t < n; t++) a[t] = (y[t] as number) - (trend[t] as number)
      smoothCycles(a, n, period, smoothers.seasonal, used, b, robust, scratch)
      // The low-pass filter takes out of the cycles what is trend.
      movingMean(b, extended, period, c)
      movingMean(c, extended - period + 1, period, a)
      movingMean(a, extended - 2 * period + 2, 3, c)
      loess(c, n, smoothers.lowPass, null, a, 0, scratch)
      for (let t = 0; t < n; t++) seasonal[t] = (b[period + t] as number) - (a[t] as number)
      for (let t = 0; t < n; t++) a[t] = (y[t] as number) - (seasonal[t] as number)
      loess(a, n, smoothers.trend, used, trend, 0, scratch)
    }
    if (pass < outer) bisquareWeights(y, trend, seasonal, weights)
  }
  if (periodic) averageCycles(seasonal, period)
  const remainder = y.map((value, t) => value - (trend[t] as number) - (seasonal[t] as number))
  return { trend, seasonal, remainder, weights }
}

/** Smooths each cycle-subseries of y and extends it by one point at both ends, into `out` of n + 2 · period. */
function smoothCycles(
  y: Float64Array,
  n: number,
  period: number,
  options: LoessOptions,
  weights: Float64Array | null,
  out: Float64Array,
  space: { values: Float64Array; cycle: Float64Array },
  scratch: Float64Array,
): void {
  const { window, degree } = options
  const { values, cycle } = space
  const smooth = new Float64Array(Math.floor((n - 1) / period) + 3)
  for (let j = 0; j < period; j++) {
    const k = Math.floor((n - 1 - j) / period) + 1
    for (let i = 0; i < k; i++) values[i] = y[i * period + j] as number
    if (weights !== null) for (let i = 0; i < k; i++) cycle[i] = weights[i * period + j] as number
    const used = weights === null ? null : cycle
    loess(values, k, options, used, smooth, 1, scratch)
    const before = loessAt(values, k, window, degree, -1, 0, Math.min(window, k) - 1, used, scratch)
    smooth[0] = Number.isNaN(before) ? (smooth[1] as number) : before
    const left = Math.max(0, k - window)
    const behind = loessAt(values, k, window, degree, k, left, k - 1, used, scratch)
    smooth[k + 1] = Number.isNaN(behind) ? (smooth[k] as number) : behind
    for (let i = 0; i < k + 2; i++) out[i * period + j] = smooth[i] as number
  }
}

/** Means of `width` neighbours: n − width + 1 of them. */
function movingMean(x: Float64Array, n: number, width: number, out: Float64Array): void {
  let sum = 0
  for (let i = 0; i < width; i++) sum += x[i] as number
  out[0] = sum / width
  for (let i = width; i < n; i++) {
    sum += (x[i] as number) - (x[i - width] as number)
    out[i - width + 1] = sum / width
  }
}

/** Weights (1 − u²)² of residuals, u = |r| / (6 · median |r|); all 1 where the median is 0. */
function bisquareWeights(
  y: Float64Array,
  trend: Float64Array,
  seasonal: Float64Array,
  weights: Float64Array,
): void {
  const n = y.length
  const residuals = y.map((value, t) =>
    Math.abs(value - (trend[t] as number) - (seasonal[t] as number)),
  )
  const sorted = residuals.slice().sort()
  const middle = n >> 1
  const reach = 3 * ((sorted[middle] as number) + (sorted[n - middle - 1] as number))
  for (let t = 0; t < n; t++) {
    const residual = residuals[t] as number
    if (residual <= 0.001 * reach) weights[t] = 1
    else if (residual > 0.999 * reach) weights[t] = reach > 0 ? 0 : 1
    else {
      const ratio = residual / reach
      weights[t] = (1 - ratio * ratio) ** 2
    }
  }
}

function averageCycles(seasonal: Float64Array, period: number): void {
  const n = seasonal.length
  for (let j = 0; j < period; j++) {
    let sum = 0
    let count = 0
    for (let t = j; t < n; t += period) {
      sum += seasonal[t] as number
      count++
    }
    for (let t = j; t < n; t += period) seasonal[t] = sum / count
  }
}

function nextOdd(value: number): number {
  const whole = Math.round(value)
  return whole % 2 === 1 ? whole : whole + 1
}

/**
 * How much of what is not trend is season: max(0, 1 − var(remainder) / var(seasonal + remainder)), 0 to 1 (Wang, Smith
 * and Hyndman 2006). 0 where nothing varies.
 */
export function seasonalStrength(seasonal: Float64Array, remainder: Float64Array): number {
  const both = seasonal.map((value, t) => value + (remainder[t] as number))
  if (isConstant(both)) return 0
  const strength = 1 - varianceOf(remainder) / varianceOf(both)
  return Number.isFinite(strength) ? Math.min(1, Math.max(0, strength)) : 0
}

function varianceOf(values: Float64Array): number {
  let mean = 0
  for (const value of values) mean += value / values.length
  let squares = 0
  for (const value of values) squares += (value - mean) * (value - mean)
  return squares / (values.length - 1)
}
