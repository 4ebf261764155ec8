import { mstl } from '../decompose/mstl.ts'
import { quantileOf } from '../series/order.ts'
import { isConstant, type RegularSeries } from '../series/regularise.ts'
import { normalQuantile } from '../special/normal-quantile.ts'
import { StatsError } from '../stats-error.ts'
import { difference, differencesOf } from './arima.ts'
import { autoArima } from './auto-arima.ts'
import { checkLevel, conformalQuantile } from './conformal.ts'
import { croston, isIntermittent } from './croston.ts'
import { filledForDecomposition } from './differencing.ts'
import { ets } from './ets.ts'
import { checkHorizon, checkPeriod, type Fit } from './fit.ts'
import { naive } from './naive.ts'
import { detectSeasons, isSeasonal } from './seasonality.ts'
import { dynamicTheta, theta } from './theta.ts'

export interface ForecastOptions {
  /** Steps to forecast. */
  readonly horizon: number
  /** Points of each cycle, such as [24, 168] for hours. Default: what the series shows. */
  readonly periods?: readonly number[]
  /** Shares that the intervals are to cover. Default 0.8 and 0.95. */
  readonly levels?: readonly number[]
  /** Least and greatest possible value. Default: 0 and no limit for a regular series of counts or costs, else none. */
  readonly least?: number
  readonly greatest?: number
  /** Milliseconds after which no further model is tried; `now` tells them. Default: no limit. */
  readonly budget?: { readonly milliseconds: number; readonly now: () => number }
}

export interface ForecastInterval {
  readonly level: number
  readonly low: Float64Array
  readonly high: Float64Array
}

export interface Forecast {
  readonly mean: Float64Array
  /** By level, as asked for. */
  readonly intervals: readonly ForecastInterval[]
  readonly model: {
    readonly name: string
    /** The models of which the forecast is the median. */
    readonly members: readonly string[]
    /** Points of the cycles that were taken into account. */
    readonly periods: readonly number[]
  }
  readonly diagnostics: {
    /** Values that were known, and values that were filled in for the models. */
    readonly known: number
    readonly filled: number
    /** Forecasts made from the past to judge the models and calibrate the intervals. */
    readonly origins: number
    /** Mean absolute error over these relative to that of the (seasonal) naive forecast's; null without them. */
    readonly relativeError: number | null
  }
  readonly warnings: readonly string[]
}

/** Longer cycles are taken off by decomposition, and what is left is forecast without a season. */
const LONGEST_FITTED_PERIOD = 24
/** Latest points that models are fitted to, and five cycles of the longest season if these are more. */
const LATEST = 400
/** A member is left out when its error from the past is this many times the least. */
const WORST_MEMBER = 1.3
/** Origins in the past to forecast from. */
const ORIGINS = 3
/** Above this many points ARIMA would take longer than everything else. */
const LONGEST_ARIMA = 1_500

/**
 * Forecast of a series with defaults that need no thought: fills gaps, finds seasons, and takes the median of Theta,
 * DOTM, ETS and ARIMA (Petropoulos and Svetunkov 2020), less those that did much worse than the best from origins in the
 * past. Intervals are the models' own, corrected by how far off forecasts from those origins were. Mostly zeros
 * are forecast as intermittent demand, constants as themselves, very short series naively, each with a warning.
 *
 * `series` is a regular series or its values at equal steps, NaN for what is missing. Deterministic, except for a budget.
 * Throws a StatsError: `too_few` without any known value, `out_of_range` for options. Cost: about 0.2 s for 100
 * monthly values, most of it ARIMA.
 */
export function forecast(
  series: RegularSeries | ArrayLike<number>,
  options: ForecastOptions,
): Forecast {
  const { horizon, levels = [0.8, 0.95] } = options
  checkHorizon(horizon)
  for (const [i, level] of levels.entries()) checkLevel(level, `options.levels[${i}]`)
  for (const period of options.periods ?? []) checkPeriod(period)
  const regular = 'values' in series && 'step' in series ? series : null
  const given = regular === null ? (series as ArrayLike<number>) : regular.values
  const warnings: string[] = [...(regular?.warnings ?? [])]
  const { values, known, filled } = completed(given, warnings)
  const scale = scaleOf(values)
  const x = values.map((value) => value / scale)
  const amounts = regular?.type === 'count' || regular?.type === 'cost'
  const least = options.least ?? (amounts ? 0 : Number.NEGATIVE_INFINITY)
  const greatest = options.greatest ?? Number.POSITIVE_INFINITY

  const stop = stopOf(options)
  const { plan, past } = judged(x, planFor(x, options, warnings), horizon, stop)
  const kept = plan.members.filter((member) => !past.refused.has(member.name))
  const combined = combine(x, plan, kept, horizon, stop)
  const half = (level: number, h: number): number =>
    (combined.deviation[h] as number) * widthOf(level, x.length, past.ratios)
  const bounded = (value: number): number => {
    const size = Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, value * scale))
    return Math.min(greatest, Math.max(least, size))
  }
  return {
    mean: combined.mean.map(bounded),
    intervals: levels.map((level) => ({
      level,
      low: combined.mean.map((value, h) => bounded(value - half(level, h))),
      high: combined.mean.map((value, h) => bounded(value + half(level, h))),
    })),
    model: {
      name: combined.members.length === 1 ? (combined.members[0] as string) : 'median',
      members: combined.members,
      periods: plan.periods,
    },
    diagnostics: { known, filled, origins: past.origins, relativeError: past.relativeError },
    warnings,
  }
}

interface Completed {
  readonly values: Float64Array
  readonly known: number
  readonly filled: number
}

/** Without missing values at both ends, and lines across the others. */
function completed(given: ArrayLike<number>, warnings: string[]): Completed {
  const all = Float64Array.from(given, (value) => (Number.isFinite(value) ? value : Number.NaN))
  let first = 0
  let end = all.length
  while (first < end && Number.isNaN(all[first])) first++
  while (end > first && Number.isNaN(all[end - 1])) end--
  if (first === end) throw new StatsError('too_few', 'series', 'no known value; give at least one')
  const trimmed = all.subarray(first, end)
  const known = trimmed.filter((value) => !Number.isNaN(value)).length
  const filled = trimmed.length - known
  if (filled > 0) warnings.push(`${filled} missing values were bridged by lines.`)
  if (end < all.length) {
    warnings.push(
      `The last ${all.length - end} values are missing: the forecast begins before them.`,
    )
  }
  return { values: filledForDecomposition(trimmed), known, filled }
}

/** Greatest absolute value, so that nothing overflows; 1 where it is 0. */
function scaleOf(values: Float64Array): number {
  let most = 0
  for (const value of values) most = Math.max(most, Math.abs(value))
  return most > 1e-290 ? most : 1
}

interface Member {
  readonly name: string
  fit(y: Float64Array, period: number): Fit
}

interface Plan {
  readonly members: readonly Member[]
  /** Taken into account; the first is fitted by the models when it is short enough, the others are taken off before. */
  readonly periods: readonly number[]
  readonly fittedPeriod: number
  readonly removedPeriods: readonly number[]
}

const THETA: Member = { name: 'Theta', fit: theta }
const DOTM: Member = { name: 'DOTM', fit: dynamicTheta }
const ETS: Member = { name: 'ETS', fit: (y, period) => ets(y, { period }) }

function planFor(x: Float64Array, options: ForecastOptions, warnings: string[]): Plan {
  const alone = (member: Member): Plan => ({
    members: [member],
    periods: [],
    fittedPeriod: 1,
    removedPeriods: [],
  })
  if (isConstant(x)) {
    warnings.push('The series is constant: intervals have no basis.')
    return alone({ name: 'constant', fit: (y) => naive(y) })
  }
  if (x.length < 3) {
    warnings.push(`${x.length} values allow no more than a naive forecast.`)
    return alone({ name: 'naive', fit: (y) => naive(y) })
  }
  if (isIntermittent(x)) {
    warnings.push(
      'More than half of the values are zero: intermittent demand is forecast by its mean.',
    )
    return alone({ name: 'Croston-SBA', fit: (y) => croston(y) })
  }
  const wanted =
    options.periods ??
    detectSeasons(x)
      .map((season) => season.period)
      .slice(0, 2)
  const periods = [...new Set(wanted)]
    .filter((period) => period > 1 && x.length > 2 * period)
    .sort((a, b) => a - b)
  // A trend alone would pass the test at any period.
  const changes = difference(x, differencesOf(1, 0, 1))
  const long = periods.filter((period) => period > LONGEST_FITTED_PERIOD || periods.length > 1)
  const removedPeriods = long.filter((period) => isSeasonal(changes, period))
  const fittedPeriod = removedPeriods.length > 0 ? 1 : (periods[0] ?? 1)
  if (x.length < 10) warnings.push(`${x.length} values tell little: intervals are guesses.`)
  return {
    members: [THETA, DOTM, ETS],
    periods: fittedPeriod > 1 ? [fittedPeriod] : removedPeriods,
    fittedPeriod: fittedPeriod > LONGEST_FITTED_PERIOD ? 1 : fittedPeriod,
    removedPeriods,
  }
}

interface Combined {
  readonly mean: Float64Array
  readonly deviation: Float64Array
  readonly members: readonly string[]
  /** Point forecasts by name of the member. */
  readonly means: ReadonlyMap<string, Float64Array>
}

function stopOf({ budget }: ForecastOptions): () => boolean {
  if (budget === undefined) return () => false
  const end = budget.now() + budget.milliseconds
  return () => budget.now() >= end
}

/** The median of the members' forecasts, step by step, and of their deviations. */
function combine(
  x: Float64Array,
  plan: Plan,
  members: readonly Member[],
  horizon: number,
  stop: () => boolean,
  arimaToo = plan.members.length > 1,
): Combined {
  const { adjusted, seasons } = withoutSeasons(x, plan, horizon)
  const means = new Map<string, Float64Array>()
  const deviations: Float64Array[] = []
  const names: string[] = []
  const add = (name: string, fit: Fit): void => {
    const { mean, deviation } = fit.predict(horizon)
    if (!mean.every(Number.isFinite) || !deviation.every(Number.isFinite)) return
    means.set(
      name,
      mean.map((value, h) => value + (seasons[h] as number)),
    )
    deviations.push(deviation)
    names.push(fit.method)
  }
  for (const member of members) {
    if (means.size > 0 && stop()) break
    add(member.name, member.fit(adjusted, plan.fittedPeriod))
  }
  if (arimaToo && adjusted.length >= 5 && adjusted.length <= LONGEST_ARIMA && !stop()) {
    add('ARIMA', autoArima(adjusted, { period: plan.fittedPeriod, stop }))
  }
  if (means.size === 0) add('naive', naive(adjusted))
  const columns = [...means.values()]
  return {
    mean: medianByStep(columns, horizon),
    deviation: medianByStep(deviations, horizon),
    members: names,
    means,
  }
}

function medianByStep(columns: readonly Float64Array[], horizon: number): Float64Array {
  return Float64Array.from({ length: horizon }, (_, h) =>
    quantileOf(
      columns.map((column) => column[h] as number).sort((a, b) => a - b),
      0.5,
    ),
  )
}

/** The latest values without the seasons that are taken off, and what these add to the coming steps. */
function withoutSeasons(
  x: Float64Array,
  { removedPeriods }: Plan,
  horizon: number,
): { adjusted: Float64Array; seasons: Float64Array } {
  const longest = Math.max(1, ...removedPeriods)
  const latest = x.subarray(Math.max(0, x.length - Math.max(LATEST, 5 * longest)))
  const seasons = new Float64Array(horizon)
  const fit = mstl(latest, { periods: removedPeriods })
  if (fit === null) return { adjusted: latest.slice(), seasons }
  const adjusted = latest.slice()
  for (const { period, values } of fit.seasonals) {
    for (let t = 0; t < adjusted.length; t++) {
      adjusted[t] = (adjusted[t] as number) - (values[t] as number)
    }
    for (let h = 0; h < horizon; h++) {
      const at = values.length - period + (h % period)
      seasons[h] = (seasons[h] as number) + (values[at] as number)
    }
  }
  return { adjusted, seasons }
}

interface Judged {
  readonly origins: number
  /** Sum of the absolute errors. */
  readonly error: number
  readonly relativeError: number | null
  /** Absolute errors over the deviations that were expected. */
  readonly ratios: readonly number[]
  readonly refused: ReadonlySet<string>
}

const NOTHING_JUDGED: Judged = {
  origins: 0,
  error: 0,
  relativeError: null,
  ratios: [],
  refused: new Set(),
}

/** The plan, or that without the seasons it takes off where the past was forecast better so. */
function judged(
  x: Float64Array,
  plan: Plan,
  horizon: number,
  stop: () => boolean,
): { plan: Plan; past: Judged } {
  if (plan.members.length === 1) return { plan, past: NOTHING_JUDGED }
  const past = judge(x, plan, horizon, stop)
  if (plan.removedPeriods.length === 0 || past.origins === 0) return { plan, past }
  const plain: Plan = { ...plan, periods: [], removedPeriods: [] }
  const without = judge(x, plain, horizon, stop)
  const better = without.origins === past.origins && without.error < past.error
  return better ? { plan: plain, past: without } : { plan, past }
}

/**
 * Forecasts from up to three origins in the past, each with all members but ARIMA, which would cost too much. None where
 * what came before would be too short to fit a season.
 */
function judge(x: Float64Array, plan: Plan, horizon: number, stop: () => boolean): Judged {
  const longest = Math.max(1, ...plan.periods)
  const shortest = Math.max(10, 3 * longest)
  const reach = Math.min(horizon, Math.floor(x.length / 4))
  const stride = Math.max(1, Math.ceil(reach / 2))
  const errors = new Map<string, number>()
  const ratios: number[] = []
  let [origins, combinedError, naiveError] = [0, 0, 0]
  for (let i = 0; i < ORIGINS; i++) {
    const origin = x.length - reach - i * stride
    if (reach < 1 || origin < shortest || stop()) break
    const before = x.subarray(0, origin)
    const { mean, deviation, means } = combine(
      before,
      plan,
      plan.members,
      reach,
      () => false,
      false,
    )
    const yardstick = naive(before, 'seasonal', plan.periods[0] ?? 1).predict(reach).mean
    for (let h = 0; h < reach; h++) {
      const truth = x[origin + h] as number
      const error = Math.abs(truth - (mean[h] as number))
      combinedError += error
      naiveError += Math.abs(truth - (yardstick[h] as number))
      if ((deviation[h] as number) > 0) ratios.push(error / (deviation[h] as number))
      for (const [name, column] of means) {
        errors.set(name, (errors.get(name) ?? 0) + Math.abs(truth - (column[h] as number)))
      }
    }
    origins++
  }
  const least = Math.min(...errors.values())
  const refused = new Set(
    [...errors].filter(([, error]) => error > WORST_MEMBER * least).map(([name]) => name),
  )
  return {
    origins,
    error: combinedError,
    ratios,
    refused: origins >= 2 ? refused : new Set(),
    relativeError: origins > 0 && naiveError > 0 ? combinedError / naiveError : null,
  }
}

/** The past may widen intervals by any factor, but narrow them only to this: the future is rarely calmer. */
const LEAST_CORRECTION = 0.9
/** Errors from the past weigh as much as the normal distribution when there are this many. */
const PRIOR_RATIOS = 60

/**
 * Half width of an interval in deviations: the normal one, corrected for a short series, and drawn towards what the
 * past says in proportion to how much it says.
 */
function widthOf(level: number, n: number, ratios: readonly number[]): number {
  const normal = normalQuantile(0.5 + level / 2) * (1 + SHORTNESS / n)
  const past = conformalQuantile(ratios, level)
  if (past === null) return normal
  const share = ratios.length / (ratios.length + PRIOR_RATIOS)
  return normal * Math.max(LEAST_CORRECTION, past / normal) ** share
}

/** Intervals of models fitted to n values are too narrow by this many parts of n. */
const SHORTNESS = 12
