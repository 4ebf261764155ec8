import { isConstant } from '../series/regularise.ts'
import { difference, differencesOf } from './arima.ts'
import { croston, isIntermittent } from './croston.ts'
import type { Effort } from './effort.ts'
import { ets } from './ets.ts'
import type { Fit } from './fit.ts'
import { naive } from './naive.ts'
import { detectSeasons, isSeasonal } from './seasonality.ts'
import { dynamicTheta, theta } from './theta.ts'

/** A method of the combination. */
export interface Member {
  readonly name: string
  fit(this: void, y: Float64Array, period: number, effort: Effort): Fit
}

/** Which methods forecast a series, and what becomes of its seasons. */
export interface Plan {
  /** Those that are judged from the past. */
  readonly members: readonly Member[]
  /** Whether ARIMA, which costs too much to be judged, joins them in the end. */
  readonly withArima: boolean
  /** Points of the cycles that are taken into account. */
  readonly periods: readonly number[]
  /** Fitted by the methods themselves; 1 is none. */
  readonly fittedPeriod: number
  /** Taken off before and put back. */
  readonly removedPeriods: readonly number[]
}

/** Longer cycles are taken off by decomposition, and what is left is forecast without a season. */
const LONGEST_FITTED_PERIOD = 24

const MEMBERS: readonly Member[] = [
  { name: 'Theta', fit: theta },
  { name: 'DOTM', fit: dynamicTheta },
  { name: 'ETS', fit: (y, period, effort) => ets(y, { period, effort }) },
]

/** A plan for a complete series; what the reader should know of it is added to `warnings`. */
export function planFor(
  x: Float64Array,
  wanted: readonly number[] | undefined,
  warnings: string[],
): Plan {
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
  const found =
    wanted ??
    detectSeasons(x)
      .map((season) => season.period)
      .slice(0, 2)
  const periods = [...new Set(found)]
    .filter((period) => period > 1 && x.length > 2 * period)
    .sort((a, b) => a - b)
  // A trend alone would pass the test at any period.
  const changes = difference(x, differencesOf(1, 0, 1))
  const long = periods.filter((period) => period > LONGEST_FITTED_PERIOD || periods.length > 1)
  const removedPeriods = long.filter((period) => isSeasonal(changes, period))
  const fittedPeriod = removedPeriods.length > 0 ? 1 : (periods[0] ?? 1)
  if (x.length < 10) warnings.push(`${x.length} values tell little: intervals are guesses.`)
  return {
    members: MEMBERS,
    withArima: true,
    periods: fittedPeriod > 1 ? [fittedPeriod] : removedPeriods,
    fittedPeriod: fittedPeriod > LONGEST_FITTED_PERIOD ? 1 : fittedPeriod,
    removedPeriods,
  }
}

function alone(member: Member): Plan {
  return { members: [member], withArima: false, periods: [], fittedPeriod: 1, removedPeriods: [] }
}

/** The same without seasons that are taken off. */
export function withoutRemoval(plan: Plan): Plan {
  return { ...plan, periods: [], removedPeriods: [] }
}
