import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DISTINCT_RELATIVE_ERROR, DistinctCount, EXACT_DISTINCT } from './distinct-count.ts'
import { StatsError } from './stats-error.ts'

function countOf(values: Iterable<number | string>): DistinctCount {
  const count = new DistinctCount()
  for (const value of values) {
    if (typeof value === 'number') count.addNumber(value)
    else count.addText(value)
  }
  return count
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
/** Ranges that overlap and lie on both sides of the change from exact to estimated. */
const range = fc
  .tuple(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 700 }))
  .map(([from, length]) => numbers(from, from + length))

describe('distinct count', () => {
  it('is exact up to 512 values, however often each comes', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer(), fc.double(), fc.string())), (values) => {
        const count = countOf([...values, ...values])
        expect(count.exact).toBe(true)
        const keys = values.map((value) => (typeof value === 'number' ? value + 0 : `t${value}`))
        expect(count.estimate()).toBe(new Set(keys).size)
      }),
    )
    expect(countOf(numbers(0, EXACT_DISTINCT)).estimate()).toBe(EXACT_DISTINCT)
    expect(countOf(numbers(0, EXACT_DISTINCT + 1)).exact).toBe(false)
  })

  it('estimates within two standard errors from ten to ten million', () => {
    const count = new DistinctCount()
    let added = 0
    for (const size of [10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000]) {
      for (; added < size; added++) count.addNumber(added)
      const error = Math.abs(count.estimate() - size) / size
      expect(error).toBeLessThanOrEqual(count.exact ? 0 : 2 * DISTINCT_RELATIVE_ERROR)
    }
  })

  it('has the error that is promised, and no bias, over many streams of any size', () => {
    for (const size of [600, 3000, 10_000, 40_000]) {
      const streams = 40
      let sum = 0
      let squares = 0
      for (let stream = 0; stream < streams; stream++) {
        const count = new DistinctCount()
        for (let i = 0; i < size; i++) count.addText(`${stream}/${i}`)
        const error = count.estimate() / size - 1
        sum += error
        squares += error * error
      }
      expect(Math.abs(sum / streams)).toBeLessThan(
        (3 * DISTINCT_RELATIVE_ERROR) / Math.sqrt(streams),
      )
      expect(Math.sqrt(squares / streams)).toBeLessThan(1.4 * DISTINCT_RELATIVE_ERROR)
    }
  })

  it('merges to the state of the whole, in any order and grouping, bit by bit', () => {
    fc.assert(
      fc.property(range, range, range, (a, b, c) => {
        const whole = countOf([...a, ...b, ...c]).toBytes()
        const left = countOf(a)
        left.merge(countOf(b))
        left.merge(countOf(c))
        const inner = countOf(c)
        inner.merge(countOf(b))
        const right = countOf([])
        right.merge(inner)
        right.merge(countOf(a))
        expect(left.toBytes()).toEqual(whole)
        expect(right.toBytes()).toEqual(whole)
        left.merge(left)
        left.merge(new DistinctCount())
        expect(left.toBytes()).toEqual(whole)
        expect(DistinctCount.fromBytes(whole).toBytes()).toEqual(whole)
        expect(DistinctCount.fromBytes(whole).estimate()).toBe(left.estimate())
      }),
      { numRuns: 25 },
    )
  })

  it('refuses bytes that it did not write', () => {
    const few = countOf([1, 2]).toBytes()
    const many = countOf(numbers(0, 1000)).toBytes()
    for (const bytes of [few.slice(1), few.slice(0, -1), many.slice(0, -1), new Uint8Array(0)]) {
      expect(() => DistinctCount.fromBytes(bytes)).toThrow(StatsError)
    }
    expect(() => DistinctCount.fromBytes(Uint8Array.of(9, ...few.slice(1)))).toThrow('version 9')
    expect(() => DistinctCount.fromBytes(many.fill(255, 2, 3))).toThrow('register')
    expect(() => DistinctCount.fromBytes(few.fill(255, 2))).toThrow('hash')
  })

  it('tells a number from its text, and takes at most 16 kB', () => {
    expect(countOf([1, '1', 0, -0]).estimate()).toBe(3)
    expect(countOf([]).bytes).toBe(64)
    expect(countOf(numbers(0, 5000)).bytes).toBe(16_384)
  })
})
