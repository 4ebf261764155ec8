import { failed, type HubResponse, type Problem } from '../client.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { count } from '../formats.ts'
import { printable } from '../output.ts'
import { table } from '../table.ts'

export interface SqlAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly unknown[])[]
  readonly meta: { readonly truncated: boolean; readonly elapsedMs: number }
}

/** Rows as a table; with `expanded`, each row as a block of lines, nothing cut. */
export function showRows({ columns, rows }: SqlAnswer, expanded: boolean): string {
  const names = columns.map(({ name }) => printable(name))
  if (!expanded) return table(names, rows)
  const width = Math.max(0, ...names.map(({ length }) => length))
  return rows
    .map((row, i) => {
      const lines = names.map((name, c) => `${name.padEnd(width)} │ ${printable(row[c])}`)
      return `─[ ${i + 1} ]${'─'.repeat(Math.max(1, width - 2))}\n${lines.join('\n')}\n`
    })
    .join('')
}

/** How many rows there are, and whether there are more. */
export function summaryOf({ rows, meta }: SqlAnswer): string {
  const said = `${count(rows.length)} ${rows.length === 1 ? 'row' : 'rows'}`
  return meta.truncated ? `${said}, and there are more: raise --limit, or use LIMIT` : said
}

interface SqlProblem extends Problem {
  readonly errors?: readonly {
    readonly path: string
    readonly message: string
    readonly hint?: string
    readonly position?: number
  }[]
}

/** The error of a statement with the line that it is in and a caret below the place. */
export function sqlFailure(response: HubResponse, sql: string): CliError {
  const problem = (response.body ?? {}) as SqlProblem
  const issue = problem.errors?.[0]
  if (problem.code !== 'invalid_sql' || issue === undefined) return failed(response)
  const { message, position, hint } = issue
  const lines = [message]
  if (position !== undefined) lines.push(...placeOf(sql, position))
  if (hint !== undefined) lines.push(hint)
  return new CliError(lines.join('\n'), EXIT.usage)
}

/** Room for the part of a long line that is shown. */
const SHOWN = 70

function placeOf(sql: string, position: number): string[] {
  const start = sql.lastIndexOf('\n', position - 1) + 1
  const end = sql.indexOf('\n', position)
  const line = sql.slice(start, end === -1 ? sql.length : end)
  const column = position - start
  const from = Math.max(0, Math.min(column - SHOWN / 2, line.length - SHOWN))
  const number = sql.slice(0, start).split('\n').length
  const label = `LINE ${number}: ${from > 0 ? '…' : ''}`
  const shown = line.slice(from, from + SHOWN)
  const before = shown.slice(0, column - from)
  // Tabs stay, so that the caret stands below its place whatever their width.
  const pad = `${' '.repeat(label.length)}${before.replaceAll(/[^\t]/g, ' ')}`
  return [`${label}${shown}${from + SHOWN < line.length ? '…' : ''}`, `${pad}^`]
}
