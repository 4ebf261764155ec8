import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EXACT_VALUES, QuantileSketch } from './quantile-sketch.ts'

function sketchOf(values: readonly number[]): QuantileSketch {
  const sketch = new QuantileSketch()
  for (const value of values) sketch.add(value)
  return sketch
}

/** Nearest rank by the definition: the smallest value with at least q of all values up to it. */
function nearestRank(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = sorted.findIndex((_, i) => (i + 1) / sorted.length >= q)
  return sorted[at] ?? Number.NaN
}

/** What a sketch holds, with the kept values in order. */
function contentsOf(sketch: QuantileSketch): unknown {
  const state = sketch.state()
  const pairs = state.values.map((value, i) => [value, state.weights[i] ?? 0] as const)
  return { ...state, values: pairs.sort((a, b) => a[0] - b[0] || a[1] - b[1]), weights: [] }
}

const numbers = fc.array(
  fc
    .oneof(
      fc.double({ min: 0.001, max: 1e6, noNaN: true }),
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.integer({ min: -3, max: 3 }),
    )
    .map((x) => x + 0),
  { maxLength: 150 },
)
const shares = [0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 1]

describe('quantile sketch', () => {
  it('is exact up to 64 values and within 1 % beyond', () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.constant(0.5), numbers).map(([x, rest]) => [x, ...rest]),
        (values) => {
          const sketch = sketchOf(values)
          expect(sketch.exact).toBe(values.length <= EXACT_VALUES)
          for (const q of shares) {
            const truth = nearestRank(values, q)
            const told = sketch.quantile(q) ?? Number.NaN
            const allowed = sketch.exact ? 0 : 0.01 * Math.abs(truth)
            expect(Math.abs(told - truth)).toBeLessThanOrEqual(allowed)
          }
          expect(sketch.quantile(0.5)).not.toBeNull()
          expect(sketch.min).toBe(Math.min(...values))
          expect(sketch.max).toBe(Math.max(...values))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('merging in any order and grouping equals one pass, exactly', () => {
    fc.assert(
      fc.property(numbers, numbers, numbers, (a, b, c) => {
        const whole = contentsOf(sketchOf([...a, ...b, ...c]))
        const left = sketchOf(a)
        left.merge(sketchOf(b))
        left.merge(sketchOf(c))
        const right = sketchOf(c)
        const inner = sketchOf(b)
        inner.merge(sketchOf(a))
        right.merge(inner)
        expect(contentsOf(left)).toEqual(whole)
        expect(contentsOf(right)).toEqual(whole)
        left.merge(new QuantileSketch())
        expect(contentsOf(left)).toEqual(whole)
      }),
      { numRuns: 200 },
    )
  })

  it('is restored from its state', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const state = sketchOf(values).state()
        const restored = QuantileSketch.from(structuredClone(state))
        expect(restored.state()).toEqual(state)
        expect(restored.count).toBe(values.length)
      }),
      { numRuns: 200 },
    )
  })

  it('can be merged with itself', () => {
    const few = sketchOf([1, 2, 3])
    few.merge(few)
    expect(few.count).toBe(6)
    const many = sketchOf(Array.from({ length: 100 }, (_, i) => i))
    many.merge(many)
    expect(many.count).toBe(200)
    expect(many.quantile(1)).toBe(99)
  })

  it('counts weights as so many values', () => {
    const sketch = new QuantileSketch()
    sketch.add(10, 9)
    sketch.add(20, 1)
    expect(sketch.quantile(0.9)).toBe(10)
    expect(sketch.quantile(0.91)).toBe(20)
    expect(sketch.count).toBe(10)
  })

  it('refuses what has no place', () => {
    expect(() => new QuantileSketch().add(Number.NaN)).toThrow(RangeError)
    expect(() => new QuantileSketch().add(1, 0)).toThrow(RangeError)
    expect(new QuantileSketch().quantile(0.5)).toBeNull()
    expect(new QuantileSketch().min).toBeNull()
  })
})
