import { type Combined, combine } from './combination.ts'
import type { Effort } from './effort.ts'
import { naive } from './naive.ts'
import type { Plan } from './plan.ts'

/** A forecast from the past, and what came. */
export interface PastForecast {
  readonly truth: Float64Array
  readonly told: Combined
}

export interface Backtest {
  /** The latest origin first. */
  readonly forecasts: readonly PastForecast[]
  /** Sum of absolute errors of the (seasonal) naive forecast from the same origins. */
  readonly naiveError: number
  /** Names of members that did much worse than the best. */
  readonly refused: ReadonlySet<string>
}

/** Origins in the past to forecast from. */
const ORIGINS = 3
/** A member is left out when its error from the past is this many times the least. */
const WORST_MEMBER = 1.3

/**
 * Forecasts from up to three origins in the past, each with all members but ARIMA, which would cost too much. None where
 * what came before would be too short to fit a season, or the effort is spent.
 */
export function backtest(x: Float64Array, plan: Plan, horizon: number, effort: Effort): Backtest {
  const longest = Math.max(1, ...plan.periods)
  const shortest = Math.max(10, 3 * longest)
  const reach = Math.min(horizon, Math.floor(x.length / 4))
  const stride = Math.max(1, Math.ceil(reach / 2))
  const forecasts: PastForecast[] = []
  let naiveError = 0
  for (let i = 0; i < ORIGINS; i++) {
    const origin = x.length - reach - i * stride
    if (reach < 1 || origin < shortest || !effort.spend(0)) break
    const before = x.subarray(0, origin)
    const told = combine(before, plan, plan.members, reach, effort, false)
    // Where the effort ended on the way, members of this origin are not those of the others.
    if (told.means.size < plan.members.length && !effort.spend(0)) break
    const truth = x.slice(origin, origin + reach)
    forecasts.push({ truth, told })
    const yardstick = naive(before, 'seasonal', plan.periods[0] ?? 1).predict(reach).mean
    naiveError += absoluteError(truth, yardstick)
  }
  return { forecasts, naiveError, refused: refusedOf(forecasts) }
}

function refusedOf(forecasts: readonly PastForecast[]): ReadonlySet<string> {
  if (forecasts.length < 2) return new Set()
  const errors = new Map<string, number>()
  for (const { truth, told } of forecasts) {
    for (const [name, mean] of told.means) {
      errors.set(name, (errors.get(name) ?? 0) + absoluteError(truth, mean))
    }
  }
  const least = Math.min(...errors.values())
  return new Set(
    [...errors].filter(([, error]) => error > WORST_MEMBER * least).map(([name]) => name),
  )
}

/** Sum of the absolute errors over all origins. */
export function errorOf(forecasts: readonly PastForecast[]): number {
  return forecasts.reduce((sum, { truth, told }) => sum + absoluteError(truth, told.mean), 0)
}

/** Absolute errors over the deviations that were expected. */
export function ratiosOf(forecasts: readonly PastForecast[]): number[] {
  const ratios: number[] = []
  for (const { truth, told } of forecasts) {
    for (const [h, deviation] of told.deviation.entries()) {
      const error = Math.abs((truth[h] as number) - (told.mean[h] as number))
      if (deviation > 0) ratios.push(error / deviation)
    }
  }
  return ratios
}

function absoluteError(truth: Float64Array, told: Float64Array): number {
  let sum = 0
  for (let h = 0; h < truth.length; h++) sum += Math.abs((truth[h] as number) - (told[h] as number))
  return sum
}
