import { minimiseLine } from '../optimise/minimise-line.ts'
import { checkHorizon, completeSeries, type Fit, residualDeviation } from './fit.ts'

/**
 * Forecasts of intermittent demand, mostly zeros: the mean per step, the same for all steps.
 *
 * - `sba`: Croston's ratio of smoothed size to smoothed interval, times 1 − α/2 (Syntetos and Boylan 2005).
 * - `tsb`: smoothed probability times smoothed size (Teunter, Syntetos and Babai 2011); falls while nothing comes, so it
 *   suits what may have ended.
 *
 * One α (of sizes, intervals and probabilities) in 0.05 … 0.3 has the least squared one-step errors. All zeros
 * give 0. Throws a
 * StatsError for an empty series or values that are not finite. Linear time.
 */
export function croston(y: ArrayLike<number>, variant: 'sba' | 'tsb' = 'sba'): Fit {
  const values = completeSeries(y, 1)
  const run = variant === 'sba' ? smoothIntervals : smoothProbability
  const { x: alpha } = minimiseLine(
    (candidate) => {
      const { fitted } = run(values, candidate)
      return residualDeviation(values, fitted, 0)
    },
    0.05,
    0.3,
    { grid: 5, tolerance: 1e-3 },
  )
  const { fitted, next } = run(values, alpha)
  const sigma = residualDeviation(values, fitted, 1)
  return {
    method: variant === 'sba' ? 'Croston-SBA' : 'TSB',
    parameters: { alpha },
    fitted,
    aicc: null,
    predict(horizon) {
      checkHorizon(horizon)
      return {
        mean: new Float64Array(horizon).fill(next),
        deviation: Float64Array.from({ length: horizon }, (_, h) =>
          Math.sqrt(sigma * sigma * (1 + h * alpha * alpha)),
        ),
      }
    },
  }
}

interface Smoothed {
  readonly fitted: Float64Array
  readonly next: number
}

function smoothIntervals(y: Float64Array, alpha: number): Smoothed {
  const fitted = new Float64Array(y.length)
  let size = 0
  let interval = 1
  let since = 0
  let seen = false
  const rate = (): number => (seen ? (1 - alpha / 2) * (size / interval) : 0)
  for (let t = 0; t < y.length; t++) {
    fitted[t] = seen ? rate() : Number.NaN
    const value = y[t] as number
    since++
    if (value === 0) continue
    size = seen ? size + alpha * (value - size) : value
    interval = seen ? interval + alpha * (since - interval) : since
    seen = true
    since = 0
  }
  return { fitted, next: rate() }
}

function smoothProbability(y: Float64Array, alpha: number): Smoothed {
  const fitted = new Float64Array(y.length)
  let size = 0
  let probability = 0
  let seen = false
  for (let t = 0; t < y.length; t++) {
    fitted[t] = seen ? probability * size : Number.NaN
    const value = y[t] as number
    if (value === 0) {
      probability *= 1 - alpha
      continue
    }
    size = seen ? size + alpha * (value - size) : value
    probability = seen ? probability + alpha * (1 - probability) : 1 / (t + 1)
    seen = true
  }
  return { fitted, next: seen ? probability * size : 0 }
}

/** Whether more than half of the values are zero and none is negative: what `croston` is for. */
export function isIntermittent(y: ArrayLike<number>): boolean {
  let zeros = 0
  for (let t = 0; t < y.length; t++) {
    const value = y[t] as number
    if (value < 0) return false
    if (value === 0) zeros++
  }
  return 2 * zeros > y.length
}
