import fc from 'fast-check'
import { expect, test } from 'vitest'
import { carryForward, interpolate } from './grid.ts'

const column = fc.array(fc.option(fc.integer({ min: -1000, max: 1000 }), { nil: null }), {
  maxLength: 40,
})

test('previous: known values stay, gaps take the last one before them', () => {
  fc.assert(
    fc.property(column, (values) => {
      const filled = carryForward(values)
      expect(filled).toHaveLength(values.length)
      for (const [at, value] of values.entries()) {
        const before = values.slice(0, at + 1).findLast((each) => each !== null)
        expect(filled[at]).toBe(value ?? before ?? null)
      }
    }),
  )
})

test('linear: known values stay, gaps lie on the line between their neighbours, ends stay open', () => {
  fc.assert(
    fc.property(column, (values) => {
      const filled = interpolate(values, 'number')
      for (const [at, value] of values.entries()) {
        const left = values.findLastIndex((each, index) => each !== null && index <= at)
        const right = values.findIndex((each, index) => each !== null && index >= at)
        const a = values[left] ?? null
        const b = values[right] ?? null
        const share = right === left ? 0 : (at - left) / (right - left)
        const expected = value ?? (a === null || b === null ? null : a * (1 - share) + b * share)
        expect(filled[at] === null).toBe(expected === null)
        expect(Number(filled[at])).toBeCloseTo(expected ?? 0, 9)
      }
    }),
  )
})

test('linear: money stays whole and between its neighbours', () => {
  const money = fc.array(fc.option(fc.bigInt({ min: -9n, max: 10n ** 20n }), { nil: null }))
  fc.assert(
    fc.property(money, (values) => {
      for (const [at, value] of interpolate(values, 'money').entries()) {
        if (value === null || values[at] !== null) continue
        const left = values.slice(0, at).findLast((each) => each !== null) ?? 0n
        const right = values.slice(at).find((each) => each !== null) ?? 0n
        expect(typeof value).toBe('bigint')
        expect(
          value >= (left < right ? left : right) && value <= (left < right ? right : left),
        ).toBe(true)
      }
    }),
  )
})
