import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addToMoments,
  createMoments,
  type Moments,
  mergeMoments,
  standardDeviationOf,
  varianceOf,
} from './moments.ts'

function momentsOf(values: readonly number[]): Moments {
  const moments = createMoments()
  for (const value of values) addToMoments(moments, value)
  return moments
}

/** How far two moments are apart, in units of the rounding that is allowed. */
function distance(a: Moments, b: Moments, scale: number): number {
  return Math.max(
    Math.abs(a.n - b.n) * 1e9,
    Math.abs(a.mean - b.mean) / (1e-12 * scale),
    Math.abs(a.m2 - b.m2) / (1e-11 * scale * scale * Math.max(1, a.n)),
  )
}

const numbers = fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { maxLength: 60 })
const scaleOf = (...lists: readonly number[][]) => Math.max(1, ...lists.flat().map(Math.abs))

describe('moments', () => {
  it('merging parts equals one pass', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        expect(
          distance(
            mergeMoments(momentsOf(a), momentsOf(b)),
            momentsOf([...a, ...b]),
            scaleOf(a, b),
          ),
        ).toBeLessThan(1)
      }),
    )
  })

  it('merging is commutative and associative, and nothing is its identity', () => {
    fc.assert(
      fc.property(numbers, numbers, numbers, (a, b, c) => {
        const [x, y, z] = [momentsOf(a), momentsOf(b), momentsOf(c)]
        const scale = scaleOf(a, b, c)
        expect(distance(mergeMoments(x, y), mergeMoments(y, x), scale)).toBeLessThan(1)
        expect(
          distance(mergeMoments(mergeMoments(x, y), z), mergeMoments(x, mergeMoments(y, z)), scale),
        ).toBeLessThan(1)
        expect(mergeMoments(x, createMoments())).toEqual(x)
        expect(mergeMoments(createMoments(), x)).toEqual(x)
      }),
    )
  })

  it('a weight counts as so many equal values', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.integer({ min: 1, max: 9 })),
        ),
        (pairs) => {
          const weighted = createMoments()
          for (const [value, weight] of pairs) addToMoments(weighted, value, weight)
          const repeated = pairs.flatMap(([value, weight]) => Array<number>(weight).fill(value))
          expect(distance(weighted, momentsOf(repeated), scaleOf(repeated))).toBeLessThan(1)
        },
      ),
    )
  })

  it('agrees with the two-pass definition where sums of squares would not', () => {
    // As in the NumAcc sets of NIST StRD: spread 0.1 around a mean of ten million.
    const values = [
      10_000_000.2,
      ...Array.from({ length: 500 }, () => [10_000_000.1, 10_000_000.3]).flat(),
    ]
    const moments = momentsOf(values)
    expect(moments.n).toBe(1001)
    expect(moments.mean).toBeCloseTo(10_000_000.2, 8)
    expect(standardDeviationOf(moments, 'sample')).toBeCloseTo(0.1, 8)
  })

  it('says null where a spread is undefined', () => {
    expect(varianceOf(createMoments(), 'population')).toBeNull()
    expect(varianceOf(momentsOf([5]), 'sample')).toBeNull()
    expect(varianceOf(momentsOf([5]), 'population')).toBe(0)
    expect(varianceOf(momentsOf([1, 3]), 'sample')).toBe(2)
    expect(standardDeviationOf(momentsOf([1, 3]), 'population')).toBe(1)
  })
})
