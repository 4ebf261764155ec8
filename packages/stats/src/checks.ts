import { StatsError } from './stats-error.ts'

/** Checks of arguments, each a StatsError that names the argument. All constant time but `checkValues`. */

export function checkFinite(value: number, path: string): void {
  if (!Number.isFinite(value))
    throw new StatsError('not_finite', path, `${value} is not a finite number`)
}

export function checkPositive(value: number, path: string): void {
  checkFinite(value, path)
  if (!(value > 0)) throw new StatsError('out_of_range', path, `${value} is not above 0`)
}

/** Within [low, high], both included. */
export function checkWithin(value: number, low: number, high: number, path: string): void {
  if (Number.isNaN(value)) throw new StatsError('not_finite', path, 'NaN is not a number')
  if (!(value >= low && value <= high))
    throw new StatsError('out_of_range', path, `${value} is not within ${low} and ${high}`)
}

/** Strictly between low and high. */
export function checkBetween(value: number, low: number, high: number, path: string): void {
  if (Number.isNaN(value)) throw new StatsError('not_finite', path, 'NaN is not a number')
  if (!(value > low && value < high))
    throw new StatsError('out_of_range', path, `${value} is not between ${low} and ${high}`)
}

/** Any number but NaN; the infinities are numbers here. */
export function checkNumber(value: number, path: string): void {
  if (typeof value !== 'number' || Number.isNaN(value))
    throw new StatsError('not_finite', path, `${value} is not a number`)
}

/** A whole number of at least `least`. */
export function checkWhole(value: number, least: number, path: string): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw new StatsError('out_of_range', path, `${value} is not a whole number from ${least} on`)
}

/** At least `least` values, all finite. */
export function checkValues(values: ArrayLike<number>, least: number, path: string): void {
  if (values.length < least)
    throw new StatsError('too_few', path, `${values.length} values, needs ${least} or more`)
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN
    if (!Number.isFinite(value))
      throw new StatsError('not_finite', `${path}[${i}]`, `${value} is not a finite number`)
  }
}

/** Beyond it sums and differences of values overflow. */
const GREATEST_SUMMABLE = 1e300

/** The same, and no value beyond ±1e300: for methods that add values up. */
export function checkSummable(values: ArrayLike<number>, least: number, path: string): void {
  checkValues(values, least, path)
  for (let i = 0; i < values.length; i++)
    if (Math.abs(values[i] ?? 0) > GREATEST_SUMMABLE)
      throw new StatsError('out_of_range', `${path}[${i}]`, `${values[i]} is beyond ±1e300`)
}

/** Two arrays of one length. */
export function checkSameLength(
  a: ArrayLike<unknown>,
  b: ArrayLike<unknown>,
  pathA: string,
  pathB: string,
): void {
  if (a.length !== b.length)
    throw new StatsError('length', pathB, `${b.length} values for the ${a.length} of ${pathA}`)
}
