import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  binOf,
  nearestRankIndex,
  quantileFromBins,
  SKETCH_MAX_BIN,
  SKETCH_NAN_BIN,
  SKETCH_RELATIVE_ERROR,
  valueOf,
} from './sketch-bins.ts'
import { StatsError } from './stats-error.ts'

const inRange = fc
  .tuple(fc.double({ min: -142, max: 142, noNaN: true }), fc.boolean())
  .map(([exponent, negative]) => (negative ? -1 : 1) * 10 ** exponent)
const anyNumber = fc.double({ noNaN: true })
const RUNS = { numRuns: 5000 }

describe('bins', () => {
  it('tell every number of the range to 1 %', () => {
    fc.assert(
      fc.property(inRange, (x) => {
        expect(Math.abs(valueOf(binOf(x)) - x)).toBeLessThanOrEqual(
          SKETCH_RELATIVE_ERROR * Math.abs(x),
        )
      }),
      RUNS,
    )
  })

  it('tell the numbers at the very edges of bins to 1 %', () => {
    let worst = 0
    for (let bin = 1; bin < SKETCH_MAX_BIN; bin++) {
      // The middle of two bins' values is near their common edge: walk over it.
      const edge = (valueOf(bin) + valueOf(bin + 1)) / 2
      for (const x of [edge * (1 - 1e-15), edge, edge * (1 + 1e-15)]) {
        worst = Math.max(worst, Math.abs(valueOf(binOf(x)) - x) / x)
      }
    }
    expect(worst).toBeLessThanOrEqual(SKETCH_RELATIVE_ERROR)
    expect(worst).toBeGreaterThan(0.0099)
  })

  it('keep the order of any two numbers', () => {
    fc.assert(
      fc.property(anyNumber, anyNumber, (x, y) => {
        const [low, high] = x <= y ? [x, y] : [y, x]
        expect(binOf(low)).toBeLessThanOrEqual(binOf(high))
      }),
      RUNS,
    )
  })

  it('are 16-bit integers that mirror at zero and give back their own value', () => {
    fc.assert(
      fc.property(anyNumber, (x) => {
        const bin = binOf(x)
        expect(Number.isInteger(bin) && Math.abs(bin) <= SKETCH_MAX_BIN).toBe(true)
        expect(new Int16Array([bin])[0]).toBe(bin + 0)
        expect(binOf(-x)).toBe(0 - bin)
        expect(binOf(valueOf(bin))).toBe(bin)
      }),
      RUNS,
    )
  })

  it('clamp what lies outside the range', () => {
    expect(binOf(0)).toBe(0)
    expect(binOf(-0)).toBe(0)
    expect(valueOf(0)).toBe(0)
    expect(binOf(Number.MIN_VALUE)).toBe(1)
    expect(binOf(-Number.MIN_VALUE)).toBe(-1)
    expect(binOf(Number.MAX_VALUE)).toBe(SKETCH_MAX_BIN)
    expect(binOf(Number.NEGATIVE_INFINITY)).toBe(-SKETCH_MAX_BIN)
    expect(valueOf(1)).toBeLessThan(1e-142)
    expect(valueOf(SKETCH_MAX_BIN)).toBeGreaterThan(1e142)
    expect(binOf(Number.NaN)).toBe(SKETCH_NAN_BIN)
    expect(valueOf(SKETCH_NAN_BIN)).toBeNaN()
  })
})

describe('nearest rank', () => {
  it('is the smallest value whose share reaches q', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 0, max: 100 }),
        (counts, percent) => {
          const total = counts.reduce((a, b) => a + b)
          const at = nearestRankIndex(counts, percent / 100) ?? -1
          const upTo = counts.slice(0, at + 1).reduce((a, b) => a + b)
          const before = upTo - (counts[at] ?? 0)
          // In whole numbers: share ≥ percent/100 is 100 · count ≥ percent · total.
          expect(100 * upTo).toBeGreaterThanOrEqual(percent * total)
          expect(at === 0 || 100 * before < percent * total).toBe(true)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('skips empty bins and answers null without counts', () => {
    expect(quantileFromBins([1, 2, 3], [0, 2, 0], 0)).toBe(valueOf(2))
    expect(quantileFromBins([1, 2, 3], [0, 2, 0], 1)).toBe(valueOf(2))
    expect(quantileFromBins([], [], 0.5)).toBeNull()
    expect(quantileFromBins([1], [0], 0.5)).toBeNull()
    expect(() => quantileFromBins([1], [1], 1.1)).toThrow(StatsError)
    expect(() => quantileFromBins([1], [1], Number.NaN)).toThrow(StatsError)
  })
})
