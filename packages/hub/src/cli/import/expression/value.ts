/** What an expression works with: JSON values; what a row does not have is null. */
export type Value = string | number | boolean | null | readonly unknown[] | object

/** Why a row has no value for an expression, such as a text where a number is needed. */
export class ValueError extends Error {
  override readonly name = 'ValueError'
}

/** Longest text that an expression may make: what grows beyond it is a mistake. */
const LONGEST_TEXT = 1_000_000

/** Null, false, 0 and the empty text are not true. */
export function isTrue(value: Value): boolean {
  return value !== null && value !== false && value !== 0 && value !== ''
}

/**
 * A number, or a text that is one; null and the empty text are null.
 * @throws ValueError for anything else
 */
export function numberOf(value: Value): number | null {
  if (value === null) return null
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'string') {
    const text = value.trim()
    if (text === '') return null
    const number = Number(text)
    if (Number.isFinite(number)) return number
  }
  throw new ValueError(`${shown(value)} is not a number`)
}

/** Text of any value: what it is, or its JSON where it is not a scalar; null stays null. */
export function textOf(value: Value): string | null {
  if (value === null) return null
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? null)
}

/** @throws ValueError when the text is longer than an expression may make */
export function boundedText(text: string): string {
  if (text.length <= LONGEST_TEXT) return text
  throw new ValueError(`the text would be longer than ${LONGEST_TEXT} characters`)
}

export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`
}

/** Rounds away the binary noise of arithmetic: 12 significant digits, whole numbers left alone. */
export function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(12))
}

/**
 * a − b without the noise of the subtraction: numbers of 15 digits have, before the point and behind
 * it, as many places as the larger one leaves. 27550.360701067 − 27550.325000138 = 0.035700929.
 */
export function difference(a: number, b: number): number {
  const larger = Math.max(Math.abs(a), Math.abs(b))
  if (larger === 0 || !Number.isFinite(larger)) return a - b
  const places = 14 - Math.floor(Math.log10(larger))
  return places < 0 || places > 100 ? a - b : Number((a - b).toFixed(places))
}
