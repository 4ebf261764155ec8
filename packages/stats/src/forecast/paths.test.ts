import { describe, expect, it } from 'vitest'
import { classicSeries } from '../../test/golden.ts'
import { sampleNormal } from '../random/continuous.ts'
import { createRandom } from '../random/generator.ts'
import { quantileOfSorted } from '../robust/quantile.ts'
import { type Forecast, forecast } from './forecast.ts'
import { pathExhaustion, pathTotals } from './paths.ts'

const COUNT = 4_000

function stepOf({ paths }: Forecast, h: number): Float64Array {
  return Float64Array.from(paths, (path) => path[h] ?? Number.NaN).sort()
}

describe('paths', () => {
  for (const [name, y, period] of [
    ['a season and a trend', classicSeries('maunaLoa').slice(-120), 12],
    ['a cycle', classicSeries('lynx'), 1],
    ['noise', Array.from({ length: 60 }, (_, t) => 10 + Math.sin(t * t)), 1],
  ] as const) {
    it(`have the quantiles of the intervals at each step: ${name}`, () => {
      const told = forecast(y, {
        horizon: 12,
        periods: [period],
        levels: [0.5, 0.9],
        paths: { count: COUNT, random: createRandom(1) },
      })
      for (const { level, low, high } of told.intervals) {
        for (let h = 0; h < 12; h++) {
          const steps = stepOf(told, h)
          const below = steps.filter((value) => value < (low[h] ?? 0)).length / COUNT
          const above = steps.filter((value) => value > (high[h] ?? 0)).length / COUNT
          // Four standard deviations of a share of that many draws.
          const chance = 4 * Math.sqrt((((1 - level) / 2) * (1 + level)) / 2 / COUNT)
          expect(Math.abs(below - (1 - level) / 2)).toBeLessThan(chance)
          expect(Math.abs(above - (1 - level) / 2)).toBeLessThan(chance)
        }
      }
    })
  }

  it('are the same for the same seed, and stay above the least value', () => {
    const y = Array.from({ length: 40 }, (_, t) => 5 + 4 * Math.sin(t * t))
    const draw = (seed: number) =>
      forecast(y, { horizon: 3, least: 0, paths: { count: 50, random: createRandom(seed) } }).paths
    expect(draw(3)).toEqual(draw(3))
    expect(draw(3)).not.toEqual(draw(4))
    expect(Math.min(...draw(3).flatMap((path) => [...path]))).toBe(0)
    expect(forecast(y, { horizon: 3 }).paths).toEqual([])
  })

  it('hang together as much as the series does', () => {
    const random = createRandom(9)
    const noise = Array.from({ length: 300 }, () => sampleNormal(random))
    let level = 0
    const walk = noise.map((value) => (level += value))
    const ratio = (y: readonly number[]): number => {
      const told = forecast(y, { horizon: 20, paths: { count: COUNT, random: createRandom(2) } })
      const spread = (sorted: Float64Array) =>
        quantileOfSorted(sorted, 0.9) - quantileOfSorted(sorted, 0.1)
      let independent = 0
      for (let h = 0; h < 20; h++) independent += spread(stepOf(told, h)) ** 2
      return spread(pathTotals(told.paths)) / Math.sqrt(independent)
    }
    // The sum of a random walk's next 20 values is 3.7 times as uncertain as if they were independent.
    expect(ratio(walk)).toBeGreaterThan(3)
    expect(ratio(noise)).toBeLessThan(2.2)
  })

  it('cover sums of what comes', () => {
    let covered = 0
    const runs = 100
    for (let seed = 0; seed < runs; seed++) {
      const random = createRandom(1_000 + seed)
      let level = 50
      const y = Array.from({ length: 72 }, () => {
        level += sampleNormal(random, 0, 0.5)
        return level + sampleNormal(random, 0, 2)
      })
      const { paths } = forecast(y.slice(0, 60), { horizon: 12, paths: { count: 400, random } })
      const totals = pathTotals(paths)
      const truth = y.slice(60).reduce((sum, value) => sum + value, 0)
      if (quantileOfSorted(totals, 0.05) <= truth && truth <= quantileOfSorted(totals, 0.95))
        covered++
    }
    expect(covered).toBeGreaterThanOrEqual(78)
    expect(covered).toBeLessThanOrEqual(99)
  })
})

describe('what paths add up to', () => {
  const paths = [
    [1, 1, 1],
    [2, 2, 2],
    [0, 0, 5],
    [0, 0, 0],
  ]

  it('is sums', () => {
    expect([...pathTotals(paths)]).toEqual([0, 3, 5, 6])
    expect([...pathTotals(paths, 2)]).toEqual([0, 0, 2, 4])
  })

  it('is when an amount is reached', () => {
    const { probability, quantile } = pathExhaustion(paths, 3)
    expect(probability).toBe(0.75)
    expect([0.25, 0.5, 0.75, 0.76].map(quantile)).toEqual([2, 3, 3, null])
    expect(pathExhaustion(paths, 0).quantile(1)).toBe(1)
  })

  it('is refused without paths', () => {
    expect(() => pathTotals([])).toThrow('paths')
    expect(() => pathTotals(paths, 4)).toThrow('paths[0]')
    expect(() => pathExhaustion([], 1)).toThrow('paths')
    expect(() => pathExhaustion(paths, Number.NaN)).toThrow('amount')
    expect(() =>
      forecast([1, 2, 3], { horizon: 1, paths: { count: 0, random: () => 0.5 } }),
    ).toThrow('options.paths.count')
  })
})
