import fc from 'fast-check'
import { describe, it } from 'vitest'
import * as stats from './index.ts'

const { createRandom, matrixOfRows, StatsError } = stats

/** Few values, often equal, of any size, and now and then none at all. */
const odd = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(0, -0, 1, -1, 2, 1e300, -1e300, 1e-300, 5e-324, 0.1) },
  { weight: 3, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { weight: 2, arbitrary: fc.integer({ min: -3, max: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_VALUE) },
)
const list = fc.array(odd, { maxLength: 8 })

/** Functions of a list, of two, and of parameters; each answers or refuses with a StatsError. */
const OF_LISTS: Readonly<Record<string, (a: number[], b: number[]) => unknown>> = {
  quantile: (a) => stats.quantile(a, 0.3, 8),
  median: (a) => stats.median(a),
  medianAbsoluteDeviation: (a) => stats.medianAbsoluteDeviation(a),
  doubleMad: (a) => stats.doubleMad(a),
  interquartileRange: (a) => stats.interquartileRange(a),
  hodgesLehmann: (a) => stats.hodgesLehmann(a),
  qnScale: (a) => stats.qnScale(a),
  medcouple: (a) => stats.medcouple(a),
  rank: (a) => stats.rank(a),
  tTest: (a) => stats.tTest(a),
  pairedTTest: (a, b) => stats.pairedTTest(a, b),
  welchTest: (a, b) => stats.welchTest(a, b),
  pooledTTest: (a, b) => stats.pooledTTest(a, b),
  mannWhitney: (a, b) => stats.mannWhitney(a, b),
  wilcoxonSignedRank: (a) => stats.wilcoxonSignedRank(a),
  ksTest: (a) => stats.ksTest(a, (x) => stats.normalCdf(x)),
  ksTest2: (a, b) => stats.ksTest2(a, b),
  chiSquaredTest: (a, b) => stats.chiSquaredTest(a, b),
  independenceTest: (a, b) => stats.independenceTest([a, b]),
  oneWayAnova: (a, b) => stats.oneWayAnova([a, b]),
  pearsonTest: (a, b) => stats.pearsonTest(a, b),
  spearmanTest: (a, b) => stats.spearmanTest(a, b),
  kendallTest: (a, b) => stats.kendallTest(a, b),
  permutationTest: (a, b) =>
    stats.permutationTest(createRandom(1), a, b, undefined, { permutations: 20 }),
  bootstrap: (a) => stats.bootstrap(createRandom(1), a, undefined, { resamples: 20 }),
  holm: (a) => stats.holm(a),
  storey: (a) => stats.storey(a),
  regress: (a, b) => stats.regress(matrixOfRows(a.map((x) => [x])), b),
  ridge: (a, b) => stats.ridge(matrixOfRows(a.map((x) => [x])), b, 1),
  fft: (a) => stats.fft(a),
  periodogram: (a) => stats.periodogram(a),
  silvermanBandwidth: (a) => stats.silvermanBandwidth(a),
  binValues: (a) => stats.binValues(a),
  qr: (a, b) => stats.qr(matrixOfRows([a, b])),
  nelderMead: (a) =>
    stats.nelderMead((x) => x.reduce((s, v) => s + v * v, 0), a, { maxEvaluations: 99 }),
}

const OF_NUMBERS: Readonly<Record<string, (a: number, b: number, x: number) => unknown>> = {
  gammaP: (a, _, x) => stats.gammaP(a, x),
  gammaQInverse: (a, _, x) => stats.gammaQInverse(a, x),
  incompleteBeta: (a, b, x) => stats.incompleteBeta(x, a, b),
  incompleteBetaInverse: (a, b, x) => stats.incompleteBetaInverse(x, a, b),
  logBeta: (a, b) => stats.logBeta(a, b),
  erf: (a) => [stats.erf(a), stats.erfc(a), stats.erfcx(a)],
  ...Object.fromEntries(
    (
      [
        ['normal', stats.normal],
        ['logNormal', stats.logNormal],
        ['studentT', stats.studentT],
        ['gammaDistribution', stats.gammaDistribution],
        ['betaDistribution', stats.betaDistribution],
        ['fisherF', stats.fisherF],
        ['poisson', stats.poisson],
        ['binomial', stats.binomial],
        ['negativeBinomial', stats.negativeBinomial],
        ['exponential', stats.exponential],
        ['weibull', stats.weibull],
        ['generalisedPareto', stats.generalisedPareto],
        ['uniform', stats.uniform],
      ] as const
    ).map(([name, make]) => [
      name,
      (a: number, b: number, x: number) => {
        const one = make(a, b)
        return [one.pdf(x), one.cdf(x), one.survival(x), one.quantile(0.3), one.upperQuantile(0.01)]
      },
    ]),
  ),
}

/** The first NaN in an answer, as a path to it. */
function nanIn(value: unknown, at = ''): string | null {
  if (typeof value === 'number') return Number.isNaN(value) ? at || 'the answer' : null
  if (value === null || typeof value !== 'object') return null
  for (const [key, part] of Object.entries(value)) {
    const found = nanIn(part, `${at}.${key}`)
    if (found !== null) return found
  }
  return null
}

function answersOrRefuses(run: () => unknown): void {
  try {
    const found = nanIn(run())
    if (found !== null) throw new Error(`NaN at ${found}`)
  } catch (error) {
    if (!(error instanceof StatsError)) throw error
  }
}

describe('odd values get an answer without NaN, or a StatsError', () => {
  it.each(Object.entries(OF_LISTS))('%s', (_, run) => {
    fc.assert(
      fc.property(list, list, (a, b) =>
        answersOrRefuses(() => run(a, b.concat(a).slice(0, a.length))),
      ),
      { numRuns: 200 },
    )
  })

  it.each(Object.entries(OF_NUMBERS))('%s', (_, run) => {
    // Parameters that are legal but huge cost steps; those are another question than whether there is an answer.
    const parameter = odd.filter((x) => !(Math.abs(x) > 1e4 && Math.abs(x) < 1e299))
    fc.assert(
      fc.property(parameter, parameter, odd, (a, b, x) => answersOrRefuses(() => run(a, b, x))),
      { numRuns: 200 },
    )
  })
})
