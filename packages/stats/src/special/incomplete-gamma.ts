import { checkPositive, checkWithin } from '../checks.ts'
import { StatsError } from '../stats-error.ts'
import { deviance, logPoissonTerm } from './count-terms.ts'
import { erfcx } from './erf.ts'
import { digamma, logGamma1p, trigamma } from './log-gamma.ts'
import { normalQuantile } from './normal-quantile.ts'
import { solveLogTail } from './solve-tail.ts'

/** Above this parameter the uniform expansion of Temme takes over; below it, series and fraction need O(√a) terms. */
const UNIFORM_FROM = 1e8
const MOST_TERMS = 1_000_000

/** ln P(a, x): the regularised lower incomplete gamma function. See `gammaP`. */
export function logGammaP(a: number, x: number): number {
  checkArguments(a, x)
  if (x === 0) return Number.NEGATIVE_INFINITY
  if (x === Number.POSITIVE_INFINITY) return 0
  if (a > UNIFORM_FROM) return x < a ? logUniform(a, x) : log1mexp(logUniform(a, x))
  if (!isLower(a, x)) return log1mexp(logUpper(a, x))
  const log = logPoissonTerm(a, x) + Math.log(series(a, x))
  return a < 1 && log > -0.1 ? Math.log1p(-smallUpper(a, x)) : log
}

/** ln Q(a, x) = ln(1 − P(a, x)): the upper one. */
export function logGammaQ(a: number, x: number): number {
  checkArguments(a, x)
  if (x === 0) return 0
  if (x === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY
  if (a > UNIFORM_FROM) return x < a ? log1mexp(logUniform(a, x)) : logUniform(a, x)
  if (!isLower(a, x)) return logUpper(a, x)
  if (a < 1) return Math.log(smallUpper(a, x))
  return log1mexp(logPoissonTerm(a, x) + Math.log(series(a, x)))
}

/**
 * P(a, x) = ∫ tᵃ⁻¹ e⁻ᵗ dt / Γ(a) from 0 to x, for a > 0 and x ≥ 0 (+Infinity included): by its series below a + 1, by the
 * continued fraction of Q above (DLMF 8.11.4, 8.9.2). Relative error about 1e-14, also of small tails. O(√a) near x = a, constant above a = 1e8.
 */
export function gammaP(a: number, x: number): number {
  return Math.exp(logGammaP(a, x))
}

/** Q(a, x) = 1 − P(a, x), with its digits where it is small. */
export function gammaQ(a: number, x: number): number {
  return Math.exp(logGammaQ(a, x))
}

/** The x with P(a, x) = p. 0 at 0, +Infinity at 1. */
export function gammaPInverse(a: number, p: number): number {
  checkPositive(a, 'a')
  checkWithin(p, 0, 1, 'p')
  if (p === 0) return 0
  if (p === 1) return Number.POSITIVE_INFINITY
  return p <= 0.5
    ? gammaInverseOfLog(a, Math.log(p), true)
    : gammaInverseOfLog(a, Math.log1p(-p), false)
}

/** The x with Q(a, x) = q. +Infinity at 0, 0 at 1. */
export function gammaQInverse(a: number, q: number): number {
  checkPositive(a, 'a')
  checkWithin(q, 0, 1, 'q')
  if (q === 0) return Number.POSITIVE_INFINITY
  if (q === 1) return 0
  return q <= 0.5
    ? gammaInverseOfLog(a, Math.log(q), false)
    : gammaInverseOfLog(a, Math.log1p(-q), true)
}

/** The x whose lower or upper tail, at most ½ for speed, has the given logarithm; found as ln x. */
export function gammaInverseOfLog(a: number, logTail: number, lower: boolean): number {
  const z = normalQuantile(Math.exp(logTail))
  const middle = digamma(a) + (lower ? z : -z) * Math.sqrt(trigamma(a))
  // Below, where P is at most its first term; above, where the bound of Chernoff puts the tail.
  const start = lower
    ? Math.min(middle, (logTail + logGamma1p(a)) / a)
    : Math.min(middle, Math.log(a + Math.sqrt(-2 * a * logTail) - logTail))
  const u = solveLogTail(
    (at) => {
      const x = Math.exp(at)
      const log = lower ? logGammaP(a, x) : logGammaQ(a, x)
      // The density of ln x over the tail. Where x has no double any more, P is xᵃ / Γ(a + 1).
      if (x === 0) return [a * at - logGamma1p(a), a]
      const slope = a * Math.exp(logPoissonTerm(a, x) - log)
      return [log, lower ? slope : -slope]
    },
    logTail,
    Math.max(start, -1e6),
    lower,
  )
  return Math.exp(u)
}

function checkArguments(a: number, x: number): void {
  checkPositive(a, 'a')
  if (!(x >= 0)) throw new StatsError('out_of_range', 'x', `${x} is not a number from 0 on`)
}

function isLower(a: number, x: number): boolean {
  return x < Math.max(1.5, a + 1)
}

/** P over its first term. */
function series(a: number, x: number): number {
  let term = 1
  let sum = 1
  for (let n = 1; n < MOST_TERMS; n++) {
    term *= x / (a + n)
    sum += term
    if (term < sum * 2 ** -54) break
  }
  return sum
}

/** Q for a < 1 and x < 1.5, where it may be small beside 1 (Gautschi 1979). */
function smallUpper(a: number, x: number): number {
  const log = a * Math.log(x) - logGamma1p(a)
  let term = 1
  let sum = 0
  for (let n = 1; n < 100; n++) {
    term *= -x / n
    const next = sum + term / (a + n)
    if (next === sum) break
    sum = next
  }
  return -Math.expm1(log) - Math.exp(log) * a * sum
}

/** ln Q by its continued fraction, evaluated by the method of Lentz. */
function logUpper(a: number, x: number): number {
  let b = x + 1 - a
  let c = 1e300
  let d = 1 / b
  let fraction = d
  for (let n = 1; n < MOST_TERMS; n++) {
    const numerator = -n * (n - a)
    b += 2
    d = 1 / away(numerator * d + b)
    c = away(b + numerator / c)
    const change = c * d
    fraction *= change
    if (Math.abs(change - 1) < 2 ** -52) break
  }
  return logPoissonTerm(a, x) + Math.log(a * fraction)
}

/**
 * ln of the smaller tail for large a: the normal tail of √(2 · deviance) and the first term of Temme's expansion (DLMF 8.12.3),
 * whose next one is 1 / a beside it.
 */
function logUniform(a: number, x: number): number {
  const half = deviance(a, x)
  const z = Math.sqrt(2 * half)
  const eta = ((x < a ? -1 : 1) * z) / Math.sqrt(a)
  const first =
    Math.abs(eta) < 1e-3 ? -1 / 3 + eta / 12 - (2 / 135) * eta * eta : a / (x - a) - 1 / eta
  const side = x < a ? -1 : 1
  // Both parts over exp(−half), which may have no double.
  return Math.log(0.5 * erfcx(z / Math.SQRT2) + (side * first) / Math.sqrt(2 * Math.PI * a)) - half
}

function away(value: number): number {
  return Math.abs(value) < 1e-300 ? 1e-300 : value
}

/** ln(1 − eˣ) for x ≤ 0. */
export function log1mexp(x: number): number {
  return x > -Math.LN2 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x))
}
