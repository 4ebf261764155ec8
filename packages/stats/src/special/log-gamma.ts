import { checkPositive } from '../checks.ts'
import { StatsError } from '../stats-error.ts'

/** 1 − γ, with Euler's constant. */
const ONE_LESS_EULER = 0.42278433509846713

/** ζ(k) − 1 for k = 2, 3, …: the coefficients of ln Γ at 2 (DLMF 5.7.3). */
const ZETA_LESS_ONE = [
  0.6449340668482264, 0.2020569031595943, 0.08232323371113819, 0.03692775514336993,
  0.01734306198444914, 0.008349277381922827, 0.00407735619794434, 0.0020083928260822143,
  0.0009945751278180853, 0.0004941886041194645, 0.0002460865533080483, 0.00012271334757848915,
  0.00006124813505870483, 0.00003058823630702049, 0.00001528225940865187, 0.000007637197637899763,
  0.00000381729326499984, 0.000001908212716553939, 9.539620338727962e-7, 4.769329867878064e-7,
  2.38450502727733e-7, 1.1921992596531106e-7, 5.960818905125948e-8, 2.980350351465228e-8,
  1.4901554828365043e-8, 7.45071178983543e-9, 3.725334024788457e-9, 1.862659723513049e-9,
] as const

/** B(2n) / (2n (2n − 1)) for n = 1, 2, …: Stirling's series (DLMF 5.11.1). */
const STIRLING = [
  1 / 12,
  -1 / 360,
  1 / 1260,
  -1 / 1680,
  1 / 1188,
  -691 / 360_360,
  1 / 156,
  -3617 / 122_400,
  0.17964437236883057,
  -1.3924322169059011,
] as const

const HALF_LOG_2PI = 0.9189385332046728

/** Where Stirling's series is good to the last bit. */
const LARGE = 10

/**
 * Natural logarithm of Γ(x), relative error about 1e-15 also next to its zeros at 1 and 2. +Infinity at 0; a StatsError
 * below and for NaN. Constant time.
 */
export function logGamma(x: number): number {
  if (!(x >= 0))
    throw new StatsError('out_of_range', 'x', `ln Γ is not defined for ${x}; it needs x ≥ 0`)
  if (x < 0.5) return logGammaAt2(x, true) - Math.log(x)
  if (x < 1.5) return logGammaAt2(x - 1, true)
  if (x <= 2.5) return logGammaAt2(x - 2, false)
  if (x < LARGE) {
    let product = 1
    let rest = x
    while (rest > 2.5) {
      rest -= 1
      product *= rest
    }
    return Math.log(product) + logGammaAt2(rest - 2, false)
  }
  if (x === Number.POSITIVE_INFINITY) return x
  return (x - 0.5) * Math.log(x) - x + HALF_LOG_2PI + stirlingSeries(x)
}

/** ln Γ(2 + d), or of 1 + d, for |d| ≤ ½. */
function logGammaAt2(d: number, below: boolean): number {
  let sum = 0
  for (let i = ZETA_LESS_ONE.length - 1; i >= 0; i--)
    sum = -d * (sum + (ZETA_LESS_ONE[i] ?? 0) / (i + 2))
  const at2 = d * (ONE_LESS_EULER - sum)
  return below ? at2 - Math.log1p(d) : at2
}

/** ln Γ(1 + d) for d > −1, with its digits where d is small. */
export function logGamma1p(d: number): number {
  return Math.abs(d) < 0.5 ? logGammaAt2(d, true) : logGamma(1 + d)
}

function stirlingSeries(x: number): number {
  const square = 1 / (x * x)
  let sum = 0
  for (let i = STIRLING.length - 1; i >= 0; i--) sum = sum * square + (STIRLING[i] ?? 0)
  return sum / x
}

/**
 * What Stirling's formula leaves of ln Γ(x + 1): ln Γ(x + 1) − (x + ½) ln x + x − ½ ln 2π, for x > 0. Densities of
 * counts are built from it without losing digits to large logarithms (Loader 2000).
 */
export function stirlingError(x: number): number {
  if (x >= LARGE) return stirlingSeries(x)
  return logGamma1p(x) - (x + 0.5) * Math.log(x) + x - HALF_LOG_2PI
}

/** Γ(x) for x > 0, by its logarithm above 20 (relative error about 1e-15 · x there); +Infinity from 171.7 on. */
export function gamma(x: number): number {
  if (x > 20) return Math.exp(logGamma(x))
  if (Number.isInteger(x) && x > 0) {
    let product = 1
    for (let k = 2; k < x; k++) product *= k
    return product
  }
  let product = 1
  let rest = x
  while (rest > 2.5) {
    rest -= 1
    product *= rest
  }
  return product * Math.exp(logGamma(rest))
}

/** Natural logarithm of B(a, b) = Γ(a) Γ(b) / Γ(a + b), for a, b > 0, without cancellation where both are large. */
export function logBeta(a: number, b: number): number {
  checkPositive(a, 'a')
  checkPositive(b, 'b')
  const [small, large] = a < b ? [a, b] : [b, a]
  if (large < LARGE) return logGamma(small) + logGamma(large) - logGamma(small + large)
  // ln Γ(large) − ln Γ(small + large) by Stirling, the logarithms taken together.
  const sum = small + large
  const ratio =
    (large - 0.5) * Math.log1p(-small / sum) -
    small * (Math.log(sum) - 1) +
    stirlingSeries(large) -
    stirlingSeries(sum)
  return logGamma(small) + ratio
}

/** Natural logarithm of the number of ways to choose k of n, 0 ≤ k ≤ n. */
export function logChoose(n: number, k: number): number {
  return -Math.log1p(n) - logBeta(k + 1, n - k + 1)
}

/** ψ(x) = d/dx ln Γ(x) for x > 0: recurrence up to 10, then its series (DLMF 5.11.2). Absolute error about 1e-15. */
export function digamma(x: number): number {
  if (!(x > 0))
    throw new StatsError('out_of_range', 'x', `ψ is not defined for ${x}; it needs x > 0`)
  let below = 0
  let at = x
  for (; at < LARGE; at++) below += 1 / at
  const square = 1 / (at * at)
  let sum = 0
  // d/dx of c / x^(2i + 1) is −(2i + 1) c / x^(2i + 2).
  for (let i = STIRLING.length - 1; i >= 0; i--)
    sum = sum * square + (2 * i + 1) * (STIRLING[i] ?? 0)
  return Math.log(at) - 0.5 / at - sum * square - below
}

/** ψ′(x) for x > 0, by the same means. */
export function trigamma(x: number): number {
  if (!(x > 0))
    throw new StatsError('out_of_range', 'x', `ψ′ is not defined for ${x}; it needs x > 0`)
  let below = 0
  let at = x
  for (; at < LARGE; at++) below += 1 / (at * at)
  const square = 1 / (at * at)
  let sum = 0
  for (let i = STIRLING.length - 1; i >= 0; i--)
    sum = sum * square + (2 * i + 1) * (2 * i + 2) * (STIRLING[i] ?? 0)
  return 1 / at + 0.5 * square + (sum * square) / at + below
}
