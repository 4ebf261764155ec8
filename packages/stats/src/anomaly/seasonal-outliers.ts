import { checkValues, checkWhole } from '../checks.ts'
import { stl } from '../decompose/stl.ts'
import { median } from '../robust/quantile.ts'
import { StatsError } from '../stats-error.ts'
import { findOutliers, type OutlierMethod, type Outliers } from './outliers.ts'

export interface SeasonalOutliersOptions {
  /** Values of a season, from 2 on. */
  readonly period: number
  /** How residuals are judged. Default `mad`. */
  readonly method?: OutlierMethod
  /** In the unit of the method. Default: that of `findOutliers`. */
  readonly threshold?: number
}

export interface RemainderOutliersOptions extends SeasonalOutliersOptions {
  /** Seasons that the season is smoothed over. Default 'periodic': all, for a season that follows values leaves too little of them. */
  readonly seasonalWindow?: number | 'periodic'
}

/** Fences and centre are those of the residuals. */
export interface SeasonalOutliers extends Outliers {
  readonly expected: Float64Array
  /** Value less what was expected; NaN where the value is missing. */
  readonly residuals: Float64Array
}

/**
 * Outliers from what is usual at their place in the season: the level is the median of the season around a value, the profile of a
 * place the median of its distances from it. Half of the values at a place may be outliers before it is mistaken. At both ends
 * the level is that of the first and the last whole season, so that a trend is off by half a season of it there. Missing values are NaN.
 * Two seasons or more, of which no place is missing throughout, else a StatsError. O(n · period) at most.
 */
export function profileOutliers(
  values: ArrayLike<number>,
  options: SeasonalOutliersOptions,
): SeasonalOutliers {
  const { period } = options
  checkSeasons(values, period)
  checkValues(
    Array.from(values).filter((value) => !Number.isNaN(value)),
    1,
    'values',
  )
  const level = runningMedian(values, period)
  const profile = Array.from({ length: period }, (_, phase) => {
    const distances: number[] = []
    for (let i = phase; i < values.length; i += period) {
      const distance = (values[i] as number) - (level[i] as number)
      if (!Number.isNaN(distance)) distances.push(distance)
    }
    if (distances.length === 0)
      throw new StatsError('too_few', 'values', `there is none at place ${phase} of the season`)
    return median(distances)
  })
  const warnings =
    values.length < 3 * period
      ? ['Of two values at a place of the season the outlier may be either.']
      : []
  return judged(
    values,
    level.map((one, i) => one + (profile[i % period] as number)),
    options,
    warnings,
  )
}

/**
 * Outliers among what robust STL leaves beside trend and season. The trend may change. At least two seasons of finite values,
 * else a StatsError. Cost is that of 16 passes of STL.
 */
export function remainderOutliers(
  values: ArrayLike<number>,
  options: RemainderOutliersOptions,
): SeasonalOutliers {
  const { period, seasonalWindow = 'periodic' } = options
  checkSeasons(values, period)
  const { trend, seasonal } = stl(values, { period, seasonalWindow, robust: true })
  return judged(
    values,
    trend.map((one, i) => one + (seasonal[i] as number)),
    options,
    [],
  )
}

function checkSeasons(values: ArrayLike<number>, period: number): void {
  checkWhole(period, 2, 'options.period')
  if (values.length < 2 * period)
    throw new StatsError(
      'too_few',
      'values',
      `${values.length}; two seasons of ${period} are needed`,
    )
}

function judged(
  values: ArrayLike<number>,
  expected: Float64Array,
  { method, threshold }: SeasonalOutliersOptions,
  warnings: readonly string[],
): SeasonalOutliers {
  const residuals = expected.map((one, i) => (values[i] as number) - one)
  const places: number[] = []
  for (const [i, residual] of residuals.entries()) if (!Number.isNaN(residual)) places.push(i)
  const found = findOutliers(
    places.map((i) => residuals[i] as number),
    method,
    threshold,
  )
  return {
    ...found,
    indices: found.indices.map((k) => places[k] as number),
    expected,
    residuals,
    warnings: [...warnings, ...found.warnings],
  }
}

/** Medians of the `span` values around each, the first and the last of them at the ends. Where all of them are missing, the one before. */
function runningMedian(values: ArrayLike<number>, span: number): Float64Array {
  const n = values.length
  const medians = new Float64Array(n)
  const sorted: number[] = []
  const placeOf = (value: number): number => {
    let [low, high] = [0, sorted.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sorted[middle] as number) < value) low = middle + 1
      else high = middle
    }
    return low
  }
  const enter = (value: number): void => {
    if (!Number.isNaN(value)) sorted.splice(placeOf(value), 0, value)
  }
  for (let i = 0; i < span; i++) enter(values[i] as number)
  const half = span >> 1
  let latest = Number.NaN
  for (let i = 0; i < n; i++) {
    const entering = i + span - half - 1
    if (i > half && entering < n) {
      const leaving = values[entering - span] as number
      if (!Number.isNaN(leaving)) sorted.splice(placeOf(leaving), 1)
      enter(values[entering] as number)
    }
    const size = sorted.length
    if (size > 0) latest = ((sorted[(size - 1) >> 1] as number) + (sorted[size >> 1] as number)) / 2
    medians[i] = latest
  }
  return medians
}
