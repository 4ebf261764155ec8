import { incompleteBeta } from './special/incomplete-beta.ts'

/**
 * Probability that Student's t with `df` > 0 degrees of freedom exceeds t ≥ 0. The tail itself, not
 * its complement, so that small probabilities keep their digits.
 */
function upperTail(t: number, df: number): number {
  const square = t * t
  // Both forms are the same function; each is used where its argument keeps its digits.
  return square < df
    ? 0.5 * (1 - incompleteBeta(square / (df + square), 0.5, df / 2))
    : 0.5 * incompleteBeta(df / (df + square), df / 2, 0.5)
}

/** Probability that Student's t with `df` > 0 degrees of freedom is at most t. */
export function studentTCdf(t: number, df: number): number {
  return t < 0 ? upperTail(-t, df) : 1 - upperTail(t, df)
}

/**
 * Inverse of `studentTCdf`: the t that is not exceeded with probability p, 0 < p < 1. Found by
 * bisection on the tail, which cannot diverge; about 100 evaluations, accurate to the last few bits
 * of the tail. Throws a RangeError when p or df is out of range.
 */
export function studentTQuantile(p: number, df: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`${p} is not a probability between 0 and 1`)
  if (!(df > 0)) throw new RangeError(`${df} is not a positive number of degrees of freedom`)
  if (p === 0.5) return 0
  const tail = p < 0.5 ? p : 1 - p
  let low = 0
  let high = 1
  while (upperTail(high, df) > tail && high < 1e300) {
    low = high
    high *= 2
  }
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) break
    if (upperTail(middle, df) > tail) low = middle
    else high = middle
  }
  return p < 0.5 ? -high : high
}
