import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { regularise } from './regularise.ts'

const HOUR = 3_600_000

describe('regularise', () => {
  it('sorts, finds the step and marks gaps', () => {
    const series = regularise([30, 0, 10, 60, 20], [4, 1, 2, 7, 3])
    expect(series.step).toBe(10)
    expect(series.start).toBe(0)
    // Buckets 40 and 50 are a gap of two, which a gauge bridges.
    expect([...series.values]).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(series.diagnostics).toMatchObject({ points: 5, gaps: 2, filled: 2, duplicates: 0 })
  })

  it('bridges no gap that is longer than allowed', () => {
    const series = regularise([0, 1, 2, 7], [1, 2, 3, 8])
    expect([...series.values]).toEqual([1, 2, 3, Number.NaN, Number.NaN, Number.NaN, Number.NaN, 8])
    expect(series.warnings).toContain('4 of 8 buckets are missing.')
  })

  it('adds up what shares a bucket, as the type asks', () => {
    const times = [0, 5, 10, 15]
    const values = [1, 3, 10, 30]
    const of = (type: 'count' | 'gauge' | 'ratio', weights?: number[]) => [
      ...regularise(times, values, {
        type,
        step: 10,
        ...(weights === undefined ? {} : { weights }),
      }).values,
    ]
    expect(of('count')).toEqual([4, 40])
    expect(of('gauge')).toEqual([3, 30])
    expect(of('ratio')).toEqual([2, 20])
    expect(of('ratio', [3, 1, 1, 3])).toEqual([1.5, 25])
  })

  it('takes a gap of a count for zero only where the source was alive', () => {
    const options = { type: 'count', step: 1 } as const
    expect([...regularise([0, 3], [5, 6], options).values]).toEqual([5, Number.NaN, Number.NaN, 6])
    const alive = (start: number) => start === 1
    expect([...regularise([0, 3], [5, 6], { ...options, alive }).values]).toEqual([
      5,
      0,
      Number.NaN,
      6,
    ])
  })

  it('drops the bucket that is not complete', () => {
    const times = [0, HOUR, 2 * HOUR]
    const series = regularise(times, [1, 2, 0.1], { step: HOUR, completeUntil: 2.5 * HOUR })
    expect([...series.values]).toEqual([1, 2])
    expect(series.diagnostics.incomplete).toBe(1)
    expect(
      regularise(times, [1, 2, 3], { step: HOUR, completeUntil: 3 * HOUR }).values,
    ).toHaveLength(3)
  })

  it('keeps months on their grid', () => {
    const times = Array.from({ length: 60 }, (_, i) => Date.UTC(2020, i, 1))
    const series = regularise(
      times,
      times.map((_, i) => i),
    )
    expect([...series.values]).toEqual(times.map((_, i) => i))
  })

  it('refuses what is no series, by code', () => {
    const code = (times: number[], values: number[], options = {}) => {
      try {
        regularise(times, values, options)
        return 'none'
      } catch (error) {
        return (error as { code?: string }).code
      }
    }
    expect(code([0, 1], [1])).toBe('length')
    expect(code([], [])).toBe('too_few')
    expect(code([Number.NaN], [1])).toBe('too_few')
    expect(code([0, 1], [1, 2], { step: 0 })).toBe('out_of_range')
    expect(code([0, 1, 1.5, 4.2, 4.9, 9.1, 9.4], [1, 2, 3, 4, 5, 6, 7])).toBe('degenerate')
    expect(code([0, 1e12], [1, 2], { step: 1 })).toBe('out_of_range')
  })

  it('is the same for any order of the points, and gives each value back', () => {
    const points = fc.uniqueArray(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(points, fc.infiniteStream(fc.nat()), (times, keys) => {
        const sorted = times.toSorted((a, b) => a - b)
        const value = (time: number) => Math.sin(time)
        const shuffled = times
          .map((time) => [keys.next().value ?? 0, time] as const)
          .toSorted((a, b) => a[0] - b[0])
          .map(([, time]) => time)
        const options = { step: 1, bridge: 0 }
        const a = regularise(sorted, sorted.map(value), options)
        const b = regularise(shuffled, shuffled.map(value), options)
        expect(b).toEqual(a)
        for (const time of times) expect(a.values[time - a.start]).toBe(value(time))
        expect(a.diagnostics.gaps).toBe(a.values.length - times.length)
      }),
    )
  })
})
