import { StatsError } from '../stats-error.ts'

/** 1 − γ, with Euler's constant. */
const ONE_LESS_EULER = 0.422_784_335_098_467_139_39

/** ζ(k) − 1 for k = 2, 3, …: the coefficients of ln Γ at 2 (DLMF 5.7.3). */
const ZETA_LESS_ONE = [
  0.644_934_066_848_226_436_47, 0.202_056_903_159_594_285_4, 0.082_323_233_711_138_191_516,
  0.036_927_755_143_369_926_331, 0.017_343_061_984_449_139_715, 0.008_349_277_381_922_826_839_8,
  0.004_077_356_197_944_339_378_7, 0.002_008_392_826_082_214_417_9, 9.945_751_278_180_853_371_5e-4,
  4.941_886_041_194_645_587e-4, 2.460_865_533_080_482_986_4e-4, 1.227_133_475_784_891_467_5e-4,
  6.124_813_505_870_482_925_9e-5, 3.058_823_630_702_049_355_2e-5, 1.528_225_940_865_187_173_3e-5,
  7.637_197_637_899_762_273_6e-6, 3.817_293_264_999_839_856_5e-6, 1.908_212_716_553_938_925_7e-6,
  9.539_620_338_727_961_131_5e-7, 4.769_329_867_878_064_631_2e-7, 2.384_505_027_277_329_9e-7,
  1.192_199_259_653_110_730_7e-7, 5.960_818_905_125_947_961_2e-8, 2.980_350_351_465_228_018_6e-8,
  1.490_155_482_836_504_123_5e-8, 7.450_711_789_835_429_492e-9, 3.725_334_024_788_457_054_8e-9,
  1.862_659_723_513_049_006_4e-9,
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
  0.179_644_372_368_830_573_16,
  -1.392_432_216_905_901_116_4,
] as const

const HALF_LOG_2PI = 0.918_938_533_204_672_741_78

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
  return logGamma(x + 1) - (x + 0.5) * Math.log(x) + x - HALF_LOG_2PI
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
