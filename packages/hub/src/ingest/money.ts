/**
 * Money as whole pico-dollars (10⁻¹² USD), so that sums are exact: many prices per token are not whole
 * nano-dollars.
 *
 * An amount is a JavaScript number where that holds it exactly (up to 2^53 pico-dollars, about
 * $9,007) and a bigint beyond; the same amount always has the same form. Thus the usual amounts cost
 * no allocation and arithmetic never rounds.
 */
export type Pico = number | bigint

/** Greatest amount that a 64-bit column holds: about $9.2 million. */
export const MAX_PICO = 9_223_372_036_854_775_807n

const PICO_DIGITS = 12
const PICO_PER_DOLLAR = 1e12
const DECIMAL = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/

/** An exact decimal number: digits · 10^−scale, with scale ≥ 0 and as small as it can be. */
export interface Decimal {
  readonly digits: bigint
  readonly scale: number
}

/**
 * Reads a decimal number, a JavaScript number by its shortest decimal form (which is what its writer
 * wrote, up to 15 digits). Null when it is not one, or has more than 400 digits.
 */
export function parseDecimal(value: number | string): Decimal | null {
  const match = DECIMAL.exec(String(value).trim())
  if (match === null) return null
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  const scale = fraction.length - Number(exponent)
  if (whole.length + fraction.length > 400 || Math.abs(scale) > 400) return null
  let digits = BigInt(sign + whole + fraction)
  if (scale <= 0) return { digits: digits * 10n ** BigInt(-scale), scale: 0 }
  let places = scale
  while (places > 0 && digits % 10n === 0n) {
    digits /= 10n
    places--
  }
  return { digits, scale: places }
}

/** The amount in its one form: a number when it is safe, else a bigint. */
export function toPico(amount: bigint): Pico {
  return amount >= -9_007_199_254_740_991n && amount <= 9_007_199_254_740_991n
    ? Number(amount)
    : amount
}

/** amount / (denominator · 10^scale), rounded half to even. The denominator is positive. */
export function divideHalfEven(amount: bigint, scale: number, denominator = 1): bigint {
  if (scale <= 0 && denominator === 1) return amount * 10n ** BigInt(-scale)
  const divisor = BigInt(denominator) * 10n ** BigInt(Math.max(0, scale))
  const scaled = scale < 0 ? amount * 10n ** BigInt(-scale) : amount
  const magnitude = scaled < 0n ? -scaled : scaled
  const quotient = magnitude / divisor
  const twice = (magnitude % divisor) * 2n
  const up = twice > divisor || (twice === divisor && quotient % 2n === 1n)
  const rounded = up ? quotient + 1n : quotient
  return amount < 0n ? -rounded : rounded
}

/** Sum of two amounts, exact. */
export function addPico(a: Pico, b: Pico): Pico {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  return toPico(BigInt(a) + BigInt(b))
}

/**
 * Dollars as a number or decimal string (`0.0035`, `3.5e-3`) to pico-dollars, exactly; digits beyond
 * pico-dollars are rounded half to even. Null when it is not a decimal number. Negative amounts are
 * credits. Cost: about 20 ns for amounts below $1, a microsecond for long decimals.
 */
export function parseUsd(value: number | string): Pico | null {
  const short = typeof value === 'string' && value.length <= 15 && DECIMAL.test(value)
  const dollars = short ? Number(value) : value
  if (typeof dollars === 'number') {
    // Below 2^42 pico-dollars a product is off by less than 2^-10, which cannot change what it is
    // rounded to unless it is that near to a half.
    const scaled = dollars * PICO_PER_DOLLAR
    const rounded = Math.round(scaled)
    const isNearHalf = Math.abs(Math.abs(scaled - rounded) - 0.5) < 0.002
    if (Math.abs(scaled) < 4_398_046_511_104 && !isNearHalf) return rounded + 0
  }
  const decimal = parseDecimal(value)
  if (decimal === null) return null
  return toPico(divideHalfEven(decimal.digits, decimal.scale - PICO_DIGITS))
}

/** Pico-dollars as a decimal number of dollars: no exponent, no trailing zeros, `0.0035`. Exact. */
export function formatPico(amount: Pico): string {
  const whole = BigInt(amount)
  const digits = (whole < 0n ? -whole : whole).toString().padStart(PICO_DIGITS + 1, '0')
  const dollars = digits.slice(0, -PICO_DIGITS)
  const fraction = digits.slice(-PICO_DIGITS).replace(/0+$/, '')
  return `${whole < 0n ? '-' : ''}${dollars}${fraction === '' ? '' : `.${fraction}`}`
}

/** An exact decimal number as text: no exponent, no trailing zeros. */
export function formatDecimal({ digits, scale }: Decimal): string {
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0')
  const whole = text.slice(0, text.length - scale)
  const fraction = text.slice(text.length - scale).replace(/0+$/, '')
  return `${digits < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`
}
