import { StreamError } from '../stream-error.ts'

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

/** Throws a StreamError `invalid_input` for what is no processing time: no finite number within the times of a stream. */
export function checkClock(now: number, what = 'clock'): void {
  if (typeof now === 'number' && now >= BEGINNING_OF_TIME && now <= END_OF_TIME) return
  throw new StreamError('invalid_input', `${what}: ${now} is no time of a clock`, what)
}

/** The same for what is no processing time of an operator, which is a whole number as all times of a stream are. */
export function checkProcessingTime(now: number): void {
  if (isTime(now)) return
  throw new StreamError('invalid_input', `clock: ${now} is no time of a stream`, 'clock')
}

/** The same for what is no watermark: a time, or an infinity (nothing is known yet; nothing will come). */
export function checkWatermark(time: number, what = 'watermark'): void {
  if (isTime(time) || time === Number.POSITIVE_INFINITY || time === Number.NEGATIVE_INFINITY) return
  throw new StreamError('invalid_input', `${what}: ${time} is no time of a stream`, what)
}

/** `time` + `duration`, not beyond the ends of time. */
export function addToTime(time: number, duration: number): number {
  return Math.min(Math.max(time + duration, BEGINNING_OF_TIME), END_OF_TIME)
}
