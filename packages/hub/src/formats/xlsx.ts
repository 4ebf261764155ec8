/**
 * Tables as a workbook: a sheet for each, its header with units and frozen, and a last sheet "About"
 * that says what the numbers are of. Texts are never formulas there: a cell of type text shows its
 * text, and one that would be a formula once it is typed again gets an apostrophe in front.
 */

import writeWorkbook, { type Cell, type Row, type Sheet } from 'write-excel-file/node'
import type { Table, TableCell, TableColumn, TableRow, TableType } from '../core/table.ts'
import { withoutFormula } from './csv.ts'
import { plainCell } from './plain-cell.ts'

/** A sheet has 1,048,576 rows, the header one of them. */
const MOST_SHEET_ROWS = 1_048_575
/** A cell holds 32,767 characters. */
const LONGEST_TEXT = 32_767
/** Decimal digits that a spreadsheet keeps of a number. */
const EXACT_DIGITS = 15

const FORMATS: Partial<Record<TableType, string>> = {
  integer: '#,##0',
  number: '#,##0.######',
  money: '$#,##0.00####',
  time: 'yyyy-mm-dd hh:mm:ss',
}

function cellOf(cell: TableCell, { type }: TableColumn): Cell {
  const plain = plainCell(cell, type)
  if (plain === null) return null
  const format = FORMATS[type]
  if (type === 'time') {
    return { type: Date, value: new Date(Math.round(Number(cell) / 1000)), format: format ?? '' }
  }
  if (type === 'money' || type === 'integer' || type === 'number') {
    const number = Number(plain)
    // What a double cannot hold stays text, so that no digit is made up.
    const isExact = type !== 'integer' || String(plain).replace('-', '').length <= EXACT_DIGITS
    if (isExact && Number.isFinite(number)) {
      return { type: Number, value: number, ...(format === undefined ? {} : { format }) }
    }
  }
  if (typeof plain === 'boolean') return { type: Boolean, value: plain }
  return textCell(String(plain))
}

function textCell(text: string): Cell {
  const safe = withoutFormula(text)
  const fits = safe.length <= LONGEST_TEXT ? safe : `${safe.slice(0, LONGEST_TEXT - 1)}…`
  return { type: String, value: fits }
}

const header = (text: string): Cell => ({
  type: String,
  value: withoutFormula(text),
  fontWeight: 'bold',
  backgroundColor: '#E8EEF4',
})

const WIDTHS: Record<TableType, number> = {
  text: 24,
  json: 40,
  number: 14,
  integer: 14,
  money: 16,
  time: 20,
  boolean: 10,
}

/** A name that a sheet may have: at most 31 characters, none of `[]:*?/\`, unlike the others. */
function sheetName(name: string, taken: Set<string>): string {
  const clean =
    name
      .replaceAll(/[[\]:*?/\\]/g, ' ')
      .slice(0, 31)
      .trim() || 'Sheet'
  let unique = clean
  for (let n = 2; taken.has(unique.toLowerCase()); n++) unique = `${clean.slice(0, 27)} ${n}`
  taken.add(unique.toLowerCase())
  return unique
}

/**
 * The workbook, whole in memory: for answers and reports, which are bounded.
 * @throws RangeError when a table has more rows than a sheet
 */
export async function encodeXlsx(
  tables: readonly Table[],
  about: readonly (readonly [string, string])[],
): Promise<Uint8Array> {
  const taken = new Set(['about'])
  const sheets: Sheet<never>[] = []
  for (const { name, columns, batches } of tables) {
    const rows: TableRow[] = []
    for await (const batch of batches) {
      for (const row of batch) rows.push(row)
      if (rows.length > MOST_SHEET_ROWS) {
        throw new RangeError(`a sheet holds ${MOST_SHEET_ROWS} rows; ${name} has more`)
      }
    }
    const head: Row = columns.map(({ name: column, unit = 'count' }) =>
      // That a number counts something is said by its name.
      header(unit === 'count' ? column : `${column} (${unit})`),
    )
    sheets.push({
      sheet: sheetName(name, taken),
      columns: columns.map((column) => ({
        width: Math.max(WIDTHS[column.type], column.name.length + 4),
      })),
      stickyRowsCount: 1,
      data: [
        head,
        ...rows.map((row) => columns.map((column, at) => cellOf(row[at] ?? null, column))),
      ],
    })
  }
  sheets.push({
    sheet: 'About',
    columns: [{ width: 24 }, { width: 80 }],
    data: about.map(([name, text]) => [header(name), textCell(text)]),
  })
  return new Uint8Array(await writeWorkbook(sheets).toBuffer())
}
