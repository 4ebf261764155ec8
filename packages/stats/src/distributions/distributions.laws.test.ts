import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../random/generator.ts'
import { StatsError } from '../stats-error.ts'
import { betaDistribution, fisherF } from './beta.ts'
import { exponential, generalisedPareto, uniform, weibull } from './by-hazard.ts'
import { binomial, negativeBinomial, poisson } from './counts.ts'
import type { Distribution } from './distribution.ts'
import { chiSquared, gammaDistribution } from './gamma.ts'
import { logNormal, normal } from './normal.ts'
import { studentT } from './student-t.ts'
import { VALUES } from './values-fixture.ts'

type Maker = (...parameters: number[]) => Distribution
const MAKERS: Readonly<Record<string, Maker>> = {
  normal,
  logNormal,
  studentT,
  gammaDistribution,
  chiSquared,
  betaDistribution,
  fisherF,
  poisson,
  binomial,
  negativeBinomial,
  exponential,
  weibull,
  generalisedPareto,
  uniform,
}

function made(name: string, parameters: readonly number[]): Distribution {
  const maker = MAKERS[name]
  if (maker === undefined) throw new Error(`no ${name}`)
  return maker(...parameters)
}

/** Relative distance of the values whose logarithms these are; of logarithms far from 0, their own. */
function apart(told: number, truth: number): number {
  return told === truth ? 0 : Math.abs(told - truth) / Math.max(1, Math.abs(truth))
}

describe('distributions', () => {
  it.each(VALUES)('%s(%j) at %d', (name, parameters, x, logPdf, logCdf, logSurvival) => {
    const one = made(name, parameters)
    // The fraction of Student's t loses digits as degrees grow.
    const tolerance = Math.max(1e-12, 2e-17 * Math.max(...parameters))
    expect(apart(one.logPdf(x), logPdf)).toBeLessThan(1e-12)
    expect(apart(one.logCdf(x), logCdf)).toBeLessThan(2e-12)
    expect(apart(one.logSurvival(x), logSurvival)).toBeLessThan(1e-12)
    // A small tail has its digits too, not only its logarithm.
    const tail = Math.min(logCdf, logSurvival)
    const told = logCdf < logSurvival ? one.cdf(x) : one.survival(x)
    expect(Math.abs(told / Math.exp(tail) - 1) || 0).toBeLessThan(
      tolerance * Math.max(1, -tail / 100),
    )
    if (tail < -700) return
    const back = logCdf < logSurvival ? one.quantile(told) : one.upperQuantile(told)
    // How far a rounding of the tail moves the quantile: its error over that of x, the condition of the question.
    const condition = one.discrete ? 0 : Math.exp(tail - logPdf) / Math.max(Math.abs(x), 1e-300)
    expect(Math.abs(back - x)).toBeLessThanOrEqual(
      1e-15 + Math.abs(x) * (1e-12 + 1e-13 * condition * Math.max(1, -tail)),
    )
  })

  const CASES = [
    ...new Map(
      VALUES.map(([name, parameters]) => [`${name}(${parameters.join()})`, { name, parameters }]),
    ),
  ].map(([label, rest]) => ({ label, ...rest }))

  it.each(CASES)(
    '$label: the cdf rises, tails add to 1, the quantile is its least inverse',
    ({ name, parameters }) => {
      const one = made(name, parameters)
      const share = fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true })
      fc.assert(
        fc.property(share, share, (p, q) => {
          const [a, b] = [one.quantile(Math.min(p, q)), one.quantile(Math.max(p, q))]
          expect(a).toBeLessThanOrEqual(b)
          for (const x of [a, b]) {
            expect(one.cdf(x) + one.survival(x)).toBeCloseTo(1, 10)
            expect(one.pdf(x)).toBeGreaterThanOrEqual(0)
          }
          if (one.discrete) {
            expect(one.cdf(b)).toBeGreaterThanOrEqual(Math.max(p, q) - 1e-12)
            expect(one.cdf(b - 1)).toBeLessThan(Math.max(p, q) + 1e-12)
            expect(one.quantile(one.cdf(b))).toBe(b)
            expect(one.cdf(b) - one.cdf(b - 1)).toBeCloseTo(one.pdf(b), 10)
          }
        }),
        { numRuns: 60 },
      )
    },
  )

  it.each(CASES)('$label: draws have its distribution', ({ name, parameters }) => {
    const one = made(name, parameters)
    const random = createRandom(17)
    const n = 4000
    // Counts of draws below five quantiles; within 4.5 standard errors each.
    const points = [0.05, 0.25, 0.5, 0.75, 0.95].map((p) => one.quantile(p))
    const below = points.map(() => 0)
    for (let i = 0; i < n; i++) {
      const x = one.sample(random)
      for (const [k, point] of points.entries()) if (x <= point) below[k] = (below[k] ?? 0) + 1
    }
    for (const [k, point] of points.entries()) {
      const p = one.cdf(point)
      const error = Math.sqrt((p * (1 - p)) / n)
      expect(Math.abs((below[k] ?? 0) / n - p)).toBeLessThanOrEqual(4.5 * error + 1e-9)
    }
  })

  it.each(CASES.filter(({ name, parameters }) => !made(name, parameters).discrete))(
    '$label: the density is the slope of the cdf',
    ({ name, parameters }) => {
      const one = made(name, parameters)
      for (const p of [0.1, 0.3, 0.6, 0.9]) {
        const x = one.quantile(p)
        const step = (1e-4 * Math.min(p, 1 - p)) / one.pdf(x)
        if (!(step > 1e-9 * Math.abs(x))) continue
        const slope = (one.cdf(x + step) - one.cdf(x - step)) / (2 * step)
        expect(slope / one.pdf(x)).toBeCloseTo(1, 4)
      }
    },
  )

  it('mean and variance are those of the quantiles', () => {
    for (const { name, parameters } of CASES) {
      const one = made(name, parameters)
      const heavy = ['generalisedPareto', 'studentT', 'fisherF', 'logNormal', 'weibull'].includes(
        name,
      )
      if (one.mean === null || one.variance === null || heavy) continue
      const n = 20_000
      let [sum, squares] = [0, 0]
      for (let i = 0; i < n; i++) {
        const x = one.quantile((i + 0.5) / n)
        sum += x / n
        squares += (x - one.mean) ** 2 / n
      }
      const deviation = Math.sqrt(one.variance)
      expect(Math.abs(sum - one.mean)).toBeLessThanOrEqual(0.02 * deviation)
      expect(Math.abs(squares - one.variance)).toBeLessThanOrEqual(0.1 * one.variance)
    }
  })

  it('ends are what they must be', () => {
    expect([normal().quantile(0), normal().quantile(1)]).toEqual([
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ])
    expect(betaDistribution(2, 3).quantile(1)).toBe(1)
    expect(binomial(7, 0).quantile(0.5)).toBe(0)
    expect(binomial(7, 1).pdf(7)).toBe(1)
    expect(poisson(3).pdf(2.5)).toBe(0)
    expect(poisson(3).cdf(2.5)).toBe(poisson(3).cdf(2))
    expect(exponential(1).cdf(-1)).toBe(0)
    expect(generalisedPareto(-0.5, 1).support).toEqual([0, 2])
    expect(studentT(1).mean).toBeNull()
    expect(studentT(2).variance).toBe(Number.POSITIVE_INFINITY)
    expect(normal().cdf(Number.POSITIVE_INFINITY)).toBe(1)
    expect(chiSquared(2).pdf(0)).toBe(0.5)
  })

  it('refuse parameters and arguments that make no sense', () => {
    const bad = [
      () => normal(0, 0),
      () => studentT(0),
      () => gammaDistribution(1, Number.NaN),
      () => betaDistribution(-1, 1),
      () => binomial(1.5, 0.5),
      () => negativeBinomial(1, 0),
      () => uniform(1, 1),
      () => weibull(Number.POSITIVE_INFINITY),
      () => poisson(2).quantile(1.1),
      () => normal().cdf(Number.NaN),
    ]
    for (const one of bad) expect(one).toThrow(StatsError)
  })
})
