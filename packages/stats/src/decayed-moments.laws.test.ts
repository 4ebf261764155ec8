import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addToDecayed,
  createDecayed,
  decayedMeanOf,
  decayedVarianceOf,
  mergeDecayed,
  rateOfAlpha,
  rateOfHalfLife,
  rateOfSpan,
} from './decayed-moments.ts'
import { StatsError } from './stats-error.ts'

type Timed = readonly [time: number, value: number]

const RATE = rateOfHalfLife(10)
const timed = fc.array(
  fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -1000, max: 1000 })),
  { maxLength: 30 },
)

function recordOf(values: readonly Timed[]): Float64Array {
  const record = createDecayed()
  for (const [time, value] of values) addToDecayed(record, value, time, RATE)
  return record
}

/** By the definition: weights of 2^−(age / 10) as of the latest time. */
function definition(values: readonly Timed[]): { mean: number; variance: number | null } {
  const latest = Math.max(...values.map(([time]) => time))
  const weights = values.map(([time]) => 2 ** (-(latest - time) / 10))
  const v1 = weights.reduce((a, b) => a + b, 0)
  const v2 = weights.reduce((a, b) => a + b * b, 0)
  const mean = values.reduce((sum, [, x], i) => sum + (weights[i] ?? 0) * x, 0) / v1
  const m2 = values.reduce((sum, [, x], i) => sum + (weights[i] ?? 0) * (x - mean) ** 2, 0)
  return { mean, variance: values.length > 1 ? m2 / (v1 - v2 / v1) : null }
}

describe('decayed moments', () => {
  it('are those of the definition, in any order of values and any grouping of parts', () => {
    fc.assert(
      fc.property(timed, timed, timed, (a, b, c) => {
        const all = [...a, ...b, ...c]
        fc.pre(all.length > 0)
        const truth = definition(all)
        const left = recordOf(a)
        mergeDecayed(left, recordOf(b), RATE)
        mergeDecayed(left, recordOf(c), RATE)
        const right = recordOf(c)
        const inner = recordOf(b)
        mergeDecayed(inner, recordOf(a), RATE)
        mergeDecayed(right, inner, RATE)
        for (const record of [recordOf(all), recordOf(all.toReversed()), left, right]) {
          expect(decayedMeanOf(record)).toBeCloseTo(truth.mean, 8)
          const variance = decayedVarianceOf(record, 'sample')
          expect(variance === null).toBe(truth.variance === null)
          if (truth.variance !== null) {
            const scale = Math.max(1, truth.variance)
            expect((variance ?? Number.NaN) / scale).toBeCloseTo(truth.variance / scale, 7)
          }
        }
      }),
    )
  })

  it('have nothing as identity', () => {
    const record = recordOf([
      [1, 5],
      [3, 7],
    ])
    const copy = record.slice()
    mergeDecayed(copy, createDecayed(), RATE)
    expect(copy).toEqual(record)
    const empty = createDecayed()
    mergeDecayed(empty, record, RATE)
    expect(empty).toEqual(record)
    expect(decayedMeanOf(createDecayed())).toBeNull()
    expect(decayedVarianceOf(createDecayed(), 'population')).toBeNull()
  })

  it('with the number of a value as its time are the usual moving average', () => {
    // pandas: Series([1, 2, 4]).ewm(alpha=0.5).mean() and .var(), (4 + 2/2 + 1/4) / (1 + 1/2 + 1/4).
    const record = createDecayed()
    for (const [i, value] of [1, 2, 4].entries()) addToDecayed(record, value, i, rateOfAlpha(0.5))
    expect(decayedMeanOf(record)).toBeCloseTo(3, 12)
    expect(decayedVarianceOf(record, 'sample')).toBeCloseTo(2.5, 12)
    expect(rateOfSpan(3)).toBe(rateOfAlpha(0.5))
  })

  it('pass over what is so old that it weighs nothing', () => {
    const record = recordOf([[0, 100]])
    addToDecayed(record, 5, 1e9, RATE)
    expect(decayedMeanOf(record)).toBe(5)
    addToDecayed(record, 1000, 0, RATE)
    expect(decayedMeanOf(record)).toBe(5)
  })

  it('refuse rates of nothing', () => {
    expect(() => rateOfHalfLife(0)).toThrow(StatsError)
    expect(() => rateOfAlpha(1)).toThrow(StatsError)
    expect(() => rateOfSpan(1)).toThrow(StatsError)
    expect(() => rateOfSpan(Number.NaN)).toThrow(StatsError)
  })
})
