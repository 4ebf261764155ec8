import { stirlingError } from './log-gamma.ts'

/**
 * The terms of Poisson and binomial sums by Loader's saddle-point expansion (Fast and accurate computation of binomial
 * probabilities, 2000): no large logarithms are subtracted, so that digits are kept whatever the counts. The arguments
 * need not be whole; they are positive, which callers see to.
 */

const HALF_LOG_2PI = 0.9189385332046728

/** x ln(x / m) + m − x, without cancellation where x is near m; `away` is x − m where that is known better. */
export function deviance(x: number, m: number, away: number = x - m): number {
  if (Math.abs(away) >= 0.1 * (x + m)) {
    const ratio = x / m
    // Beside a denormal number the ratio has no double, its logarithm has.
    return (
      x * (ratio > 1e-300 && ratio < 1e300 ? Math.log(ratio) : Math.log(x) - Math.log(m)) - away
    )
  }
  const v = away / (x + m)
  let sum = away * v
  let term = 2 * x * v
  for (let j = 1; j < 1000; j++) {
    term *= v * v
    const next = sum + term / (2 * j + 1)
    if (next === sum) break
    sum = next
  }
  return sum
}

/** ln(mˣ e⁻ᵐ / Γ(x + 1)). */
export function logPoissonTerm(x: number, m: number): number {
  if (x === 0) return -m
  return -HALF_LOG_2PI - 0.5 * Math.log(x) - stirlingError(x) - deviance(x, m)
}

/** ln of C(n, x) pˣ qⁿ⁻ˣ with n = x + y; q is 1 − p, given apart to keep its digits. */
export function logBinomialTerm(x: number, y: number, p: number, q: number): number {
  const n = x + y
  if (x === 0) return n * (p < 0.5 ? Math.log1p(-p) : Math.log(q))
  if (y === 0) return n * (q < 0.5 ? Math.log1p(-q) : Math.log(p))
  // How far x is from n p: of p and q each carries digits that the other has lost.
  const away = x * q - y * p
  return (
    stirlingError(n) -
    stirlingError(x) -
    stirlingError(y) -
    deviance(x, n * p, away) -
    deviance(y, n * q, -away) -
    HALF_LOG_2PI -
    // √(n / (x y)) without overflow or underflow of the product.
    0.5 * (Math.log(x) + Math.log(y) - Math.log(n))
  )
}
