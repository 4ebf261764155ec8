/**
 * Tables as an Arrow IPC stream: times as timestamp(us, UTC), money as decimal128(38, 12) of dollars,
 * JSON as text. Each run of rows is a record batch, and goes out before the next is made.
 */

import {
  bool,
  columnFromArray,
  type DataType,
  decimal,
  field,
  float64,
  int64,
  TimeUnit,
  tableFromColumns,
  tableToIPC,
  timestamp,
  utf8,
} from '@uwdata/flechette'
import type { Table, TableCell, TableRow, TableType } from '../core/table.ts'
import { inRuns, runRows } from './runs.ts'

const TYPES: Readonly<Record<TableType, () => DataType>> = {
  text: utf8,
  json: utf8,
  number: float64,
  integer: int64,
  money: () => decimal(38, 12, 128),
  time: () => timestamp(TimeUnit.MICROSECOND, 'UTC'),
  boolean: bool,
}

/** A cell as the builder takes it: whole numbers of 64 bits as bigint. */
function value(cell: TableCell, type: TableType): TableCell {
  if (cell === null) return null
  if (type === 'integer' || type === 'money') return BigInt(cell)
  return type === 'time' ? BigInt(Math.round(Number(cell))) : cell
}

/**
 * What a column is built as. Times are built as the whole numbers that they are laid out as: the
 * builder of times takes milliseconds and would lose microseconds.
 */
function builtAs(type: TableType): DataType {
  return type === 'time' ? int64() : TYPES[type]()
}

/** `about` becomes the metadata of the schema; each column's unit is metadata of its field. */
export async function* encodeArrow(
  table: Table,
  about: readonly (readonly [string, string])[],
): AsyncGenerator<Uint8Array> {
  let isFirst = true
  const streamOf = (rows: readonly TableRow[]): Uint8Array => oneStream(table, rows, about)
  for await (const rows of inRuns(table.batches, runRows(table.columns.length))) {
    const stream = streamOf(rows)
    yield stream.subarray(isFirst ? 0 : schemaLength(stream), stream.length - END.length)
    isFirst = false
  }
  if (isFirst) yield streamOf([])
  else yield END
}

/** What ends a stream: a continuation mark and no message. */
const END = new Uint8Array([255, 255, 255, 255, 0, 0, 0, 0])

/** Length of the first message, the schema: mark, length and that many bytes; it has no body. */
function schemaLength(stream: Uint8Array): number {
  return 8 + new DataView(stream.buffer, stream.byteOffset).getInt32(4, true)
}

function oneStream(
  { columns }: Table,
  rows: readonly TableRow[],
  about: readonly (readonly [string, string])[],
): Uint8Array {
  const built = tableFromColumns(
    columns.map(({ name, type }, at) => {
      const cells = rows.map((row) => value(row[at] ?? null, type))
      return [name, columnFromArray(cells, builtAs(type))] as const
    }) as never,
  )
  // The builder knows neither units nor times, nor that a column without nulls here may have some later.
  built.schema.fields = columns.map(({ name, type, unit }) =>
    field(name, TYPES[type](), true, unit === undefined ? null : new Map([['unit', unit]])),
  )
  built.schema.metadata = new Map(about.map(([key, text]) => [key, text]))
  const bytes = tableToIPC(built, { format: 'stream' })
  if (bytes === null) throw new Error('no Arrow stream was made')
  return bytes
}
