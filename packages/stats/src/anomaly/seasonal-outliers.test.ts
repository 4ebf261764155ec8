import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleNormal } from '../random/continuous.ts'
import { createRandom } from '../random/generator.ts'
import { profileOutliers, remainderOutliers } from './seasonal-outliers.ts'

const PERIOD = 24

function hours(seed: number, days: number): Float64Array {
  const random = createRandom(seed)
  return Float64Array.from(
    { length: PERIOD * days },
    (_, i) => 100 + 40 * Math.sin((2 * Math.PI * i) / PERIOD) + sampleNormal(random, 0, 2),
  )
}

describe.each([
  ['profile', profileOutliers],
  ['remainder', remainderOutliers],
] as const)('outliers of the %s', (_, outliers) => {
  it('are values that are usual at another time of the season', () => {
    const values = hours(1, 20)
    values[24 * 12 + 6] = 100
    values[24 * 15 + 18] = 100
    const { indices, expected, residuals } = outliers(values, { period: PERIOD, threshold: 6 })
    expect(indices).toEqual([24 * 12 + 6, 24 * 15 + 18])
    expect(expected[24 * 12 + 6]).toBeGreaterThan(134)
    expect(expected[24 * 15 + 18]).toBeLessThan(66)
    expect(residuals[5]).toBe((values[5] as number) - (expected[5] as number))
  })

  it('are not those of a level that changes', () => {
    const values = hours(2, 30).map((value, i) => value + (i < 24 * 15 ? 0 : 300))
    values[24 * 25] = 500
    const { indices } = outliers(values, { period: PERIOD, threshold: 12 })
    expect(indices).toContain(24 * 25)
    // Around the change itself either level may be expected.
    expect(indices.every((i) => i === 24 * 25 || Math.abs(i - 24 * 15) <= 48)).toBe(true)
  })

  it('refuse what has no two seasons', () => {
    expect(() => outliers(hours(3, 1), { period: PERIOD })).toThrow('values')
    expect(() => outliers(hours(3, 2), { period: 1 })).toThrow('options.period')
    expect(() => outliers(hours(3, 2), { period: PERIOD, threshold: 0 })).toThrow('threshold')
  })

  it('are the same in another unit and from another zero', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.constantFrom(0.5, 64), (seed, scale) => {
        const values = hours(seed, 6).map((value) => Math.round(64 * value) / 64)
        const plain = outliers(values, { period: PERIOD }).residuals
        const mapped = outliers(
          values.map((value) => scale * (value - 1_024)),
          { period: PERIOD },
        ).residuals
        for (const [i, one] of plain.entries()) expect((mapped[i] ?? 0) / scale).toBeCloseTo(one, 6)
      }),
      { numRuns: 20 },
    )
  })
})

describe('a profile', () => {
  it('is exact where the season is: a median of each place around the median of a season', () => {
    const values = Float64Array.from({ length: 35 }, (_, i) => [5, 1, 3, 9, 2, 4, 8][i % 7] ?? 0)
    const { expected, indices } = profileOutliers(values, { period: 7 })
    expect(expected).toEqual(values)
    expect(indices).toEqual([])
  })

  it('is in the middle of its season: a straight line is its own level, but for half a season at each end', () => {
    const { residuals } = profileOutliers(
      Float64Array.from({ length: 70 }, (_, i) => i),
      { period: 7 },
    )
    expect(Math.max(...residuals.subarray(3, 67).map(Math.abs))).toBe(0)
    expect(Array.from(residuals.subarray(67))).toEqual([1, 2, 3])
  })

  it('passes over missing values, and answers for them', () => {
    const values = hours(4, 20)
    values.fill(Number.NaN, 100, 150)
    values[200] = 500
    const { expected, residuals, indices } = profileOutliers(values, { period: PERIOD })
    expect(indices).toContain(200)
    expect(residuals[120]).toBeNaN()
    expect(expected.every(Number.isFinite)).toBe(true)
    expect(() => profileOutliers(new Float64Array(4).fill(Number.NaN), { period: 2 })).toThrow(
      'values',
    )
    expect(() => profileOutliers([1, Number.NaN, 2, Number.NaN], { period: 2 })).toThrow('place 1')
  })
})
