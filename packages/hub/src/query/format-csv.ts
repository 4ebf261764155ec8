/**
 * An answer as CSV (RFC 4180: CRLF, doubled quotes), safe to open in a spreadsheet: a text that a
 * spreadsheet would take for a formula — it begins with = + - @, a full-width form of these, a tab
 * or a line break — gets an apostrophe in front. Numbers and money are left as they are.
 */

import type { Answer, AnswerColumn, Cell } from '@llmhub/schema'

const FORMULA = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/u
const QUOTED = /[",\r\n]/u
const DECIMAL = /^-?\d+(?:\.\d+)?$/u

function csvCell(cell: Cell, column: Pick<AnswerColumn, 'role'>): string {
  if (cell === null) return ''
  if (typeof cell !== 'string') return String(cell)
  const numeric = (column.role === 'measure' || column.role === 'comparison') && DECIMAL.test(cell)
  const safe = !numeric && FORMULA.test(cell) ? `'${cell}` : cell
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Header and rows, each ended by CRLF. Null is an empty field. */
export function formatCsv(answer: Pick<Answer, 'columns' | 'rows'>): string {
  const { columns, rows } = answer
  const text = { role: 'dimension' } as const
  const lines = [columns.map((column) => csvCell(column.name, text)).join(',')]
  for (const row of rows) {
    lines.push(columns.map((column, at) => csvCell(row[at] ?? null, column)).join(','))
  }
  return `${lines.join('\r\n')}\r\n`
}
