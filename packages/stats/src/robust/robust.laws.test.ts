import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleNormal } from '../random/continuous.ts'
import { createRandom } from '../random/generator.ts'
import { StatsError } from '../stats-error.ts'
import { medcouple } from './medcouple.ts'
import { median, type QuantileType, quantile } from './quantile.ts'
import { rank } from './ranks.ts'
import {
  doubleMad,
  hodgesLehmann,
  interquartileRange,
  medianAbsoluteDeviation,
  qnScale,
} from './spread.ts'

const values = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 25 })
const middleOf = (sorted: readonly number[]): number =>
  ((sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) +
    (sorted[Math.floor(sorted.length / 2)] ?? 0)) /
  2
const ascending = (a: number, b: number) => a - b

/** The definition, pair by pair. */
function medcoupleByPairs(list: readonly number[]): number {
  const sorted = [...list].sort(ascending)
  const middle = middleOf(sorted)
  const upper = sorted.filter((x) => x >= middle).reverse()
  const lower = sorted.filter((x) => x <= middle).reverse()
  const ties = sorted.filter((x) => x === middle).length
  const pairs = upper.flatMap((a, i) =>
    lower.map((b, j) => {
      if (a !== b) return (a - middle - (middle - b)) / (a - b)
      // Indices within the tie, counted from the outermost.
      return Math.sign(ties - 1 - (i - (upper.length - ties)) - j)
    }),
  )
  return list.length < 3 ? 0 : middleOf(pairs.sort(ascending))
}

describe('quantiles', () => {
  it.each(
    [3, 3, 2, 2.5, 3, 2.75, 3.25, 35 / 12, 2.9375].map((truth, i) => [i + 1, truth] as const),
  )('the quartile of 1 … 10 is, by definition %d, %d', (type, truth) => {
    const list = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    expect(quantile(list, 0.25, type as QuantileType)).toBeCloseTo(truth, 12)
  })

  it('rise with p, lie within the values, and mirror in types 2, 4 … 9', () => {
    const share = fc.integer({ min: 0, max: 100 })
    const type = fc.constantFrom<QuantileType>(1, 2, 3, 4, 5, 6, 7, 8, 9)
    fc.assert(
      fc.property(values, share, share, type, (list, p, q, kind) => {
        const [low, high] = [Math.min(p, q) / 100, Math.max(p, q) / 100]
        expect(quantile(list, low, kind)).toBeLessThanOrEqual(quantile(list, high, kind))
        expect(quantile(list, 0, kind)).toBe(Math.min(...list))
        expect(quantile(list, 1, kind)).toBe(Math.max(...list))
        if (kind === 2 || kind > 4) {
          const mirrored = -quantile(
            list.map((x) => -x),
            1 - high,
            kind,
          )
          expect(mirrored).toBeCloseTo(quantile(list, high, kind), 9)
        }
      }),
    )
  })
})

describe('robust statistics', () => {
  it('medcouple is the median of its definition, ties included', () => {
    fc.assert(
      fc.property(values, (list) => {
        expect(medcouple(list)).toBeCloseTo(medcoupleByPairs(list), 12)
        expect(medcouple(list.map((x) => -x))).toBeCloseTo(-medcouple(list), 12)
        expect(medcouple(list.map((x) => 3 * x + 7))).toBeCloseTo(medcouple(list), 12)
      }),
      { numRuns: 500 },
    )
    expect(medcouple([1, 2, 3, 4, 5])).toBe(0)
  })

  it('Hodges-Lehmann and Qn are order statistics of all pairs', () => {
    fc.assert(
      fc.property(values, (list) => {
        const sums = list.flatMap((x, i) => list.slice(i).map((y) => (x + y) / 2))
        expect(hodgesLehmann(list)).toBe(middleOf(sums.sort(ascending)))
        fc.pre(list.length > 9)
        const distances = list.flatMap((x, i) => list.slice(i + 1).map((y) => Math.abs(x - y)))
        const half = Math.floor(list.length / 2) + 1
        const raw = distances.sort(ascending)[(half * (half - 1)) / 2 - 1] ?? 0
        const n = list.length
        const factor = n % 2 === 1 ? n / (n + 1.4) : n / (n + 3.8)
        expect(qnScale(list)).toBeCloseTo(2.219144465985076 * factor * raw, 10)
      }),
    )
  })

  it('spreads estimate the deviation of normal values, and outliers do not move them', () => {
    const random = createRandom(9)
    const list = Array.from({ length: 4000 }, () => sampleNormal(random, 50, 3))
    const spoiled = list.map((x, i) => (i % 5 === 0 ? 1e9 : x))
    for (const spread of [
      medianAbsoluteDeviation,
      qnScale,
      (x: number[]) => interquartileRange(x) / 1.3489795,
      (x: number[]) => doubleMad(x).below,
      (x: number[]) => doubleMad(x).above,
    ]) {
      expect(spread(list)).toBeGreaterThan(2.8)
      expect(spread(list)).toBeLessThan(3.2)
      expect(spread(spoiled)).toBeLessThan(8)
    }
    expect(Math.abs(hodgesLehmann(list) - 50)).toBeLessThan(0.2)
  })

  it('is told by hand', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5)
    expect(medianAbsoluteDeviation([1, 1, 2, 2, 4, 6, 9], 1)).toBe(1)
    expect(doubleMad([1, 4, 4, 4, 5, 5, 5, 5, 7, 7, 8, 10, 16, 30], 1)).toEqual({
      median: 5,
      below: 0.5,
      above: 2,
    })
    expect(hodgesLehmann([1, 2, 9])).toBe(3.5)
  })

  it('refuse what is not there or not finite', () => {
    for (const one of [median, medcouple, hodgesLehmann, qnScale, interquartileRange]) {
      expect(() => one([])).toThrow(StatsError)
      expect(() => one([1, Number.NaN, 2])).toThrow('[1]')
    }
    expect(() => quantile([1], 1.5)).toThrow(StatsError)
  })
})

describe('ranks', () => {
  it('are those of counting, in each treatment of ties', () => {
    fc.assert(
      fc.property(values, (list) => {
        for (const [i, x] of list.entries()) {
          const below = list.filter((y) => y < x).length
          const equal = list.filter((y) => y === x).length
          expect(rank(list).ranks[i]).toBe(below + (equal + 1) / 2)
          expect(rank(list, 'min').ranks[i]).toBe(below + 1)
          expect(rank(list, 'max').ranks[i]).toBe(below + equal)
          expect(rank(list, 'dense').ranks[i]).toBe(new Set(list.filter((y) => y < x)).size + 1)
        }
      }),
    )
    expect(rank([3, 1, 3, 3]).ties).toBe(24)
  })
})
