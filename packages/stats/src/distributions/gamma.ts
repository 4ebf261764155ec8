import { checkPositive } from '../checks.ts'
import { sampleGamma } from '../random/continuous.ts'
import { logPoissonTerm } from '../special/count-terms.ts'
import { gammaInverseOfLog, logGammaP, logGammaQ } from '../special/incomplete-gamma.ts'
import { continuousDistribution, type Distribution } from './distribution.ts'

/** Gamma distribution with mean shape · scale; both above 0, else a StatsError. O(√shape) for tails. */
export function gammaDistribution(shape: number, scale = 1): Distribution {
  checkPositive(shape, 'shape')
  checkPositive(scale, 'scale')
  return continuousDistribution({
    support: [0, Number.POSITIVE_INFINITY],
    mean: shape * scale,
    variance: shape * scale ** 2,
    logPdf: (x) => {
      const z = x / scale
      if (z === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY
      if (z === 0)
        return shape < 1
          ? Number.POSITIVE_INFINITY
          : shape > 1
            ? Number.NEGATIVE_INFINITY
            : -Math.log(scale)
      return logPoissonTerm(shape, z) + Math.log(shape / z) - Math.log(scale)
    },
    logCdf: (x) => logGammaP(shape, x / scale),
    logSurvival: (x) => logGammaQ(shape, x / scale),
    atTail: (logTail, lower) => scale * gammaInverseOfLog(shape, logTail, lower),
    sample: (random) => sampleGamma(random, shape, scale),
  })
}

/** χ² with degrees > 0 of freedom. */
export function chiSquared(degrees: number): Distribution {
  checkPositive(degrees, 'degrees')
  return gammaDistribution(degrees / 2, 2)
}
