import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  addSquare,
  addWhole,
  addWords,
  roundHalfEven,
  WIDE_SQUARES,
  WIDE_SUM,
  wideSquares,
  wideSum,
} from './wide-sum.ts'

const whole = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(9e15, -9e15, 94_906_264, 94_906_265, -94_906_265, 2 ** 32, -(2 ** 32), 0),
)

it('adds whole numbers as bigints do', () => {
  fc.assert(
    fc.property(fc.array(whole, { maxLength: 50 }), (values) => {
      const records = new Float64Array(WIDE_SUM)
      for (const value of values) addWhole(records, 0, value)
      expect(wideSum(records, 0)).toBe(values.reduce((sum, value) => sum + BigInt(value), 0n))
    }),
  )
})

it('adds 64-bit words as bigints do', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)), (values) => {
      const records = new Float64Array(WIDE_SUM)
      const words = new Int32Array(BigInt64Array.from(values).buffer)
      for (const i of values.keys()) {
        addWords(records, 0, words[2 * i + 1] ?? 0, (words[2 * i] ?? 0) >>> 0)
      }
      expect(wideSum(records, 0)).toBe(values.reduce((sum, value) => sum + value, 0n))
    }),
  )
})

it('adds squares as bigints do', () => {
  fc.assert(
    fc.property(fc.array(whole, { maxLength: 50 }), (values) => {
      const records = new Float64Array(WIDE_SQUARES)
      for (const value of values) addSquare(records, 0, value)
      expect(wideSquares(records, 0)).toBe(
        values.reduce((sum, value) => sum + BigInt(value) ** 2n, 0n),
      )
    }),
  )
})

it.each([
  [0.5, 0],
  [1.5, 2],
  [2.5, 2],
  [-0.5, 0],
  [-1.5, -2],
  [-2.5, -2],
  [2.4, 2],
  [2.6, 3],
])('rounds %d to %d', (x, rounded) => {
  expect(roundHalfEven(x) + 0).toBe(rounded)
})
