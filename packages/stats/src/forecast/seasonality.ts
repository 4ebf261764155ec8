import { mstl } from '../decompose/mstl.ts'
import { seasonalStrength } from '../decompose/stl.ts'
import { autocorrelations } from '../series/autocorrelation.ts'
import { isConstant } from '../series/regularise.ts'
import { completeSeries } from './fit.ts'

/** Quantile 95 % of the normal distribution. */
const Z_95 = 1.644_853_626_951_472

/**
 * The test of the M4 competition: whether the autocorrelation at the period exceeds what chance allows at 90 %,
 * |r_m| > 1.645 · √((1 + 2 Σ_{i<m} r_i²) / n). False with no more than two cycles, or when nothing varies.
 */
export function isSeasonal(y: ArrayLike<number>, period: number): boolean {
  const n = y.length
  if (period < 2 || n <= 2 * period || isConstant(y)) return false
  const r = autocorrelations(y, period)
  let squares = 0
  for (let lag = 1; lag < period; lag++) squares += (r[lag] as number) ** 2
  return Math.abs(r[period] as number) > Z_95 * Math.sqrt((1 + 2 * squares) / n)
}

export interface Season {
  /** Points of a cycle. */
  readonly period: number
  /** 0 to 1: how much of what is not trend it explains. */
  readonly strength: number
}

export interface SeasonalityOptions {
  /** Periods to try in any case, such as those of the calendar. Default: those found in the series alone. */
  readonly candidates?: readonly number[]
  /** Least strength. Default 0.3. */
  readonly leastStrength?: number
  /** Least number of cycles in the series. Default 3. */
  readonly leastCycles?: number
}

/** More points than these do not make a season clearer; the latest are looked at. */
const MAX_POINTS = 4_000

/**
 * Seasons of a series, the strongest first; none are a multiple or a divisor of a stronger one unless they add to it.
 * Candidates are those given and the hills of the autocorrelation of the series without its line (Vlachos, Yu and
 * Castelli 2005); kept are those with enough cycles, that pass the M4 test and are strong enough (Wang, Smith
 * and Hyndman 2006). Values are finite, else a StatsError. O(n²) up to 4,000 points.
 */
export function detectSeasons(
  y: ArrayLike<number>,
  options: SeasonalityOptions = {},
): readonly Season[] {
  const { candidates = [], leastStrength = 0.3, leastCycles = 3 } = options
  const all = completeSeries(y, 0)
  const values = withoutLine(all.subarray(Math.max(0, all.length - MAX_POINTS)))
  const longest = Math.floor(values.length / leastCycles)
  if (longest < 2 || isConstant(values)) return []
  const tried = new Set(
    [...candidates.map(Math.round), ...hillsOf(autocorrelations(values, longest))].filter(
      (period) => period >= 2 && period <= longest,
    ),
  )
  const passing = [...tried].filter((period) => isSeasonal(values, period)).sort((a, b) => a - b)
  const found: Season[] = []
  let rest: Float64Array = values
  for (const period of passing) {
    // A longer season has to explain what shorter ones leave: twice a period is no season of its own.
    if (!isSeasonal(rest, period)) continue
    const fit = mstl(rest, { periods: [period] })
    const season = fit?.seasonals[0]?.values
    if (fit === null || season === undefined) continue
    const strength = seasonalStrength(season, fit.remainder)
    if (strength < leastStrength) continue
    found.push({ period, strength })
    rest = rest.map((value, t) => value - (season[t] as number))
  }
  return found.sort((a, b) => b.strength - a.strength)
}

/** Lags of the highest hills of an autocorrelation: local maxima above zero behind its first descent, at most five. */
function hillsOf(r: Float64Array): number[] {
  const hills: number[] = []
  for (let lag = 2; lag < r.length - 1; lag++) {
    const here = r[lag] as number
    if (here > 0.1 && here > (r[lag - 1] as number) && here >= (r[lag + 1] as number))
      hills.push(lag)
  }
  return hills.sort((a, b) => (r[b] as number) - (r[a] as number)).slice(0, 5)
}

/** y without its line of least squares. */
function withoutLine(y: Float64Array): Float64Array {
  const n = y.length
  const slope = slopeOf(y)
  const mean = y.reduce((sum, value) => sum + value / n, 0)
  return y.map((value, t) => value - mean - slope * (t - (n - 1) / 2))
}

/** Slope of the line of least squares on 0, 1, …; 0 for fewer than two values. */
export function slopeOf(y: ArrayLike<number>): number {
  const n = y.length
  if (n < 2) return 0
  const middle = (n - 1) / 2
  let product = 0
  for (let t = 0; t < n; t++) product += (t - middle) * (y[t] as number)
  return product / ((n * (n * n - 1)) / 12)
}
