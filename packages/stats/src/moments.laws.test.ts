import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addToHigherMoments,
  createHigherMoments,
  excessKurtosisOf,
  mergeHigherMoments,
  skewnessOf,
} from './higher-moments.ts'
import {
  addToMoments,
  countOf,
  createMoments,
  meanOf,
  mergeMoments,
  standardDeviationOf,
  varianceOf,
} from './moments.ts'

/** Both kinds of records keep the same laws. */
const KINDS = [
  { kind: 'moments', create: createMoments, add: addToMoments, merge: mergeMoments },
  {
    kind: 'higher moments',
    create: createHigherMoments,
    add: addToHigherMoments,
    merge: mergeHigherMoments,
  },
] as const

type Kind = (typeof KINDS)[number]

function recordOf({ create, add }: Kind, values: readonly number[]): Float64Array {
  const record = create()
  for (const value of values) add(record, value)
  return record
}

function merged({ merge }: Kind, a: Float64Array, b: Float64Array): Float64Array {
  const into = a.slice()
  merge(into, b)
  return into
}

/** How far two records are apart, in units of the rounding that is allowed to values up to `scale`. */
function distance(a: Float64Array, b: Float64Array, scale: number): number {
  const n = Math.max(1, countOf(a))
  const apart = (i: number) => Math.abs((a[i] ?? 0) - (b[i] ?? 0))
  return Math.max(
    apart(0) * 1e9,
    Math.abs((meanOf(a) ?? 0) - (meanOf(b) ?? 0)) / (1e-15 * scale),
    apart(3) / (1e-13 * scale ** 2 * n),
    apart(4) / (1e-13 * scale ** 3 * n) || 0,
    apart(5) / (1e-13 * scale ** 4 * n) || 0,
  )
}

const numbers = fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { maxLength: 60 })
const scaleOf = (...lists: readonly number[][]) => Math.max(1, ...lists.flat().map(Math.abs))

describe.each(KINDS)('$kind', (kind) => {
  it('merging parts equals one pass', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const parts = merged(kind, recordOf(kind, a), recordOf(kind, b))
        expect(distance(parts, recordOf(kind, [...a, ...b]), scaleOf(a, b))).toBeLessThan(1)
      }),
    )
  })

  it('merging is commutative and associative, and nothing is its identity', () => {
    fc.assert(
      fc.property(numbers, numbers, numbers, (a, b, c) => {
        const [x, y, z] = [recordOf(kind, a), recordOf(kind, b), recordOf(kind, c)]
        const scale = scaleOf(a, b, c)
        expect(distance(merged(kind, x, y), merged(kind, y, x), scale)).toBeLessThan(1)
        const left = merged(kind, merged(kind, x, y), z)
        const right = merged(kind, x, merged(kind, y, z))
        expect(distance(left, right, scale)).toBeLessThan(1)
        expect(merged(kind, x, kind.create())).toEqual(x)
        expect(merged(kind, kind.create(), x)).toEqual(x)
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
          const weighted = kind.create()
          for (const [value, weight] of pairs) kind.add(weighted, value, weight)
          const repeated = pairs.flatMap(([value, weight]) => Array<number>(weight).fill(value))
          expect(distance(weighted, recordOf(kind, repeated), scaleOf(repeated))).toBeLessThan(1)
        },
      ),
    )
  })

  it('records share an array and do not touch each other', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        const width = kind.create().length
        const shared = new Float64Array(4 * width).fill(7)
        shared.fill(0, width, 3 * width)
        for (let i = 0; i < Math.max(a.length, b.length); i++) {
          if (i < a.length) kind.add(shared, a[i] ?? 0, 1, width)
          if (i < b.length) kind.add(shared, b[i] ?? 0, 1, 2 * width)
        }
        expect(shared.slice(width, 2 * width)).toEqual(recordOf(kind, a))
        expect(shared.slice(2 * width, 3 * width)).toEqual(recordOf(kind, b))
        kind.merge(shared, shared, width, 2 * width)
        expect(shared.slice(width, 2 * width)).toEqual(
          merged(kind, recordOf(kind, a), recordOf(kind, b)),
        )
        expect([...shared.slice(0, width), ...shared.slice(3 * width)]).toEqual(
          Array(2 * width).fill(7),
        )
      }),
    )
  })

  it('can be merged with itself', () => {
    const record = recordOf(kind, [1, 2, 6])
    kind.merge(record, record)
    expect(distance(record, recordOf(kind, [1, 2, 6, 1, 2, 6]), 6)).toBeLessThan(1)
  })
})

describe('spread and shape', () => {
  it('are null where they are undefined', () => {
    const one = recordOf(KINDS[1], [5])
    expect(meanOf(createMoments())).toBeNull()
    expect(varianceOf(createMoments(), 'population')).toBeNull()
    expect(varianceOf(one, 'sample')).toBeNull()
    expect(varianceOf(one, 'population')).toBe(0)
    expect(varianceOf(recordOf(KINDS[0], [1, 3]), 'sample')).toBe(2)
    expect(standardDeviationOf(recordOf(KINDS[0], [1, 3]), 'population')).toBe(1)
    expect(skewnessOf(one, 'population')).toBeNull()
    expect(excessKurtosisOf(recordOf(KINDS[1], [5, 5, 5, 5]), 'sample')).toBeNull()
    expect(skewnessOf(recordOf(KINDS[1], [1, 3]), 'sample')).toBeNull()
    expect(excessKurtosisOf(recordOf(KINDS[1], [1, 2, 3]), 'sample')).toBeNull()
  })

  it('agree with the definition from sums of powers', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 4, maxLength: 60 }),
        (values) => {
          const n = values.length
          const mean = values.reduce((a, b) => a + b) / n
          const power = (p: number) => values.reduce((sum, x) => sum + (x - mean) ** p, 0)
          fc.pre(power(2) > 1e-3)
          const record = recordOf(KINDS[1], values)
          const g1 = power(3) / n / (power(2) / n) ** 1.5
          const g2 = power(4) / n / (power(2) / n) ** 2 - 3
          expect(skewnessOf(record, 'population')).toBeCloseTo(g1, 7)
          expect(excessKurtosisOf(record, 'population')).toBeCloseTo(g2, 7)
        },
      ),
    )
  })

  it('have the values that scipy gives for a small example', () => {
    // scipy.stats.skew and kurtosis, bias True and False, of this list.
    const record = recordOf(KINDS[1], [2, 8, 0, 4, 1, 9, 9, 0])
    expect(skewnessOf(record, 'population')).toBeCloseTo(0.265_055_412_269_857_3, 12)
    expect(skewnessOf(record, 'sample')).toBeCloseTo(0.330_582_180_407_974_66, 12)
    expect(excessKurtosisOf(record, 'population')).toBeCloseTo(-1.666_001_075_283_850_8, 12)
    expect(excessKurtosisOf(record, 'sample')).toBeCloseTo(-2.098_602_258_096_087, 12)
  })

  it('do not drift over many values', () => {
    const record = createMoments()
    for (let i = 0; i < 300_000; i++) addToMoments(record, 1e9 + (i % 3))
    expect(meanOf(record)).toBe(1e9 + 1)
    expect(varianceOf(record, 'population')).toBeCloseTo(2 / 3, 9)
  })
})
