import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { incompleteBeta } from '../special/incomplete-beta.ts'
import { logGamma } from '../special/log-gamma.ts'
import { StatsError } from '../stats-error.ts'
import { studentTCdf, studentTQuantile } from './student-t.ts'

const degrees = fc.double({ min: 0.5, max: 5000, noNaN: true })
const probability = fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true })

function relative(told: number, truth: number): number {
  return Math.abs(told - truth) / Math.max(1e-300, Math.abs(truth))
}

describe("Student's t", () => {
  it('inverse undoes the distribution', () => {
    fc.assert(
      fc.property(probability, degrees, (p, df) => {
        expect(Math.abs(studentTCdf(studentTQuantile(p, df), df) - p)).toBeLessThan(1e-12)
      }),
      { numRuns: 300 },
    )
  })

  it('is symmetric and rises', () => {
    fc.assert(
      fc.property(fc.double({ min: -50, max: 50, noNaN: true }), degrees, (t, df) => {
        expect(studentTCdf(t, df) + studentTCdf(-t, df)).toBeCloseTo(1, 13)
        expect(studentTCdf(t + 0.5, df)).toBeGreaterThanOrEqual(studentTCdf(t, df))
      }),
    )
  })

  it('has the closed forms of one and two degrees of freedom', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 0.999, noNaN: true }), (p) => {
        const cauchy = Math.tan(Math.PI * (p - 0.5))
        expect(Math.abs(studentTQuantile(p, 1) - cauchy)).toBeLessThan(
          1e-11 * Math.max(1, Math.abs(cauchy)),
        )
        const two = (2 * p - 1) / Math.sqrt(2 * p * (1 - p))
        expect(Math.abs(studentTQuantile(p, 2) - two)).toBeLessThan(
          1e-11 * Math.max(1, Math.abs(two)),
        )
      }),
    )
  })

  it.each([
    // Printed tables of the distribution, three decimals.
    [0.975, 5, 2.571],
    [0.975, 10, 2.228],
    [0.975, 30, 2.042],
    [0.995, 34, 2.728],
    [0.95, 120, 1.658],
    [0.975, 1e7, 1.96],
  ])('quantile %d with %d degrees is %d', (p, df, t) => {
    expect(studentTQuantile(p, df)).toBeCloseTo(t, 3)
  })

  it('refuses impossible arguments', () => {
    expect(() => studentTQuantile(0, 5)).toThrow(StatsError)
    expect(() => studentTQuantile(1, 5)).toThrow(StatsError)
    expect(() => studentTQuantile(0.5, 0)).toThrow(StatsError)
    expect(studentTQuantile(0.5, 3)).toBe(0)
  })
})

describe('special functions', () => {
  it('log Γ satisfies Γ(x + 1) = x Γ(x) and the factorials', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1000, noNaN: true }), (x) => {
        expect(Math.abs(logGamma(x + 1) - logGamma(x) - Math.log(x))).toBeLessThan(
          1e-13 * Math.max(10, Math.abs(logGamma(x))),
        )
      }),
    )
    expect(relative(logGamma(21), Math.log(2432902008176640000))).toBeLessThan(1e-14)
    expect(relative(logGamma(0.5), Math.log(Math.sqrt(Math.PI)))).toBeLessThan(1e-14)
  })

  it('incomplete beta with whole parameters is a binomial tail', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (a, b, x) => {
          const n = a + b - 1
          let tail = 0
          for (let k = a; k <= n; k++) {
            let choose = 1
            for (let i = 1; i <= k; i++) choose = (choose * (n - k + i)) / i
            tail += choose * x ** k * (1 - x) ** (n - k)
          }
          expect(Math.abs(incompleteBeta(x, a, b) - tail)).toBeLessThan(1e-12)
        },
      ),
    )
  })
})
