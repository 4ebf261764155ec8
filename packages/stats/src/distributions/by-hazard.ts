import { checkFinite, checkPositive } from '../checks.ts'
import { log1mexp } from '../special/incomplete-gamma.ts'
import { gamma } from '../special/log-gamma.ts'
import { StatsError } from '../stats-error.ts'
import { continuousDistribution, type Distribution } from './distribution.ts'

/**
 * Distributions whose cumulative hazard H(x) = −ln P(X > x) has a closed form and inverse, so that both tails and quantiles
 * follow from it.
 */
interface Hazard {
  readonly support: readonly [low: number, high: number]
  readonly mean: number
  readonly variance: number
  readonly hazard: (x: number) => number
  readonly inverse: (hazard: number) => number
  readonly logPdf: (x: number) => number
}

function byHazard({ support, mean, variance, hazard, inverse, logPdf }: Hazard): Distribution {
  return continuousDistribution({
    support,
    mean,
    variance,
    logPdf,
    logCdf: (x) => log1mexp(-hazard(x)),
    logSurvival: (x) => -hazard(x),
    atTail: (logTail, lower) => inverse(lower ? -log1mexp(logTail) : -logTail),
  })
}

/** Exponential with a mean above 0, else a StatsError. */
export function exponential(mean = 1): Distribution {
  checkPositive(mean, 'mean')
  return byHazard({
    support: [0, Number.POSITIVE_INFINITY],
    mean,
    variance: mean ** 2,
    hazard: (x) => x / mean,
    inverse: (h) => h * mean,
    logPdf: (x) => -x / mean - Math.log(mean),
  })
}

/** Weibull: P(X > x) = exp(−(x / scale)^shape); shape and scale above 0, else a StatsError. */
export function weibull(shape: number, scale = 1): Distribution {
  checkPositive(shape, 'shape')
  checkPositive(scale, 'scale')
  const mean = scale * gamma(1 + 1 / shape)
  return byHazard({
    support: [0, Number.POSITIVE_INFINITY],
    mean,
    variance: Math.max(0, scale ** 2 * gamma(1 + 2 / shape) - mean ** 2),
    hazard: (x) => (x / scale) ** shape,
    inverse: (h) => scale * h ** (1 / shape),
    logPdf: (x) => {
      const z = x / scale
      if (z === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY
      if (z === 0 && shape !== 1)
        return shape < 1 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
      const power = shape === 1 ? 0 : (shape - 1) * Math.log(z)
      return Math.log(shape) - Math.log(scale) + power - z ** shape
    },
  })
}

/**
 * Generalised Pareto: P(X > x) = (1 + shape · (x − location) / scale)^(−1 / shape), and the exponential where shape is 0; the
 * law of excesses over a high threshold. Scale above 0, else a StatsError; a negative shape has an upper end.
 */
export function generalisedPareto(shape: number, scale = 1, location = 0): Distribution {
  checkFinite(shape, 'shape')
  checkPositive(scale, 'scale')
  checkFinite(location, 'location')
  const hazard = (x: number): number => {
    const z = (x - location) / scale
    return shape === 0 ? z : Math.log1p(Math.max(-1, shape * z)) / shape
  }
  return byHazard({
    support: [location, shape < 0 ? location - scale / shape : Number.POSITIVE_INFINITY],
    mean: shape < 1 ? location + scale / (1 - shape) : Number.POSITIVE_INFINITY,
    variance:
      shape < 0.5 ? scale ** 2 / ((1 - shape) ** 2 * (1 - 2 * shape)) : Number.POSITIVE_INFINITY,
    hazard,
    inverse: (h) => location + scale * (shape === 0 ? h : Math.expm1(shape * h) / shape),
    // With shape −1 it is uniform, also at the end where the hazard is infinite.
    logPdf: (x) => (shape === -1 ? 0 : -(1 + shape) * hazard(x)) - Math.log(scale),
  })
}

/** Uniform on [low, high]; low below high and both finite, else a StatsError. */
export function uniform(low = 0, high = 1): Distribution {
  checkFinite(low, 'low')
  checkFinite(high, 'high')
  if (!(low < high)) throw new StatsError('out_of_range', 'high', `${high} is not above ${low}`)
  const width = high - low
  return continuousDistribution({
    support: [low, high],
    mean: low + width / 2,
    variance: width ** 2 / 12,
    logPdf: () => -Math.log(width),
    logCdf: (x) => Math.log((x - low) / width),
    logSurvival: (x) => Math.log((high - x) / width),
    atTail: (logTail, lower) =>
      lower ? low + width * Math.exp(logTail) : high - width * Math.exp(logTail),
  })
}
