import { logGamma } from './log-gamma.ts'

const TINY = 1e-300

/**
 * Regularised incomplete beta function I_x(a, b) for a, b > 0 and 0 ≤ x ≤ 1, by its continued
 * fraction (DLMF 8.17.22) evaluated with Lentz' algorithm. The fraction converges fast below
 * (a + 1) / (a + b + 2); above it the symmetry I_x(a, b) = 1 − I_{1−x}(b, a) is used.
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  return x < (a + 1) / (a + b + 2)
    ? betaByFraction(x, 1 - x, a, b)
    : 1 - betaByFraction(1 - x, x, b, a)
}

/** I_x(a, b) where the fraction converges; `y` is 1 − x, given apart to keep its digits. */
function betaByFraction(x: number, y: number, a: number, b: number): number {
  const logFront =
    a * Math.log(x) + b * Math.log(y) - (logGamma(a) + logGamma(b) - logGamma(a + b)) - Math.log(a)
  let c = 1
  let d = away(1 - ((a + b) * x) / (a + 1))
  d = 1 / d
  let fraction = d
  // Convergence takes O(√max(a, b)) steps; the limit is far beyond what any sample size needs.
  for (let m = 1; m <= 100_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / away(1 + even * d)
    c = away(1 + even / c)
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / away(1 + odd * d)
    c = away(1 + odd / c)
    const change = d * c
    fraction *= change
    if (Math.abs(change - 1) < 1e-16) break
  }
  return Math.exp(logFront) * fraction
}

/** Keeps a denominator away from zero. */
function away(value: number): number {
  return Math.abs(value) < TINY ? TINY : value
}
