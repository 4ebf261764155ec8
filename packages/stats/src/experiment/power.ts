import { checkBetween, checkPositive, checkWithin } from '../checks.ts'
import { chiSquared } from '../distributions/gamma.ts'
import { normalCdf } from '../distributions/normal.ts'
import { studentT } from '../distributions/student-t.ts'
import { gaussLegendre } from '../special/gauss-legendre.ts'
import { normalQuantile } from '../special/normal-quantile.ts'
import { StatsError } from '../stats-error.ts'

export interface PowerOptions {
  /** Chance to find a difference where there is none. Default 0.05, two-sided. */
  readonly alpha?: number
}

const { nodes: NODES, weights: WEIGHTS } = gaussLegendre(64)

/**
 * Chance that Student's two-sample test finds a difference between two variants of `count` values each, which have this standard deviation:
 * a noncentral t, integrated over the estimated deviation. Equals R's `power.t.test`, with both tails counted (`strict`). `count` ≥ 2
 * need not be whole. Throws a StatsError.
 */
export function powerOfMeans(
  count: number,
  difference: number,
  deviation: number,
  { alpha = 0.05 }: PowerOptions = {},
): number {
  checkWithin(count, 2, 1e12, 'count')
  checkWithin(difference, -1e100, 1e100, 'difference')
  checkPositive(deviation, 'deviation')
  checkBetween(alpha, 0, 1, 'options.alpha')
  const degrees = 2 * (count - 1)
  const shift = (Math.abs(difference) / deviation) * Math.sqrt(count / 2)
  const critical = studentT(degrees).upperQuantile(alpha / 2)
  const found = (ratio: number): number =>
    normalCdf(shift - critical * ratio) + normalCdf(-shift - critical * ratio)
  if (degrees > 1e6) return found(1)
  const spread = chiSquared(degrees)
  const [from, to] = [1e-12, 1e-12].map((tail, side) =>
    Math.sqrt((side === 0 ? spread.quantile(tail) : spread.upperQuantile(tail)) / degrees),
  ) as [number, number]
  let power = 0
  for (let i = 0; i < NODES.length; i++) {
    const ratio = from + ((to - from) / 2) * (1 + (NODES[i] as number))
    const density = spread.pdf(ratio * ratio * degrees) * 2 * ratio * degrees
    power += ((to - from) / 2) * (WEIGHTS[i] as number) * density * found(ratio)
  }
  return Math.min(1, power)
}

/** Values of each variant, not rounded, with which that chance is `power` (default 0.8). A difference of 0 is `degenerate`. */
export function sampleSizeOfMeans(
  difference: number,
  deviation: number,
  options: PowerOptions & { readonly power?: number } = {},
): number {
  const { alpha = 0.05, power = 0.8 } = options
  checkBetween(power, alpha, 1, 'options.power')
  return sizeOf(difference, power, (count) => powerOfMeans(count, difference, deviation, { alpha }))
}

/**
 * Chance that the test of two rates finds the difference of a from b with `count` trials each, by the normal limit: √count times the
 * difference, against the pooled deviation. As R's `power.prop.test`, with both tails counted.
 */
export function powerOfRates(
  count: number,
  a: number,
  b: number,
  { alpha = 0.05 }: PowerOptions = {},
): number {
  checkWithin(count, 1, 1e15, 'count')
  checkWithin(a, 0, 1, 'a')
  checkWithin(b, 0, 1, 'b')
  checkBetween(alpha, 0, 1, 'options.alpha')
  const own = Math.sqrt(a * (1 - a) + b * (1 - b))
  const pooled = Math.sqrt((a + b) * (1 - (a + b) / 2))
  const shift = Math.sqrt(count) * Math.abs(a - b)
  const critical = -normalQuantile(alpha / 2) * pooled
  // Rates of 0 and 1 do not vary: then the difference is found or not.
  if (own === 0) return shift > critical ? 1 : 0
  return normalCdf((shift - critical) / own) + normalCdf((-shift - critical) / own)
}

/** Trials of each variant, not rounded, with which that chance is `power` (default 0.8). */
export function sampleSizeOfRates(
  a: number,
  b: number,
  options: PowerOptions & { readonly power?: number } = {},
): number {
  const { alpha = 0.05, power = 0.8 } = options
  checkBetween(power, alpha, 1, 'options.power')
  return sizeOf(a - b, power, (count) => powerOfRates(count, a, b, { alpha }))
}

/** The count at which a power that grows with it is reached. */
function sizeOf(difference: number, power: number, powerAt: (count: number) => number): number {
  if (difference === 0) throw new StatsError('degenerate', 'difference', '0 is never found')
  let [low, high] = [2, 4]
  if (powerAt(low) >= power) return low
  while (powerAt(high) < power) {
    if (high > 1e11) throw new StatsError('out_of_range', 'difference', 'is too small for any size')
    low = high
    high *= 2
  }
  for (let i = 0; i < 100 && high - low > 1e-10 * high; i++) {
    const middle = (low + high) / 2
    if (powerAt(middle) < power) low = middle
    else high = middle
  }
  return (low + high) / 2
}
