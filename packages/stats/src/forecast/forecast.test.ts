import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classicSeries } from '../../test/golden.ts'
import { createRandom } from '../random/generator.ts'
import { regularise } from '../series/regularise.ts'
import { StatsError } from '../stats-error.ts'
import { forecast } from './forecast.ts'

describe('forecast', () => {
  it('goes on with trend and season', () => {
    const co2 = classicSeries('maunaLoa')
    const past = co2.slice(0, -24)
    const { mean, intervals, model, diagnostics } = forecast(past, { horizon: 24 })
    expect(model.periods).toEqual([12])
    expect(model.members.length).toBeGreaterThanOrEqual(2)
    expect(diagnostics.origins).toBe(3)
    expect(diagnostics.relativeError).toBeLessThan(0.6)
    for (const [h, truth] of co2.slice(-24).entries()) {
      expect(Math.abs((mean[h] ?? 0) - truth)).toBeLessThan(1.5)
    }
    const [narrow, wide] = intervals
    for (let h = 0; h < 24; h++) {
      expect(narrow?.low[h]).toBeGreaterThan(wide?.low[h] ?? Number.NaN)
      expect(narrow?.high[h]).toBeLessThan(wide?.high[h] ?? Number.NaN)
    }
  })

  it('takes off two seasons that are too long to fit', () => {
    const value = (t: number) =>
      100 + 20 * Math.sin((2 * Math.PI * t) / 24) + (t % 168 < 48 ? 15 : 0) + 2 * Math.sin(t * t)
    const past = Array.from({ length: 24 * 7 * 4 }, (_, t) => value(t))
    const { mean, model } = forecast(past, { horizon: 168, periods: [24, 168] })
    expect(model.periods).toEqual([24, 168])
    let error = 0
    for (let h = 0; h < 168; h++) error += Math.abs((mean[h] ?? 0) - value(past.length + h)) / 168
    expect(error).toBeLessThan(4)
  })

  it('says what it made of odd series', () => {
    const of = (y: number[]) => forecast(y, { horizon: 2 })
    expect(of([5, 5, 5, 5]).warnings[0]).toContain('constant')
    expect([...of([5, 5, 5, 5]).mean]).toEqual([5, 5])
    expect(of([1, 2]).warnings[0]).toContain('2 values')
    expect(of([0, 0, 3, 0, 0, 0, 2, 0, 0]).model.name).toBe('Croston-SBA')
    const gaps = of([Number.NaN, 1, 2, Number.NaN, 4, 5, 6, 7, 8, 9, 10, 11])
    expect(gaps.diagnostics).toMatchObject({ known: 10, filled: 1 })
    expect(gaps.warnings[0]).toContain('bridged')
    expect(() => of([])).toThrow('no known value')
    expect(() => of([Number.NaN])).toThrow('no known value')
  })

  it('knows that counts are not negative', () => {
    const times = Array.from({ length: 30 }, (_, t) => t)
    const values = times.map((t) => Math.max(0, 30 - t) + (t % 2))
    const series = regularise(times, values, { type: 'count', step: 1 })
    const { mean, intervals } = forecast(series, { horizon: 10 })
    for (const bound of [mean, intervals[1]?.low ?? []]) {
      expect(Math.min(...bound)).toBeGreaterThanOrEqual(0)
    }
    expect(Math.max(...forecast(values, { horizon: 10, greatest: 1 }).mean)).toBeLessThanOrEqual(1)
  })

  it('keeps to its budget', () => {
    let calls = 0
    const now = () => calls++ * 10
    const { model } = forecast(classicSeries('ldeaths'), {
      horizon: 6,
      periods: [12],
      budget: { milliseconds: 0, now },
    })
    expect(model.members).toEqual(['Theta'])
  })

  it('bounds its work, whatever the series', () => {
    const random = createRandom(12)
    const odd = [0, 1, -1, Number.NaN, 1e300, -1e300, 1e-300]
    let spent = 0
    for (const [n, period] of [
      [30, 5],
      [400, 24],
      [900, 24],
      [600, 52],
    ] as const) {
      const y = Array.from({ length: n }, (_, t) =>
        random() < 0.2
          ? (odd[Math.floor(random() * odd.length)] ?? 0)
          : 100 * random() + 50 * Math.sin((2 * Math.PI * t) / period),
      )
      const limit = 2e6
      const told = forecast(y, { horizon: 8, periods: [period], effort: limit })
      expect(told.diagnostics.effort).toBeLessThanOrEqual(limit)
      expect(told.mean.every(Number.isFinite)).toBe(true)
      if (told.warnings.at(-1)?.includes('effort was spent') === true) spent++
    }
    expect(spent).toBeGreaterThanOrEqual(2)
    expect(() => forecast([1, 2], { horizon: 1, effort: -1 })).toThrow('options.effort')
  })

  it('looks at the clock within a search too', () => {
    let asked = 0
    const now = () => asked++
    forecast(classicSeries('ldeaths'), {
      horizon: 6,
      periods: [12],
      budget: { milliseconds: 200, now },
    })
    // After its end each search, of which there are fifteen forms by two starts in ETS, asks a few times more.
    expect(asked).toBeGreaterThan(200)
    expect(asked).toBeLessThan(2_500)
  })

  it('follows the units of the series', () => {
    const y = classicSeries('lynx')
    const one = forecast(y, { horizon: 5 }).mean
    const scaled = forecast(
      y.map((value) => value * 1024),
      { horizon: 5 },
    ).mean
    for (let h = 0; h < 5; h++) expect((scaled[h] ?? 0) / (one[h] ?? 0)).toBeCloseTo(1024, 5)
  })

  it('refuses options that mean nothing', () => {
    expect(() => forecast([1, 2, 3], { horizon: 0 })).toThrow('horizon')
    expect(() => forecast([1, 2, 3], { horizon: 1, levels: [95] })).toThrow('options.levels[0]')
    expect(() => forecast([1, 2, 3], { horizon: 1, periods: [2.5] })).toThrow('period')
  })

  it('answers any numbers with finite ones, in order, or refuses them by code', () => {
    const value = fc.oneof(
      fc.double({ min: -1e3, max: 1e3 }),
      fc.constantFrom(0, 0, 1, Number.NaN, 1e300, -1e300, 1e-300, Number.POSITIVE_INFINITY),
    )
    fc.assert(
      fc.property(
        fc.array(value, { maxLength: 24 }),
        fc.integer({ min: 1, max: 6 }),
        (y, period) => {
          const known = y.some(Number.isFinite)
          const { result, error } = attempt(() => forecast(y, { horizon: 3, periods: [period] }))
          expect(result !== undefined).toBe(known)
          expect(error instanceof StatsError).toBe(!known)
          for (const { low, high } of result?.intervals ?? []) {
            for (let h = 0; h < 3; h++) {
              const mean = result?.mean[h] ?? Number.NaN
              expect(low[h]).toBeLessThanOrEqual(mean)
              expect(high[h]).toBeGreaterThanOrEqual(mean)
            }
          }
        },
      ),
      { numRuns: 150 },
    )
  })
})

function attempt<T>(run: () => T): { result?: T; error?: unknown } {
  try {
    return { result: run() }
  } catch (error) {
    return { error }
  }
}
