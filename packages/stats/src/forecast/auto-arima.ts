import { regress } from '../linear/least-squares.ts'
import { matrixOfRows } from '../linear/matrix.ts'
import { isConstant } from '../series/regularise.ts'
import { StatsError } from '../stats-error.ts'
import {
  type ArimaFit,
  type ArimaOptions,
  type ArimaOrder,
  arima,
  difference,
  differencesOf,
} from './arima.ts'
import { firstDifferences, seasonalDifferences } from './differencing.ts'
import { checkPeriod } from './fit.ts'

export interface AutoArimaOptions extends ArimaOptions {
  /** Points of a cycle. Default 1. Beyond 24 it is left out: take the season off first. */
  readonly period?: number
  /** Models to fit at most. Default 60. */
  readonly maxModels?: number
}

const MOST = { p: 5, q: 5, P: 2, Q: 2 } as const
const LONGEST_PERIOD = 24
/** Criteria of models differ by more than what further steps of the likelihood would gain. */
const SEARCH_TOLERANCE = 1e-7

/**
 * The ARIMA model with the least AICc that stepwise search finds (Hyndman and Khandakar 2008): differences by
 * strength of season and KPSS test, four starts, then neighbours in p, q, P, Q and the constant while they are
 * better. All fits are by exact likelihood. Models with a root within 1 % of the unit circle are refused.
 *
 * Missing values are NaN. With regressors, differences are chosen for what a regression on them leaves. Throws a
 * StatsError `too_few` with fewer than three known values, `degenerate` for regressors that depend on one another, and
 * those of `arima`. Cost: that of 15 to 60 fits.
 */
export function autoArima(y: ArrayLike<number>, options: AutoArimaOptions = {}): ArimaFit {
  const { period: wanted = 1, maxModels = 60, effort } = options
  const fitting: ArimaOptions = { ...options, tolerance: options.tolerance ?? SEARCH_TOLERANCE }
  checkPeriod(wanted)
  const values = Float64Array.from(y)
  const known = values.filter((value) => !Number.isNaN(value)).length
  if (known < 3) throw new StatsError('too_few', 'y', `${known} known values; 3 are needed`)
  const period = wanted <= LONGEST_PERIOD && values.length > 2 * wanted ? wanted : 1
  const unexplained = withoutRegressors(values, options.regressors ?? [])
  const D = seasonalDifferences(unexplained, period)
  const seasonless = difference(unexplained, differencesOf(0, D, period))
  const d = isConstant(seasonless) ? 0 : firstDifferences(seasonless)
  const withConstant = d + D <= 1
  const seasonal = period > 1 ? 1 : 0

  const tried = new Set<string>()
  const search: { best: ArimaFit | null } = { best: null }
  const attempt = (p: number, q: number, P: number, Q: number, constant: boolean): boolean => {
    if (p < 0 || q < 0 || P < 0 || Q < 0) return false
    if (p > MOST.p || q > MOST.q || P > MOST.P || Q > MOST.Q) return false
    if (constant && !withConstant) return false
    const key = `${p},${q},${P},${Q},${constant}`
    if (tried.has(key) || tried.size >= maxModels) return false
    if (search.best !== null && effort?.spend(0) === false) return false
    tried.add(key)
    const fit = fitOrNull(values, { p, d, q, P, D, Q, period, constant }, fitting)
    if (fit === null || !fit.stable) return false
    if (!((fit.aicc ?? Number.POSITIVE_INFINITY) < (search.best?.aicc ?? Number.POSITIVE_INFINITY)))
      return false
    search.best = fit
    return true
  }
  for (const [p, q, s] of [
    [2, 2, 1],
    [0, 0, 0],
  ] as const) {
    attempt(p, q, s * seasonal, s * seasonal, withConstant)
  }
  attempt(1, 0, seasonal, 0, withConstant)
  attempt(0, 1, 0, seasonal, withConstant)
  if (withConstant) attempt(0, 0, 0, 0, false)
  for (let better = true; better && search.best !== null; ) {
    const { p, q, P, Q, constant } = search.best.order
    better = NEIGHBOURS.some(([dp, dq, dP, dQ]) =>
      attempt(p + dp, q + dq, P + dP * seasonal, Q + dQ * seasonal, constant),
    )
    better ||= attempt(p, q, P, Q, !constant)
  }
  // Where every model is refused, or too long for the series, differences alone are left.
  return (
    search.best ?? fitOrNull(values, { p: 0, d, q: 0, D, period }, options) ?? randomWalk(values)
  )
}

/** Steps in p, q, P, Q, in the order of trial. */
const NEIGHBOURS: readonly (readonly [number, number, number, number])[] = [
  [0, 0, -1, 0],
  [0, 0, 0, -1],
  [0, 0, 1, 0],
  [0, 0, 0, 1],
  [0, 0, -1, -1],
  [0, 0, -1, 1],
  [0, 0, 1, -1],
  [0, 0, 1, 1],
  [-1, 0, 0, 0],
  [0, -1, 0, 0],
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [-1, -1, 0, 0],
  [-1, 1, 0, 0],
  [1, -1, 0, 0],
  [1, 1, 0, 0],
]

/** Residuals of the regression of what is known: whether to take differences is a matter of what causes do not explain. */
function withoutRegressors(y: Float64Array, columns: readonly ArrayLike<number>[]): Float64Array {
  if (columns.length === 0) return y
  const at = [...y.keys()].filter((t) => !Number.isNaN(y[t]))
  const rows = at.map((t) => columns.map((column) => column[t] ?? Number.NaN))
  const { residuals } = regress(
    matrixOfRows(rows),
    at.map((t) => y[t] as number),
  )
  const out = new Float64Array(y.length).fill(Number.NaN)
  for (const [i, t] of at.entries()) out[t] = residuals[i] as number
  return out
}

function fitOrNull(y: Float64Array, order: ArimaOrder, options: ArimaOptions): ArimaFit | null {
  try {
    return arima(y, order, options)
  } catch (error) {
    if (error instanceof StatsError && (error.code === 'too_few' || error.code === 'degenerate')) {
      return null
    }
    throw error
  }
}

function randomWalk(y: Float64Array): ArimaFit {
  return arima(y, { p: 0, d: 1, q: 0 })
}
