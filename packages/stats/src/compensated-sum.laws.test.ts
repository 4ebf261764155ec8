import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addToSum, createSum, mergeSums, retractSum, sumOf } from './compensated-sum.ts'

/** In units of 2^-20, so that bigints can tell the truth. */
const UNIT = 2 ** -20
const values = fc.array(fc.maxSafeInteger(), { maxLength: 50 })

function recordOf(units: readonly number[]): Float64Array {
  const record = createSum()
  for (const unit of units) addToSum(record, unit * UNIT)
  return record
}

function exactSum(units: readonly number[]): number {
  return Number(units.reduce((sum, unit) => sum + BigInt(unit), 0n)) * UNIT
}

/** One rounding of the result, and the second order of the intermediate sums. */
function allowed(units: readonly number[]): number {
  const magnitude = units.reduce((sum, unit) => sum + Math.abs(unit), 0) * UNIT
  return Math.abs(exactSum(units)) * 2 ** -52 + magnitude * 100 * 2 ** -104
}

describe('compensated sum', () => {
  it('is the exact sum, rounded', () => {
    fc.assert(
      fc.property(values, (units) => {
        const error = Math.abs(sumOf(recordOf(units)) - exactSum(units))
        expect(error).toBeLessThanOrEqual(allowed(units))
      }),
      { numRuns: 500 },
    )
  })

  it('keeps what plain addition loses', () => {
    const record = createSum()
    for (const value of [1, 1e100, 1, -1e100]) addToSum(record, value)
    expect(sumOf(record)).toBe(2)
    const tenths = createSum()
    for (let i = 0; i < 10; i++) addToSum(tenths, 0.1)
    expect(sumOf(tenths)).toBe(1)
  })

  it('merges in any order and grouping, and takes a merge back', () => {
    fc.assert(
      fc.property(values, values, values, (a, b, c) => {
        const all = [...a, ...b, ...c]
        const left = recordOf(a)
        mergeSums(left, recordOf(b))
        mergeSums(left, recordOf(c))
        const inner = recordOf(c)
        mergeSums(inner, recordOf(b))
        const right = recordOf(a)
        mergeSums(right, inner)
        for (const record of [left, right]) {
          expect(Math.abs(sumOf(record) - exactSum(all))).toBeLessThanOrEqual(allowed(all))
        }
        retractSum(left, recordOf(b))
        const rest = [...a, ...c]
        expect(Math.abs(sumOf(left) - exactSum(rest))).toBeLessThanOrEqual(
          allowed(rest) + allowed([...all, ...b]),
        )
        const same = recordOf(a)
        mergeSums(same, createSum())
        expect(same).toEqual(recordOf(a))
      }),
      { numRuns: 500 },
    )
  })
})
