import { describe, expect, it } from 'vitest'
import { sampleNormal } from '../random/continuous.ts'
import { createRandom } from '../random/generator.ts'
import { cusumChart, cusumRunLength, ewmaChart, ewmaRunLength } from './control-charts.ts'

describe('run lengths', () => {
  // Montgomery, Introduction to Statistical Quality Control, 6th edition, tables 9.3 and 9.10.
  it.each([
    [0, 465],
    [0.5, 38],
    [1, 10.4],
    [2, 4.01],
    [4, 2.01],
  ])('of the CUSUM with k ½ and h 5 at a shift of %d are those published', (shift, published) => {
    expect(Math.abs(cusumRunLength(0.5, 5, shift) / published - 1)).toBeLessThan(0.01)
  })

  it.each([
    [0, 500],
    [0.5, 31.3],
    [1, 10.3],
    [2, 4.36],
    [4, 2.19],
  ])(
    'of the EWMA with λ 0.1 and L 2.814 at a shift of %d are those published',
    (shift, published) => {
      expect(Math.abs(ewmaRunLength(0.1, 2.814, shift) / published - 1)).toBeLessThan(0.02)
    },
  )

  it('are those of simulated charts', () => {
    const random = createRandom(1)
    const values = Float64Array.from({ length: 1_000_000 }, () => sampleNormal(random))
    const options = { mean: 0, deviation: 1 }
    const rate = (alarms: readonly number[]) => ((alarms.at(-1) ?? 0) + 1) / alarms.length
    const sums = rate(cusumChart(values, { ...options, slack: 0.5, limit: 4 }).alarms)
    expect(Math.abs(sums / cusumRunLength(0.5, 4) - 1)).toBeLessThan(0.05)
    const averages = rate(ewmaChart(values, { ...options, weight: 0.2, limit: 2.6 }).alarms)
    expect(Math.abs(averages / ewmaRunLength(0.2, 2.6) - 1)).toBeLessThan(0.05)
  })
})

describe('charts', () => {
  it('find a shift, in any unit, and pass over what is missing', () => {
    const values = [10, 11, 9, Number.NaN, 10, 13, 13, 13, 13, 13, 13]
    const { alarms, statistic } = cusumChart(values, { mean: 10, deviation: 1 })
    expect(alarms).toEqual([7, 10])
    expect(statistic[3]).toBeNaN()
    const scaled = cusumChart(
      values.map((value) => 4 * value + 8),
      { mean: 48, deviation: 4 },
    )
    expect(scaled).toEqual({ alarms, statistic })
    expect(ewmaChart(values, { mean: 10, deviation: 1 }).alarms.length).toBeGreaterThan(0)
    expect(() => cusumChart(values, { mean: 10, deviation: 0 })).toThrow('options.deviation')
  })
})
