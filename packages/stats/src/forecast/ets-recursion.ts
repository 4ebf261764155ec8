/** Error additive or multiplicative; trend none, additive or damped; season none, additive or multiplicative. */
export interface EtsForm {
  readonly error: 'A' | 'M'
  readonly trend: 'N' | 'A' | 'Ad'
  readonly season: 'N' | 'A' | 'M'
  /** Points of a cycle; 1 without a season. */
  readonly period: number
}

/** Smoothing parameters and states; seasons by place in the cycle, that of the next value first. */
export interface EtsState {
  alpha: number
  beta: number
  gamma: number
  phi: number
  level: number
  trend: number
  seasons: Float64Array
}

const LEAST = 1e-4
const MOST = 0.9999
const LEAST_PHI = 0.8
const MOST_PHI = 0.98

/** Numbers that are fitted: smoothing parameters and initial states, the last season following from the others. */
export function etsParameters({ trend, season, period }: EtsForm): number {
  return 2 + (trend === 'N' ? 0 : 2) + (trend === 'Ad' ? 1 : 0) + (season === 'N' ? 0 : period)
}

/**
 * Free parameters to state and back: smoothing parameters go through logits of their ranges, α in
 * (0.0001, 0.9999), β in (0.0001, α), γ in (0.0001, 1 − α), φ in (0.8, 0.98), which are those of R's `ets`.
 */
export function etsFreeOf(form: EtsForm, state: EtsState): Float64Array {
  const free = [logit(state.alpha, LEAST, MOST)]
  if (form.trend !== 'N') free.push(logit(state.beta, LEAST, state.alpha))
  if (form.season !== 'N') free.push(logit(state.gamma, LEAST, 1 - state.alpha))
  if (form.trend === 'Ad') free.push(logit(state.phi, LEAST_PHI, MOST_PHI))
  free.push(state.level)
  if (form.trend !== 'N') free.push(state.trend)
  if (form.season !== 'N') free.push(...state.seasons.subarray(0, form.period - 1))
  return Float64Array.from(free)
}

export function etsStateOf(form: EtsForm, free: Float64Array): EtsState {
  let at = 0
  const next = (): number => free[at++] as number
  const alpha = between(next(), LEAST, MOST)
  const beta = form.trend === 'N' ? 0 : between(next(), LEAST, alpha)
  const gamma = form.season === 'N' ? 0 : between(next(), LEAST, 1 - alpha)
  const phi = form.trend === 'Ad' ? between(next(), LEAST_PHI, MOST_PHI) : 1
  const level = next()
  const trend = form.trend === 'N' ? 0 : next()
  const seasons = new Float64Array(form.season === 'N' ? 0 : form.period)
  let rest = form.season === 'M' ? form.period : 0
  for (let i = 0; i < seasons.length - 1; i++) {
    seasons[i] = next()
    rest -= seasons[i] as number
  }
  if (seasons.length > 0) seasons[seasons.length - 1] = rest
  return { alpha, beta, gamma, phi, level, trend, seasons }
}

function sigmoid(u: number): number {
  return 1 / (1 + Math.exp(-u))
}

function between(u: number, low: number, high: number): number {
  return low + Math.max(0, high - low) * sigmoid(u)
}

function logit(value: number, low: number, high: number): number {
  const share = Math.min(1 - 1e-6, Math.max(1e-6, (value - low) / (high - low)))
  return Math.log(share / (1 - share))
}

/**
 * Runs the model over y: `fitted` gets one-step forecasts, the returned state is that behind the last value. Null when
 * a multiplicative model meets a forecast or season that is not positive.
 */
export function runEts(
  form: EtsForm,
  start: EtsState,
  y: Float64Array,
  fitted: Float64Array,
): EtsState | null {
  const { alpha, beta, gamma, phi } = start
  const seasons = start.seasons.slice()
  const m = seasons.length
  const positive = form.error === 'M' || form.season === 'M'
  let { level, trend } = start
  for (let t = 0; t < y.length; t++) {
    const value = y[t] as number
    const place = m === 0 ? 0 : t % m
    const q = level + phi * trend
    const s = m === 0 ? 0 : (seasons[place] as number)
    const forecast = form.season === 'N' ? q : form.season === 'A' ? q + s : q * s
    if (positive && !(forecast > 1e-10 && (form.season !== 'M' || s > 1e-10))) return null
    fitted[t] = forecast
    const p = form.season === 'N' ? value : form.season === 'A' ? value - s : value / s
    level = q + alpha * (p - q)
    trend = phi * trend + beta * (p - q)
    if (form.season === 'A') seasons[place] = s + gamma * (value - q - s)
    else if (form.season === 'M') seasons[place] = s + gamma * (value / q - s)
  }
  if (!(Number.isFinite(level) && Number.isFinite(trend))) return null
  // The place of the next value first.
  const turned = seasons.map((_, i) => seasons[(y.length + i) % m] as number)
  return { ...start, level, trend, seasons: turned }
}

/**
 * Residuals whose sum of squares S gives the likelihood of both kinds of error: n · log S = −2 log L. Relative errors
 * are multiplied by the geometric mean of the forecasts, which is the term 2 Σ log |forecast|. Derivatives are carried
 * along the recursion. Returns a function for `leastSquares`; false where `runEts` is null.
 */
export function etsResiduals(
  form: EtsForm,
  y: Float64Array,
): (free: Float64Array, residuals: Float64Array, jacobian: Float64Array | null) => boolean {
  const n = y.length
  const p = etsParameters(form)
  const fitted = new Float64Array(n)
  const space = new Sensitivities(form, p)
  return (free, residuals, jacobian) => {
    const state = etsStateOf(form, free)
    if (jacobian !== null) space.start(free, state)
    if (runEts(form, state, y, fitted) === null) return false
    const relative = form.error === 'M'
    let logs = 0
    for (let t = 0; t < n; t++) {
      const forecast = fitted[t] as number
      const error = (y[t] as number) - forecast
      residuals[t] = relative ? error / forecast : error
      if (relative) logs += Math.log(forecast)
    }
    const factor = relative ? Math.exp(logs / n) : 1
    if (jacobian !== null) space.run(state, y, fitted, jacobian)
    if (relative) {
      if (jacobian !== null) space.scaleRelative(y, fitted, residuals, factor, jacobian)
      for (let t = 0; t < n; t++) residuals[t] = factor * (residuals[t] as number)
    }
    for (let t = 0; t < n; t++) if (!Number.isFinite(residuals[t])) return false
    return true
  }
}

/** Derivatives of states by free parameters, carried forward in time. */
class Sensitivities {
  readonly #form: EtsForm
  readonly #p: number
  readonly #level: Float64Array
  readonly #trend: Float64Array
  readonly #seasons: Float64Array
  readonly #alpha: Float64Array
  readonly #beta: Float64Array
  readonly #gamma: Float64Array
  readonly #phi: Float64Array
  readonly #mean: Float64Array

  constructor(form: EtsForm, p: number) {
    this.#form = form
    this.#p = p
    const row = (): Float64Array => new Float64Array(p)
    this.#level = row()
    this.#trend = row()
    this.#seasons = new Float64Array(form.season === 'N' ? 0 : form.period * p)
    this.#alpha = row()
    this.#beta = row()
    this.#gamma = row()
    this.#phi = row()
    this.#mean = row()
  }

  start(free: Float64Array, state: EtsState): void {
    const { trend, season, period } = this.#form
    for (const row of [this.#level, this.#trend, this.#seasons]) row.fill(0)
    for (const row of [this.#alpha, this.#beta, this.#gamma, this.#phi]) row.fill(0)
    let at = 0
    const slope = (share: number, width: number): number => width * share * (1 - share)
    const shareOf = (): number => sigmoid(free[at] as number)
    const dAlpha = slope(shareOf(), MOST - LEAST)
    this.#alpha[at++] = dAlpha
    if (trend !== 'N') {
      const share = shareOf()
      this.#beta[0] = share * dAlpha
      this.#beta[at++] = slope(share, state.alpha - LEAST)
    }
    if (season !== 'N') {
      const share = shareOf()
      this.#gamma[0] = -share * dAlpha
      this.#gamma[at++] = slope(share, Math.max(0, 1 - state.alpha - LEAST))
    }
    if (trend === 'Ad') {
      const share = shareOf()
      this.#phi[at++] = slope(share, MOST_PHI - LEAST_PHI)
    }
    this.#level[at++] = 1
    if (trend !== 'N') this.#trend[at++] = 1
    if (season !== 'N') {
      for (let i = 0; i < period - 1; i++) {
        this.#seasons[i * this.#p + at + i] = 1
        this.#seasons[(period - 1) * this.#p + at + i] = -1
      }
    }
  }

  /** Rows of −∂forecast. The states are recomputed along the way. */
  run(start: EtsState, y: Float64Array, fitted: Float64Array, jacobian: Float64Array): void {
    const { season } = this.#form
    const { alpha, beta, gamma, phi } = start
    const [p, m] = [this.#p, start.seasons.length]
    const seasons = start.seasons.slice()
    const [dl, db, dsAll] = [this.#level, this.#trend, this.#seasons]
    const [dAlpha, dBeta, dGamma, dPhi] = [this.#alpha, this.#beta, this.#gamma, this.#phi]
    let { level, trend } = start
    for (let t = 0; t < fitted.length; t++) {
      const value = y[t] as number
      const place = m === 0 ? 0 : t % m
      const s = m === 0 ? 0 : (seasons[place] as number)
      const q = level + phi * trend
      const target = season === 'N' ? value : season === 'A' ? value - s : value / s
      const seasonTarget = season === 'A' ? value - q : season === 'M' ? value / q : 0
      // By s and by q: of the forecast, of the target of the level, of the target of the season.
      const forecastByQ = season === 'M' ? s : 1
      const forecastByS = season === 'M' ? q : season === 'A' ? 1 : 0
      const targetByS = season === 'M' ? -value / (s * s) : season === 'A' ? -1 : 0
      const seasonByQ = season === 'M' ? -value / (q * q) : -1
      const row = t * p
      const offset = place * p
      for (let i = 0; i < p; i++) {
        const db_i = db[i] as number
        const dPhi_i = dPhi[i] as number
        const drift = phi * db_i + trend * dPhi_i
        const dq = (dl[i] as number) + drift
        const ds = m === 0 ? 0 : (dsAll[offset + i] as number)
        jacobian[row + i] = -(forecastByQ * dq + forecastByS * ds)
        const gap = targetByS * ds - dq
        dl[i] = dq + alpha * gap + (dAlpha[i] as number) * (target - q)
        db[i] = drift + beta * gap + (dBeta[i] as number) * (target - q)
        if (m > 0) {
          dsAll[offset + i] =
            ds + gamma * (seasonByQ * dq - ds) + (dGamma[i] as number) * (seasonTarget - s)
        }
      }
      level = q + alpha * (target - q)
      trend = phi * trend + beta * (target - q)
      if (m > 0) seasons[place] = s + gamma * (seasonTarget - s)
    }
  }

  /** From −∂forecast to ∂(factor · relative error). */
  scaleRelative(
    y: Float64Array,
    fitted: Float64Array,
    errors: Float64Array,
    factor: number,
    jacobian: Float64Array,
  ): void {
    const [n, p, mean] = [fitted.length, this.#p, this.#mean]
    mean.fill(0)
    for (let t = 0; t < n; t++) {
      const share = -1 / (n * (fitted[t] as number))
      for (let i = 0; i < p; i++) {
        mean[i] = (mean[i] as number) + share * (jacobian[t * p + i] as number)
      }
    }
    for (let t = 0; t < n; t++) {
      const forecast = fitted[t] as number
      const byForecast = ((y[t] as number) / (forecast * forecast)) * factor
      const error = (errors[t] as number) * factor
      for (let i = 0; i < p; i++) {
        jacobian[t * p + i] =
          byForecast * (jacobian[t * p + i] as number) + error * (mean[i] as number)
      }
    }
  }
}
