import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classicSeries, goldenSeries } from '../../test/golden.ts'
import { type EtsFit, ets } from './ets.ts'
import { type EtsForm, etsFreeOf, etsParameters, etsResiduals } from './ets-recursion.ts'

describe('ets', () => {
  it('finds models at least as likely as those of R', (context) => {
    const all = goldenSeries()
    if (all === null) return context.skip('the published results are not here')
    let compared = 0
    for (const { values, golden } of all) {
      const published = golden.ets
      if (published === undefined) continue
      const period = Math.max(1, Math.round(golden.frequency))
      const form = published.method.replace(/ETS\(|[,)]/g, '')
      const same = ets(values, { period, forms: [form] })
      expect(same.method).toBe(published.method)
      expect(same.aicc ?? Number.POSITIVE_INFINITY).toBeLessThan(published.aicc + 0.01)
      const best = ets(values, { period })
      expect(best.aicc ?? Number.POSITIVE_INFINITY).toBeLessThan(published.aicc + 0.01)
      // Better optima forecast a little differently.
      const { mean, deviation } = same.predict(published.mean_fc.length)
      for (const [i, expected] of published.mean_fc.entries()) {
        expect(Math.abs((mean[i] ?? 0) / expected - 1)).toBeLessThan(0.02)
        const half = (published.hi95[i] ?? 0) - expected
        expect(Math.abs((1.959964 * (deviation[i] ?? 0)) / half - 1)).toBeLessThan(0.13)
      }
      compared++
    }
    expect(compared).toBeGreaterThanOrEqual(8)
  })

  it('has the figures of R where the optimum is the same', () => {
    // R: ets(lh) is ETS(A,N,N), log likelihood -59.36…, AICc 125.2727037.
    const fit = ets(classicSeries('lh'), { forms: ['ANN'] }) as EtsFit
    expect(fit.aicc).toBeCloseTo(125.2727037, 3)
    expect(fit.logLikelihood).toBeCloseTo((6 + 24 / 44 - 125.2727037) / 2, 3)
  })

  const forms: EtsForm[] = (['A', 'M'] as const).flatMap((error) =>
    (['N', 'A', 'Ad'] as const).flatMap((trend) =>
      (['N', 'A', 'M'] as const).map((season) => ({
        error,
        trend,
        season,
        period: season === 'N' ? 1 : 4,
      })),
    ),
  )
  for (const form of forms) {
    it(`carries exact derivatives: ${form.error}${form.trend}${form.season}`, () => {
      const y = Float64Array.from(
        { length: 20 },
        (_, t) => 20 + t + ([3, -2, 4, -5][t % 4] ?? 0) + Math.sin(t * t),
      )
      const seasons =
        form.season === 'N' ? [] : form.season === 'M' ? [1.1, 0.9, 1.2, 0.8] : [3, -2, 4, -5]
      const free = etsFreeOf(form, {
        alpha: 0.3,
        beta: 0.05,
        gamma: 0.2,
        phi: 0.9,
        level: 19,
        trend: 1,
        seasons: Float64Array.from(seasons),
      })
      const p = etsParameters(form)
      expect(free).toHaveLength(p)
      const run = etsResiduals(form, y)
      const jacobian = new Float64Array(y.length * p)
      expect(run(free, new Float64Array(y.length), jacobian)).toBe(true)
      for (let j = 0; j < p; j++) {
        const step = 1e-5
        const [up, down] = [1, -1].map((sign) => {
          const moved = free.slice()
          moved[j] = (moved[j] ?? 0) + sign * step
          const residuals = new Float64Array(y.length)
          run(moved, residuals, null)
          return residuals
        })
        for (let t = 0; t < y.length; t++) {
          const numeric = ((up?.[t] ?? 0) - (down?.[t] ?? 0)) / (2 * step)
          expect(Math.abs((jacobian[t * p + j] ?? 0) - numeric)).toBeLessThan(1e-4)
        }
      }
    })
  }

  it('follows the units of the series', () => {
    const y = classicSeries('ldeaths')
    const one = ets(y, { period: 12 })
    const scaled = ets(
      y.map((value) => value * 1000),
      { period: 12 },
    )
    expect(scaled.method).toBe(one.method)
    const [a, b] = [one.predict(12).mean, scaled.predict(12).mean]
    for (let h = 0; h < 12; h++) expect((b[h] ?? 0) / 1000 / (a[h] ?? 0)).toBeCloseTo(1, 3)
  })

  it('answers every series with finite numbers', () => {
    const value = fc.oneof(
      fc.double({ min: -100, max: 100, noNaN: true }),
      fc.constantFrom(0, 1, 1e-9, 1e9),
    )
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 24 }), (y) => {
        const { mean, deviation } = ets(y, { period: 4 }).predict(6)
        expect([...mean, ...deviation].every(Number.isFinite)).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  it('refuses what it cannot read', () => {
    expect(() => ets([1, 2, 3], { forms: ['AXN'] })).toThrow('options.forms')
    expect(() => ets([])).toThrow('0 values')
    expect(() => ets([1, Number.POSITIVE_INFINITY])).toThrow('y[1]')
  })
})
