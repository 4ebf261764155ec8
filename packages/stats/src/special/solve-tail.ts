/**
 * The u at which the logarithm of a tail, concave and monotone in u, has a value: Newton's method on the logarithm, which a
 * concave function draws in, within the bracket that the signs seen so far leave. Used for quantiles, with u a logarithm or
 * logit, so that quantiles of any size keep their digits.
 *
 * `tail(u)` gives [ln tail, its derivative]. `rising` tells whether the tail grows with u.
 */
export function solveLogTail(
  tail: (u: number) => readonly [value: number, slope: number],
  target: number,
  start: number,
  rising: boolean,
): number {
  let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  let u = start
  for (let i = 0; i < 300; i++) {
    const [value, slope] = tail(u)
    const over = value - target
    if (over === 0) return u
    if (over > 0 === rising) high = u
    else low = u
    let next = u - over / slope
    // Far off, where the slope says nothing, a bounded step; within a bracket, its middle.
    const reach = Math.max(4, 0.5 * Math.abs(u))
    if (!(Math.abs(next - u) <= reach)) next = u + (over > 0 === rising ? -reach : reach)
    if (!(next > low && next < high)) {
      if (low === Number.NEGATIVE_INFINITY || high === Number.POSITIVE_INFINITY) return u
      next = low + (high - low) / 2
      if (next <= low || next >= high) return u
    }
    if (Math.abs(next - u) <= 2 ** -52 * Math.abs(next)) return next
    u = next
  }
  return u
}
