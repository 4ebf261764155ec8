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

/**
 * A document of foreign texts (JSON, CSV), ending with a line break. A terminal gets blanks for control
 * characters, which CSV has as they came and JSON beyond U+007E; a program or a file gets every byte.
 */
export function documentFor({ outIsTty }: Terminal, text: string): string {
  const whole = text.endsWith('\n') ? text : `${text}\n`
  if (!outIsTty) return whole
  return whole.replaceAll(/(?!\r?\n|\t)[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, ' ')
}

const NUMERIC = /^[<>+-]{0,2}\$?[\d,.]+(e[+-]?\d+)?( ?(%|\/s|µs|ms|s))?$|^\d+m \d\ds$|^–$/u

/**
 * Rows as aligned text; columns of numbers stand to the right. Wide cells are cut at `width`.
 * @param columns of the terminal: where the table is wider, its longest texts are broken into lines
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly unknown[])[],
  width = 60,
  columns?: number,
): string {
  const uncut = rows.map((row) => row.map((cell) => cut(printable(cell), width)))
  const cells = columns === undefined ? uncut : broken(head, uncut, columns)
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

/** For {@link table}: the columns of a terminal, and no limit where a program reads along. */
export function tableColumns(terminal: Terminal): number | undefined {
  return terminal.outIsTty ? terminal.columns : undefined
}

const LEAST_TEXT = 20

/** Rows with the column of the longest texts broken into lines, so that the table fits if it can. */
function broken(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number,
): readonly (readonly string[])[] {
  const widths = head.map((name, i) =>
    Math.max(name.length, ...rows.map((row) => (row[i] ?? '').length)),
  )
  const excess = widths.reduce((sum, each) => sum + each + 2, -2) - columns
  if (excess <= 0) return rows
  const isText = (i: number): boolean =>
    rows.some((row) => /\s/.test(row[i] ?? '') || (row[i] ?? '').length > columns / 2)
  const longest = widths
    .map((width, i) => ({ width, i }))
    .filter(({ width, i }) => width > LEAST_TEXT && isText(i))
    .sort((a, b) => b.width - a.width)[0]
  if (longest === undefined) return rows
  const room = Math.max(LEAST_TEXT, head[longest.i]?.length ?? 0, longest.width - excess)
  return rows.flatMap((row) => {
    const lines = linesOf(row[longest.i] ?? '', room)
    return lines.map((line, at) =>
      row.map((cell, i) => (i === longest.i ? line : at === 0 ? cell : '')),
    )
  })
}

/** A text in lines of at most `room` characters, broken at blanks where there are any. */
function linesOf(text: string, room: number): string[] {
  const lines: string[] = []
  let rest = text
  while (rest.length > room) {
    const blank = rest.lastIndexOf(' ', room)
    const end = blank > 0 ? blank : room
    lines.push(rest.slice(0, end))
    rest = rest.slice(end).trimStart()
  }
  return [...lines, rest]
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`
}
