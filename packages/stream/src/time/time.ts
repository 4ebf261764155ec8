/**
 * Times of a stream: whole numbers in its unit, ms or µs since 1970, within ±8.64e15. Both ends are
 * reached only by saturation: a window that would end later ends at the end of time.
 */

/** Unit of all times and of durations given as numbers in one stream. */
export type TimeUnit = 'ms' | 'us'

export const END_OF_TIME = 8.64e15
export const BEGINNING_OF_TIME = -8.64e15

/** Whether a number is a time of a stream. */
export function isTime(value: number): boolean {
  return Number.isInteger(value) && value >= BEGINNING_OF_TIME && value <= END_OF_TIME
}

/** `time` + `duration`, not beyond the ends of time. */
export function addToTime(time: number, duration: number): number {
  return Math.min(Math.max(time + duration, BEGINNING_OF_TIME), END_OF_TIME)
}
