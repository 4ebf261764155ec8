import { type Figure, isFloat, isQuantile } from './expected.ts'
import type { Expected, Filled } from './expected-reports.ts'

/** Where an answer differs from what was expected, in words. */

const AVERAGES = 1e-9
const SKETCH = 0.01
/** Squares add up exactly, of values rounded to a thousandth: the spread may be off by half of one. */
const SPREAD = 0.0005
/** Chances near 0 are differences of numbers near 1. */
const CHANCE = 1e-9

/** Pico-dollars as answers show money. */
function dollars(pico: bigint): string {
  const digits = pico.toString().padStart(13, '0')
  const fraction = digits.slice(-12).replace(/0+$/, '')
  return `${digits.slice(0, -12)}${fraction === '' ? '' : `.${fraction}`}`
}

const near = (a: number, b: number, share: number): boolean =>
  Math.abs(a - b) <= share * Math.max(Math.abs(a), Math.abs(b))

/** @param isRaw whether the answer comes from rows alone, so that quantiles are exact */
export function isRight(actual: unknown, measure: string, figure: Figure, isRaw: boolean): boolean {
  if (figure === null || actual === null) return actual === figure
  if (typeof figure === 'string') return actual === figure
  if (typeof figure === 'bigint') return actual === dollars(figure)
  if (typeof actual !== 'number') return false
  // Answers have twelve digits.
  if (actual === figure || actual === Number(figure.toPrecision(12))) return true
  // The slope of values that may each be off by 1 % can be off by any share of itself.
  if (measure.startsWith('quantiles.') && !isRaw) {
    return measure !== 'quantiles.mean' || near(actual, figure, SKETCH)
  }
  if (/^(trend|quantiles)\.p_value$/.test(measure)) return Math.abs(actual - figure) <= CHANCE
  if (/^(trend|quantiles)\./.test(measure))
    return near(actual, figure, 1e-6) || Math.abs(actual - figure) < 1e-9
  if (measure.endsWith('.stddev')) return Math.abs(actual - figure) <= SPREAD
  if (isFloat(measure)) return near(actual, figure, AVERAGES)
  return isQuantile(measure) && !isRaw && near(actual, figure, SKETCH)
}

const isExpected = (value: unknown): value is Expected =>
  typeof value === 'object' && value !== null && 'measure' in value && 'figure' in value

/** Everything expected is there and right; fields that nothing is expected of are left alone. */
export function differences(
  actual: unknown,
  expected: Filled | Filled[] | Expected | string | number | boolean | null | undefined,
  isRaw: boolean,
  path = '',
): string[] {
  if (isExpected(expected)) {
    const { measure, figure } = expected
    if (isRight(actual, measure, figure, isRaw)) return []
    const right = typeof figure === 'bigint' ? dollars(figure) : String(figure)
    return [`${path} (${measure}) is ${JSON.stringify(actual)}, should be ${right}`]
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return [`${path} is no list`]
    const lengths =
      actual.length === expected.length
        ? []
        : [`${path} has ${actual.length} entries, should have ${expected.length}`]
    return [
      ...lengths,
      ...expected.flatMap((each, at) => differences(actual[at], each, isRaw, `${path}/${at}`)),
    ]
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof actual !== 'object' || actual === null)
      return [`${path} is ${JSON.stringify(actual)}`]
    const given = actual as Readonly<Record<string, unknown>>
    return Object.entries(expected).flatMap(([field, each]) =>
      differences(given[field], each, isRaw, `${path}/${field}`),
    )
  }
  return actual === expected ? [] : [`${path} is ${JSON.stringify(actual)}, should be ${expected}`]
}
