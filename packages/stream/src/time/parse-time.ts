import { bucketStart, type CalendarStep } from './calendar.ts'

/**
 * Times as people and programs write them in questions and URLs:
 *
 * - ISO 8601 with a zone: `2026-11-21T10:00:00.5Z`, `2026-11-21T10:00+01:00`; a date alone is its
 *   midnight in UTC. A time of day without a zone is refused: it would be another instant for every reader.
 * - Epoch seconds, milliseconds or microseconds, told apart by magnitude, as number or text: below
 *   10^11 seconds (until the year 5138), below 10^14 milliseconds, else microseconds.
 * - Relative to now: `now`, `now-7d`, `now-15m`, `now-1M+2h`, with s, m, h, d (24 h), w (7 d), M and y
 *   (calendar months in UTC, the day cut to the length of the month); `/` and m, h, d, w or M at the
 *   end goes back to the start of that unit: `now/d`, `now-1w/w`.
 */
export type ParsedTime =
  | { readonly ok: true; readonly micros: number }
  | { readonly ok: false; readonly code: 'invalid_time'; readonly message: string }

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?([Zz]|[+-]\d\d(?::?\d\d)?)?)?$/
const RELATIVE = /^now((?:[+-]\d{1,9}[smhdwMy])*)(?:\/([mhdwM]))?$/
const EPOCH = /^\d+(?:\.\d+)?$/

const SECOND = 1_000_000
const UNIT_SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 7 * 86_400,
}
const UNIT_MONTHS: Readonly<Record<string, number>> = { M: 1, y: 12 }
const ROUNDING: Readonly<Record<string, CalendarStep>> = {
  m: '1m',
  h: '1h',
  d: '1d',
  w: '1w',
  M: '1M',
}

/**
 * Reads a time; `now` is epoch µs. `zone` (default UTC) says where the day, week or month of `/d`,
 * `/w`, `/M` begins and means nothing else. The answer is between 1970 and 2^53 µs (the year 2255).
 */
export function parseTime(value: string | number, now: number, zone = 'UTC'): ParsedTime {
  if (typeof value === 'number') return settled(epochMicros(value), value)
  if (typeof value !== 'string') return invalid(`${String(value)} is neither a text nor a number`)
  const text = value.trim()
  if (EPOCH.test(text)) return settled(epochMicros(Number(text)), value)
  const relative = RELATIVE.exec(text)
  if (relative !== null) return settled(relativeMicros(relative, now, zone), value)
  const iso = ISO.exec(text)
  if (iso === null) {
    return invalid(
      `"${value}" is not a time: use ISO 8601 (2026-11-21T10:00:00Z), epoch seconds, milliseconds or microseconds, or now-7d`,
    )
  }
  if (iso[4] !== undefined && iso[8] === undefined) {
    return invalid(`"${value}" names no zone: add Z or an offset such as +01:00`)
  }
  return settled(isoMicros(iso), value)
}

function invalid(message: string): ParsedTime {
  return { ok: false, code: 'invalid_time', message }
}

function settled(micros: number | null, value: string | number): ParsedTime {
  if (micros !== null && Number.isSafeInteger(micros) && micros >= 0) {
    return { ok: true, micros: micros + 0 }
  }
  return invalid(`${JSON.stringify(value)} is not a time between 1970 and 2255`)
}

function epochMicros(value: number): number | null {
  if (!Number.isFinite(value) || value < 0) return null
  return Math.round(value < 1e11 ? value * 1e6 : value < 1e14 ? value * 1000 : value)
}

function isoMicros(iso: RegExpExecArray): number | null {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = iso
    .slice(1, 7)
    .map((digits) => Number(digits ?? 0))
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  // Date rolls over what does not exist (30 February, 24:00, 10:60), and takes the years 0 to 99 for those from 1900:
  // such a time is not the one asked for.
  const exists =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second
  if (!exists) return null
  const fraction = Number((iso[7] ?? '').slice(0, 6).padEnd(6, '0'))
  const offset = offsetMinutes(iso[8] ?? 'Z')
  return offset === null ? null : date.getTime() * 1000 + fraction - offset * 60 * SECOND
}

function offsetMinutes(zone: string): number | null {
  if (zone === 'Z' || zone === 'z') return 0
  const digits = zone.slice(1).replace(':', '')
  const hours = Number(digits.slice(0, 2))
  const minutes = Number(digits.slice(2) || '0')
  if (hours > 23 || minutes > 59) return null
  return (hours * 60 + minutes) * (zone.startsWith('-') ? -1 : 1)
}

function relativeMicros(relative: RegExpExecArray, now: number, zone: string): number | null {
  let micros = now
  for (const [, sign, amount, unit = ''] of (relative[1] ?? '').matchAll(/([+-])(\d+)(.)/g)) {
    const count = Number(amount) * (sign === '-' ? -1 : 1)
    const seconds = UNIT_SECONDS[unit]
    micros =
      seconds === undefined
        ? plusMonths(micros, count * (UNIT_MONTHS[unit] ?? 0))
        : micros + count * seconds * SECOND
    if (!Number.isSafeInteger(micros)) return null
  }
  const step = relative[2] === undefined ? undefined : ROUNDING[relative[2]]
  return step === undefined ? micros : bucketStart(micros, step, zone)
}

/** Months later in UTC; the 31st becomes the last day of a shorter month. */
function plusMonths(micros: number, months: number): number {
  const millis = Math.floor(micros / 1000)
  const date = new Date(millis)
  const day = date.getUTCDate()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() + months)
  const year = date.getUTCFullYear()
  const days = new Date(Date.UTC(year, date.getUTCMonth() + 1, 0)).getUTCDate()
  date.setUTCDate(Math.min(day, days))
  return date.getTime() * 1000 + (micros - millis * 1000)
}
