import { mstl } from '../decompose/mstl.ts'
import { quantileOf } from '../series/order.ts'
import { autoArima } from './auto-arima.ts'
import type { Effort } from './effort.ts'
import type { Fit } from './fit.ts'
import { naive } from './naive.ts'
import type { Member, Plan } from './plan.ts'

export interface Combined {
  readonly mean: Float64Array
  readonly deviation: Float64Array
  /** Methods, as they call themselves. */
  readonly members: readonly string[]
  /** Point forecasts by name of the member. */
  readonly means: ReadonlyMap<string, Float64Array>
}

/** Latest points that methods are fitted to, and five cycles of the longest season if these are more. */
const LATEST = 400
/** Above this many points ARIMA would take longer than everything else. */
const LONGEST_ARIMA = 1_500

/** The median of the members' forecasts, step by step, and of their deviations. The first member is fitted in any case. */
export function combine(
  x: Float64Array,
  plan: Plan,
  members: readonly Member[],
  horizon: number,
  effort: Effort,
  withArima: boolean = plan.withArima,
): Combined {
  const { adjusted, seasons } = withoutSeasons(x, plan.removedPeriods, horizon)
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
  const left = (): boolean => means.size === 0 || effort.spend(0)
  for (const member of members) {
    if (!left()) break
    add(member.name, member.fit(adjusted, plan.fittedPeriod, effort))
  }
  if (withArima && adjusted.length >= 5 && adjusted.length <= LONGEST_ARIMA && left()) {
    add('ARIMA', autoArima(adjusted, { period: plan.fittedPeriod, effort }))
  }
  if (means.size === 0) add('naive', naive(adjusted))
  return {
    mean: medianByStep([...means.values()], horizon),
    deviation: medianByStep(deviations, horizon),
    members: names,
    means,
  }
}

/** Two combinations in the given share of the first. */
export function mixed(first: Combined, second: Combined, share: number): Combined {
  const mix = (a: Float64Array, b: Float64Array): Float64Array =>
    a.map((value, h) => share * value + (1 - share) * (b[h] as number))
  return {
    mean: mix(first.mean, second.mean),
    deviation: mix(first.deviation, second.deviation),
    members: [...new Set([...first.members, ...second.members])],
    means: first.means,
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

/**
 * The latest values without the seasons that are taken off, and what these add to the coming steps. The decomposition
 * is robust: of a long season there are few cycles, and one odd value in them would come back every time.
 */
export function withoutSeasons(
  x: Float64Array,
  periods: readonly number[],
  horizon: number,
): { adjusted: Float64Array; seasons: Float64Array } {
  const longest = Math.max(1, ...periods)
  const latest = x.subarray(Math.max(0, x.length - Math.max(LATEST, 5 * longest)))
  const seasons = new Float64Array(horizon)
  const fit = mstl(latest, { periods, robust: true })
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
