import { stripVTControlCharacters } from 'node:util'

/** Where a command writes: data to `out`, everything for people to `err`. */
export interface Terminal {
  out(text: string): void
  err(text: string): void
  readonly outIsTty: boolean
  readonly errIsTty: boolean
  readonly color: boolean
  readonly columns: number
  /** Resolves once a slow reader of `out` has taken what was written; absent where nothing buffers. */
  drained?(): Promise<void>
}

/** Without a choice people get a table on a terminal, and programs JSON through a pipe. */
export type OutputFormat = 'table' | 'json' | 'csv' | 'ndjson'

/** Control characters of foreign text must not reach a terminal: they could move the cursor or worse. */
export function printable(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return stripVTControlCharacters(text).replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, ' ')
}

const NUMERIC = /^-?[\d,.]+(e[+-]?\d+)?%?$/

/** Rows as aligned text; columns of numbers stand to the right. Wide cells are cut at `width`. */
export function table(
  head: readonly string[],
  rows: readonly (readonly unknown[])[],
  width = 60,
): string {
  const cells = rows.map((row) => row.map((cell) => cut(printable(cell), width)))
  const widths = head.map((name, i) =>
    Math.max(name.length, ...cells.map((row) => (row[i] ?? '').length)),
  )
  const right = head.map(
    (_, i) => cells.length > 0 && cells.every((row) => row[i] === '' || NUMERIC.test(row[i] ?? '')),
  )
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) =>
        right[i] === true ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0),
      )
      .join('  ')
      .trimEnd()
  const rule = widths.map((w) => '─'.repeat(w)).join('  ')
  return `${[line(head), rule, ...cells.map(line)].join('\n')}\n`
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`
}

/** 1234567 → 1,234,567. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
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
