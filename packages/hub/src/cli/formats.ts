/**
 * How numbers, money, durations and times are written for people: one module for all commands. Programs
 * never read this: JSON, CSV and NDJSON carry the values as they are.
 *
 * A column of a table and an axis of a chart have one precision and one unit, so that the eye compares
 * digits; {@link columnFormat} chooses both from all of the values.
 */

/** What stands for a value that nobody knows, such as the cost of a model without a price. */
export const UNKNOWN = '–'

/** 1234567 → 1,234,567. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** 1 letter, 2 letters. */
export function counted(value: number, noun: string, nouns = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : nouns}`
}

/** 1536 → 1.5 KiB. */
export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let amount = value
  let unit = 0
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024
    unit++
  }
  return `${unit === 0 ? amount : amount.toFixed(1)} ${units[unit]}`
}

/** 93 s → 1m 33s. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)}s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole}s`
  const minutes = Math.floor(whole / 60)
  return minutes < 60
    ? `${minutes}m ${whole % 60}s`
    : `${Math.floor(minutes / 60)}h ${minutes % 60}m`
}

/** 0.0123 → 1.23%. Null is empty: there was nothing to take a share of. */
export function percent(ratio: number | null): string {
  return ratio === null ? '' : `${(ratio * 100).toFixed(2)}%`
}

export type Format = (value: number) => string

/** A number with separators and exactly so many digits behind the point. */
function fixed(value: number, digits: number): string {
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
}

const MOST_MONEY_DIGITS = 4

/**
 * Dollars. From 100 on whole cents do; below, so many digits that the smallest of the values shows two
 * of its own, but not more than four: what is less than the last digit is `<$0.0001`, never a 0 that
 * looks free of charge. A true 0 is $0.00.
 */
function moneyFormat(greatest: number, least: number): Format {
  const wanted = least === 0 ? 2 : 1 - Math.floor(Math.log10(least))
  const digits = greatest >= 100 ? 2 : Math.min(MOST_MONEY_DIGITS, Math.max(2, wanted))
  const step = 10 ** -digits
  return (value) => {
    if (value === 0) return '$0.00'
    const magnitude = Math.abs(value)
    const sign = value < 0 ? '-' : ''
    if (magnitude < step) return `${sign === '' ? '<' : '>-'}$${fixed(step, digits)}`
    return `${sign}$${fixed(magnitude, digits)}`
  }
}

/** Milliseconds, in the one unit that suits the greatest of them. */
function millisecondsFormat(greatest: number, least: number): Format {
  if (greatest < 1) return (value) => `${fixed(value * 1000, greatest < 0.1 ? 1 : 0)} µs`
  if (greatest < 1000) return (value) => `${fixed(value, greatest < 100 ? 1 : 0)} ms`
  if (greatest < 120_000)
    return (value) => `${fixed(value / 1000, least < 10 && least > 0 ? 3 : 2)} s`
  return (value) => {
    const seconds = Math.round(value / 1000)
    return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`
  }
}

function plainFormat(greatest: number, unit: string): Format {
  const digits = greatest >= 100 || greatest === 0 ? 0 : greatest >= 10 ? 1 : greatest >= 1 ? 2 : 4
  const tail = unit === '' ? '' : ` ${unit}`
  return (value) => `${fixed(value, digits)}${tail}`
}

/** Units that are counted: whole numbers stay whole whatever their size. */
const COUNTED = new Set(['count', 'tokens'])

/** Whether a value of this unit says it itself, by its sign or the name of its measure. */
export function isWritten(unit: string | undefined): boolean {
  return unit === undefined || WRITTEN.has(unit)
}

const WRITTEN = new Set(['', 'USD', 'ms', 'ratio', 'count', 'tokens', 'tokens/s', 'requests/s'])

/** How all of these values are written, by the unit of their column; nulls have no say. */
export function columnFormat(unit: string | undefined, values: readonly (number | null)[]): Format {
  const magnitudes = values.filter((value) => value !== null).map(Math.abs)
  const greatest = magnitudes.reduce((a, b) => Math.max(a, b), 0)
  const least = magnitudes.filter((value) => value > 0).reduce((a, b) => Math.min(a, b), greatest)
  const isWhole = magnitudes.every(Number.isInteger)
  if (unit === 'USD') return moneyFormat(greatest, least)
  if (unit === 'ms') return millisecondsFormat(greatest, least)
  if (unit === 'ratio') {
    const digits = greatest >= 0.1 ? 1 : 2
    return (value) => `${fixed(value * 100, digits)} %`
  }
  if (unit !== undefined && COUNTED.has(unit) && isWhole) return (value) => fixed(value, 0)
  const per = unit === undefined ? null : /^(?:tokens|requests)\/s$/.exec(unit)
  if (per !== null) return plainFormat(greatest, '/s')
  if (isWhole) return (value) => fixed(value, 0)
  return plainFormat(greatest, '')
}

/** As {@link columnFormat}, in few characters: 1,234,567 → 1.2 M. For axes, not for reading off sums. */
export function axisFormat(unit: string | undefined, values: readonly (number | null)[]): Format {
  const greatest = values.reduce<number>((most, value) => Math.max(most, Math.abs(value ?? 0)), 0)
  if (greatest < 10_000 || unit === 'ms' || unit === 'ratio') return columnFormat(unit, values)
  const [scale, letter] =
    greatest >= 1e9 ? [1e9, 'G'] : greatest >= 1e6 ? [1e6, 'M'] : ([1e3, 'k'] as const)
  const money = unit === 'USD' ? '$' : ''
  return (value) => (value === 0 ? `${money}0` : `${money}${fixed(value / scale, 1)} ${letter}`)
}

/** `2026-11-21T10:00:00.000Z` → `2026-11-21 10:00:00`; other texts stay as they are. */
export function shortTime(iso: string): string {
  const found = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(iso)
  return found === null ? iso : `${found[1]} ${found[2]}${found[3] === 'Z' ? '' : ` ${found[3]}`}`
}

/** As {@link shortTime}, where no zone stands beside it: `2026-11-21 10:00:00Z`. */
export function utcTime(iso: string): string {
  const short = shortTime(iso)
  return short === iso || !iso.endsWith('Z') ? short : `${short}Z`
}

/**
 * Starts of buckets, without what all of them share: days where all begin at midnight, minutes where no
 * seconds are needed. Instants are shown in their zone, which stands beside the table.
 */
export function bucketLabels(starts: readonly string[], timezone: string): string[] {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'medium',
  })
  const texts = starts.map((start) => {
    const at = Date.parse(start)
    return Number.isNaN(at) ? start : format.format(at)
  })
  if (texts.every((text) => text.endsWith(' 00:00:00')))
    return texts.map((text) => text.slice(0, 10))
  if (texts.every((text) => text.endsWith(':00'))) return texts.map((text) => text.slice(0, 16))
  return texts
}
