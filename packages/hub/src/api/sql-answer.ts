/**
 * The answer of a SQL statement as text, in pieces that are made as they are taken: all of it at once
 * would be in memory a second time, for as long as its reader needs.
 */

import type { TableCell, TableRow } from '../core/table.ts'
import { FORMATS } from '../formats/formats.ts'
import type { SqlCell, SqlColumn } from '../store/sql.ts'

export interface SqlRows {
  readonly columns: readonly SqlColumn[]
  readonly rows: readonly (readonly SqlCell[])[]
}

const PIECE_ROWS = 500

function* pieces<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let at = 0; at < rows.length; at += PIECE_ROWS) yield rows.slice(at, at + PIECE_ROWS)
}

/** `{ columns, rows, meta }`. */
// oxlint-disable-next-line require-await
export async function* sqlJson({ columns, rows }: SqlRows, meta: object): AsyncGenerator<string> {
  yield `{"columns":${JSON.stringify(columns)},"rows":[`
  let separator = ''
  for (const piece of pieces(rows)) {
    yield separator + JSON.stringify(piece).slice(1, -1)
    separator = ','
  }
  yield `],"meta":${JSON.stringify(meta)}}`
}

const NUMBERS = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|UINTEGER|FLOAT|DOUBLE|DECIMAL.*)$/

export function sqlCsv({ columns, rows }: SqlRows): AsyncIterable<string | Uint8Array> {
  return FORMATS.csv.encode(
    [
      {
        name: 'sql',
        columns: columns.map(({ name, type }) => ({
          name,
          type: NUMBERS.test(type) ? 'number' : 'text',
        })),
        batches: flatRows(rows),
      },
    ],
    [],
  )
}

// oxlint-disable-next-line require-await
async function* flatRows(rows: SqlRows['rows']): AsyncGenerator<readonly TableRow[]> {
  const flat = (cell: SqlCell): TableCell =>
    typeof cell === 'object' && cell !== null ? JSON.stringify(cell) : cell
  for (const piece of pieces(rows)) yield piece.map((row) => row.map(flat))
}

/** One object per row, by column name; a name that comes again gets a number. */
// oxlint-disable-next-line require-await
export async function* sqlLines({ columns, rows }: SqlRows): AsyncGenerator<string> {
  const names: string[] = []
  for (const { name } of columns) {
    let free = name
    for (let n = 2; names.includes(free); n++) free = `${name}_${n}`
    names.push(free)
  }
  const line = (row: readonly SqlCell[]): string => {
    const pairs = names.map((name, i): [string, SqlCell] => [name, row[i] ?? null])
    return `${JSON.stringify(Object.fromEntries(pairs))}\n`
  }
  for (const piece of pieces(rows)) yield piece.map(line).join('')
}
