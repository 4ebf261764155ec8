import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StatsError } from './stats-error.ts'
import { TopK } from './top-k.ts'

const CAPACITY = 5

function topOf(values: readonly string[]): TopK<string> {
  const top = new TopK<string>(CAPACITY)
  for (const value of values) top.add(value)
  return top
}

function countsOf(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

const letters = (alphabet: string) =>
  fc.array(fc.constantFrom(...alphabet.split('')), { maxLength: 80 })
const few = letters('abcdefghij')
const many = letters('abcdefghijklmnopqrstuvwxyz')

/** Every count lies in its bounds, and nothing is missing that came more often than the error. */
function expectGuarantees(top: TopK<string>, values: readonly string[]): void {
  const truth = countsOf(values)
  const told = top.top(100)
  expect(top.total).toBe(values.length)
  expect(top.error).toBeLessThanOrEqual(values.length / (CAPACITY + 1))
  expect(top.size).toBeLessThanOrEqual(2 * CAPACITY)
  for (const { value, count, error } of told) {
    expect(count).toBeGreaterThanOrEqual(truth.get(value) ?? 0)
    expect(count - error).toBeLessThanOrEqual(truth.get(value) ?? 0)
  }
  const named = told.map(({ value }) => value)
  for (const [value, count] of truth) if (count > top.error) expect(named).toContain(value)
}

describe('top k', () => {
  it('is exact while there are at most twice its capacity of values, merged in any way', () => {
    fc.assert(
      fc.property(few, few, few, (a, b, c) => {
        const whole = topOf([...a, ...b, ...c])
        expect(whole.error).toBe(0)
        const truth = countsOf([...a, ...b, ...c])
        for (const { value, count } of whole.top(20)) expect(count).toBe(truth.get(value))
        const left = topOf(a)
        left.merge(topOf(b))
        left.merge(topOf(c))
        const right = topOf(c)
        const inner = topOf(b)
        inner.merge(topOf(a))
        right.merge(inner)
        right.merge(topOf([]))
        expect(left.state()).toEqual(whole.state())
        expect(right.state()).toEqual(whole.state())
        expect(left.top(3)).toEqual(whole.top(3))
      }),
    )
  })

  it('keeps its bounds beyond that, merged in any way', () => {
    fc.assert(
      fc.property(many, many, many, (a, b, c) => {
        const all = [...a, ...b, ...c]
        expectGuarantees(topOf(all), all)
        const left = topOf(a)
        left.merge(topOf(b))
        left.merge(topOf(c))
        expectGuarantees(left, all)
        const inner = topOf(c)
        inner.merge(topOf(b))
        inner.merge(topOf(a))
        expectGuarantees(inner, all)
        inner.merge(inner)
        expectGuarantees(inner, [...all, ...all])
      }),
      { numRuns: 300 },
    )
  })

  it('is restored from its state', () => {
    fc.assert(
      fc.property(many, many, (a, b) => {
        const top = topOf(a)
        const restored = TopK.from<string>(structuredClone(top.state()), CAPACITY)
        expect(restored.state()).toEqual(top.state())
        for (const value of b) {
          top.add(value)
          restored.add(value)
        }
        expect(restored.state()).toEqual(top.state())
      }),
    )
  })

  it('orders equal counts by value and counts weights', () => {
    const top = new TopK<string | number>(10)
    top.add('b', 2)
    top.add('a', 2)
    top.add(7, 2)
    top.add('c', 3)
    expect(top.top(3).map(({ value }) => value)).toEqual(['c', 7, 'a'])
    expect(() => top.add('x', 0)).toThrow(StatsError)
    expect(() => new TopK(0)).toThrow(StatsError)
    expect(() => top.merge(new TopK(3))).toThrow(StatsError)
  })
})
