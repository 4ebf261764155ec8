/** Special functions, to about 14 digits. */

/** Coefficients of Lanczos' approximation for g = 7 and n = 9 (Godfrey 2001). */
const LANCZOS_G = 7
const LANCZOS = [
  0.999_999_999_999_809_93, 676.520_368_121_885_1, -1259.139_216_722_402_8, 771.323_428_777_653_13,
  -176.615_029_162_140_6, 12.507_343_278_686_905, -0.138_571_095_265_720_12,
  9.984_369_578_019_571_6e-6, 1.505_632_735_149_311_6e-7,
] as const

/** Natural logarithm of Γ(x) for x > 0. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  const z = x - 1
  let sum: number = LANCZOS[0]
  for (let i = 1; i < LANCZOS.length; i++) sum += (LANCZOS[i] ?? 0) / (z + i)
  const t = z + LANCZOS_G + 0.5
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum)
}

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
