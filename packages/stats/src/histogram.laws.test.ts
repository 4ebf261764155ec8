import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ExponentialHistogram,
  histogramOfSketch,
  sketchOfHistogram,
} from './exponential-histogram.ts'
import { Histogram } from './histogram.ts'
import { QuantileSketch } from './quantile-sketch.ts'
import { StatsError } from './stats-error.ts'

const EDGES = [-5, 0, 5, 50]
const whole = fc.array(fc.integer({ min: -100, max: 100 }), { maxLength: 40 })

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram(EDGES)
  for (const value of values) histogram.add(value)
  return histogram
}

describe('histogram', () => {
  it('counts a value below the first edge that is not less', () => {
    fc.assert(
      fc.property(whole, (values) => {
        const within = (low: number, high: number) =>
          values.filter((value) => value > low && value <= high).length
        const bounds = [Number.NEGATIVE_INFINITY, ...EDGES, Number.POSITIVE_INFINITY]
        expect(histogramOf(values).state().counts).toEqual(
          bounds.slice(1).map((high, i) => within(bounds[i] ?? 0, high)),
        )
        expect(histogramOf(values).count).toBe(values.length)
      }),
    )
  })

  it('merges exactly and is restored from its state', () => {
    fc.assert(
      fc.property(whole, whole, (a, b) => {
        const merged = histogramOf(a)
        merged.merge(histogramOf(b))
        expect(merged.state()).toEqual(histogramOf([...b, ...a]).state())
        expect(Histogram.from(merged.state()).state()).toEqual(merged.state())
      }),
    )
  })

  it('refuses edges that do not ascend, NaN, and other edges', () => {
    expect(() => new Histogram([])).toThrow(StatsError)
    expect(() => new Histogram([1, 1])).toThrow('ascend')
    expect(() => new Histogram([Number.NaN])).toThrow('finite')
    expect(() => new Histogram([1]).add(Number.NaN)).toThrow(StatsError)
    expect(() => new Histogram([1]).merge(new Histogram([2]))).toThrow(StatsError)
    expect(() => Histogram.from({ edges: [1], counts: [1] })).toThrow(StatsError)
  })
})

const spread = fc
  .tuple(fc.double({ min: -30, max: 30, noNaN: true }), fc.constantFrom(-1, 0, 1, 1))
  .map(([exponent, sign]) => sign * 10 ** exponent)
const anyValues = fc.array(
  fc.oneof(spread, fc.double({ min: 1e-9, max: 5, noNaN: true }), fc.integer({ min: -9, max: 9 })),
  { maxLength: 60 },
)

function exponentialOf(values: readonly number[], buckets = 20): ExponentialHistogram {
  const histogram = new ExponentialHistogram({ buckets })
  for (const value of values) histogram.add(value)
  return histogram
}

/** Everything but the sum, which rounds. */
function exactly(histogram: ExponentialHistogram): unknown {
  return { ...histogram.state(), sum: 0 }
}

describe('exponential histogram', () => {
  it('has every value in its bucket, in no more buckets than allowed', () => {
    fc.assert(
      fc.property(anyValues, (values) => {
        const { scale, positive, negative, zeroCount, count, sum } = exponentialOf(values).state()
        const base = 2 ** (2 ** -scale)
        for (const [sign, { offset, counts }] of [
          [1, positive],
          [-1, negative],
        ] as const) {
          expect(counts.length).toBeLessThanOrEqual(20)
          const magnitudes = values.map((value) => sign * value).filter((value) => value > 0)
          for (const [i, held] of counts.entries()) {
            const [low, high] = [base ** (offset + i), base ** (offset + i + 1)]
            // The edges are powers that round: at each of them a value may be on either side.
            const surely = magnitudes.filter((x) => x > low * (1 + 1e-9) && x <= high * (1 - 1e-9))
            const perhaps = magnitudes.filter((x) => x > low * (1 - 1e-9) && x <= high * (1 + 1e-9))
            expect(held).toBeGreaterThanOrEqual(surely.length)
            expect(held).toBeLessThanOrEqual(perhaps.length)
          }
          expect(counts.reduce((a, b) => a + b, 0)).toBe(magnitudes.length)
        }
        expect(zeroCount).toBe(values.filter((value) => value === 0).length)
        expect(count).toBe(values.length)
        expect(Math.abs(sum - values.reduce((a, b) => a + b, 0))).toBeLessThan(
          1e-9 * Math.max(1, ...values.map(Math.abs)),
        )
      }),
    )
  })

  it('has a power of two as the upper edge of its bucket at every scale', () => {
    for (const power of [-1074, -1000, -3, 0, 1, 10, 1023]) {
      for (const scale of [-10, -1, 0, 3, 20]) {
        const histogram = new ExponentialHistogram({ scale })
        histogram.add(2 ** power)
        const bucket = Math.ceil(power * 2 ** scale) - 1
        // At the coarsest scale nothing lies below the bucket that ends at 1.
        expect(histogram.state().positive.offset).toBe(
          scale === -10 ? Math.max(bucket, -1) : bucket,
        )
      }
    }
  })

  it('merges exactly, in any order and grouping', () => {
    fc.assert(
      fc.property(anyValues, anyValues, anyValues, (a, b, c) => {
        const truth = exactly(exponentialOf([...a, ...b, ...c]))
        const left = exponentialOf(a)
        left.merge(exponentialOf(b))
        left.merge(exponentialOf(c))
        const right = exponentialOf([])
        const inner = exponentialOf(c)
        inner.merge(exponentialOf(a))
        right.merge(exponentialOf(b))
        right.merge(inner)
        right.merge(exponentialOf([]))
        expect(exactly(left)).toEqual(truth)
        expect(exactly(right)).toEqual(truth)
        const restored = ExponentialHistogram.from(left.state(), { buckets: 20 })
        expect(restored.state()).toEqual(left.state())
      }),
    )
  })

  it('becomes a quantile sketch within half a bucket, and comes from one within 1 % and its bucket', () => {
    const within = (told: number | null, truth: number, share: number) =>
      expect(Math.abs((told ?? Number.NaN) - truth)).toBeLessThanOrEqual(
        share * Math.abs(truth) + 1e-300,
      )
    fc.assert(
      fc.property(
        fc.array(
          fc.double({ min: -1e4, max: 1e4, noNaN: true }).map((x) => Math.round(x * 100) / 100 + 0),
          {
            minLength: 1,
            maxLength: 150,
          },
        ),
        (values) => {
          const sorted = values.toSorted((a, b) => a - b)
          const histogram = exponentialOf(values, 1000)
          const half = 1 - 2 / (1 + 2 ** (2 ** -histogram.state().scale))
          const sketch = sketchOfHistogram(histogram.state())
          const original = new QuantileSketch()
          for (const value of values) original.add(value)
          const back = sketchOfHistogram(histogramOfSketch(original, { scale: 5 }).state())
          for (const [i, truth] of sorted.entries()) {
            const q = (i + 1) / sorted.length
            // Rank to rank: values on both sides of q are no farther than those of the bucket.
            within(sketch.quantile(q), truth, half + 0.0101)
            within(back.quantile(q), truth, 0.0109 + 0.0101 + 0.0102)
          }
          expect(back.count).toBe(values.length)
        },
      ),
    )
  })

  it('at the coarsest scale two buckets take every number, and the way to a sketch and back has no NaN', () => {
    const numbers = [5e-324, 2 ** -1030, 1e-300, 0.5, 1, 1.5, 1e10, Number.MAX_VALUE]
    for (const buckets of [2, 3, 160]) {
      const histogram = new ExponentialHistogram({ scale: -10, buckets })
      for (const value of numbers) histogram.add(value)
      const state = histogram.state()
      expect(state).toMatchObject({ scale: -10, positive: { offset: -1, counts: [5, 3] } })
      expect(ExponentialHistogram.from(state, { buckets }).state()).toEqual(state)
      const sketch = sketchOfHistogram({ ...state, min: null, max: null })
      expect(sketch.count).toBe(numbers.length)
      expect(sketch.quantile(0.5)).toBeLessThanOrEqual(1)
      expect(sketch.quantile(1)).toBe(2)
    }
    const fine = new ExponentialHistogram({ buckets: 2 })
    for (const value of numbers) fine.add(value)
    expect(fine.state().scale).toBe(-10)
    const greatest = new ExponentialHistogram()
    greatest.add(Number.MAX_VALUE)
    const back = sketchOfHistogram({ ...greatest.state(), min: null, max: null })
    expect(back.quantile(1)).toBeCloseTo(Number.MAX_VALUE, -304)
  })

  it('refuses what has no place', () => {
    expect(() => new ExponentialHistogram({ buckets: 1 })).toThrow(StatsError)
    expect(() => new ExponentialHistogram({ scale: 21 })).toThrow(StatsError)
    expect(() => new ExponentialHistogram().add(Number.POSITIVE_INFINITY)).toThrow(StatsError)
    expect(() => new ExponentialHistogram().add(1, 0)).toThrow(StatsError)
  })
})
