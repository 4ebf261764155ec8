import { checkFinite, checkPositive } from '../checks.ts'
import { normalQuantile } from '../special/normal-quantile.ts'
import { StatsError } from '../stats-error.ts'
import type { RandomSource } from './generator.ts'

/** Samplers of continuous distributions. Parameters are checked (StatsError); each draw is constant time on average. */

/** A uniform number that is not 0, for logarithms and quantiles. */
function above0(random: RandomSource): number {
  for (;;) {
    const u = random()
    if (u > 0) return u
  }
}

/** Uniform on [low, high). */
export function sampleUniform(random: RandomSource, low = 0, high = 1): number {
  checkFinite(low, 'low')
  checkFinite(high, 'high')
  if (!(low <= high)) throw new StatsError('out_of_range', 'high', `${high} is below ${low}`)
  // Where rounding reaches the upper end, the draw is the lower one: the interval is half open.
  const value = low + (high - low) * random()
  return value < high ? value : low
}

/** Normal, by inversion: one uniform number each, and greater ones give greater values. */
export function sampleNormal(random: RandomSource, mean = 0, deviation = 1): number {
  checkFinite(mean, 'mean')
  if (deviation !== 0) checkPositive(deviation, 'deviation')
  return mean + deviation * normalQuantile(above0(random))
}

/** Exponential with the given mean. */
export function sampleExponential(random: RandomSource, mean = 1): number {
  checkPositive(mean, 'mean')
  return -mean * Math.log1p(-random())
}

/** Gamma with the given shape and scale (mean shape · scale): Marsaglia and Tsang (2000). */
export function sampleGamma(random: RandomSource, shape: number, scale = 1): number {
  checkPositive(shape, 'shape')
  checkPositive(scale, 'scale')
  return scale * Math.exp(logGammaVariate(random, shape))
}

/** Its logarithm, which is there where a small shape makes the value vanish. */
function logGammaVariate(random: RandomSource, shape: number): number {
  // Below 1: a value of shape + 1 times U^(1 / shape).
  if (shape < 1) return logGammaVariate(random, shape + 1) + Math.log(above0(random)) / shape
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = normalQuantile(above0(random))
    const root = 1 + c * x
    if (root <= 0) continue
    const v = root ** 3
    const logU = Math.log(above0(random))
    if (logU < 0.5 * x * x + d - d * v + d * Math.log(v)) return Math.log(d * v)
  }
}

/** Beta with shapes a and b, by two gammas compared by their logarithms. */
export function sampleBeta(random: RandomSource, a: number, b: number): number {
  checkPositive(a, 'a')
  checkPositive(b, 'b')
  const x = logGammaVariate(random, a)
  const y = logGammaVariate(random, b)
  return 1 / (1 + Math.exp(y - x))
}

/** Student's t: a normal over the root of χ² / degrees. */
export function sampleStudentT(random: RandomSource, degrees: number): number {
  checkPositive(degrees, 'degrees')
  const z = normalQuantile(above0(random))
  return z / Math.exp(0.5 * (logGammaVariate(random, degrees / 2) - Math.log(degrees / 2)))
}
