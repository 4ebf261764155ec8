import { checkSummable } from '../checks.ts'
import { fitLine } from '../regression.ts'
import { fft } from './fft.ts'

export interface PeriodogramOptions {
  /** Taken away before: nothing, the mean, or the line of least squares. Default linear. */
  readonly detrend?: 'none' | 'mean' | 'linear'
  /** Weights that fade to 0 at both ends, against leakage from strong periods to others. Default none. */
  readonly taper?: 'none' | 'hann'
}

export interface Periodogram {
  /** Cycles per step, from 1/n up to ½. */
  readonly frequencies: Float64Array
  /** Part of the sum of squares that each frequency has; without taper, and with the mean taken away, they sum to it. */
  readonly power: Float64Array
}

/** Periodogram of at least four finite values at equal steps. O(n log n), any n. */
export function periodogram(
  values: ArrayLike<number>,
  options: PeriodogramOptions = {},
): Periodogram {
  const { detrend = 'linear', taper = 'none' } = options
  checkSummable(values, 4, 'values')
  const n = values.length
  const flat = detrended(values, detrend)
  if (taper === 'hann') {
    let squares = 0
    const weights = flat.map((_, t) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (t + 0.5)) / n))
    for (const weight of weights) squares += weight * weight
    // Scaled so that white noise keeps its power.
    for (let t = 0; t < n; t++)
      flat[t] = (flat[t] ?? 0) * (weights[t] ?? 0) * Math.sqrt(n / squares)
  }
  const { re, im } = fft(flat)
  const half = Math.floor(n / 2)
  const frequencies = new Float64Array(half)
  const power = new Float64Array(half)
  for (let k = 1; k <= half; k++) {
    frequencies[k - 1] = k / n
    // Each frequency stands for its mirror too, but the highest of an even number is its own.
    const sides = 2 * k === n ? 1 : 2
    power[k - 1] = (sides * ((re[k] ?? 0) ** 2 + (im[k] ?? 0) ** 2)) / n
  }
  return { frequencies, power }
}

function detrended(values: ArrayLike<number>, detrend: 'none' | 'mean' | 'linear'): Float64Array {
  const own = Float64Array.from(values)
  if (detrend === 'none') return own
  if (detrend === 'mean') {
    const mean = own.reduce((sum, x) => sum + x, 0) / own.length
    return own.map((x) => x - mean)
  }
  const line = fitLine(
    own.map((_, t) => t),
    own,
  )
  return own.map((x, t) => x - (line?.intercept ?? 0) - (line?.slope ?? 0) * t)
}
