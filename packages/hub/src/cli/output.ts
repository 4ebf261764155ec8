import { stripVTControlCharacters } from 'node:util'

/** Where a command writes: data to `out`, everything for people to `err`. */
export interface Terminal {
  out(text: string): void
  err(text: string): void
  /** Answers when data that was written may be followed by more: a reader may be slow. Absent where none is. */
  outDrained?(): Promise<void>
  readonly outIsTty: boolean
  readonly errIsTty: boolean
  readonly color: boolean
  readonly columns: number
  /** True where it shows nothing but ASCII: by locale, or because it was asked for. Absent: false. */
  readonly ascii?: boolean
}

/** Without a choice people get a table on a terminal, and programs JSON through a pipe. */
export type OutputFormat =
  | 'table'
  | 'json'
  | 'csv'
  | 'ndjson'
  | 'chart'
  | 'parquet'
  | 'arrow'
  | 'xlsx'

/** Control characters of foreign text must not reach a terminal: they could move the cursor or worse. */
export function printable(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return stripVTControlCharacters(text).replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, ' ')
}

const NUMERIC = /^[<>+-]{0,2}\$?[\d,.]+(e[+-]?\d+)?( ?(%|\/s|µs|ms|s))?$|^\d+m \d\ds$|^–$/u

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
