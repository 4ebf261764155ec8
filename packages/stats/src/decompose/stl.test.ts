import { describe, expect, it } from 'vitest'
import { classicSeries, goldenSeries, mstlRun, mstlSeries, stlRuns } from '../../test/golden.ts'
import { mstl } from './mstl.ts'
import { seasonalStrength, stl } from './stl.ts'

describe('stl', () => {
  it('does what the original does', (context) => {
    const runs = stlRuns()
    if (runs === null) return context.skip('the published results are not here')
    for (const { name, values, options, ...published } of runs) {
      const fit = stl(values, options)
      expect(published.trend, name).toHaveLength(fit.trend.length)
      for (const key of ['seasonal', 'trend', 'weights'] as const) {
        for (const [i, expected] of published[key].entries()) {
          expect(Math.abs((fit[key][i] ?? 0) - expected), name).toBeLessThan(1e-8)
        }
      }
    }
    expect(runs).toHaveLength(5)
  })

  it('does what R does', (context) => {
    const all = goldenSeries()
    if (all === null) return context.skip('the published results are not here')
    let compared = 0
    let odd = 0
    for (const { values, golden } of all) {
      if (golden.stl_periodic === undefined || golden.stl_s13_robust === undefined) continue
      const n = values.length
      const period = golden.frequency
      const periodic = stl(values, { period, seasonalWindow: 'periodic' })
      const robust = stl(values, { period, seasonalWindow: 13, robust: true })
      const { seasonal, trend_head, trend_tail } = golden.stl_periodic
      compared++
      const size = Math.max(...values.map(Math.abs))
      near(periodic.seasonal.slice(0, seasonal.length), seasonal, size)
      near(periodic.trend.slice(0, trend_head.length), trend_head, size)
      near(periodic.trend.slice(n - trend_tail.length), trend_tail, size)
      // With an even number of values R's median of the residuals is not always the median: its partial sort
      // is handed the two middle places in descending order.
      if (n % 2 === 0) continue
      const tails = golden.stl_s13_robust
      near(robust.seasonal.slice(n - tails.seasonal_tail.length), tails.seasonal_tail, size)
      near(robust.trend.slice(n - tails.trend_tail.length), tails.trend_tail, size)
      near(robust.remainder.slice(n - tails.remainder_tail.length), tails.remainder_tail, size)
      odd++
    }
    expect(compared).toBeGreaterThanOrEqual(6)
    expect(odd).toBeGreaterThan(0)
  })

  it('adds up, and gives weight 0 to an outlier', () => {
    const y = Array.from({ length: 72 }, (_, t) => 10 + t / 5 + 3 * Math.sin(t * 0.7) + (t % 6))
    y[40] = 100
    const fit = stl(y, { period: 6, robust: true })
    for (const [t, value] of y.entries()) {
      const sum = (fit.trend[t] ?? 0) + (fit.seasonal[t] ?? 0) + (fit.remainder[t] ?? 0)
      expect(sum).toBeCloseTo(value, 10)
    }
    expect(fit.weights[40]).toBe(0)
  })

  it('finds nothing where nothing is, and survives a perfect fit', () => {
    const constant = stl(
      Array.from({ length: 24 }, () => 5),
      { period: 6, robust: true },
    )
    expect([...constant.seasonal, ...constant.remainder].every((v) => Math.abs(v) < 1e-12)).toBe(
      true,
    )
    expect(seasonalStrength(constant.seasonal, constant.remainder)).toBe(0)
    const cycle = stl(
      Array.from({ length: 24 }, (_, t) => t % 6),
      { period: 6, seasonalWindow: 'periodic', robust: true },
    )
    expect(seasonalStrength(cycle.seasonal, cycle.remainder)).toBeCloseTo(1, 10)
  })

  it('refuses what it cannot decompose', () => {
    expect(() => stl([1, 2, 3], { period: 2 })).toThrow('two cycles of 2')
    expect(() => stl([1, 2, 3, 4], { period: 1 })).toThrow('options.period')
    expect(() => stl([1, 2, Number.NaN, 4], { period: 2 })).toThrow('fill gaps')
    expect(() => stl([1, 2, 3, 4], { period: 2, trendWindow: 4 })).toThrow('options.trendWindow')
  })
})

describe('mstl', () => {
  it('is STL with one period', () => {
    const y = classicSeries('ldeaths')
    const fit = mstl(y, { periods: [12] })
    const single = stl(y, { period: 12, seasonalWindow: 11 })
    expect(fit?.seasonals[0]?.values).toEqual(single.seasonal)
    near(fit?.trend ?? [], single.trend, 1)
  })

  it('does what statsmodels does', () => {
    const { periods, windows, places, trend, seasonals } = mstlRun
    const fit = mstl(mstlSeries(), { periods, seasonalWindow: (i) => windows[i - 1] ?? 7 })
    for (const [i, at] of places.entries()) {
      expect(Math.abs((fit?.trend[at] ?? 0) - (trend[i] ?? 0))).toBeLessThan(1e-6)
      for (const [s, { values }] of (fit?.seasonals ?? []).entries()) {
        expect(Math.abs((values[at] ?? 0) - (seasonals[s]?.[i] ?? 0))).toBeLessThan(1e-6)
      }
    }
    expect(fit?.seasonals).toHaveLength(2)
  })

  it('tells two seasons apart', () => {
    const daily = (t: number) => 10 * Math.sin((2 * Math.PI * t) / 24)
    const weekly = (t: number) => 5 * Math.cos((2 * Math.PI * t) / 168)
    const y = Array.from({ length: 24 * 7 * 5 }, (_, t) => 100 + 0.01 * t + daily(t) + weekly(t))
    const fit = mstl(y, { periods: [168, 24, 10_000] })
    expect(fit?.seasonals.map((season) => season.period)).toEqual([24, 168])
    for (let t = 0; t < y.length; t += 13) {
      expect(Math.abs((fit?.seasonals[0]?.values[t] ?? 0) - daily(t))).toBeLessThan(0.5)
      expect(Math.abs((fit?.seasonals[1]?.values[t] ?? 0) - weekly(t))).toBeLessThan(0.5)
      expect(Math.abs(fit?.remainder[t] ?? 1)).toBeLessThan(0.3)
    }
  })

  it('says null where no cycle is held twice', () => {
    expect(mstl([1, 2, 3], { periods: [2] })).toBeNull()
  })
})

/** Equal to what ten printed digits tell of numbers of that size. */
function near(ours: ArrayLike<number>, theirs: ArrayLike<number>, size: number): void {
  expect(ours.length).toBe(theirs.length)
  for (let i = 0; i < ours.length; i++) {
    expect(Math.abs((ours[i] ?? 0) - (theirs[i] ?? 0))).toBeLessThan(2e-9 * size)
  }
}
