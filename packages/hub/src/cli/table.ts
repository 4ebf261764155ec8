import { printable, type Terminal } from './output.ts'

type Row = readonly unknown[]

const USUAL_WIDTH = 60
/** Cells are not made narrower than this: the rest would say nothing. */
const LEAST_WIDTH = 16
const LEAST_TEXT = 20

const NUMERIC = /^[<>+-]{0,2}\$?[\d,.]+(e[+-]?\d+)?( ?(%|\/s|µs|ms|s))?$|^\d+m \d\ds$|^–$/u

/** What may be done to a table that is wider than the terminal. */
export interface Fit {
  /** Names of columns that can be done without, the least important first. Default: none. */
  readonly optional?: readonly string[]
  /** Names of columns whose cells are never cut, because people copy them. Default: none. */
  readonly keep?: readonly string[]
  /** Longest cell, in characters, wherever it is printed. Default: 60. */
  readonly width?: number
}

/** Rows as aligned text; columns of numbers stand to the right. Cells are cut at `width` characters. */
export function table(head: readonly string[], rows: readonly Row[], width = USUAL_WIDTH): string {
  return aligned(head, cut(rows, width))
}

/**
 * Prints a table. On a terminal it fits if it can: what can be done without is left out first, which is told below it, then
 * the longest texts are broken into lines, then cells are cut. In a pipe nothing but `width` cuts.
 */
export function printTable(
  terminal: Terminal,
  head: readonly string[],
  rows: readonly Row[],
  fit: Fit = {},
): void {
  const { text, gone } = fitted(terminal, head, rows, fit)
  terminal.out(text)
  if (gone.length > 0) {
    terminal.err(`For want of room without ${gone.join(', ')}: -o json has everything.\n`)
  }
}

/** As {@link printTable} for a text that becomes part of another; nothing is left out. */
export function fittedTable(
  terminal: Terminal,
  head: readonly string[],
  rows: readonly Row[],
  fit: Omit<Fit, 'optional'> = {},
): string {
  return fitted(terminal, head, rows, fit).text
}

function fitted(
  { outIsTty, columns }: Terminal,
  head: readonly string[],
  rows: readonly Row[],
  { optional = [], keep = [], width = USUAL_WIDTH }: Fit,
): { readonly text: string; readonly gone: readonly string[] } {
  const all = cut(rows, width)
  if (!outIsTty) return { text: aligned(head, all), gone: [] }
  const gone: string[] = []
  let shown = head.map((_, column) => column)
  const cells = (): string[][] => all.map((row) => shown.map((column) => row[column] ?? ''))
  const names = (): string[] => shown.map((column) => head[column] ?? '')
  for (const name of optional) {
    if (excess(names(), cells(), columns) <= 0) break
    shown = shown.filter((column) => head[column] !== name)
    gone.push(name)
  }
  const [shownNames, shownCells] = [names(), cells()]
  const kept = new Set(shownNames.flatMap((name, i) => (keep.includes(name) ? [i] : [])))
  for (let most = width; ; most = Math.max(LEAST_WIDTH, most - 4)) {
    const narrow = broken(shownNames, cut(shownCells, most, kept), columns, kept)
    if (most <= LEAST_WIDTH || excess(shownNames, narrow, columns) <= 0) {
      return { text: aligned(shownNames, narrow), gone }
    }
  }
}

function aligned(head: readonly string[], cells: readonly (readonly string[])[]): string {
  const widths = widthsOf(head, cells)
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
  const rule = widths.map((width) => '─'.repeat(width)).join('  ')
  return `${[line(head), rule, ...cells.map(line)].join('\n')}\n`
}

function widthsOf(head: readonly string[], cells: readonly (readonly string[])[]): number[] {
  return head.map((name, i) => Math.max(name.length, ...cells.map((row) => (row[i] ?? '').length)))
}

/** By how many characters the table is wider than `columns`; what is not above 0 fits. */
function excess(
  head: readonly string[],
  cells: readonly (readonly string[])[],
  columns: number,
): number {
  return widthsOf(head, cells).reduce((sum, each) => sum + each + 2, -2) - columns
}

/** Rows with the column of the longest texts broken into lines, as far as the table is too wide. */
function broken(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number,
  kept: ReadonlySet<number>,
): readonly (readonly string[])[] {
  const over = excess(head, rows, columns)
  if (over <= 0) return rows
  const isText = (i: number): boolean =>
    rows.some((row) => /\s/.test(row[i] ?? '') || (row[i] ?? '').length > columns / 2)
  const longest = widthsOf(head, rows)
    .map((width, i) => ({ width, i }))
    .filter(({ width, i }) => width > LEAST_TEXT && !kept.has(i) && isText(i))
    .sort((a, b) => b.width - a.width)[0]
  if (longest === undefined) return rows
  const room = Math.max(LEAST_TEXT, head[longest.i]?.length ?? 0, longest.width - over)
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

/** Printable cells of at most `width` characters, but for the columns of `kept`. */
function cut(
  rows: readonly Row[],
  width: number,
  kept: ReadonlySet<number> = new Set(),
): string[][] {
  return rows.map((row) =>
    row.map((cell, i) => {
      const text = printable(cell)
      return text.length <= width || kept.has(i) ? text : `${text.slice(0, width - 1)}…`
    }),
  )
}
