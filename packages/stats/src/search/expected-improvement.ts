import { logNormalCdf } from '../distributions/normal.ts'
import { erfcx } from '../special/erf.ts'

const LOG_ROOT_TAU = 0.5 * Math.log(2 * Math.PI)
const ROOT_HALF_PI = Math.sqrt(Math.PI / 2)

/**
 * ln(φ(z) + z Φ(z)): logarithm of the expected improvement of a normal value of deviation 1 whose mean is z better than the best.
 * Finite for all z above −1e150, where the improvement itself is 0 from z = −39 on (Ament, Daulton, Eriksson, Balandat and Bakshy 2023).
 */
export function logImprovement(z: number): number {
  if (z > -1) {
    const density = Math.exp(-0.5 * z * z - LOG_ROOT_TAU)
    return Math.log(density + z * Math.exp(logNormalCdf(z)))
  }
  return -0.5 * z * z - LOG_ROOT_TAU + Math.log(leftOver(z))
}

/** Its derivative, Φ(z) / (φ(z) + z Φ(z)). */
export function logImprovementSlope(z: number): number {
  if (z > -1) return Math.exp(logNormalCdf(z) - logImprovement(z))
  return (ROOT_HALF_PI * erfcx(-z / Math.SQRT2)) / leftOver(z)
}

/** 1 + z Φ(z) / φ(z) for z ≤ −1, by its asymptotic series where the sum would cancel. */
function leftOver(z: number): number {
  if (z > -40) return 1 + z * ROOT_HALF_PI * erfcx(-z / Math.SQRT2)
  const square = 1 / (z * z)
  return square * (1 - square * (3 - square * (15 - 105 * square)))
}
