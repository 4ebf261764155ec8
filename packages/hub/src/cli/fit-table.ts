import { type Terminal, table } from './output.ts'

/** Texts are not shortened below this: the rest would say nothing. */
const LEAST_WIDTH = 16
const USUAL_WIDTH = 60

/**
 * A table that fits the terminal: what can be done without is left out first, in the order of `optional`,
 * then the widest cells are shortened. What was left out is told below the table, to people. In a pipe
 * nothing is left out.
 * @param optional names of columns, the least important first
 * @param keep names of columns whose cells are whole, because people copy them
 */
export function fitTable(
  terminal: Terminal,
  head: readonly string[],
  rows: readonly (readonly unknown[])[],
  {
    optional = [],
    keep = [],
  }: { readonly optional?: readonly string[]; readonly keep?: readonly string[] },
): void {
  if (!terminal.outIsTty || fits(table(head, rows), terminal)) {
    terminal.out(table(head, rows))
    return
  }
  const gone: string[] = []
  let shown = head.map((_, column) => column)
  const cells = (): unknown[][] => rows.map((row) => shown.map((column) => row[column]))
  const names = (): string[] => shown.map((column) => head[column] ?? '')
  for (const name of optional) {
    if (fits(table(names(), cells()), terminal)) break
    shown = shown.filter((column) => head[column] !== name)
    gone.push(name)
  }
  let width = USUAL_WIDTH
  const kept = new Set(shown.filter((column) => keep.includes(head[column] ?? '')))
  const shortened = (): string => {
    const cut = cells().map((row) =>
      row.map((cell, i) => {
        const isKept = kept.has(shown[i] ?? -1)
        return typeof cell === 'string' && !isKept && cell.length > width
          ? `${cell.slice(0, width - 1)}…`
          : cell
      }),
    )
    return table(names(), cut)
  }
  while (width > LEAST_WIDTH && !fits(shortened(), terminal)) width -= 4
  terminal.out(shortened())
  if (gone.length > 0) {
    terminal.err(`For want of room without ${gone.join(', ')}: -o json has everything.\n`)
  }
}

function fits(text: string, { columns }: Terminal): boolean {
  return text.split('\n').every((line) => line.length <= columns)
}
