import { checkFinite, checkPositive } from '../checks.ts'
import { sampleNormal } from '../random/continuous.ts'
import { erfcx } from '../special/erf.ts'
import { normalQuantileOfLog } from '../special/normal-quantile.ts'
import { continuousDistribution, type Distribution } from './distribution.ts'

const HALF_LOG_2PI = 0.9189385332046728

/** ln Φ(z), down to z = −1e154. */
export function logNormalCdf(z: number): number {
  if (z === Number.NEGATIVE_INFINITY) return z
  return z < 0
    ? Math.log(0.5 * erfcx(-z / Math.SQRT2)) - (z * z) / 2
    : Math.log1p(-0.5 * erfcx(z / Math.SQRT2) * Math.exp((-z * z) / 2))
}

/** Φ(z), the standard normal distribution function. */
export function normalCdf(z: number): number {
  return Math.exp(logNormalCdf(z))
}

/** Normal distribution; parameters finite, deviation above 0, else a StatsError. */
export function normal(mean = 0, deviation = 1): Distribution {
  checkFinite(mean, 'mean')
  checkPositive(deviation, 'deviation')
  return continuousDistribution({
    support: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
    mean,
    variance: deviation ** 2,
    logPdf: (x) => -0.5 * ((x - mean) / deviation) ** 2 - HALF_LOG_2PI - Math.log(deviation),
    logCdf: (x) => logNormalCdf((x - mean) / deviation),
    logSurvival: (x) => logNormalCdf((mean - x) / deviation),
    atTail: (logTail, lower) => mean + deviation * (lower ? 1 : -1) * normalQuantileOfLog(logTail),
    sample: (random) => sampleNormal(random, mean, deviation),
  })
}

/** Distribution of eᴺ for a normal N of the given mean and deviation. */
export function logNormal(logMean = 0, logDeviation = 1): Distribution {
  checkFinite(logMean, 'logMean')
  checkPositive(logDeviation, 'logDeviation')
  const square = logDeviation ** 2
  const z = (x: number): number => (Math.log(x) - logMean) / logDeviation
  return continuousDistribution({
    support: [0, Number.POSITIVE_INFINITY],
    mean: Math.exp(logMean + square / 2),
    variance: Math.expm1(square) * Math.exp(2 * logMean + square),
    logPdf: (x) =>
      x === 0
        ? Number.NEGATIVE_INFINITY
        : -0.5 * z(x) ** 2 - HALF_LOG_2PI - Math.log(logDeviation) - Math.log(x),
    logCdf: (x) => logNormalCdf(z(x)),
    logSurvival: (x) => logNormalCdf(-z(x)),
    atTail: (logTail, lower) =>
      Math.exp(logMean + logDeviation * (lower ? 1 : -1) * normalQuantileOfLog(logTail)),
    sample: (random) => Math.exp(sampleNormal(random, logMean, logDeviation)),
  })
}
