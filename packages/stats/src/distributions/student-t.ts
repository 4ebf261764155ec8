import { checkBetween, checkFinite, checkPositive } from '../checks.ts'
import { sampleStudentT } from '../random/continuous.ts'
import { betaLogitQuantile, logIncompleteBeta } from '../special/incomplete-beta.ts'
import { log1mexp } from '../special/incomplete-gamma.ts'
import { logBeta } from '../special/log-gamma.ts'
import { continuousDistribution, type Distribution } from './distribution.ts'

/** ln P(T > t) for t ≥ 0. */
function logUpper(t: number, degrees: number): number {
  const ratio = t / Math.sqrt(degrees)
  const square = ratio * ratio
  // Each share by the form that keeps its digits.
  const x = 1 / (1 + square)
  const y = square / (1 + square)
  if (square === Number.POSITIVE_INFINITY)
    return -Math.LN2 - degrees * Math.log(ratio) - Math.log(degrees / 2) - logBeta(degrees / 2, 0.5)
  return logIncompleteBeta(x, y, degrees / 2, 0.5) - Math.LN2
}

/** The t ≥ 0 whose upper tail, at most ½, has this logarithm. */
function atUpperTail(logTail: number, degrees: number): number {
  const twice = logTail + Math.LN2
  if (twice >= 0) return 0
  if (twice <= -Math.LN2)
    return Math.sqrt(degrees) * Math.exp(-0.5 * betaLogitQuantile(twice, degrees / 2, 0.5))
  return Math.sqrt(degrees) * Math.exp(0.5 * betaLogitQuantile(log1mexp(twice), 0.5, degrees / 2))
}

/** Student's t with degrees > 0 of freedom, moved and scaled. O(√degrees) for tails, with a relative error of 1e-14, and 2e-17 · degrees where that is more. */
export function studentT(degrees: number, location = 0, scale = 1): Distribution {
  checkPositive(degrees, 'degrees')
  checkFinite(location, 'location')
  checkPositive(scale, 'scale')
  const logCdf = (t: number): number =>
    t < 0 ? logUpper(-t, degrees) : log1mexp(logUpper(t, degrees))
  return continuousDistribution({
    support: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
    mean: degrees > 1 ? location : null,
    variance:
      degrees > 2
        ? (scale ** 2 * degrees) / (degrees - 2)
        : degrees > 1
          ? Number.POSITIVE_INFINITY
          : null,
    logPdf: (x) =>
      -((degrees + 1) / 2) * Math.log1p(((x - location) / scale) ** 2 / degrees) -
      logBeta(degrees / 2, 0.5) -
      0.5 * Math.log(degrees) -
      Math.log(scale),
    logCdf: (x) => logCdf((x - location) / scale),
    logSurvival: (x) => logCdf((location - x) / scale),
    atTail: (logTail, lower) => location + (lower ? -scale : scale) * atUpperTail(logTail, degrees),
    sample: (random) => location + scale * sampleStudentT(random, degrees),
  })
}

/** Probability that Student's t with `degrees` > 0 of freedom is at most t. */
export function studentTCdf(t: number, degrees: number): number {
  return studentT(degrees).cdf(t)
}

/** Inverse of `studentTCdf`, for 0 < p < 1. Throws a StatsError when p or degrees is out of range. */
export function studentTQuantile(p: number, degrees: number): number {
  checkBetween(p, 0, 1, 'p')
  return studentT(degrees).quantile(p)
}
