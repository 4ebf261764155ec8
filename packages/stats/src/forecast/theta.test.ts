import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classicSeries, goldenSeries } from '../../test/golden.ts'
import { naive } from './naive.ts'
import { detectSeasons, isSeasonal } from './seasonality.ts'
import { dynamicTheta, theta } from './theta.ts'

const finite = fc.double({ min: -1e3, max: 1e3, noNaN: true })

describe('theta', () => {
  it('forecasts as R does, with the same intervals', (context) => {
    const all = goldenSeries()
    if (all === null) return context.skip('the published results are not here')
    let compared = 0
    for (const { values, golden } of all) {
      const published = golden.thetaf
      if (published === undefined) continue
      const horizon = published.mean_fc.length
      const { mean, deviation } = theta(values, Math.max(1, golden.frequency)).predict(horizon)
      for (const [i, expected] of published.mean_fc.entries()) {
        expect(Math.abs((mean[i] ?? 0) / expected - 1)).toBeLessThan(1e-4)
        const half = (published.hi95[i] ?? 0) - expected
        expect(Math.abs((1.959964 * (deviation[i] ?? 0)) / half - 1)).toBeLessThan(2e-4)
      }
      compared++
    }
    expect(compared).toBeGreaterThanOrEqual(8)
  })
})

for (const [name, method] of Object.entries({ theta, dynamicTheta })) {
  describe(`${name}: laws`, () => {
    it('follows the units of the series', () => {
      fc.assert(
        fc.property(
          fc.array(finite, { minLength: 4, maxLength: 40 }),
          fc.double({ min: 0.01, max: 100, noNaN: true }),
          (y, scale) => {
            const size = Math.max(...y.map(Math.abs), 1)
            const one = method(y).predict(3).mean
            const scaled = method(y.map((value) => value * scale)).predict(3).mean
            for (let i = 0; i < 3; i++) {
              expect(Math.abs((scaled[i] ?? 0) / scale - (one[i] ?? 0))).toBeLessThan(1e-3 * size)
            }
          },
        ),
      )
    })

    it('is finite for every series', () => {
      fc.assert(
        fc.property(fc.array(finite, { minLength: 1, maxLength: 30 }), (y) => {
          const { mean, deviation } = method(y, 4).predict(9)
          expect([...mean, ...deviation].every(Number.isFinite)).toBe(true)
        }),
      )
    })

    it('keeps a constant', () => {
      expect(
        [...method(Array.from({ length: 10 }, () => 7)).predict(3).mean].map(
          (v) => Math.round(v * 1e9) / 1e9,
        ),
      ).toEqual([7, 7, 7])
    })
  })
}

describe('dynamicTheta', () => {
  it('goes on with a line', () => {
    const y = Array.from({ length: 30 }, (_, t) => 5 + 2 * t)
    const { mean } = dynamicTheta(y).predict(5)
    for (let h = 0; h < 5; h++) expect(Math.abs((mean[h] ?? 0) - (65 + 2 * h))).toBeLessThan(0.5)
  })
})

describe('naive', () => {
  const y = [1, 2, 3, 2, 3, 6]
  it('repeats, or follows the line', () => {
    expect([...naive(y).predict(2).mean]).toEqual([6, 6])
    expect([...naive(y, 'seasonal', 3).predict(4).mean]).toEqual([2, 3, 6, 2])
    expect([...naive(y, 'drift').predict(2).mean]).toEqual([7, 8])
    expect(naive(y, 'mean').predict(1).mean[0]).toBeCloseTo(17 / 6, 12)
    // Differences 1, 1, −1, 1, 3: their root mean square is √2.6, and it grows with √h.
    expect(naive(y).predict(4).deviation[3]).toBeCloseTo(2 * Math.sqrt(13 / 5), 12)
  })

  it('refuses what is no series', () => {
    expect(() => naive([])).toThrow('0 values')
    expect(() => naive([1, Number.NaN])).toThrow('y[1]')
    expect(() => naive([1]).predict(0)).toThrow('horizon')
    expect(() => naive([1], 'seasonal', 1.5)).toThrow('period')
  })
})

describe('seasons', () => {
  it('are found where they are known', () => {
    expect(detectSeasons(classicSeries('ldeaths'))[0]?.period).toBe(12)
    expect(detectSeasons(classicSeries('maunaLoa'))[0]?.period).toBe(12)
    expect(detectSeasons(classicSeries('lynx'))[0]?.period).toBe(10)
    expect(detectSeasons(classicSeries('uspop'))).toEqual([])
    expect(detectSeasons([])).toEqual([])
    expect(detectSeasons(Array.from({ length: 50 }, () => 3))).toEqual([])
  })

  it('are told apart when there are two', () => {
    const y = Array.from(
      { length: 24 * 7 * 6 },
      (_, t) =>
        10 * Math.sin((2 * Math.PI * t) / 24) + (t % 168 < 48 ? 8 : 0) + Math.sin(t * t) * 2,
    )
    const periods = detectSeasons(y, { candidates: [24, 168] }).map((season) => season.period)
    expect(periods).toContain(24)
    expect(periods).toContain(168)
  })

  it('are not seen in noise, mostly', () => {
    let state = 1
    const noise = Array.from({ length: 200 }, () => {
      state = (state * 48271) % 2147483647
      return state / 2147483647
    })
    expect(isSeasonal(noise, 12)).toBe(false)
  })
})
