/**
 * Sums of whole numbers beyond 2^53 without a bigint per row. A sum is two doubles, [high, low]: high · 2^32 + low
 * with 0 ≤ low < 2^32, exact up to 2^85. Squares are four such words from the least significant on, up to 2^128.
 */
export const WIDE_SUM = 2
export const WIDE_SQUARES = 4

const WORD = 4_294_967_296
/** Squares of smaller numbers are exact as doubles. */
const EXACT_ROOT = 94_906_265

/** Adds high · 2^32 + low, where 0 ≤ low < 2^32. */
export function addWords(records: Float64Array, at: number, high: number, low: number): void {
  const sum = (records[at + 1] ?? 0) + low
  const carry = sum >= WORD ? 1 : 0
  records[at] = (records[at] ?? 0) + high + carry
  records[at + 1] = sum - carry * WORD
}

/** Adds a whole number that a double holds exactly. */
export function addWhole(records: Float64Array, at: number, value: number): void {
  const high = Math.floor(value / WORD)
  addWords(records, at, high, value - high * WORD)
}

export function wideSum(records: Float64Array, at: number): bigint {
  return (BigInt(records[at] ?? 0) << 32n) + BigInt(records[at + 1] ?? 0)
}

/** Adds the square of a whole number that a double holds exactly. */
export function addSquare(records: Float64Array, at: number, value: number): void {
  if (value < EXACT_ROOT && value > -EXACT_ROOT) {
    const square = value * value
    const high = Math.floor(square / WORD)
    addSquareWords(records, at, square - high * WORD, high, 0, 0)
    return
  }
  const whole = BigInt(value)
  const square = whole * whole
  addSquareWords(
    records,
    at,
    Number(square & 0xffff_ffffn),
    Number((square >> 32n) & 0xffff_ffffn),
    Number((square >> 64n) & 0xffff_ffffn),
    Number(square >> 96n),
  )
}

/** Adds four words, the least significant first. */
export function addSquareWords(
  records: Float64Array,
  at: number,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
): void {
  let sum = (records[at] ?? 0) + w0
  let carry = Math.floor(sum / WORD)
  records[at] = sum - carry * WORD
  sum = (records[at + 1] ?? 0) + w1 + carry
  carry = Math.floor(sum / WORD)
  records[at + 1] = sum - carry * WORD
  sum = (records[at + 2] ?? 0) + w2 + carry
  carry = Math.floor(sum / WORD)
  records[at + 2] = sum - carry * WORD
  records[at + 3] = (records[at + 3] ?? 0) + w3 + carry
}

export function wideSquares(records: Float64Array, at: number): bigint {
  const word = (i: number): bigint => BigInt(records[at + i] ?? 0)
  return word(0) + (word(1) << 32n) + (word(2) << 64n) + (word(3) << 96n)
}

/** Nearest whole number, halves to the even one, as databases cast. */
export function roundHalfEven(x: number): number {
  const rounded = Math.round(x)
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}
