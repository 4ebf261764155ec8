import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addToComoments,
  correlationOf,
  covarianceOf,
  createComoments,
  lineOf,
  mergeComoments,
} from './comoments.ts'
import { fitLine } from './regression.ts'

type Pair = readonly [x: number, y: number]

function recordOf(pairs: readonly Pair[]): Float64Array {
  const record = createComoments()
  for (const [x, y] of pairs) addToComoments(record, x, y)
  return record
}

function merged(a: Float64Array, b: Float64Array): Float64Array {
  const into = a.slice()
  mergeComoments(into, b)
  return into
}

const whole = fc.integer({ min: -1000, max: 1000 })
const pairs = fc.array(fc.tuple(whole, whole), { maxLength: 40 })

/** Values are whole numbers up to 1000, of which rounding leaves ten digits. */
function expectAlike(a: Float64Array, b: Float64Array): void {
  for (const [i, value] of a.entries()) {
    const member = i === 2 || i === 4 ? null : (b[i] ?? Number.NaN)
    if (member !== null) expect(Math.abs(value - member)).toBeLessThan(1e-4)
  }
}

describe('comoments', () => {
  it('merge as one pass, in any grouping and order, with nothing as identity', () => {
    fc.assert(
      fc.property(pairs, pairs, pairs, (a, b, c) => {
        const [x, y, z] = [recordOf(a), recordOf(b), recordOf(c)]
        const whole = recordOf([...a, ...b, ...c])
        expectAlike(merged(merged(x, y), z), whole)
        expectAlike(merged(x, merged(y, z)), whole)
        expectAlike(merged(z, merged(y, x)), whole)
        expect(merged(x, createComoments())).toEqual(x)
        expect(merged(createComoments(), x)).toEqual(x)
      }),
    )
  })

  it('give the covariance, correlation and line of the definitions', () => {
    fc.assert(
      fc.property(pairs, (points) => {
        const record = recordOf(points)
        const fit = fitLine(
          points.map(([x]) => x),
          points.map(([, y]) => y),
        )
        const line = lineOf(record)
        expect(line === null).toBe(fit === null)
        if (fit !== null && line !== null) {
          expect(line.slope).toBeCloseTo(fit.slope, 8)
          expect(line.intercept).toBeCloseTo(fit.intercept, 6)
          const r = correlationOf(record)
          if (r !== null) expect(r * r).toBeCloseTo(fit.rSquared ?? Number.NaN, 8)
        }
        const n = points.length
        expect(covarianceOf(record, 'sample') === null).toBe(n < 2)
        if (n < 2) return
        const sum = (of: (pair: Pair) => number) => points.reduce((all, pair) => all + of(pair), 0)
        const products = sum(([x, y]) => x * y)
        const expected = (n * products - sum(([x]) => x) * sum(([, y]) => y)) / n / (n - 1)
        expect(covarianceOf(record, 'sample')).toBeCloseTo(expected, 5)
      }),
    )
  })

  it('have no correlation and no line where nothing varies', () => {
    expect(
      correlationOf(
        recordOf([
          [1, 2],
          [1, 3],
        ]),
      ),
    ).toBeNull()
    expect(
      lineOf(
        recordOf([
          [1, 2],
          [1, 3],
        ]),
      ),
    ).toBeNull()
    expect(
      correlationOf(
        recordOf([
          [1, 2],
          [2, 4],
          [3, 6],
        ]),
      ),
    ).toBeCloseTo(1, 14)
    expect(covarianceOf(createComoments(), 'population')).toBeNull()
    expect(covarianceOf(recordOf([[1, 2]]), 'population')).toBe(0)
  })
})
