/**
 * Tables as CSV (RFC 4180: CRLF, doubled quotes), safe to open in a spreadsheet: a text that a
 * spreadsheet would take for a formula — it begins with = + - @, a full-width form of these, a tab
 * or a line break — gets an apostrophe in front. Numbers and money are left as they are.
 */

import type { Table, TableCell, TableColumn } from '../core/table.ts'
import { plainCell } from './plain-cell.ts'

const FORMULA = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/u
const QUOTED = /[",\r\n]/u

const TEXT = { type: 'text' } as const

/** The text with an apostrophe in front where a spreadsheet would calculate it. */
export function withoutFormula(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text
}

function csvCell(cell: TableCell, column: Pick<TableColumn, 'type'>): string {
  const plain = plainCell(cell, column.type)
  if (plain === null) return ''
  if (typeof plain !== 'string') return String(plain)
  const isText = column.type === 'text' || column.type === 'json'
  const safe = isText ? withoutFormula(plain) : plain
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Header and rows, each ended by CRLF. Null is an empty field. */
export async function* encodeCsv({ columns, batches }: Table): AsyncGenerator<string> {
  yield `${columns.map((column) => csvCell(column.name, TEXT)).join(',')}\r\n`
  for await (const rows of batches) {
    yield rows
      .map(
        (row) => `${columns.map((column, at) => csvCell(row[at] ?? null, column)).join(',')}\r\n`,
      )
      .join('')
  }
}
