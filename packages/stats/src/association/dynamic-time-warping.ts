import { checkSummable, checkWhole } from '../checks.ts'
import { StatsError } from '../stats-error.ts'

export interface WarpingOptions {
  /** Steps that matched points may be apart (Sakoe and Chiba 1978). Default: a tenth of the longer series, at least 1. */
  readonly band?: number
  /** Distance from which on the answer does not matter: infinity is told as soon as it is reached. Default none. */
  readonly beyond?: number
}

/**
 * Dynamic time warping: √ of the least Σ (x_i − y_j)² over matchings that begin and end with both series and go on by one point
 * in either or both. 0 for equal series, the same in both directions; no metric (the triangle may fail). The band is at least as
 * wide as the series differ in length. Compare shapes by standardising first. O(n · band) time, O(n) memory.
 *
 * Throws a StatsError: `too_few` for an empty series, `not_finite`, `out_of_range`.
 */
export function dynamicTimeWarping(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: WarpingOptions = {},
): number {
  checkSummable(x, 1, 'x')
  checkSummable(y, 1, 'y')
  const [n, m] = [x.length, y.length]
  const { band = Math.max(1, Math.ceil(Math.max(n, m) / 10)), beyond = Number.POSITIVE_INFINITY } =
    options
  checkWhole(band, 0, 'options.band')
  if (Number.isNaN(beyond)) throw new StatsError('not_finite', 'options.beyond', 'is NaN')
  const width = Math.max(band, Math.abs(n - m))
  const scale = scaleOf(x, y)
  const limit = (beyond / scale) ** 2
  let previous = new Float64Array(m + 1).fill(Number.POSITIVE_INFINITY)
  let current = new Float64Array(m + 1)
  previous[0] = 0
  for (let i = 1; i <= n; i++) {
    current.fill(Number.POSITIVE_INFINITY)
    let least = Number.POSITIVE_INFINITY
    const value = (x[i - 1] as number) / scale
    for (let j = Math.max(1, i - width); j <= Math.min(m, i + width); j++) {
      const before = Math.min(
        previous[j] as number,
        previous[j - 1] as number,
        current[j - 1] as number,
      )
      const sum = before + (value - (y[j - 1] as number) / scale) ** 2
      current[j] = sum
      if (sum < least) least = sum
    }
    if (least > limit) return Number.POSITIVE_INFINITY
    ;[previous, current] = [current, previous]
  }
  return Math.sqrt(previous[m] as number) * scale
}

/**
 * Lower bound of the distance of two series of one length within a band (Keogh and Ratanamahatana 2005): how far y leaves the
 * envelope of x. O(n), by monotonic queues; what is beyond the best so far needs no warping.
 */
export function warpingLowerBound(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  band: number,
): number {
  checkSummable(x, 1, 'x')
  checkSummable(y, 1, 'y')
  checkWhole(band, 0, 'band')
  if (x.length !== y.length)
    throw new StatsError('length', 'y', `${y.length} values for the ${x.length} of x`)
  const scale = scaleOf(x, y)
  const scaled = Float64Array.from(x, (value) => value / scale)
  const upper = slidingMost(scaled, band)
  const lower = slidingMost(
    scaled.map((value) => -value),
    band,
  )
  let sum = 0
  for (let t = 0; t < y.length; t++) {
    const value = (y[t] as number) / scale
    const out = Math.max(0, value - (upper[t] as number), -(lower[t] as number) - value)
    sum += out * out
  }
  return Math.sqrt(sum) * scale
}

/** Greatest value from t − band to t + band. */
function slidingMost(values: Float64Array, band: number): Float64Array {
  const n = values.length
  const out = new Float64Array(n)
  // Places whose values fall: the first is the greatest of the window.
  const queue = new Int32Array(n)
  let [head, tail, next] = [0, 0, 0]
  for (let t = 0; t < n; t++) {
    for (; next < n && next <= t + band; next++) {
      while (
        tail > head &&
        (values[queue[tail - 1] as number] as number) <= (values[next] as number)
      )
        tail--
      queue[tail++] = next
    }
    while ((queue[head] as number) < t - band) head++
    out[t] = values[queue[head] as number] as number
  }
  return out
}

/** Greatest absolute value, so that squares do not overflow. */
function scaleOf(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let most = 0
  for (let t = 0; t < x.length; t++) most = Math.max(most, Math.abs(x[t] as number))
  for (let t = 0; t < y.length; t++) most = Math.max(most, Math.abs(y[t] as number))
  return most > 0 ? most : 1
}
