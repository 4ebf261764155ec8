import { describe, expect, it } from 'vitest'
import { arrivals, gapShape } from './arrivals.ts'
import { meanOf, quantile, tableOfKnots } from './quantile-table.ts'
import { Random } from './random.ts'

const moments = (values: readonly number[]): { mean: number; cv: number } => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length
  return { mean, cv: Math.sqrt(variance) / mean }
}

describe('arrivals', () => {
  // Coefficients of variation of the Weibull distribution, from its first two moments.
  it.each([
    [1, 1],
    [0.8, 1.261],
    [0.46, 2.446],
  ])('of shape %s have gaps of mean 1 that vary by %s', (shape, cv) => {
    const { gaps } = gapShape(shape)
    const random = new Random(1, 2)
    const found = moments(Array.from({ length: 200_000 }, () => quantile(gaps, random.uniform())))
    expect(found.mean).toBeCloseTo(1, 1)
    expect(found.cv / cv).toBeGreaterThan(0.93)
    expect(found.cv / cv).toBeLessThan(1.07)
  })

  it('are on average as many as the rates say, however few and however bursty', () => {
    for (const shape of [1, 0.46, 0.29]) {
      const law = gapShape(shape)
      const random = new Random(7)
      for (const rates of [[0.2], [3], [0.5, 4, 0, 1]]) {
        const runs = 60_000
        let count = 0
        for (let i = 0; i < runs; i++) {
          count += arrivals(random, law, 0, 1000, Float64Array.from(rates)).length
        }
        const expected = rates.reduce((a, b) => a + b, 0)
        expect(count / runs / expected, `${shape} ${rates}`).toBeGreaterThan(0.93)
        expect(count / runs / expected, `${shape} ${rates}`).toBeLessThan(1.07)
      }
    }
  })

  it('come in order, within the cell, and none where the rate is 0', () => {
    const law = gapShape(0.46)
    const random = new Random(9)
    for (let i = 0; i < 500; i++) {
      const times = arrivals(random, law, 5000, 900, Float64Array.of(3, 0, 5))
      expect(times).toEqual(times.toSorted((a, b) => a - b))
      for (const time of times) {
        expect(time).toBeGreaterThanOrEqual(5000)
        expect(time).toBeLessThan(5900)
        expect(time >= 5300 && time < 5600).toBe(false)
      }
    }
  })
})

describe('a table of quantiles', () => {
  it('answers its knots, and samples between them', () => {
    const table = tableOfKnots([
      [0, 1],
      [0.5, 10],
      [0.99, 100],
      [1, 5000],
    ])
    expect(quantile(table, 0)).toBeCloseTo(1, 3)
    expect(quantile(table, 0.5)).toBeCloseTo(10, 1)
    expect(quantile(table, 0.745)).toBeCloseTo(Math.sqrt(1000), 1)
    expect(quantile(table, 1 - 1e-9)).toBeGreaterThan(4000)
    const random = new Random(3)
    const sum = Array.from({ length: 400_000 }, () => quantile(table, random.uniform()))
    expect(moments(sum).mean / meanOf(table)).toBeCloseTo(1, 1)
  })
})
