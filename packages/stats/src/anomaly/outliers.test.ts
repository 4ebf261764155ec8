import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { publishedText } from '../../test/golden.ts'
import { studentT } from '../distributions/student-t.ts'
import { sampleNormal } from '../random/continuous.ts'
import { createRandom } from '../random/generator.ts'
import { median } from '../robust/quantile.ts'
import { medianAbsoluteDeviation } from '../robust/spread.ts'
import { extremeDeviates, seasonalDeviates } from './extreme-deviates.ts'
import { findOutliers, type OutlierMethod } from './outliers.ts'

const METHODS = ['z', 'mad', 'double mad', 'iqr', 'adjusted iqr'] as const
const finite = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 3, maxLength: 60 })

describe('outliers', () => {
  // Iglewicz and Hoaglin (1993), page 13: 2.1, 2.6, 2.4, 2.5, 2.3, 2.1, 2.3, 2.6, 8.2, 8.3 have modified scores 17.6 and 17.9 at the end.
  it('are those of the textbook where z-scores find none', () => {
    const values = [2.1, 2.6, 2.4, 2.5, 2.3, 2.1, 2.3, 2.6, 8.2, 8.3]
    expect(findOutliers(values, 'mad').indices).toEqual([8, 9])
    expect(findOutliers(values, 'z').indices).toEqual([])
    expect(findOutliers(values, 'iqr').indices).toEqual([8, 9])
  })

  it('have fences of Tukey at the quartiles', () => {
    const { fences } = findOutliers([1, 2, 3, 4, 5], 'iqr')
    expect(fences).toEqual([-1, 7])
  })

  it('are fewer on the long side of skewed values, and more on the short one, with fences that know skewness', () => {
    const random = createRandom(1)
    const values = Float64Array.from({ length: 2_000 }, () => Math.exp(sampleNormal(random)))
    const plain = findOutliers(values, 'iqr')
    const adjusted = findOutliers(values, 'adjusted iqr')
    expect(adjusted.indices.length).toBeLessThan(plain.indices.length / 2)
    expect(adjusted.fences[0]).toBeGreaterThan(plain.fences[0])
    expect(findOutliers(values, 'double mad').fences[1]).toBeGreaterThan(
      findOutliers(values, 'mad').fences[1],
    )
  })

  it('are the same in another unit and from another zero', () => {
    fc.assert(
      fc.property(finite, fc.constantFrom<OutlierMethod>(...METHODS), (values, method) => {
        const mapped = values.map((value) => 8 * value + 1024)
        const [plain, other] = [findOutliers(values, method), findOutliers(mapped, method)]
        // A value on a fence may fall to either side by rounding.
        const near = (i: number) =>
          plain.fences.some((fence) => Math.abs((values[i] as number) - fence) < 1e-9)
        const clear = (indices: readonly number[]) => indices.filter((i) => !near(i))
        expect(clear(other.indices)).toEqual(clear(plain.indices))
      }),
    )
  })

  it('are none where nothing varies, and told with a warning where most is equal', () => {
    for (const method of METHODS) expect(findOutliers([5, 5, 5, 5], method).indices).toEqual([])
    const { indices, warnings } = findOutliers([5, 5, 5, 5, 5, 5, 5, 9], 'mad')
    expect(indices).toEqual([7])
    expect(warnings.length).toBe(1)
    expect(() => findOutliers([], 'mad')).toThrow('values')
    expect(() => findOutliers([Number.NaN], 'mad')).toThrow('values[0]')
  })
})

/** The test as it is defined, every median made from scratch. */
function plainDeviates(values: readonly number[], share: number, alpha: number): number[] {
  const left = values.map((value, i) => ({ value, i }))
  const out: number[] = []
  let found = 0
  const n = values.length
  for (let i = 1; i <= Math.min(n - 2, Math.max(1, Math.trunc(share * n))); i++) {
    const rest = left.map(({ value }) => value)
    const centre = median(rest)
    const deviation = medianAbsoluteDeviation(rest)
    if (!(deviation > 0)) break
    const far = left.reduce((a, b) =>
      Math.abs(b.value - centre) > Math.abs(a.value - centre) ? b : a,
    )
    out.push(far.value)
    left.splice(left.indexOf(far), 1)
    const t = studentT(n - i - 1).upperQuantile(alpha / (2 * (n - i + 1)))
    const critical = (t * (n - i)) / Math.sqrt((n - i - 1 + t * t) * (n - i + 1))
    if (Math.abs(far.value - centre) / deviation > critical) found = i
  }
  return out.slice(0, found)
}

describe('extreme deviates', () => {
  it('are those of the definition', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 5, maxLength: 50 }),
        fc.array(fc.double({ min: 20, max: 90, noNaN: true }), { maxLength: 4 }),
        (usual, odd) => {
          const values = [...usual, ...odd]
          const size = (all: readonly number[]) => all.map(Math.abs).toSorted((a, b) => a - b)
          const found = extremeDeviates(values, { greatestShare: 0.3 }).map(
            (i) => values[i] as number,
          )
          const expected = plainDeviates(values, 0.3, 0.05)
          expect(found.length).toBe(expected.length)
          // Two values as far on both sides may be taken in either order.
          for (const [i, one] of size(found).entries())
            expect(one).toBeCloseTo(size(expected)[i] as number, 6)
        },
      ),
    )
  })

  it('of a series are those of its season', () => {
    const random = createRandom(2)
    const values = Float64Array.from({ length: 24 * 20 }, (_, i) =>
      sampleNormal(random, 100 + 40 * Math.sin((2 * Math.PI * i) / 24), 2),
    )
    values[24 * 10 + 18] = 100
    values[24 * 15 + 6] = 180
    expect(seasonalDeviates(values, { period: 24 })).toEqual([24 * 10 + 18, 24 * 15 + 6])
    expect(seasonalDeviates(values, { period: 24, direction: 'up', piece: 240 })).toEqual([
      24 * 10 + 18,
      24 * 15 + 6,
    ])
    expect(() => seasonalDeviates(values, { period: 24, piece: 50 })).toThrow('options.piece')
  })

  // Tests of twitter/AnomalyDetection: 25 on the last day, 131 in all, 6 above the median of the daily maxima.
  it('of the series of its authors are those published', ({ skip }) => {
    const text = publishedText('anomaly/twitter/raw_data.csv')
    if (text === null) return skip('no anomaly/twitter/raw_data.csv here')
    const lines = text.trim().split(/\r?\n/).slice(1)
    const values = lines.map((line) => Number(line.split(',').at(-1)))
    const period = 1_440
    const found = seasonalDeviates(values, { period })
    expect(found.filter((i) => i >= values.length - period).length).toBe(25)
    const days = Array.from({ length: Math.ceil(values.length / period) }, (_, day) =>
      Math.max(...values.slice(day * period, (day + 1) * period)),
    )
    expect(found.filter((i) => (values[i] as number) >= median(days)).length).toBe(6)
    expect(found.length).toBe(131)
  })
})
