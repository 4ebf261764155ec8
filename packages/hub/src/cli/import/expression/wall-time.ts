/** Times written in a given format, on the clock of a given zone. */

import { parseIsoMicros } from '@llmhub/schema'
import { type OffsetSegment, offsetSegments } from '@llmhub/stream'

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** Parts of a format; whatever else stands in it has to stand in the text. */
const PARTS: Readonly<Record<string, string>> = {
  YYYY: '(?<year>\\d{4})',
  YY: '(?<shortYear>\\d{2})',
  MMM: '(?<monthName>[A-Za-z]{3})[a-z]{0,6}',
  MM: '(?<month>\\d{2})',
  M: '(?<month>\\d{1,2})',
  DD: '(?<day>\\d{2})',
  D: '(?<day>\\d{1,2})',
  HH: '(?<hour>\\d{2})',
  H: '(?<hour>\\d{1,2})',
  hh: '(?<hour12>\\d{2})',
  h: '(?<hour12>\\d{1,2})',
  mm: '(?<minute>\\d{2})',
  ss: '(?<second>\\d{2})',
  S: '(?<fraction>\\d{1,9})',
  A: '(?<half>[AaPp])[Mm]',
  Z: '(?<offset>[Zz]|[+-]\\d{2}:?\\d{2})',
}

const PART = /YYYY|YY|MMM|MM|M|DD|D|HH|H|hh|h|mm|ss|S+|A|Z|\[[^\]]*\]|./gsu

export type WallFormat =
  | { readonly ok: true; readonly pattern: RegExp }
  | { readonly ok: false; readonly message: string }

/** Reads a format such as `DD.MM.YYYY HH:mm:ss`. Letters in brackets stand for themselves: `[at]`. */
export function wallFormat(format: string): WallFormat {
  if (format.length > 100) return { ok: false, message: 'a format has at most 100 characters' }
  const seen = new Set<string>()
  let source = ''
  for (const [part] of format.matchAll(PART)) {
    const pattern = PARTS[part.startsWith('S') ? 'S' : part]
    if (pattern === undefined) {
      const literal = part.startsWith('[') ? part.slice(1, -1) : part
      if (!part.startsWith('[') && /\p{L}/u.test(part)) {
        return {
          ok: false,
          message: `"${part}" is no part of a format; put text in brackets: [${part}]`,
        }
      }
      source += literal.replaceAll(/[\\^$.*+?()[\]{}|/]/gu, '\\$&')
      continue
    }
    const name = /<(\w+)>/u.exec(pattern)?.[1] ?? ''
    if (seen.has(name)) return { ok: false, message: `"${part}" comes twice` }
    seen.add(name)
    source += pattern
  }
  const has = (...names: string[]): boolean => names.some((name) => seen.has(name))
  if (!has('year', 'shortYear') || !has('month', 'monthName') || !has('day')) {
    return { ok: false, message: 'a format needs year, month and day: YYYY-MM-DD' }
  }
  if (has('hour12') !== has('half')) return { ok: false, message: 'hh and A go together' }
  return { ok: true, pattern: new RegExp(`^${source}$`, 'u') }
}

/** Epoch microseconds of what clocks of one zone show. */
export type ZoneClock = (wall: number) => number

const DAY = 86_400_000_000
const YEAR = 366 * DAY

/**
 * The clock of a zone, or null where there is no such zone. What it shows twice in autumn is taken as
 * the first of the two, and what it never shows in spring as if the clock had not been put forward.
 * Cost: a millisecond for the first time of each year, then well below a microsecond.
 */
export function zoneClock(zone: string): ZoneClock | null {
  if (zone === 'UTC') return (wall) => wall
  if (!offsetSegments(zone, 0, 1).ok) return null
  const years = new Map<number, readonly OffsetSegment[]>()
  return (wall) => {
    const year = Math.floor(wall / YEAR)
    let segments = years.get(year)
    if (segments === undefined) {
      const found = offsetSegments(zone, year * YEAR - 2 * DAY, (year + 1) * YEAR + 2 * DAY)
      segments = found.ok ? found.segments : []
      years.set(year, segments)
    }
    let before = segments[0]?.offset ?? 0
    for (const { start, end, offset } of segments) {
      const instant = wall - offset
      if (instant < start) return wall - before
      if (instant < end) return instant
      before = offset
    }
    return wall - before
  }
}

/** Epoch microseconds of a text by a format, or null where it does not fit or there is no such day. */
export function readWallTime(text: string, pattern: RegExp, clock: ZoneClock): number | null {
  const groups = pattern.exec(text.trim())?.groups
  if (groups === undefined) return null
  const of = (name: string): number => Number(groups[name] ?? 0)
  const shortYear = of('shortYear')
  const year =
    groups['year'] === undefined ? shortYear + (shortYear < 70 ? 2000 : 1900) : of('year')
  const named = groups['monthName']?.toLowerCase()
  const month = named === undefined ? of('month') : MONTHS.indexOf(named) + 1
  const twelve = groups['hour12'] === undefined ? null : of('hour12')
  if (twelve !== null && (twelve < 1 || twelve > 12)) return null
  const isAfternoon = groups['half']?.toLowerCase() === 'p'
  const hour = twelve === null ? of('hour') : (twelve % 12) + (isAfternoon ? 12 : 0)
  const two = (part: number): string => String(part).padStart(2, '0')
  const fraction = (groups['fraction'] ?? '0').padEnd(6, '0').slice(0, 6)
  const day = `${String(year).padStart(4, '0')}-${two(month)}-${two(of('day'))}`
  // The reader of ISO times knows which days and hours there are.
  const wall = parseIsoMicros(
    `${day}T${two(hour)}:${two(of('minute'))}:${two(of('second'))}.${fraction}Z`,
  )
  if (wall === null) return null
  const offset = groups['offset']
  if (offset === undefined) return clock(wall)
  if (offset.toUpperCase() === 'Z') return wall
  const sign = offset.startsWith('-') ? 1 : -1
  const digits = offset.slice(1).replace(':', '')
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))
  return wall + sign * minutes * 60_000_000
}

/** Epoch microseconds of an ISO time; one without a zone is on the clock given. */
export function readIsoTime(text: string, clock: ZoneClock): number | null {
  const trimmed = text.trim()
  const withZone = parseIsoMicros(trimmed)
  if (withZone !== null) return withZone
  const isDay = /^\d{4}-\d\d-\d\d$/u.test(trimmed)
  const wall = parseIsoMicros(isDay ? `${trimmed}T00:00:00Z` : `${trimmed}Z`)
  return wall === null ? null : clock(wall)
}
