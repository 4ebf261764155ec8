import { adjustClassically } from '../decompose/classical.ts'
import { leastSquares, type Residuals } from '../optimise/least-squares.ts'
import { StatsError } from '../stats-error.ts'
import type { Effort } from './effort.ts'
import { etsPrediction } from './ets-prediction.ts'
import {
  type EtsForm,
  type EtsState,
  etsFreeOf,
  etsParameters,
  etsResiduals,
  etsStateOf,
  runEts,
} from './ets-recursion.ts'
import { checkHorizon, checkPeriod, completeSeries, type Fit } from './fit.ts'
import { naive } from './naive.ts'
import { slopeOf } from './seasonality.ts'

export interface EtsOptions {
  /** Points of a cycle. Default 1: no season. Beyond 24 take the season off first (`stl`): each point of it is fitted. */
  readonly period?: number
  /** Forms to choose from, such as `ANN`, `MAdM`. Default: all that are admissible for the series. */
  readonly forms?: readonly string[]
  /** Searches end, with the best so far, when this is spent. Default: no limit. */
  readonly effort?: Effort
}

export interface EtsFit extends Fit {
  readonly form: EtsForm
  /** −½ n log of the sum of squares, as R counts it: constants are left out. */
  readonly logLikelihood: number
  /** Variance of one-step errors, relative ones when multiplicative. */
  readonly variance: number
}

/** Values of α, β/α, γ and φ that the search begins with: a slow and a quick model. */
const STARTS = [
  { alpha: 0.1, beta: 0.1, gamma: 0.05, phi: 0.97 },
  { alpha: 0.5, beta: 0.1, gamma: 0.1, phi: 0.9 },
] as const

const FORMS = ['A', 'M'].flatMap((error) =>
  ['N', 'A', 'Ad'].flatMap((trend) => ['N', 'A', 'M'].map((season) => `${error}${trend}${season}`)),
)

/**
 * Exponential smoothing in state-space form (Hyndman, Koehler, Ord and Snyder 2008): the form with the least AICc of
 * error × trend × season, of which an additive error with a multiplicative season is left out as unstable, and what is
 * multiplicative for series that are not positive. Parameters and initial states maximise the likelihood by
 * Levenberg-Marquardt from two starts.
 *
 * Without enough values for any form it is `naive`. Throws a StatsError for an empty series, values that are
 * not finite, or options. Cost: about 15 passes of O(n · parameters²) for each form and start.
 */
export function ets(y: ArrayLike<number>, options: EtsOptions = {}): EtsFit | Fit {
  const { period = 1, forms = FORMS, effort } = options
  checkPeriod(period)
  const values = completeSeries(y, 1)
  const scale = values.reduce((sum, value) => sum + Math.abs(value) / values.length, 0) || 1
  const scaled = values.map((value) => value / scale)
  const positive = values.every((value) => value > 0) && scaled.every((value) => value > 1e-8)
  let best: Candidate | null = null
  for (const name of forms) {
    const form = formOf(name, period)
    if (form === null || ((form.error === 'M' || form.season === 'M') && !positive)) continue
    const candidate = fitForm(form, scaled, effort)
    if (candidate !== null && (best === null || candidate.aicc < best.aicc)) best = candidate
  }
  return best === null ? naive(values) : fitOf(best, values, scale)
}

/** Null for what the series or the restriction rule out. */
function formOf(name: string, period: number): EtsForm | null {
  const parts = /^([AM])(N|Ad|A)([NAM])$/.exec(name)
  if (parts === null) {
    throw new StatsError('out_of_range', 'options.forms', `${name} is no form such as ANN or MAdM`)
  }
  const form = { error: parts[1], trend: parts[2], season: parts[3] } as EtsForm
  if (form.season !== 'N' && period < 2) return null
  if (form.error === 'A' && form.season === 'M') return null
  return { ...form, period: form.season === 'N' ? 1 : period }
}

interface Candidate {
  readonly form: EtsForm
  readonly start: EtsState
  readonly likelihood: number
  readonly aicc: number
}

function fitForm(form: EtsForm, y: Float64Array, effort: Effort | undefined): Candidate | null {
  const n = y.length
  const parameters = etsParameters(form) + 1
  if (n - parameters - 1 < 1 || (form.season !== 'N' && n < 2 * form.period)) return null
  const first = firstState(form, y)
  if (first === null) return null
  const residuals = withEffort(etsResiduals(form, y), n, parameters, effort)
  let best: { x: Float64Array; squares: number } | null = null
  for (const start of STARTS) {
    const free = etsFreeOf(form, {
      ...first,
      alpha: start.alpha,
      beta: start.alpha * start.beta,
      gamma: (1 - start.alpha) * start.gamma,
      phi: start.phi,
    })
    calmSeasons(form, free, residuals, n)
    const found = leastSquares(residuals, free, n, { maxIterations: 60, tolerance: 1e-8 })
    if (found.squares < (best?.squares ?? Number.POSITIVE_INFINITY)) best = found
  }
  if (best === null) return null
  // A perfect fit has no likelihood: what is below rounding counts as rounding.
  const likelihood = n * Math.log(Math.max(best.squares, 1e-26 * n))
  const aicc =
    likelihood + 2 * parameters + (2 * parameters * (parameters + 1)) / (n - parameters - 1)
  return { form, start: etsStateOf(form, best.x), likelihood, aicc }
}

/**
 * Refuses every point once the effort is spent. A pass counts as two steps of a value; derivatives are followed by normal
 * equations, which cost more than they.
 */
function withEffort(
  residuals: Residuals,
  n: number,
  parameters: number,
  effort: Effort | undefined,
): Residuals {
  if (effort === undefined) return residuals
  return (x, out, jacobian) =>
    effort.spend(n * (jacobian === null ? 2 : parameters * (1 + parameters / 6))) &&
    residuals(x, out, jacobian)
}

/** Halves additive seasons until forecasts are positive where relative errors need them to be. */
function calmSeasons(form: EtsForm, free: Float64Array, residuals: Residuals, n: number): void {
  if (form.error !== 'M' || form.season !== 'A') return
  const space = new Float64Array(n)
  const first = free.length - (form.period - 1)
  for (let i = 0; i < 6 && !residuals(free, space, null); i++) {
    for (let j = first; j < free.length; j++) free[j] = (free[j] as number) / 2
  }
}

/** Season by classical decomposition, level and trend by the line through what is left of the first values. */
function firstState(form: EtsForm, y: Float64Array): EtsState | null {
  const { season, trend, period } = form
  let seasons: Float64Array = new Float64Array(0)
  let x = y
  if (season !== 'N') {
    const kind = season === 'M' ? 'multiplicative' : 'additive'
    const adjustment = adjustClassically(y, period, kind)
    if (adjustment === null) return null
    seasons = adjustment.indices
    x = adjustment.adjusted
  }
  const count = Math.min(y.length, Math.max(10, 2 * period))
  const head = x.subarray(0, count)
  const mean = head.reduce((sum, value) => sum + value / count, 0)
  const slope = trend === 'N' ? 0 : slopeOf(head)
  const level = mean - (slope * (count + 1)) / 2
  const safe = form.error === 'M' && !(level > 0) ? Math.max(mean, 1e-3) : level
  return {
    alpha: 0,
    beta: 0,
    gamma: 0,
    phi: 1,
    level: safe,
    trend: safe === level ? slope : 0,
    seasons,
  }
}

function fitOf(candidate: Candidate, y: Float64Array, scale: number): EtsFit {
  const { form, aicc } = candidate
  const n = y.length
  const shift = 2 * n * Math.log(scale)
  const inUnits = (state: EtsState): EtsState => ({
    ...state,
    level: state.level * scale,
    trend: state.trend * scale,
    seasons: form.season === 'A' ? state.seasons.map((s) => s * scale) : state.seasons,
  })
  const start = inUnits(candidate.start)
  const fitted = new Float64Array(n)
  const last = runEts(form, start, y, fitted) ?? start
  let squares = 0
  for (let t = 0; t < n; t++) {
    const error = (y[t] as number) - (fitted[t] as number)
    squares += (form.error === 'M' ? error / (fitted[t] as number) : error) ** 2
  }
  const variance = squares / Math.max(1, n - etsParameters(form))
  const { alpha, beta, gamma, phi, level, trend } = start
  return {
    method: `ETS(${form.error},${form.trend},${form.season})`,
    form,
    parameters: {
      alpha,
      ...(form.trend === 'N' ? {} : { beta, trend }),
      ...(form.season === 'N' ? {} : { gamma }),
      ...(form.trend === 'Ad' ? { phi } : {}),
      level,
    },
    fitted,
    aicc: aicc + shift,
    logLikelihood: -0.5 * (candidate.likelihood + shift),
    variance,
    predict(horizon) {
      checkHorizon(horizon)
      return etsPrediction(form, last, variance, horizon)
    },
  }
}
