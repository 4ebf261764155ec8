import type { RegularSeries } from '../series/regularise.ts'
import { normalQuantile } from '../special/normal-quantile.ts'
import { StatsError } from '../stats-error.ts'
import { backtest, errorOf, type PastForecast, ratiosOf } from './backtest.ts'
import { type Causes, type Effect, estimateCauses } from './causes.ts'
import { type Combined, combine, mixed } from './combination.ts'
import { checkLevel } from './conformal.ts'
import { filledForDecomposition } from './differencing.ts'
import { createEffort, type Effort, partOf } from './effort.ts'
import { checkHorizon, checkPeriod } from './fit.ts'
import { intervalWidth } from './interval-width.ts'
import { drawPaths, type PathOptions } from './paths.ts'
import { type Plan, planFor, withoutRemoval } from './plan.ts'

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
  /**
   * Known causes by name, such as 1 for a holiday and 0 for other days: a value for each step of the series as given and
   * for each step of the horizon. NaN is not known. Default: none.
   */
  readonly regressors?: Readonly<Record<string, ArrayLike<number>>>
  /** Futures to draw, for sums and the time until a limit. Default: none. */
  readonly paths?: PathOptions
  /**
   * Elementary steps of fitting (values × states of a pass) after which the best so far counts; 10⁸, the default, take about
   * a second.
   */
  readonly effort?: number
  /** Milliseconds after which fitting ends in the same way; `now` tells them. Default: no limit. */
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
  /** Possible futures, equally likely: each step has the quantiles of the intervals. Empty unless asked for. */
  readonly paths: readonly Float64Array[]
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
    /** What one more of each known cause adds, with an interval of the highest level; without those that were left out. */
    readonly effects: readonly Effect[]
    /** Elementary steps of fitting that were taken. */
    readonly effort: number
  }
  readonly warnings: readonly string[]
}

const EFFORT = 1e8
/** Share of the effort that forecasts from the past may take. */
const JUDGING = 0.5

/**
 * Forecast of a series with defaults that need no thought: fills gaps, finds seasons, and takes the median of Theta,
 * DOTM, ETS and ARIMA (Petropoulos and Svetunkov 2020), less those that did much worse than the best from origins in the
 * past. Seasons too long to be fitted are taken off before; that forecast and one without these seasons are weighted by
 * the inverse squares of their errors from the past (Bates and Granger 1969). Intervals are the models' own, corrected by
 * how far off forecasts from those origins were. Effects of `regressors` are estimated with ARIMA errors, taken off, and
 * put back. Mostly zeros are forecast as intermittent demand, constants as themselves, very short series naively, each
 * with a warning.
 *
 * `series` is a regular series or its values at equal steps, NaN for what is missing. Deterministic, except for a budget
 * and what `paths.random` gives. Throws a StatsError: `too_few` without any known value, `out_of_range` for options,
 * `length` for regressors that are too short. Cost: about 0.1 s for 100 monthly values, most of it ARIMA, and never more than
 * `effort`, besides what grows linearly with the series.
 */
export function forecast(
  series: RegularSeries | ArrayLike<number>,
  options: ForecastOptions,
): Forecast {
  const { horizon, levels = [0.8, 0.95] } = options
  checkOptions(options, levels)
  const regular = 'values' in series && 'step' in series ? series : null
  const given = regular === null ? (series as ArrayLike<number>) : regular.values
  const warnings: string[] = [...(regular?.warnings ?? [])]
  const effort = effortOf(options)
  const { values, from } = trimmed(given, warnings)
  const scale = scaleOf(values)
  const y = values.map((value) => value / scale)
  const causes = causesOf(y, from, options, levels, effort, warnings)
  const explained = causes === null ? y : y.map((value, t) => value - (causes.past[t] as number))
  const { complete, known, filled } = completed(explained, warnings)

  const plan = planFor(complete, options.periods, warnings)
  const judging = partOf(effort, JUDGING * (options.effort ?? EFFORT))
  const { told, past, naiveError } = tell(complete, plan, horizon, { effort, judging })
  if (!effort.spend(0)) warnings.push('The effort was spent before all models were tried.')

  const width = intervalWidth(complete.length, ratiosOf(past))
  const deviation = told.deviation.map((own, h) => Math.hypot(own, causes?.deviation[h] ?? 0))
  const mean = told.mean.map((value, h) => value + (causes?.future[h] ?? 0))
  const bounded = boundsOf(regular, options, scale)
  const valueAt = (h: number, z: number): number =>
    bounded((mean[h] as number) + Math.sign(z) * width(Math.abs(z)) * (deviation[h] as number))
  return {
    mean: mean.map(bounded),
    intervals: levels.map((level) => {
      const z = normalQuantile(0.5 + level / 2)
      return {
        level,
        low: mean.map((_, h) => valueAt(h, -z)),
        high: mean.map((_, h) => valueAt(h, z)),
      }
    }),
    paths: options.paths === undefined ? [] : drawPaths({ deviation, valueAt }, options.paths),
    model: {
      name: told.members.length === 1 ? (told.members[0] as string) : 'median',
      members: told.members,
      periods: plan.periods,
    },
    diagnostics: {
      known,
      filled,
      origins: past.length,
      relativeError: past.length > 0 && naiveError > 0 ? errorOf(past) / naiveError : null,
      effects: (causes?.effects ?? []).map((effect) => inUnits(effect, scale)),
      effort: effort.spent(),
    },
    warnings,
  }
}

function checkOptions(options: ForecastOptions, levels: readonly number[]): void {
  checkHorizon(options.horizon)
  for (const [i, level] of levels.entries()) checkLevel(level, `options.levels[${i}]`)
  for (const period of options.periods ?? []) checkPeriod(period)
  if (!((options.effort ?? 0) >= 0)) {
    throw new StatsError('out_of_range', 'options.effort', `${options.effort} is not 0 or more`)
  }
}

function effortOf({ effort = EFFORT, budget }: ForecastOptions): Effort {
  if (budget === undefined) return createEffort(effort)
  const end = budget.now() + budget.milliseconds
  return createEffort(effort, () => budget.now() >= end)
}

/** Without missing values at both ends; `from` is how many there were in front. */
function trimmed(
  given: ArrayLike<number>,
  warnings: string[],
): { readonly values: Float64Array; readonly from: number } {
  const all = Float64Array.from(given, (value) => (Number.isFinite(value) ? value : Number.NaN))
  let from = 0
  let end = all.length
  while (from < end && Number.isNaN(all[from])) from++
  while (end > from && Number.isNaN(all[end - 1])) end--
  if (from === end) throw new StatsError('too_few', 'series', 'no known value; give at least one')
  if (end < all.length) {
    warnings.push(
      `The last ${all.length - end} values are missing: the forecast begins before them.`,
    )
  }
  return { values: all.slice(from, end), from }
}

/** Greatest absolute value, so that nothing overflows; 1 where it is 0. */
function scaleOf(values: Float64Array): number {
  let most = 0
  for (const value of values) if (Math.abs(value) > most) most = Math.abs(value)
  return most > 1e-290 ? most : 1
}

function causesOf(
  y: Float64Array,
  from: number,
  { regressors, horizon, periods }: ForecastOptions,
  levels: readonly number[],
  effort: Effort,
  warnings: string[],
): Causes | null {
  if (regressors === undefined) return null
  const columns = Object.fromEntries(
    Object.entries(regressors).map(([name, values]) => [name, Array.from(values).slice(from)]),
  )
  const plan = planFor(filledForDecomposition(y), periods, [])
  const confidence = Math.max(0.5, ...levels)
  return estimateCauses(y, { columns, horizon, confidence, plan, effort }, warnings)
}

/** Lines across missing values. */
function completed(
  y: Float64Array,
  warnings: string[],
): { readonly complete: Float64Array; readonly known: number; readonly filled: number } {
  const known = y.filter((value) => !Number.isNaN(value)).length
  const filled = y.length - known
  if (filled > 0) warnings.push(`${filled} missing values were bridged by lines.`)
  return { complete: filledForDecomposition(y), known, filled }
}

interface Told {
  readonly told: Combined
  readonly past: readonly PastForecast[]
  readonly naiveError: number
}

/** Of two forecasts the one with less than this weight is not worth its work. */
const LEAST_WEIGHT = 0.05

/** The combination of the plan, mixed with that of the plan without seasons taken off as the past says. */
function tell(
  x: Float64Array,
  plan: Plan,
  horizon: number,
  { effort, judging }: { readonly effort: Effort; readonly judging: Effort },
): Told {
  const judged = (one: Plan) => {
    const { forecasts, naiveError, refused } = backtest(x, one, horizon, judging)
    const members = one.members.filter((member) => !refused.has(member.name))
    return { past: forecasts, naiveError, told: () => combine(x, one, members, horizon, effort) }
  }
  if (plan.members.length === 1) {
    return { told: combine(x, plan, plan.members, horizon, effort), past: [], naiveError: 0 }
  }
  const first = judged(plan)
  const only = (one: ReturnType<typeof judged>): Told => ({ ...one, told: one.told() })
  if (plan.removedPeriods.length === 0 || first.past.length === 0) return only(first)
  const second = judged(withoutRemoval(plan))
  const pairs = first.past.slice(0, second.past.length)
  if (pairs.length === 0) return only(first)
  const share = shareOf(errorOf(pairs), errorOf(second.past.slice(0, pairs.length)))
  if (share > 1 - LEAST_WEIGHT) return only(first)
  if (share < LEAST_WEIGHT) return only(second)
  return {
    told: mixed(first.told(), second.told(), share),
    past: pairs.map(({ truth, told }, i) => ({
      truth,
      told: mixed(told, second.past[i]?.told ?? told, share),
    })),
    naiveError: first.naiveError,
  }
}

/** Weight of the first of two forecasts by the inverse squares of their errors. */
function shareOf(first: number, second: number): number {
  const total = first * first + second * second
  return total > 0 ? (second * second) / total : 0.5
}

function boundsOf(
  regular: RegularSeries | null,
  options: ForecastOptions,
  scale: number,
): (value: number) => number {
  const amounts = regular?.type === 'count' || regular?.type === 'cost'
  const least = options.least ?? (amounts ? 0 : Number.NEGATIVE_INFINITY)
  const greatest = options.greatest ?? Number.POSITIVE_INFINITY
  return (value) => {
    const size = Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, value * scale))
    return Math.min(greatest, Math.max(least, size))
  }
}

function inUnits(effect: Effect, scale: number): Effect {
  const { value, standardError, interval } = effect
  return {
    ...effect,
    value: value * scale,
    standardError: standardError === null ? null : standardError * scale,
    interval: interval === null ? null : { low: interval.low * scale, high: interval.high * scale },
  }
}
