import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addPico,
  divideHalfEven,
  formatPico,
  type Pico,
  parseDecimal,
  parseUsd,
  toPico,
} from './money.ts'

const amount = fc
  .oneof(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.maxSafeInteger().map(BigInt))
  .map(toPico)

describe('pico-dollars', () => {
  it('are read back as they are written', () => {
    fc.assert(
      fc.property(amount, (pico) => {
        const text = formatPico(pico)
        expect(text).toMatch(/^-?(0|[1-9]\d*)(\.\d{0,11}[1-9])?$/)
        expect(parseUsd(text)).toBe(pico)
      }),
      { numRuns: 1000 },
    )
  })

  it('have one form: a number when it is exact, else a bigint', () => {
    expect(toPico(9_007_199_254_740_991n)).toBe(9_007_199_254_740_991)
    expect(toPico(9_007_199_254_740_992n)).toBe(9_007_199_254_740_992n)
    fc.assert(
      fc.property(amount, amount, (a, b) => {
        const exact = BigInt(a) + BigInt(b)
        expect(addPico(a, b)).toBe(toPico(exact))
      }),
    )
  })

  it('of a JavaScript number are those of its shortest decimal form', () => {
    const dollars = fc.oneof(
      fc.double({ min: 0, max: 10, noNaN: true }),
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.integer({ min: 0, max: 10 ** 9 }).map((n) => n / 10 ** 7),
      fc.integer({ min: 0, max: 10 ** 6 }).map((n) => (n + 0.5) / 10 ** 12),
    )
    fc.assert(
      fc.property(dollars, (value) => {
        // By way of text and bigints alone.
        const decimal = parseDecimal(String(value))
        const exact =
          decimal === null ? null : toPico(divideHalfEven(decimal.digits, decimal.scale - 12))
        expect(parseUsd(value)).toBe(exact)
      }),
      { numRuns: 5000 },
    )
  })

  it.each<[number | string, Pico]>([
    [0.1, 100_000_000_000],
    ['0.1', 100_000_000_000],
    [4.1400000000000003e-5, 41_400_000],
    ['3.5e-3', 3_500_000_000],
    ['8E-8', 80_000],
    ['0.0000000000005', 0],
    ['0.0000000000015', 2],
    ['0.0000000000025', 2],
    ['0.00000000000250000000001', 3],
    ['-0.0000000000015', -2],
    ['1e6', 1_000_000_000_000_000_000n],
    ['12345678901234567890.123456789012', 12345678901234567890123456789012n],
    [0, 0],
    [-0, 0],
    ['1.', 1_000_000_000_000],
  ])('%s dollars are %s', (dollars, pico) => {
    expect(parseUsd(dollars)).toBe(pico)
  })

  it.each(['', 'x', '1,5', '0x10', 'NaN', '1e999', '1'.repeat(500), '--1', Number.NaN, Infinity])(
    '%s are no dollars',
    (text) => {
      expect(parseUsd(text)).toBeNull()
    },
  )

  it('are shown without exponent or padding', () => {
    expect(formatPico(0)).toBe('0')
    expect(formatPico(1)).toBe('0.000000000001')
    expect(formatPico(-1_500_000_000_000)).toBe('-1.5')
    expect(formatPico(342_250_000)).toBe('0.00034225')
    expect(formatPico(10n ** 24n)).toBe('1000000000000')
  })
})

describe('rounding half to even', () => {
  it('is nearest, ties to even, and mirrors at zero', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 20n }),
        fc.integer({ min: 0, max: 12 }),
        (n, scale) => {
          const divisor = 10n ** BigInt(scale)
          const rounded = divideHalfEven(n, scale)
          const twiceError = 2n * (rounded * divisor - n)
          const size = twiceError < 0n ? -twiceError : twiceError
          expect(size <= divisor).toBe(true)
          expect(size < divisor || rounded % 2n === 0n).toBe(true)
          expect(divideHalfEven(-n, scale)).toBe(-rounded)
        },
      ),
    )
  })
})
