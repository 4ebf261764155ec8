import { StreamError } from '../stream-error.ts'
import type { TimeUnit } from './time.ts'

/** A number in the unit of the stream, or a text such as `'5m'`, `'1h30m'` or `'250ms'`. */
export type Duration = number | string

const MICROS: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
  w: 604_800_000_000,
}
const PART = /(\d+(?:\.\d+)?)(us|ms|s|m|h|d|w)/g

/**
 * Longest duration: a time plus it, or minus it, is still a whole number that a double holds. 11.4
 * years in µs, 11,400 in ms.
 */
const LONGEST_DURATION = 3.6e14

/** What a duration may be: a window needs more than nothing, an offset may be negative. */
export type DurationRange = 'positive' | 'from zero' | 'any'

/**
 * The duration as a whole number in `unit`. Throws a StreamError `invalid_duration` that names `path`
 * when it is no duration, is out of range, or is not a whole number in the unit (`'1us'` in ms).
 */
export function parseDuration(
  duration: Duration,
  unit: TimeUnit,
  path: string,
  range: DurationRange = 'positive',
): number {
  const value = typeof duration === 'number' ? duration : parseText(duration, unit, path)
  if (!Number.isInteger(value)) {
    throw invalid(path, duration, `is not a whole number of ${unit}`)
  }
  if (Math.abs(value) > LONGEST_DURATION) {
    throw invalid(path, duration, `is longer than ${LONGEST_DURATION} ${unit}`)
  }
  if (range === 'positive' && value <= 0) throw invalid(path, duration, 'must be more than 0')
  if (range === 'from zero' && value < 0) throw invalid(path, duration, 'must not be negative')
  return value
}

function parseText(text: string, unit: TimeUnit, path: string): number {
  if (typeof text !== 'string') throw invalid(path, text, 'is neither a number nor a text')
  const sign = text.startsWith('-') ? -1 : 1
  const rest = sign < 0 ? text.slice(1) : text
  let micros = 0
  let read = 0
  for (const [part, number, name] of rest.matchAll(PART)) {
    micros += Number(number) * (MICROS[name ?? ''] ?? Number.NaN)
    read += part.length
  }
  if (read === 0 || read !== rest.length) {
    throw invalid(path, text, "is not a duration such as '5m', '1h30m' or '250ms'")
  }
  // A part such as 0.1s is a binary fraction; rounding it to a nanosecond takes the noise away.
  const value = Math.round(micros * 1000) / (unit === 'ms' ? 1_000_000 : 1000)
  return sign * value
}

function invalid(path: string, duration: unknown, problem: string): StreamError {
  const shown = typeof duration === 'string' ? `'${duration}'` : String(duration)
  return new StreamError('invalid_duration', `${path}: ${shown} ${problem}`, path)
}
