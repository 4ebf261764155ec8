import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classicSeries } from '../../test/golden.ts'
import { StatsError } from '../stats-error.ts'
import { binarySegmentation, pelt } from './search.ts'
import {
  lineCost,
  meanCost,
  meanVarianceCost,
  poissonCost,
  rankCost,
  type SegmentCost,
} from './segment-cost.ts'

/** Costs of whole numbers, which all models take. */
const COSTS: Readonly<Record<string, (values: readonly number[]) => SegmentCost>> = {
  mean: (values) => meanCost(values, 1),
  line: (values) => lineCost(values, 1),
  'mean and variance': meanVarianceCost,
  Poisson: poissonCost,
  rank: rankCost,
}

/** All sets of changes weighed by the plain recursion, without dropping any. */
function leastTotal(cost: SegmentCost, penalty: number, least: number): number {
  const best = [-penalty]
  for (let end = 1; end <= cost.length; end++) {
    best[end] = Number.POSITIVE_INFINITY
    for (let start = 0; start <= end - least; start++) {
      const value = (best[start] as number) + cost.between(start, end) + penalty
      best[end] = Math.min(best[end] as number, value)
    }
  }
  return best[cost.length] as number
}

function totalOf(cost: SegmentCost, changes: readonly number[], penalty: number): number {
  const bounds = [0, ...changes, cost.length]
  return bounds
    .slice(1)
    .reduce((sum, end, i) => sum + cost.between(bounds[i] as number, end), penalty * changes.length)
}

describe('pelt', () => {
  it.each(Object.entries(COSTS))('finds the best of all sets: %s', (_, costOf) => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 2, max: 6 }),
        (values, penalty, leastLength) => {
          const cost = costOf(values)
          const changes = pelt(cost, { penalty, leastLength })
          const bounds = [0, ...changes, values.length]
          const lengths = bounds.slice(1).map((bound, i) => bound - (bounds[i] as number))
          expect(changes.length === 0 || Math.min(...lengths) >= leastLength).toBe(true)
          if (values.length < leastLength) return
          const total = totalOf(cost, changes, penalty)
          const best = leastTotal(cost, penalty, leastLength)
          expect(total).toBeCloseTo(best, 6)
          // Halving is not better than the best.
          const halved = binarySegmentation(cost, { penalty, leastLength })
          expect(totalOf(cost, halved, penalty)).toBeGreaterThan(best - 1e-6)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('agrees with ruptures 1.1.10 (Pelt and Binseg, l2, min_size 5)', () => {
    const lynx = meanCost(classicSeries('lynx'), 1)
    const many = { penalty: 1e7, leastLength: 5 }
    expect(pelt(lynx, many)).toEqual([5, 10, 43, 48, 82, 87])
    expect(binarySegmentation(lynx, many)).toEqual([5, 10, 82, 87])
    expect(pelt(lynx, { penalty: 3e7, leastLength: 5 })).toEqual([])
    const austres = meanCost(classicSeries('austres'), 1)
    const some = { penalty: 1e6, leastLength: 5 }
    expect(pelt(austres, some)).toEqual([12, 27, 41, 54, 66, 76])
    expect(binarySegmentation(austres, some)).toEqual([11, 25, 38, 48, 59, 69, 79])
  })

  it('looks at multiples of the stride only', () => {
    const values = Array.from({ length: 400 }, (_, t) => (t < 170 ? 0 : 1) + 0.1 * Math.sin(t * t))
    expect(pelt(meanCost(values, 0.1), { penalty: 20, leastLength: 40, stride: 8 })).toEqual([168])
    expect(pelt(meanCost(values, 0.1), { penalty: 20 })).toEqual([170])
  })

  it('takes the greatest savings first, as many as wanted', () => {
    const values = Array.from({ length: 90 }, (_, t) => (t < 30 ? 0 : t < 60 ? 10 : 12))
    const cost = meanCost(values, 1)
    expect(binarySegmentation(cost, { penalty: 5, most: 1 })).toEqual([30])
    expect(binarySegmentation(cost, { penalty: 5 })).toEqual([30, 60])
  })

  it('refuses what it cannot work with', () => {
    expect(() => pelt(meanCost([1, 2], 1), { penalty: -1 })).toThrow(StatsError)
    expect(() => pelt(meanCost([1, 2], 1), { penalty: 1, stride: 0 })).toThrow('options.stride')
    expect(() => meanCost([1], 0)).toThrow('deviation')
    expect(() => poissonCost([1, -2])).toThrow('counts[1]')
    expect(() => rankCost([1, Number.NaN])).toThrow(StatsError)
    expect(pelt(meanCost([], 1), { penalty: 1 })).toEqual([])
  })
})
