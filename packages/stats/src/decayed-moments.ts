import { checkBetween, checkPositive } from './checks.ts'
import type { SpreadOf } from './moments.ts'

/**
 * Mean and variance in which old values count less: the weight of a value of age a is e^(−rate · a).
 * With times as ages this is a moving average that knows pauses; with the number of values as time it
 * is the usual exponential moving average, without the bias of its start (as `adjust=True` in pandas).
 *
 * Record of `DECAYED_WIDTH` doubles: [latest time, sum of weights, sum of squared weights, mean, m2], all
 * weights as of the latest time. A sum of weights of zero is the empty record. Values may come in any
 * order and parts merge in any order, up to rounding.
 */
export const DECAYED_WIDTH = 5

export function createDecayed(): Float64Array {
  return new Float64Array(DECAYED_WIDTH)
}

/** Rate of decay per unit of time at which a weight halves in `halfLife` (> 0, else a StatsError). */
export function rateOfHalfLife(halfLife: number): number {
  checkPositive(halfLife, 'halfLife')
  return Math.LN2 / halfLife
}

/** Rate per value at which the latest of many values has the share `alpha` (between 0 and 1, else a StatsError). */
export function rateOfAlpha(alpha: number): number {
  checkBetween(alpha, 0, 1, 'alpha')
  return -Math.log1p(-alpha)
}

/** Rate per value with α = 2 / (span + 1), the smoothing of a moving average over `span` (> 1) values. */
export function rateOfSpan(span: number): number {
  checkBetween(span, 1, Number.POSITIVE_INFINITY, 'span')
  return rateOfAlpha(2 / (span + 1))
}

/** Adds a finite value of a time, in the unit of which `rate` is. Constant time, no allocation. */
export function addToDecayed(
  record: Float64Array,
  value: number,
  time: number,
  rate: number,
  at = 0,
): void {
  join(record, at, time, 1, 1, value, 0, rate)
}

/** Adds the record of `from` to that of `into`; both have the same rate. */
export function mergeDecayed(
  into: Float64Array,
  from: Float64Array,
  rate: number,
  at = 0,
  fromAt = 0,
): void {
  const [time, weight, squares] = [from[fromAt] ?? 0, from[fromAt + 1] ?? 0, from[fromAt + 2] ?? 0]
  join(into, at, time, weight, squares, from[fromAt + 3] ?? 0, from[fromAt + 4] ?? 0, rate)
}

/** Adds `by` to all times of a record, which changes nothing else. */
export function shiftDecayed(record: Float64Array, by: number, at = 0): void {
  record[at] = (record[at] ?? 0) + by
}

function join(
  record: Float64Array,
  at: number,
  timeB: number,
  weightB: number,
  squaresB: number,
  meanB: number,
  m2B: number,
  rate: number,
): void {
  if (weightB === 0) return
  const weight = record[at + 1] ?? 0
  const time = weight === 0 ? timeB : Math.max(record[at] ?? 0, timeB)
  const fadeA = weight === 0 ? 0 : Math.exp(-rate * (time - (record[at] ?? 0)))
  const fadeB = Math.exp(-rate * (time - timeB))
  const wa = weight * fadeA
  const wb = weightB * fadeB
  const total = wa + wb
  // Beyond an age of about 745 / rate a weight is 0, and so may be all of the part that is added.
  if (total === 0) return
  const mean = record[at + 3] ?? 0
  const delta = weight === 0 ? meanB : meanB - mean
  record[at] = time
  record[at + 1] = total
  record[at + 2] = (record[at + 2] ?? 0) * fadeA * fadeA + squaresB * fadeB * fadeB
  record[at + 3] = mean + delta * (wb / total)
  record[at + 4] = (record[at + 4] ?? 0) * fadeA + m2B * fadeB + delta * delta * (wa / total) * wb
}

/** Null without values. */
export function decayedMeanOf(record: Float64Array, at = 0): number | null {
  return (record[at + 1] ?? 0) > 0 ? (record[at + 3] ?? 0) : null
}

/**
 * Null where it is undefined. `sample` corrects for weights that say how much a value matters, not how
 * often it was seen: m2 / (V1 − V2 / V1), V1 and V2 the sums of weights and of squared weights.
 */
export function decayedVarianceOf(record: Float64Array, of: SpreadOf, at = 0): number | null {
  const weights = record[at + 1] ?? 0
  if (!(weights > 0)) return null
  const m2 = record[at + 4] ?? 0
  if (of === 'population') return m2 / weights
  const divisor = weights - (record[at + 2] ?? 0) / weights
  // One value leaves a divisor of zero, or of a rounding.
  return divisor > 1e-12 * weights ? m2 / divisor : null
}
