import { type Decomposition, stl } from './stl.ts'

export interface MstlOptions {
  /** Points of each cycle; those that the series does not hold twice are left out. */
  readonly periods: readonly number[]
  /** Seasonal window of the i-th shortest period, from 1. Default 7 + 4 i. */
  readonly seasonalWindow?: (i: number) => number
  /** Default 2, or 1 with one period. */
  readonly iterations?: number
  readonly robust?: boolean
}

/** y = trend + all seasonals + remainder. */
export interface MultipleDecomposition {
  readonly trend: Float64Array
  /** By ascending period. */
  readonly seasonals: readonly { readonly period: number; readonly values: Float64Array }[]
  readonly remainder: Float64Array
}

/**
 * Decomposition with several seasons (Bandara, Hyndman and Bergmeir 2021): STL for one period after the other, each on
 * what the others leave, twice around. Null when the series holds no period twice. Values are finite, else a
 * `StatsError` `not_finite`. Cost: that of STL for each period and iteration.
 */
export function mstl(y: ArrayLike<number>, options: MstlOptions): MultipleDecomposition | null {
  const periods = [...new Set(options.periods)]
    .filter((period) => 2 * period <= y.length)
    .sort((a, b) => a - b)
  if (periods.length === 0) return null
  const windowOf = options.seasonalWindow ?? ((i: number) => 7 + 4 * i)
  const iterations = periods.length === 1 ? 1 : (options.iterations ?? 2)
  const rest = Float64Array.from(y)
  const seasonals = periods.map((period) => ({ period, values: new Float64Array(y.length) }))
  let last: Decomposition | null = null
  for (let pass = 0; pass < iterations; pass++) {
    for (const [i, seasonal] of seasonals.entries()) {
      for (let t = 0; t < rest.length; t++) {
        rest[t] = (rest[t] as number) + (seasonal.values[t] as number)
      }
      last = stl(rest, {
        period: seasonal.period,
        seasonalWindow: windowOf(i + 1),
        robust: options.robust ?? false,
      })
      seasonal.values.set(last.seasonal)
      for (let t = 0; t < rest.length; t++) {
        rest[t] = (rest[t] as number) - (seasonal.values[t] as number)
      }
    }
  }
  const trend = last?.trend ?? rest
  return {
    trend,
    seasonals,
    remainder: rest.map((value, t) => value - (trend[t] as number)),
  }
}
