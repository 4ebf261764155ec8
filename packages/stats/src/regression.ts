import { checkBetween, checkSameLength, checkValues } from './checks.ts'
import { studentTQuantile } from './distributions/student-t.ts'

/** A line y = intercept + slope · x fitted by least squares, and how far it can be trusted. */
export interface LineFit {
  /** Number of points. */
  readonly n: number
  readonly slope: number
  readonly intercept: number
  /** Standard error of the slope; null with fewer than three points. */
  readonly slopeError: number | null
  /** Standard error of the intercept; null with fewer than three points. */
  readonly interceptError: number | null
  /** Standard deviation of the residuals, n − 2 degrees of freedom; null with fewer than three points. */
  readonly residualDeviation: number | null
  /** Share of the variance of y that the line explains; null when y does not vary. */
  readonly rSquared: number | null
}

/**
 * Fits a line through the points (xs[i], ys[i]); `lineOf` has that of pairs that came one by one. A StatsError for
 * arrays of different lengths and for what is not finite. Null when a line is not determined: fewer than two points, or all x equal. Sums are
 * taken around the means, so that large x (epoch times) cost no digits. Linear time, three passes.
 */
export function fitLine(xs: ArrayLike<number>, ys: ArrayLike<number>): LineFit | null {
  const n = xs.length
  checkSameLength(xs, ys, 'xs', 'ys')
  checkValues(xs, 0, 'xs')
  checkValues(ys, 0, 'ys')
  if (n < 2) return null
  const meanX = meanOf(xs)
  const meanY = meanOf(ys)
  let sxx = 0
  let sxy = 0
  let syy = 0
  for (let i = 0; i < n; i++) {
    const dx = (xs[i] ?? 0) - meanX
    const dy = (ys[i] ?? 0) - meanY
    sxx += dx * dx
    sxy += dx * dy
    syy += dy * dy
  }
  if (!(sxx > 0)) return null
  const slope = sxy / sxx
  const intercept = meanY - slope * meanX
  // From the residuals themselves: syy − slope · sxy cancels when the fit is good.
  let squares = 0
  for (let i = 0; i < n; i++) {
    const residual = (ys[i] ?? 0) - meanY - slope * ((xs[i] ?? 0) - meanX)
    squares += residual * residual
  }
  const variance = n > 2 ? squares / (n - 2) : null
  return {
    n,
    slope,
    intercept,
    slopeError: variance === null ? null : Math.sqrt(variance / sxx),
    interceptError:
      variance === null ? null : Math.sqrt(variance * (1 / n + (meanX * meanX) / sxx)),
    residualDeviation: variance === null ? null : Math.sqrt(variance),
    rSquared: syy > 0 ? Math.max(0, 1 - squares / syy) : null,
  }
}

/** Mean in two passes: the second takes back what the first lost by rounding. */
function meanOf(values: ArrayLike<number>): number {
  const n = values.length
  let sum = 0
  for (let i = 0; i < n; i++) sum += values[i] ?? 0
  const mean = sum / n
  let rest = 0
  for (let i = 0; i < n; i++) rest += (values[i] ?? 0) - mean
  return mean + rest / n
}

export interface Interval {
  readonly low: number
  readonly high: number
}

/**
 * Range that holds the true slope with the given confidence (0.95 = 95 %), if residuals are
 * independent and normal with equal spread (Student's t, n − 2 degrees of freedom). Null with fewer
 * than three points. Throws a StatsError when the confidence is not between 0 and 1.
 */
export function slopeInterval(fit: LineFit, confidence: number): Interval | null {
  checkBetween(confidence, 0, 1, 'confidence')
  if (fit.slopeError === null) return null
  const half = studentTQuantile(0.5 + confidence / 2, fit.n - 2) * fit.slopeError
  return { low: fit.slope - half, high: fit.slope + half }
}
