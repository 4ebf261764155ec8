import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EXACT_VALUES, QuantileSketch, SKETCH_BINS } from './quantile-sketch.ts'
import { binOf } from './sketch-bins.ts'
import { StatsError } from './stats-error.ts'

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

  it('is written to bytes and read back, whatever it holds', () => {
    const weighted = fc.array(
      fc.tuple(
        fc.oneof(fc.double({ noNaN: true }), fc.integer()),
        fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 1e15 }), fc.constant(0.25)),
      ),
      { maxLength: 150 },
    )
    fc.assert(
      fc.property(weighted, (pairs) => {
        const sketch = new QuantileSketch()
        for (const [value, weight] of pairs) sketch.add(value, weight)
        const bytes = sketch.toBytes()
        const restored = QuantileSketch.fromBytes(bytes)
        expect(restored.state()).toStrictEqual(sketch.state())
        expect(restored.toBytes()).toStrictEqual(bytes)
        for (let cut = 0; cut < bytes.length; cut++) {
          expect(() => QuantileSketch.fromBytes(bytes.slice(0, cut))).toThrow(StatsError)
        }
        expect(() => QuantileSketch.fromBytes(Uint8Array.of(...bytes, 0))).toThrow(StatsError)
      }),
      { numRuns: 50 },
    )
    expect(() => QuantileSketch.fromBytes(Uint8Array.of(2, 0, 0))).toThrow('version 2')
  })

  it('holds a bounded number of bins, the greatest magnitudes, whatever the order', () => {
    // A thousand decades between least and greatest cannot all be held.
    const wide = fc
      .array(fc.tuple(fc.integer({ min: -140, max: 140 }), fc.constantFrom(-1, 1)), {
        minLength: 70,
        maxLength: 120,
      })
      .map((pairs) => pairs.map(([exponent, sign]) => sign * 10 ** exponent))
    fc.assert(
      fc.property(wide, wide, (a, b) => {
        const whole = sketchOf([...a, ...b])
        const merged = sketchOf(b)
        merged.merge(sketchOf(a.toReversed()))
        expect(merged.state()).toEqual(whole.state())
        expect(QuantileSketch.fromBytes(whole.toBytes()).state()).toEqual(whole.state())
        expect(whole.count).toBe(a.length + b.length)
        expect(whole.bytes).toBeLessThanOrEqual(2 * 8 * SKETCH_BINS)
        for (const sign of [-1, 1]) {
          const held = whole
            .state()
            .bins.filter((bin) => bin * sign > 0)
            .map(Math.abs)
          expect(Math.max(...held) - Math.min(...held)).toBeLessThan(SKETCH_BINS)
        }
        // The greatest are still told to 1 %.
        const sorted = [...a, ...b].toSorted((x, y) => x - y)
        const q = (sorted.length - 2) / sorted.length
        const truth = sorted.at(-3) ?? Number.NaN
        if (truth > 1e-17 * (sorted.at(-1) ?? 0)) {
          expect(Math.abs((whole.quantile(q) ?? Number.NaN) - truth)).toBeLessThanOrEqual(
            0.01 * truth,
          )
        }
      }),
      { numRuns: 100 },
    )
    const far = sketchOf(Array.from({ length: 100 }, (_, i) => 10 ** (i - 50)))
    expect(far.collapsed).toBe(true)
    expect(far.quantile(0.1) ?? 0).toBeGreaterThan(1e30)
    expect(QuantileSketch.fromBytes(far.toBytes()).collapsed).toBe(true)
    const other = sketchOf([])
    other.merge(QuantileSketch.from(far.state()))
    expect(other.collapsed).toBe(true)
    expect(sketchOf(Array.from({ length: 100 }, (_, i) => i)).collapsed).toBe(false)
  })

  it('tells several quantiles at once', () => {
    const sketch = sketchOf(Array.from({ length: 1000 }, (_, i) => i - 500))
    expect(sketch.quantiles(shares)).toEqual(shares.map((q) => sketch.quantile(q)))
    expect(sketch.quantile(0.25) ?? 0).toBeLessThan(-245)
    expect(() => sketch.quantiles([0.5, 2])).toThrow(StatsError)
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

  it('loses nothing of weights that are large or no whole numbers', () => {
    const sketch = sketchOf(Array.from({ length: 100 }, (_, i) => i))
    for (const weight of [2 ** 32, 0.25, 2 ** 40]) sketch.add(50, weight)
    const { bins, counts } = sketch.state()
    expect(counts[bins.indexOf(binOf(50))]).toBe(2 ** 32 + 2 ** 40 + 1.25)
    expect(counts[bins.indexOf(binOf(10))]).toBe(1)
  })

  it('refuses what has no place', () => {
    expect(() => new QuantileSketch().add(Number.NaN)).toThrow(StatsError)
    expect(() => new QuantileSketch().add('7' as unknown as number)).toThrow(StatsError)
    expect(() => new QuantileSketch().add(7, '1' as unknown as number)).toThrow(StatsError)
    expect(() => new QuantileSketch().add(1, 0)).toThrow(StatsError)
    expect(new QuantileSketch().quantile(0.5)).toBeNull()
    expect(new QuantileSketch().min).toBeNull()
  })
})
