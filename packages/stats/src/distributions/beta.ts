import { checkPositive } from '../checks.ts'
import { sampleBeta, sampleGamma } from '../random/continuous.ts'
import { logBinomialTerm } from '../special/count-terms.ts'
import { betaLogitQuantile, logIncompleteBeta } from '../special/incomplete-beta.ts'
import { continuousDistribution, type Distribution } from './distribution.ts'

/** ln(xᵃ yᵇ / B(a, b)). */
function logKernel(a: number, b: number, x: number, y: number): number {
  return logBinomialTerm(a, b, x, y) + Math.log(a) + Math.log(b / (a + b))
}

/** A density at an end of its support where it goes as the power `exponent` − 1 of the distance. */
function atEnd(exponent: number, otherwise: number): number {
  if (exponent === 1) return otherwise
  return exponent < 1 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
}

/** Beta distribution on [0, 1] with shapes a, b > 0, else a StatsError. O(√max(a, b)) for tails. */
export function betaDistribution(a: number, b: number): Distribution {
  checkPositive(a, 'a')
  checkPositive(b, 'b')
  const sum = a + b
  return continuousDistribution({
    support: [0, 1],
    mean: a / sum,
    variance: ((a / sum) * (b / sum)) / (sum + 1),
    logPdf: (x) => {
      if (x === 0) return atEnd(a, Math.log(b))
      if (x === 1) return atEnd(b, Math.log(a))
      return logKernel(a, b, x, 1 - x) - Math.log(x) - Math.log1p(-x)
    },
    logCdf: (x) => logIncompleteBeta(x, 1 - x, a, b),
    logSurvival: (x) => logIncompleteBeta(1 - x, x, b, a),
    atTail: (logTail, lower) => {
      const logit = lower ? betaLogitQuantile(logTail, a, b) : -betaLogitQuantile(logTail, b, a)
      return 1 / (1 + Math.exp(-logit))
    },
    sample: (random) => sampleBeta(random, a, b),
  })
}

/** F distribution with the degrees of freedom of numerator and denominator, both above 0, else a StatsError. */
export function fisherF(numerator: number, denominator: number): Distribution {
  checkPositive(numerator, 'numerator')
  checkPositive(denominator, 'denominator')
  const [a, b] = [numerator / 2, denominator / 2]
  const share = (f: number): readonly [x: number, y: number] => {
    const odds = (f * numerator) / denominator
    return odds === Number.POSITIVE_INFINITY ? [1, 0] : [odds / (1 + odds), 1 / (1 + odds)]
  }
  return continuousDistribution({
    support: [0, Number.POSITIVE_INFINITY],
    mean: denominator > 2 ? denominator / (denominator - 2) : Number.POSITIVE_INFINITY,
    variance:
      denominator > 4
        ? (2 * denominator ** 2 * (numerator + denominator - 2)) /
          (numerator * (denominator - 2) ** 2 * (denominator - 4))
        : denominator > 2
          ? Number.POSITIVE_INFINITY
          : null,
    logPdf: (f) => (f === 0 ? atEnd(a, 0) : logKernel(a, b, ...share(f)) - Math.log(f)),
    logCdf: (f) => logIncompleteBeta(...share(f), a, b),
    logSurvival: (f) => {
      const [x, y] = share(f)
      return logIncompleteBeta(y, x, b, a)
    },
    atTail: (logTail, lower) => {
      const logit = lower ? betaLogitQuantile(logTail, a, b) : -betaLogitQuantile(logTail, b, a)
      return Math.exp(logit) * (denominator / numerator)
    },
    sample: (random) =>
      sampleGamma(random, a, 1 / numerator) / sampleGamma(random, b, 1 / denominator),
  })
}
