/**
 * Values between the store and the answer. Money stays exact: it is a bigint of pico-dollars until
 * it becomes a decimal string. Integers are numbers, or bigints where the store gave one.
 */

import type { Cell } from '@llmhub/schema'
import { formatIsoMicros } from '@llmhub/schema'
import { dollars } from '../core/dollars.ts'
import type { FrameCell } from '../store/store.ts'
import type { Derivation, MeasureSpec, Part } from './measures.ts'

export type Value = number | bigint | null
export type ValueType = MeasureSpec['type']

/** Quotient of integers, rounded half to even. `divisor` is positive. */
export function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  const negative = dividend < 0n
  const magnitude = negative ? -dividend : dividend
  let quotient = magnitude / divisor
  const twice = (magnitude % divisor) * 2n
  if (twice > divisor || (twice === divisor && quotient % 2n === 1n)) quotient += 1n
  return negative ? -quotient : quotient
}

const DECIMAL = /^([+-]?)(\d{1,24})(?:\.(\d{1,24}))?$/u

/** Pico-dollars of a number or decimal string of dollars, rounded half to even; null if it is neither. */
export function picoDollars(amount: number | string): bigint | null {
  const text = typeof amount === 'number' ? plainDecimal(amount) : amount.trim()
  const match = DECIMAL.exec(text)
  if (match === null) return null
  const [, sign = '', whole = '0', fraction = ''] = match
  const digits = BigInt(whole + fraction.padEnd(12, '0'))
  const surplus = Math.max(0, fraction.length - 12)
  const pico = divideHalfEven(digits, 10n ** BigInt(surplus))
  return sign === '-' ? -pico : pico
}

/** A number without exponent; what is below 1e-20 is 0. */
function plainDecimal(amount: number): string {
  const text = String(amount)
  return text.includes('e') ? amount.toFixed(20) : text
}

/** For formulas, shares and trends: money in dollars, times in seconds, everything else as it is. */
export function toDouble(value: Value, type: ValueType): number | null {
  if (value === null) return null
  if (type === 'money') return Number(value) / 1e12
  if (type === 'time') return Number(value) / 1e6
  return Number(value)
}

/**
 * A value as an answer shows it: money as a decimal string, integers as numbers while they are safe
 * and as decimal text beyond, other numbers rounded to 12 significant digits, so that the last bits
 * of floating point sums do not make equal answers look different.
 */
export function toCell(value: Value, type: ValueType): Cell {
  if (value === null) return null
  if (type === 'time') return formatIsoMicros(Number(value))
  if (type === 'money')
    return dollars(typeof value === 'bigint' ? value : BigInt(Math.round(value)))
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value.toString()
  }
  if (!Number.isFinite(value)) return null
  if (Number.isInteger(value)) return value + 0
  return Number(value.toPrecision(12))
}

/** The value of a part: counts of nothing are 0, everything else of nothing is null. */
function partValue(part: Part, cell: FrameCell | undefined): Value {
  if (typeof cell === 'number') return Number.isNaN(cell) ? null : cell
  if (typeof cell === 'bigint') return cell
  return part.fn === 'rows' || part.fn === 'distinct' ? 0 : null
}

function addValues(a: Value, b: Value): Value {
  if (a === null) return b
  if (b === null) return a
  return typeof a === 'bigint' && typeof b === 'bigint' ? a + b : Number(a) + Number(b)
}

/** a · scale / b; money stays a bigint as long as the divisor is whole. Null when b is 0 or null. */
function ratio(a: Value, b: Value, scale: number, type: ValueType): Value {
  if (a === null || b === null || Number(b) === 0) return null
  if (type === 'money' && typeof a === 'bigint' && Number(b) > 0) {
    const divisor = typeof b === 'bigint' ? b : Number.isSafeInteger(b) ? BigInt(b) : null
    if (divisor !== null) return divideHalfEven(a * BigInt(scale), divisor)
    return BigInt(Math.round((Number(a) * scale) / Number(b)))
  }
  return (Number(a) * scale) / Number(b)
}

/**
 * The value of a measure from the cells of its parts.
 * @param seconds length of time the cells cover, for rates
 */
export function deriveValue(
  spec: {
    readonly parts: readonly Part[]
    readonly derivation: Derivation
    readonly type: ValueType
  },
  cells: readonly (FrameCell | undefined)[],
  seconds: number,
): Value {
  const values = spec.parts.map((part, index) => partValue(part, cells[index]))
  const first = values[0] ?? null
  const { derivation } = spec
  switch (derivation.how) {
    case 'only':
      return first
    case 'sum': {
      const sum = values.slice(0, -1).reduce(addValues, null)
      if (sum !== null || Number(values.at(-1)) !== 0) return sum
      return spec.type === 'money' ? 0n : 0
    }
    case 'per_second':
      return first === null || seconds <= 0 ? null : Number(first) / seconds
    case 'ratio':
      return ratio(first, values.slice(1).reduce(addValues, null), derivation.scale ?? 1, spec.type)
    case 'clamped': {
      const [, least = null, greatest = null] = values
      if (first === null || least === null || greatest === null) return first
      return Math.min(Math.max(Number(first), Number(least)), Number(greatest))
    }
    case 'stddev': {
      const n = Number(values[1] ?? 0)
      return first === null || n <= 1 ? null : Math.sqrt(Math.max(0, Number(first)) / (n - 1))
    }
  }
}
