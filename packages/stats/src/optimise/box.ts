import { checkSameLength, checkValues } from '../checks.ts'
import { StatsError } from '../stats-error.ts'

/** Bounds of each coordinate, both included; ±Infinity and an absent array mean none. */
export interface Box {
  readonly lower?: ArrayLike<number>
  readonly upper?: ArrayLike<number>
}

/** What a search found. */
export interface Minimum {
  /** Best point seen, within the bounds. */
  readonly x: Float64Array
  /** Objective at `x`. */
  readonly value: number
  readonly evaluations: number
  readonly iterations: number
  /** False when a limit ended the search before its tolerance did. */
  readonly converged: boolean
}

/** Bounds as arrays; a StatsError where they do not fit the start or exclude everything. */
export function checkedBox(
  start: ArrayLike<number>,
  box: Box,
): { lower: Float64Array; upper: Float64Array } {
  checkValues(start, 1, 'start')
  const n = start.length
  const lower = new Float64Array(n).fill(Number.NEGATIVE_INFINITY)
  const upper = new Float64Array(n).fill(Number.POSITIVE_INFINITY)
  if (box.lower !== undefined) {
    checkSameLength(start, box.lower, 'start', 'options.lower')
    lower.set(box.lower)
  }
  if (box.upper !== undefined) {
    checkSameLength(start, box.upper, 'start', 'options.upper')
    upper.set(box.upper)
  }
  for (let i = 0; i < n; i++) {
    if (!((lower[i] ?? 0) <= (upper[i] ?? 0)))
      throw new StatsError(
        'out_of_range',
        `options.lower[${i}]`,
        `${lower[i]} is not at or below the upper bound ${upper[i]}`,
      )
  }
  return { lower, upper }
}

/** Moves a point to the nearest one within the bounds, in place. */
export function project(x: Float64Array, lower: Float64Array, upper: Float64Array): void {
  for (let i = 0; i < x.length; i++)
    x[i] = Math.min(Math.max(x[i] ?? 0, lower[i] ?? 0), upper[i] ?? 0)
}
