import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { dollars } from '../core/dollars.ts'
import { deriveValue, divideHalfEven, picoDollars, toCell } from './value.ts'

test('dollars come back as the pico-dollars they were', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), (pico) => {
      expect(picoDollars(dollars(pico))).toBe(pico)
    }),
  )
})

test('a division is off by at most a half, and ties go to the even quotient', () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.bigInt({ min: 1n, max: 10n ** 12n }), (dividend, divisor) => {
      const quotient = divideHalfEven(dividend, divisor)
      const rest = dividend - quotient * divisor
      const twice = 2n * (rest < 0n ? -rest : rest)
      expect(twice <= divisor).toBe(true)
      expect(twice !== divisor || quotient % 2n === 0n).toBe(true)
    }),
  )
})

test('cells', () => {
  expect(dollars(0n)).toBe('0')
  expect(dollars(-1n)).toBe('-0.000000000001')
  expect(dollars(1_500_000_000_000n)).toBe('1.5')
  expect(toCell(2n ** 60n, 'integer')).toBe('1152921504606846976')
  expect(toCell(12n, 'integer')).toBe(12)
  expect(toCell(0.1 + 0.2, 'number')).toBe(0.3)
  expect(toCell(Number.NaN, 'number')).toBeNull()
  expect(toCell(Date.UTC(2026, 0, 1) * 1000, 'time')).toBe('2026-01-01T00:00:00.000Z')
  expect(picoDollars(0.1)).toBe(100_000_000_000n)
  expect(picoDollars(1e-13)).toBe(0n)
  expect(picoDollars('1e3')).toBeNull()
})

describe('a clamped value', () => {
  const spec = {
    parts: [
      { fn: 'quantile', column: 'latency_ms', q: 0.95 },
      { fn: 'min', column: 'latency_ms' },
      { fn: 'max', column: 'latency_ms' },
    ],
    derivation: { how: 'clamped' },
    type: 'number',
  } as const

  it('stays between the least and the greatest value seen', () => {
    expect(deriveValue(spec, [854.2, 850, 850], 1)).toBe(850)
    expect(deriveValue(spec, [12, 15, 20], 1)).toBe(15)
    expect(deriveValue(spec, [17, 15, 20], 1)).toBe(17)
    expect(deriveValue(spec, [null, null, null], 1)).toBeNull()
  })
})
