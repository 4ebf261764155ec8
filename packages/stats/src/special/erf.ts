import { StatsError } from '../stats-error.ts'
import { normalQuantile } from './normal-quantile.ts'

/*
 * Chebyshev coefficients, worked out with 40 digits. The first has to be halved.
 */

/** erf(x) / x in 2x² − 1, for |x| ≤ 1. */
const CENTRE = [
  1.9509538787653082, -0.14226120510371365, 0.010035582187599796, -0.0005768764699767485,
  0.00002741993125219606, -0.0000011043175507344507, 3.8488755420345036e-8, -1.1808582533875466e-9,
  3.2334215826050907e-11, -7.991015947004549e-13, 1.7990725113961456e-14, -3.718635487818693e-16,
  7.103599003714253e-18,
] as const

/** (1 + 2x) exp(x²) erfc(x) in (x − 3.75) / (x + 3.75), for x ≥ 0 (the mapping of Shepherd and Laframboise 1981). */
const TAIL = [
  2.3551578691348034, -0.004590054580646478, -0.08424913336651792, 0.05920993999819189,
  -0.026658668435305753, 0.009074997670705265, -0.002413163540417608, 0.0004907758365258086,
  -0.00006916973302501207, 4.13902798607301e-6, 7.74038306619849e-7, -2.1886401049234397e-7,
  1.076499946567091e-8, 4.521959811218287e-9, -7.754400208831351e-10, -6.318088340886684e-11,
  2.86879501093067e-11, 1.9455868545777347e-13, -9.65469674843344e-13, 3.25254814814874e-14,
  3.3478119482868056e-14, -1.864562880419313e-15, -1.2507950530688648e-15, 7.418235256624044e-17,
  5.068148904796111e-17,
] as const

/** Clenshaw's sum. */
function chebyshev(coefficients: readonly number[], t: number): number {
  let [next, after] = [0, 0]
  for (let i = coefficients.length - 1; i > 0; i--) {
    const own = 2 * t * next - after + (coefficients[i] ?? 0)
    after = next
    next = own
  }
  return t * next - after + 0.5 * (coefficients[0] ?? 0)
}

/** exp(−x²) with the digits that rounding takes from x². */
function gauss(x: number): number {
  const high = Math.fround(x)
  return Math.exp(-high * high) * Math.exp(-(x - high) * (x + high))
}

/** exp(x²) · erfc(x): what is left of erfc in its tail. +Infinity below about −26.6. Relative error about 1e-15. */
export function erfcx(x: number): number {
  checkNumber(x)
  if (x < -27) return Number.POSITIVE_INFINITY
  if (x < 0) return 2 / gauss(x) - erfcx(-x)
  if (x === Number.POSITIVE_INFINITY) return 0
  return chebyshev(TAIL, (x - 3.75) / (x + 3.75)) / (1 + 2 * x)
}

/** The error function 2/√π ∫ exp(−t²) dt from 0 to x. Relative error about 1e-15. */
export function erf(x: number): number {
  checkNumber(x)
  if (Math.abs(x) <= 1) return x * chebyshev(CENTRE, 2 * x * x - 1)
  return x > 0 ? 1 - erfc(x) : erfc(-x) - 1
}

/** 1 − erf(x), with its digits where it is small: down to 1e-308 at 26.5. Relative error about 1e-15. */
export function erfc(x: number): number {
  checkNumber(x)
  if (x < 0.5) return 1 - erf(x)
  return x > 28 ? 0 : gauss(x) * erfcx(x)
}

/** The x with erf(x) = y, for −1 ≤ y ≤ 1. */
export function erfInverse(y: number): number {
  checkNumber(y)
  if (!(Math.abs(y) <= 1)) throw new StatsError('out_of_range', 'y', `${y} is not within -1 and 1`)
  // By the smaller tail; near 0 its distance from ½ is y / 2 exactly, or nothing would be left of a small y.
  if (Math.abs(y) < 1e-8) return (y * Math.sqrt(Math.PI)) / 2
  const x = -normalQuantile((1 - Math.abs(y)) / 2) / Math.SQRT2
  const polished =
    Math.abs(y) < 0.5 ? x - (erf(x) - Math.abs(y)) / ((2 / Math.sqrt(Math.PI)) * gauss(x)) : x
  return y < 0 ? -polished : polished
}

/** The x with erfc(x) = y, for 0 ≤ y ≤ 2. */
export function erfcInverse(y: number): number {
  checkNumber(y)
  if (!(y >= 0 && y <= 2)) throw new StatsError('out_of_range', 'y', `${y} is not within 0 and 2`)
  return y > 0.5 && y < 1.5 ? erfInverse(1 - y) : -normalQuantile(y / 2) / Math.SQRT2
}

function checkNumber(x: number): void {
  if (Number.isNaN(x)) throw new StatsError('not_finite', 'x', 'NaN is not a number')
}
