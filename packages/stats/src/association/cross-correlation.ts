import { checkSameLength, checkWhole } from '../checks.ts'
import { studentT } from '../distributions/student-t.ts'
import { autocorrelations } from '../series/autocorrelation.ts'
import { StatsError } from '../stats-error.ts'
import { autoregression, filterBy } from './autoregression.ts'

export interface CrossCorrelation {
  /** Correlations at lags −maxLag … maxLag; above 0 what x does is seen in y so many steps later. */
  readonly values: Float64Array
  readonly maxLag: number
}

/**
 * Cross-correlation r(k) = Σ (x_t − x̄)(y_{t+k} − ȳ) / √(Σ (x_t − x̄)² Σ (y_t − ȳ)²) over pairs that are known, values being NaN where
 * they are not. All 0 when x or y does not vary. O(n · maxLag).
 */
export function crossCorrelation(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  maxLag: number,
): CrossCorrelation {
  checkSameLength(x, y, 'x', 'y')
  checkWhole(maxLag, 0, 'maxLag')
  const [a, b] = [centred(x), centred(y)]
  const size = Math.sqrt(squares(a)) * Math.sqrt(squares(b))
  const values = new Float64Array(2 * maxLag + 1)
  for (let k = -maxLag; k <= maxLag; k++) {
    let product = 0
    const last = Math.min(a.length, a.length - k)
    for (let t = Math.max(0, -k); t < last; t++) product += (a[t] as number) * (b[t + k] as number)
    values[k + maxLag] = size > 0 ? Math.min(1, Math.max(-1, product / size)) : 0
  }
  return { values, maxLag }
}

/** In units of the greatest and around the mean, 0 where not known. */
function centred(values: ArrayLike<number>): Float64Array {
  let most = 0
  let [sum, count] = [0, 0]
  for (let t = 0; t < values.length; t++)
    if (Number.isFinite(values[t])) most = Math.max(most, Math.abs(values[t] as number))
  const unit = most > 0 ? most : 1
  for (let t = 0; t < values.length; t++) {
    if (!Number.isFinite(values[t])) continue
    sum += (values[t] as number) / unit
    count++
  }
  const mean = count > 0 ? sum / count : 0
  return Float64Array.from(values, (value) => (Number.isFinite(value) ? value / unit - mean : 0))
}

function squares(values: Float64Array): number {
  const sum = values.reduce((all, value) => all + value * value, 0)
  // What is left of equal values is rounding.
  return sum > 1e-24 * values.length ? sum : 0
}

export interface LaggedCorrelation {
  /** The lag with the greatest correlation of what the past does not tell, and that correlation. */
  readonly lag: number
  readonly correlation: number
  /** Chance of one as great at any of the lags, were x and y independent. */
  readonly pValue: number
  /** Correlations at lags −maxLag … maxLag. */
  readonly byLag: Float64Array
  /** Pairs that were known at lag 0. */
  readonly pairs: number
}

/**
 * How x and y go together, at which lag, and whether that means anything. Two autocorrelated series have large correlations by chance;
 * so each is reduced to what its own past does not tell (an autoregression by AIC; Haugh 1976), and r(k) of the rest, which
 * under independence varies as that of independent values does, is tested by Student's t, with Šidák's correction for the
 * 2 maxLag + 1 lags looked at. Values may be NaN where they are not known.
 *
 * Series should be stationary: `correlations` differences those that are not. Throws a StatsError: `length`, `out_of_range`, `too_few`
 * with fewer than 8 known pairs at any lag. O(n · (maxLag + maxOrder)).
 */
export function whitenedCorrelation(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: { readonly maxLag?: number; readonly maxOrder?: number } = {},
): LaggedCorrelation {
  checkSameLength(x, y, 'x', 'y')
  const { maxLag = defaultMaxLag(x.length), maxOrder = defaultMaxOrder(x.length) } = options
  checkWhole(maxLag, 0, 'options.maxLag')
  checkWhole(maxOrder, 0, 'options.maxOrder')
  return strongestLag(whitened(x, maxOrder), whitened(y, maxOrder), maxLag, maxOrder)
}

export function defaultMaxLag(n: number): number {
  return Math.max(0, Math.min(10, Math.floor(n / 10)))
}

export function defaultMaxOrder(n: number): number {
  return Math.max(0, Math.min(20, Math.floor(n / 8)))
}

/** What the own past does not tell. */
export function whitened(values: ArrayLike<number>, maxOrder: number): Float64Array {
  const known = Float64Array.from(values, (value) => (Number.isFinite(value) ? value : Number.NaN))
  return filterBy(autoregression(known, maxOrder), known)
}

/** The rest of `whitenedCorrelation`, for series that have been whitened. */
export function strongestLag(
  x: Float64Array,
  y: Float64Array,
  maxLag: number,
  parameters = 0,
): LaggedCorrelation {
  let pairs = 0
  for (let t = 0; t < x.length; t++) if (!Number.isNaN(x[t]) && !Number.isNaN(y[t])) pairs++
  if (pairs - maxLag < LEAST_PAIRS)
    throw new StatsError('too_few', 'x', `${pairs} known pairs for lags up to ${maxLag}`)
  const { values: byLag } = crossCorrelation(x, y, maxLag)
  let [lag, correlation] = [0, 0]
  let least = 1
  for (let k = -maxLag; k <= maxLag; k++) {
    const r = byLag[k + maxLag] as number
    const p = tailOf(r, pairs - Math.abs(k) - Math.min(parameters, pairs / 8))
    if (p < least) [least, lag, correlation] = [p, k, r]
  }
  const lags = 2 * maxLag + 1
  return { lag, correlation, pValue: -Math.expm1(lags * Math.log1p(-least)), byLag, pairs }
}

const LEAST_PAIRS = 8

function tailOf(r: number, pairs: number): number {
  const degrees = Math.max(1, pairs - 2)
  const t = Math.abs(r) * Math.sqrt(degrees / Math.max(1e-300, (1 - r) * (1 + r)))
  return Math.min(1, 2 * studentT(degrees).survival(t))
}

/**
 * Pairs of independent values that n of two autocorrelated series are worth, n (1 − r_x r_y) / (1 + r_x r_y) with their
 * autocorrelations at lag 1 (Bretherton et al. 1999), at least 2 and at most n. O(n).
 */
export function effectivePairs(x: ArrayLike<number>, y: ArrayLike<number>): number {
  checkSameLength(x, y, 'x', 'y')
  const n = x.length
  const product = (autocorrelations(x, 1)[1] as number) * (autocorrelations(y, 1)[1] as number)
  return Math.min(n, Math.max(Math.min(2, n), (n * (1 - product)) / (1 + product)))
}
