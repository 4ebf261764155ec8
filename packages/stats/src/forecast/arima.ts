import type { Matrix } from '../linear/matrix.ts'
import { lbfgs, withDifferences } from '../optimise/lbfgs.ts'
import { StatsError } from '../stats-error.ts'
import { hasRootsBeyond, psiWeights, seasonalProduct, stationaryOf } from './arma.ts'
import { advance, type Filtered, filterArima, filterArma } from './arma-filter.ts'
import {
  type InnovationRegression,
  regressInnovations,
  slopeGramInverse,
} from './arma-regression.ts'
import type { Effort } from './effort.ts'
import { checkHorizon, checkPeriod, type Fit } from './fit.ts'

/** ARIMA(p, d, q)(P, D, Q) of a period. */
export interface ArimaOrder {
  readonly p: number
  readonly d: number
  readonly q: number
  readonly P?: number
  readonly D?: number
  readonly Q?: number
  /** Default 1: no season. */
  readonly period?: number
  /** A mean, or a drift when there is one difference. Default false. */
  readonly constant?: boolean
}

export interface ArimaOptions {
  /** Columns of known causes, each as long as y; their future goes to `predict`. */
  readonly regressors?: readonly ArrayLike<number>[]
  /** Least gain of likelihood, per value, that the search goes on for. Default 1e-9, and 1e-7 of `autoArima`. */
  readonly tolerance?: number
  /** The search ends, with the best so far, when this is spent; the first parameters are tried in any case. Default: no limit. */
  readonly effort?: Effort
}

export interface ArimaFit extends Fit {
  readonly order: Required<ArimaOrder>
  readonly logLikelihood: number
  /** Variance of the innovations, degrees of freedom taken off. */
  readonly variance: number
  /** Coefficients of constant and regressors, in this order. */
  readonly slopes: Float64Array
  /** Covariance of these for the ARMA parameters found, as generalised least squares has it. */
  readonly slopeCovariance: Matrix
  /** Values less parameters, 0 or more: the degrees of freedom of intervals of the slopes. */
  readonly degrees: number
  /** Whether all roots are at least 1 % outside of the unit circle. */
  readonly stable: boolean
  /** `future` holds the coming values of each regressor, at least `horizon` of them. */
  predict(
    this: void,
    horizon: number,
    future?: readonly ArrayLike<number>[],
  ): { mean: Float64Array; deviation: Float64Array }
}

/**
 * Seasonal ARIMA with regression by exact maximum likelihood (Harvey 1989): AR and MA parts are kept stationary and
 * invertible by partial autocorrelations, variance and regression are concentrated out, the rest is found by L-BFGS.
 * Missing values are NaN and cost nothing but information. The likelihood is that of the differenced series, as R's
 * `arima` counts it.
 *
 * Throws a StatsError: `too_few` without a value for each parameter, `out_of_range` for the order, `length` for
 * regressors, `not_finite` for an infinite value, `degenerate` when regressors leave nothing to fit. Cost:
 * about 50 · parameters² passes of O(n · (p + mP + q + mQ)); squared in it when values are missing.
 */
export function arima(
  y: ArrayLike<number>,
  order: ArimaOrder,
  options: ArimaOptions = {},
): ArimaFit {
  const full = completeOrder(order)
  const { p, d, q, P, D, Q, period, constant } = full
  const values = Float64Array.from(y)
  const regressors = regressorsOf(values.length, full, options.regressors ?? [])
  const known = values.filter((value) => !Number.isNaN(value)).length
  const parameters = p + q + P + Q + regressors.length + 1
  const used = known - d - period * D
  if (used <= parameters) {
    throw new StatsError('too_few', 'y', `${known} values for ${parameters} parameters`)
  }
  if (values.some((value) => Math.abs(value) === Number.POSITIVE_INFINITY)) {
    throw new StatsError('not_finite', 'y', 'infinite values; say NaN for what is missing')
  }
  const scale = scaleOf(values)
  const columns = [values.map((value) => value / scale), ...regressors]
  const delta = differencesOf(d, D, period)
  const missing = known < values.length
  if (missing) for (const column of columns) maskLike(column, values)
  const differenced = missing ? columns : columns.map((column) => difference(column, delta))
  const filter = (phi: Float64Array, theta: Float64Array): Filtered | null =>
    missing ? filterArima(phi, theta, delta, differenced) : filterArma(phi, theta, differenced)

  const split = (free: Float64Array): Polynomials => polynomialsOf(free, full)
  let evaluations = 0
  const objective = (free: Float64Array): number => {
    const { phi, theta } = split(free)
    const state = Math.max(phi.length, theta.length + 1)
    const cost = missing ? (state + delta.length) ** 2 : state
    // The start and its gradient are evaluated in any case: without them there is nothing to end with.
    const first = evaluations++ <= 2 * free.length
    const left = options.effort?.spend(values.length * cost * columns.length) ?? true
    if (!(left || first)) return Number.POSITIVE_INFINITY
    const filtered = filter(phi, theta)
    if (filtered === null) return Number.POSITIVE_INFINITY
    const regression = regressInnovations(filtered)
    if (regression === null) return Number.POSITIVE_INFINITY
    const mean = Math.max(regression.squares / filtered.count, 1e-28)
    return 0.5 * (Math.log(mean) + filtered.logs / filtered.count)
  }
  const start = Float64Array.from({ length: p + P + q + Q }, (_, i) => (i < p + P ? 0.1 : -0.1))
  const found =
    start.length === 0
      ? start
      : lbfgs(withDifferences(objective), start, {
          maxIterations: 100,
          gradientTolerance: 1e-5,
          valueTolerance: options.tolerance ?? 1e-9,
        }).x
  const polynomials = split(found)
  const { phi, theta } = polynomials
  const filtered = filter(phi, theta)
  const regression = filtered === null ? null : regressInnovations(filtered)
  if (filtered === null || regression === null) {
    throw new StatsError('degenerate', 'y', 'regressors and differences leave nothing to fit')
  }
  const { count, logs } = filtered
  const squares = Math.max(regression.squares, 1e-28 * count) * scale * scale
  const logLikelihood = -0.5 * (count * (Math.log((2 * Math.PI * squares) / count) + 1) + logs)
  const variance = squares / Math.max(1, used - parameters + 1)
  const slopes = regression.slopes.map((slope) => slope * scale)
  const gram = slopeGramInverse(filtered)
  const fitted = fittedOf(values, filtered, regression, scale)
  const stable =
    hasRootsBeyond(polynomials.ar, 1.01) &&
    hasRootsBeyond(polynomials.seasonalAr, 1.01 ** period) &&
    hasRootsBeyond(
      polynomials.ma.map((value) => -value),
      1.01,
    ) &&
    hasRootsBeyond(
      polynomials.seasonalMa.map((value) => -value),
      1.01 ** period,
    )
  return {
    method: nameOf(full),
    order: full,
    parameters: namedParameters(polynomials, slopes, full),
    slopes,
    slopeCovariance: { ...gram, data: gram.data.map((value) => value * variance) },
    degrees: Math.max(0, used - parameters + 1),
    fitted,
    logLikelihood,
    variance,
    stable,
    aicc:
      used - parameters - 1 > 0
        ? -2 * logLikelihood +
          2 * parameters +
          (2 * parameters * (parameters + 1)) / (used - parameters - 1)
        : Number.POSITIVE_INFINITY,
    predict(horizon, future = []) {
      checkHorizon(horizon)
      const given = options.regressors?.length ?? 0
      if (future.length !== given || future.some((column) => column.length < horizon)) {
        throw new StatsError('length', 'future', `${given} regressors of ${horizon} values needed`)
      }
      const state = stateBehind(
        values,
        filtered,
        regression,
        scale,
        missing,
        delta,
        slopes,
        regressors,
      )
      const r = Math.max(phi.length, theta.length + 1)
      const padded = new Float64Array(r)
      padded.set(phi)
      const psi = psiWeights(withDifferencing(phi, delta), theta, horizon)
      const mean = new Float64Array(horizon)
      const deviation = new Float64Array(horizon)
      let sum = 0
      for (let h = 0; h < horizon; h++) {
        let value = state[0] as number
        for (let i = 0; i < delta.length; i++) {
          value += (delta[i] as number) * (state[r + i] as number)
        }
        let known = 0
        if (constant) known += (slopes[0] as number) * (d + D === 0 ? 1 : values.length + h + 1)
        for (const [i, column] of future.entries()) {
          known += (slopes[i + (constant ? 1 : 0)] as number) * (column[h] as number)
        }
        mean[h] = value + known
        sum += (psi[h] as number) ** 2
        deviation[h] = Math.sqrt(variance * sum)
        advance(state, padded, delta)
      }
      return { mean, deviation }
    },
  }
}

function completeOrder(order: ArimaOrder): Required<ArimaOrder> {
  const { p, d, q, P = 0, D = 0, Q = 0, period = 1, constant = false } = order
  checkPeriod(period)
  for (const [name, value] of Object.entries({ p, d, q, P, D, Q })) {
    if (!(Number.isInteger(value) && value >= 0)) {
      throw new StatsError('out_of_range', `order.${name}`, `${value} is no whole number from 0`)
    }
  }
  if (constant && d + D > 1) {
    throw new StatsError('out_of_range', 'order.constant', 'two differences leave nothing of it')
  }
  return period === 1 && P + D + Q > 0
    ? completeOrder({ p, d, q, constant })
    : { p, d, q, P, D, Q, period, constant }
}

/** A column of ones or of the time, if wanted, and those given. */
function regressorsOf(
  n: number,
  { constant, d, D }: Required<ArimaOrder>,
  given: readonly ArrayLike<number>[],
): Float64Array[] {
  for (const [i, column] of given.entries()) {
    if (column.length !== n) {
      throw new StatsError('length', `options.regressors[${i}]`, `${column.length} values for ${n}`)
    }
  }
  const own = constant
    ? [Float64Array.from({ length: n }, (_, t) => (d + D === 0 ? 1 : t + 1))]
    : []
  return [...own, ...given.map((column) => Float64Array.from(column))]
}

function maskLike(column: Float64Array, values: Float64Array): void {
  for (let t = 0; t < values.length; t++) if (Number.isNaN(values[t])) column[t] = Number.NaN
}

function scaleOf(values: Float64Array): number {
  let most = 0
  for (const value of values) if (Math.abs(value) > most) most = Math.abs(value)
  return most > 0 ? most : 1
}

/** Past values that make up a value together with the differenced one: coefficients from lag 1 on. */
export function differencesOf(d: number, D: number, period: number): Float64Array {
  let polynomial = [1]
  const times = (lag: number): void => {
    const next = Array.from({ length: polynomial.length + lag }, () => 0)
    for (const [i, value] of polynomial.entries()) {
      next[i] = (next[i] ?? 0) + value
      next[i + lag] = (next[i + lag] ?? 0) - value
    }
    polynomial = next
  }
  for (let i = 0; i < d; i++) times(1)
  for (let i = 0; i < D; i++) times(period)
  return Float64Array.from(polynomial.slice(1), (value) => -value)
}

/** The series without what `differencesOf` says of its past; shorter by as many values. */
export function difference(y: Float64Array, delta: Float64Array): Float64Array {
  const lag = delta.length
  return Float64Array.from({ length: Math.max(0, y.length - lag) }, (_, t) => {
    let value = y[t + lag] as number
    for (let i = 0; i < lag; i++) value -= (delta[i] as number) * (y[t + lag - 1 - i] as number)
    return value
  })
}

interface Polynomials {
  readonly ar: Float64Array
  readonly seasonalAr: Float64Array
  readonly ma: Float64Array
  readonly seasonalMa: Float64Array
  readonly phi: Float64Array
  readonly theta: Float64Array
}

function polynomialsOf(free: Float64Array, order: Required<ArimaOrder>): Polynomials {
  const { p, q, P, Q, period } = order
  const ar = stationaryOf(free.subarray(0, p))
  const seasonalAr = stationaryOf(free.subarray(p, p + P))
  const ma = stationaryOf(free.subarray(p + P, p + P + q)).map((value) => -value)
  const seasonalMa = stationaryOf(free.subarray(p + P + q, p + P + q + Q)).map((value) => -value)
  return {
    ar,
    seasonalAr,
    ma,
    seasonalMa,
    phi: seasonalProduct(ar, seasonalAr, period, -1),
    theta: seasonalProduct(ma, seasonalMa, period, 1),
  }
}

/** One-step forecasts in the units of y; NaN at its beginning and where nothing is known. */
function fittedOf(
  y: Float64Array,
  { errors }: Filtered,
  { slopes }: InnovationRegression,
  scale: number,
): Float64Array {
  const lost = y.length - (errors[0]?.length ?? 0)
  return y.map((value, t) => {
    if (t < lost) return Number.NaN
    let error = errors[0]?.[t - lost] as number
    for (let i = 0; i < slopes.length; i++) {
      error -= (slopes[i] as number) * (errors[i + 1]?.[t - lost] as number)
    }
    return value - error * scale
  })
}

/** State behind the last value in the units of y: Harvey's, then past values that differences need, latest first. */
function stateBehind(
  y: Float64Array,
  { states }: Filtered,
  { slopes }: InnovationRegression,
  scale: number,
  missing: boolean,
  delta: Float64Array,
  slopesInUnits: Float64Array,
  regressors: readonly Float64Array[],
): Float64Array {
  const own = (states[0] as Float64Array).map((value, i) => {
    let rest = value
    for (let s = 0; s < slopes.length; s++)
      rest -= (slopes[s] as number) * (states[s + 1]?.[i] as number)
    return rest * scale
  })
  if (missing) return own
  const past = delta.map((_, i) => {
    const t = y.length - 1 - i
    let value = y[t] as number
    for (const [s, column] of regressors.entries()) {
      value -= (slopesInUnits[s] as number) * (column[t] as number)
    }
    return value
  })
  return Float64Array.from([...own, ...past])
}

/** φ(B) with the differences multiplied in. */
function withDifferencing(phi: Float64Array, delta: Float64Array): Float64Array {
  const out = new Float64Array(phi.length + delta.length)
  out.set(phi)
  for (let j = 0; j < delta.length; j++) {
    out[j] = (out[j] as number) + (delta[j] as number)
    for (let i = 0; i < phi.length; i++) {
      out[i + j + 1] = (out[i + j + 1] as number) - (phi[i] as number) * (delta[j] as number)
    }
  }
  return out
}

function nameOf({ p, d, q, P, D, Q, period, constant }: Required<ArimaOrder>): string {
  const season = P + D + Q > 0 ? `(${P},${D},${Q})[${period}]` : ''
  const extra = constant ? (d + D === 0 ? ' with mean' : ' with drift') : ''
  return `ARIMA(${p},${d},${q})${season}${extra}`
}

function namedParameters(
  { ar, ma, seasonalAr, seasonalMa }: Polynomials,
  slopes: Float64Array,
  { constant, d, D }: Required<ArimaOrder>,
): Record<string, number> {
  const named: Record<string, number> = {}
  for (const [name, coefficients] of Object.entries({
    ar,
    ma,
    sar: seasonalAr,
    sma: seasonalMa,
  })) {
    for (const [i, value] of coefficients.entries()) named[`${name}${i + 1}`] = value
  }
  for (const [i, value] of slopes.entries()) {
    const own = constant && i === 0
    named[own ? (d + D === 0 ? 'mean' : 'drift') : `regressor${i + (constant ? 0 : 1)}`] = value
  }
  return named
}
