import { checkWithin } from '../checks.ts'

/** Coefficients of algorithm AS 241 (Wichura 1988), PPND16, constant terms first: centre, shoulders, tails. */
const CENTRE_A = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987,
  67265.7709270087, 33430.57558358813, 2509.0809287301227,
] as const
const CENTRE_B = [
  1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
  28729.085735721943, 5226.495278852854,
] as const
const SHOULDER_A = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
  0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
] as const
const SHOULDER_B = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008,
  0.015198666563616457, 0.0005475938084995345, 1.0507500716444169e-9,
] as const
const TAIL_A = [
  6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487,
  0.026532189526576124, 0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
] as const
const TAIL_B = [
  1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133,
  0.000018463183175100548, 1.421511758316446e-7, 2.0442631033899397e-15,
] as const

function ratio(a: readonly number[], b: readonly number[], x: number): number {
  let [top, bottom] = [0, 0]
  for (let i = a.length - 1; i >= 0; i--) {
    top = top * x + (a[i] ?? 0)
    bottom = bottom * x + (b[i] ?? 0)
  }
  return top / bottom
}

/** Quantile where ln of the tail, −r², is known: exact in tails too small for a double. */
function tailQuantile(r: number): number {
  return r <= 5 ? ratio(SHOULDER_A, SHOULDER_B, r - 1.6) : ratio(TAIL_A, TAIL_B, r - 5)
}

/**
 * Quantile of the standard normal distribution, to about 1e-15 relative: the z with P(Z ≤ z) = p.
 * ∓Infinity at 0 and 1; a StatsError outside of them. For p near 1 use the symmetry −normalQuantile(1 − p), where 1 − p
 * has more digits.
 */
export function normalQuantile(p: number): number {
  checkWithin(p, 0, 1, 'p')
  const q = p - 0.5
  if (Math.abs(q) <= 0.425) return q * ratio(CENTRE_A, CENTRE_B, 0.180625 - q * q)
  const tail = q < 0 ? p : 1 - p
  if (tail === 0) return q < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  const z = tailQuantile(Math.sqrt(-Math.log(tail)))
  return q < 0 ? -z : z
}

/** The z ≤ 0 whose lower tail has the given logarithm, at most ln ½: also where the tail has no double any more. */
export function normalQuantileOfLog(logTail: number): number {
  return logTail > -2 ? normalQuantile(Math.exp(logTail)) : -tailQuantile(Math.sqrt(-logTail))
}
