import { noiseOf } from '../change/noise.ts'
import { meanCost } from '../change/segment-cost.ts'
import { checkWhole } from '../checks.ts'
import { filledForDecomposition } from '../forecast/differencing.ts'

export interface Onset {
  /** Index of the first value after the change. */
  readonly index: number
  /** Metrics that changed their level there, beyond what the choice of the place explains. */
  readonly metrics: number
}

/** What a metric saves at its best counts as so many times the threshold at most, so that one cannot outvote all others. */
const MOST_VOTES = 10

/**
 * The place where many metrics changed their level at once: for each possible place, what a cut there saves of every metric, in units
 * of its noise, less 2 ln n, is added up over the metrics where that is above 0. Null when no metric changed. Values may be NaN. At
 * least `edge` values (default 5) lie on either side. O(metrics · n).
 */
export function commonOnset(metrics: readonly ArrayLike<number>[], edge = 5): Onset | null {
  checkWhole(edge, 2, 'edge')
  const n = metrics.reduce((least, values) => Math.min(least, values.length), Number.MAX_VALUE)
  if (metrics.length === 0 || n < 2 * edge) return null
  const threshold = 2 * Math.log(n)
  const votes = new Float64Array(n)
  const counts = new Int32Array(n)
  const savings = new Float64Array(n)
  for (const values of metrics) {
    const clean = scaled(values, n)
    const { longRunDeviation } = noiseOf(clean)
    if (!(longRunDeviation > 0)) continue
    const cost = meanCost(clean, longRunDeviation)
    const whole = cost.between(0, n)
    let most = 0
    for (let at = edge; at <= n - edge; at++) {
      const saved = whole - cost.between(0, at) - cost.between(at, n) - threshold
      savings[at] = Math.max(0, saved)
      most = Math.max(most, saved)
    }
    const weight = Math.min(1, (MOST_VOTES * threshold) / most)
    for (let at = edge; at <= n - edge; at++) {
      const saved = savings[at] as number
      if (saved <= 0) continue
      votes[at] = (votes[at] as number) + weight * saved
      counts[at] = (counts[at] as number) + 1
    }
  }
  let best = 0
  for (let at = 1; at < n; at++) if ((votes[at] as number) > (votes[best] as number)) best = at
  return (votes[best] as number) > 0 ? { index: best, metrics: counts[best] as number } : null
}

function scaled(values: ArrayLike<number>, n: number): Float64Array {
  const given = Float64Array.from({ length: n }, (_, t) => {
    const value = values[t] as number
    return Number.isFinite(value) ? value : Number.NaN
  })
  const filled = filledForDecomposition(given)
  const most = filled.reduce((size, value) => Math.max(size, Math.abs(value)), 0)
  return most > 0 ? filled.map((value) => value / most) : filled
}
