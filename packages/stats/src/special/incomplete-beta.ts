import { checkPositive, checkWithin } from '../checks.ts'
import { StatsError } from '../stats-error.ts'
import { logBinomialTerm } from './count-terms.ts'
import { log1mexp } from './incomplete-gamma.ts'
import { digamma, logBeta, trigamma } from './log-gamma.ts'
import { normalQuantile } from './normal-quantile.ts'
import { solveLogTail } from './solve-tail.ts'

/** Greatest parameter: beyond it the fraction takes longer than anyone waits. */
const GREATEST = 1e10

/**
 * Regularised incomplete beta function I_x(a, b) for 0 < a, b ≤ 1e10 and 0 ≤ x ≤ 1, by its continued fraction
 * (DLMF 8.17.22). Relative error about 1e-14, also of small values; O(√max(a, b)).
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  return Math.exp(logIncompleteBeta(x, 1 - x, a, b))
}

/**
 * ln I_x(a, b). `y` is 1 − x, given apart, so that an x next to 1 has its digits; the upper tail is
 * `logIncompleteBeta(y, x, b, a)`.
 */
export function logIncompleteBeta(x: number, y: number, a: number, b: number): number {
  checkPositive(a, 'a')
  checkPositive(b, 'b')
  checkWithin(x, 0, 1, 'x')
  if (Math.max(a, b) > GREATEST)
    throw new StatsError(
      'out_of_range',
      a > b ? 'a' : 'b',
      `${Math.max(a, b)} is above ${GREATEST}`,
    )
  if (x === 0) return Number.NEGATIVE_INFINITY
  if (y === 0) return 0
  // The fraction converges fast below the middle; above it, that of the other tail does.
  if (x < (a + 1) / (a + b + 2)) return byFraction(x, y, a, b)
  const other = byFraction(y, x, b, a)
  // Next to 1 the other tail says nothing of this one: better slow than without digits.
  return other > -1e-3 ? byFraction(x, y, a, b) : log1mexp(other)
}

function byFraction(x: number, y: number, a: number, b: number): number {
  // xᵃ yᵇ / (a B(a, b)).
  const front = logBinomialTerm(a, b, x, y) + Math.log(b) - Math.log(a + b)
  let c = 1
  // 1 − (a + b) x / (a + 1), by y where x is next to 1.
  const first = x < 0.5 ? a + 1 - (a + b) * x : 1 - b + (a + b) * y
  let d = 1 / away(first / (a + 1))
  let fraction = d
  for (let m = 1; m <= 1_000_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / away(1 + even * d)
    c = away(1 + even / c)
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / away(1 + odd * d)
    c = away(1 + odd / c)
    const change = d * c
    fraction *= change
    if (Math.abs(change - 1) < 2 ** -52) break
  }
  return front + Math.log(fraction)
}

/** Keeps a denominator away from zero. */
function away(value: number): number {
  return Math.abs(value) < 1e-300 ? 1e-300 : value
}

/** The x with I_x(a, b) = p. */
export function incompleteBetaInverse(p: number, a: number, b: number): number {
  checkWithin(p, 0, 1, 'p')
  checkPositive(a, 'a')
  checkPositive(b, 'b')
  if (p === 0 || p === 1) return p
  const logit =
    p <= 0.5 ? betaLogitQuantile(Math.log(p), a, b) : -betaLogitQuantile(Math.log1p(-p), b, a)
  return 1 / (1 + Math.exp(-logit))
}

/**
 * ln(x / (1 − x)) at which ln I_x(a, b) = `logTail`, which is at most ln ½ for speed. As a logit, so that a quantile next to
 * 1, and the quantiles of t and F made of it, keep their digits.
 */
export function betaLogitQuantile(logTail: number, a: number, b: number): number {
  const z = normalQuantile(Math.exp(logTail))
  const middle = digamma(a) - digamma(b) + z * Math.sqrt(trigamma(a) + trigamma(b))
  const start = Math.min(middle, (logTail + Math.log(a) + logBeta(a, b)) / a)
  return solveLogTail(
    (u) => {
      const x = 1 / (1 + Math.exp(-u))
      const y = 1 / (1 + Math.exp(u))
      // Where x has no double any more, I is xᵃ / (a B(a, b)).
      if (x === 0) return [a * u - Math.log(a) - logBeta(a, b), a]
      const log = logIncompleteBeta(x, y, a, b)
      if (y === 0) return [log, 0]
      // The density of the logit, xᵃ yᵇ / B(a, b), over the tail.
      const term = logBinomialTerm(a, b, x, y) + Math.log(a) + Math.log(b) - Math.log(a + b)
      return [log, Math.exp(term - log)]
    },
    logTail,
    Math.max(start, -1e6),
    true,
  )
}
