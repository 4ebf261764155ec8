import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StatsError } from '../stats-error.ts'
import { erf, erfc, erfcInverse, erfcx, erfInverse } from './erf.ts'
import { incompleteBeta, incompleteBetaInverse, logIncompleteBeta } from './incomplete-beta.ts'
import {
  gammaP,
  gammaPInverse,
  gammaQ,
  gammaQInverse,
  logGammaP,
  logGammaQ,
} from './incomplete-gamma.ts'
import { digamma, gamma, logBeta, logChoose, logGamma, trigamma } from './log-gamma.ts'
import { normalQuantile } from './normal-quantile.ts'
import * as vectors from './special-fixture.ts'

/** Distance over size, and where values pass through zero (ψ, logarithms near 0) over `least`. */
function apart(told: number, truth: number, least = 0): number {
  return told === truth ? 0 : Math.abs(told - truth) / Math.max(Math.abs(truth), least)
}

const positive = fc.double({ min: 1e-3, max: 1e4, noNaN: true })
const share = fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true })

describe('values worked out with 50 digits', () => {
  it('erf, erfc, erfcx', () => {
    for (const [x, truth, complement] of vectors.ERF) {
      expect(apart(erf(x), truth)).toBeLessThan(3e-15)
      expect(apart(erfc(x), complement)).toBeLessThan(3e-15)
    }
    for (const [x, truth] of vectors.ERFCX) expect(apart(erfcx(x), truth)).toBeLessThan(3e-15)
  })

  it('log Γ, ψ, ψ′, log B', () => {
    for (const [x, truth] of vectors.LOG_GAMMA)
      expect(apart(logGamma(x), truth)).toBeLessThan(3e-15)
    for (const [x, first, second] of vectors.DIGAMMA) {
      expect(apart(digamma(x), first, 1)).toBeLessThan(3e-15)
      expect(apart(trigamma(x), second)).toBeLessThan(3e-15)
    }
    for (const [a, b, truth] of vectors.LOG_BETA)
      expect(apart(logBeta(a, b), truth)).toBeLessThan(5e-15)
  })

  it.each(vectors.INCOMPLETE_GAMMA)('incomplete gamma of %d at %d', (a, x, p, q, logP, logQ) => {
    expect(apart(gammaP(a, x), p)).toBeLessThan(1e-13)
    expect(apart(gammaQ(a, x), q)).toBeLessThan(1e-13)
    expect(apart(logGammaP(a, x), logP, 1e-290)).toBeLessThan(1e-13)
    expect(apart(logGammaQ(a, x), logQ, 1e-290)).toBeLessThan(1e-13)
    // Back by the smaller tail: the other one does not know x any more.
    const back = p < q ? gammaPInverse(a, p) : gammaQInverse(a, q)
    expect(apart(back, x)).toBeLessThan(1e-12)
  })

  it.each(vectors.INCOMPLETE_BETA)(
    'incomplete beta at %d of %d, %d',
    (x, a, b, p, log, logUpper) => {
      expect(apart(incompleteBeta(x, a, b), p)).toBeLessThan(1e-12)
      expect(apart(logIncompleteBeta(x, 1 - x, a, b), log, 1e-2)).toBeLessThan(1e-12)
      expect(apart(logIncompleteBeta(1 - x, x, b, a), logUpper, 1e-2)).toBeLessThan(1e-12)
      if (p < 0.9) expect(apart(incompleteBetaInverse(p, a, b), x)).toBeLessThan(1e-12)
    },
  )

  it('normal quantile', () => {
    // The table of the publication, and the tail at the end of doubles.
    expect(apart(normalQuantile(0.25), -0.6744897501960817)).toBeLessThan(1e-15)
    expect(apart(normalQuantile(0.001), -3.090232306167813)).toBeLessThan(1e-15)
    expect(apart(normalQuantile(1e-20), -9.262340089798409)).toBeLessThan(1e-15)
    expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY)
    expect(normalQuantile(1)).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('identities', () => {
  it('Γ(x + 1) = x Γ(x), and its logarithm, derivatives and factorials', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 150, noNaN: true }), (x) => {
        expect(apart(gamma(x + 1), x * gamma(x))).toBeLessThan(2e-13)
        expect(apart(logGamma(x + 1), logGamma(x) + Math.log(x), 1)).toBeLessThan(1e-14)
        expect(apart(digamma(x + 1), digamma(x) + 1 / x, 1)).toBeLessThan(1e-13)
        expect(apart(trigamma(x + 1), trigamma(x) - 1 / x ** 2, 1e-2)).toBeLessThan(1e-11)
      }),
    )
    expect(gamma(6)).toBe(120)
    expect(apart(gamma(0.5), Math.sqrt(Math.PI))).toBeLessThan(1e-15)
    expect(apart(Math.exp(logChoose(50, 20)), 47_129_212_243_960)).toBeLessThan(1e-13)
    expect(logChoose(7, 0)).toBeCloseTo(0, 14)
  })

  it('tails of gamma and beta are one another’s complements, and rise', () => {
    fc.assert(
      fc.property(positive, share, positive, share, (a, p, b, x) => {
        const at = gammaPInverse(a, p)
        expect(gammaP(a, at) + gammaQ(a, at)).toBeCloseTo(1, 12)
        expect(gammaP(a, at * 1.01)).toBeGreaterThanOrEqual(gammaP(a, at) * (1 - 1e-13))
        expect(incompleteBeta(x, a, b)).toBeCloseTo(
          1 - Math.exp(logIncompleteBeta(1 - x, x, b, a)),
          12,
        )
        // P(a + 1, x) = P(a, x) − xᵃ e⁻ˣ / Γ(a + 1), at an x that has all of its digits.
        fc.pre(at > 1e-300)
        const term = Math.exp(a * Math.log(at) - at - logGamma(a + 1))
        expect(gammaP(a + 1, at)).toBeCloseTo(gammaP(a, at) - term, 9)
      }),
      { numRuns: 300 },
    )
  })

  it('inverses undo what they are the inverses of, from either tail', () => {
    fc.assert(
      fc.property(positive, positive, share, (a, b, p) => {
        const x = gammaPInverse(a, p)
        if (x > 1e-300) expect(apart(gammaP(a, x), p)).toBeLessThan(1e-9)
        const upper = gammaQInverse(a, p)
        if (upper > 1e-300) expect(apart(gammaQ(a, upper), p)).toBeLessThan(1e-9)
        const y = incompleteBetaInverse(p, a, b)
        // Next to 1 doubles are too far apart to tell.
        if (y > 1e-300 && y < 0.999) expect(apart(incompleteBeta(y, a, b), p)).toBeLessThan(1e-9)
      }),
      { numRuns: 300 },
    )
    fc.assert(
      fc.property(fc.double({ min: -5, max: 5, noNaN: true }), (x) => {
        fc.pre(Math.abs(x) > 1e-300)
        if (Math.abs(x) < 2) expect(apart(erfInverse(erf(x)), x)).toBeLessThan(1e-13)
        if (x > -2) expect(apart(erfcInverse(erfc(x)), x, 1)).toBeLessThan(1e-13)
        expect(erf(-x)).toBe(-erf(x))
      }),
    )
  })

  it('refuse arguments that they have no value at', () => {
    const bad = [
      () => erf(Number.NaN),
      () => erfInverse(1.1),
      () => erfcInverse(-1),
      () => logGamma(-1),
      () => logGamma(Number.NaN),
      () => digamma(0),
      () => gammaP(0, 1),
      () => gammaQ(1, -1),
      () => gammaPInverse(1, Number.NaN),
      () => incompleteBeta(2, 1, 1),
      () => incompleteBetaInverse(0.5, -1, 1),
      () => normalQuantile(1.5),
    ]
    for (const one of bad) expect(one).toThrow(StatsError)
  })
})
