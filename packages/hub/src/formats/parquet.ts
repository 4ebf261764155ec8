/**
 * Tables as Parquet: times as TIMESTAMP(MICROS, UTC), money as DECIMAL(38, 12) of dollars, so that
 * no digit is lost, JSON as text. Each run of rows becomes a row group, and goes out before the next is made.
 */

import { ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer'
import type { Table, TableCell, TableColumn, TableType } from '../core/table.ts'
import { inRuns, runRows } from './runs.ts'

const ELEMENTS: Readonly<Record<TableType, Omit<SchemaElement, 'name'>>> = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  json: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  number: { type: 'DOUBLE' },
  integer: { type: 'INT64' },
  money: {
    type: 'FIXED_LEN_BYTE_ARRAY',
    type_length: 16,
    converted_type: 'DECIMAL',
    scale: 12,
    precision: 38,
  },
  time: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MICROS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
  },
  boolean: { type: 'BOOLEAN' },
}

/** A cell as the writer takes it: whole numbers and times of 64 bits as bigint. */
function value(cell: TableCell, type: TableType): TableCell {
  if (cell === null) return null
  if (type === 'integer' || type === 'money') return BigInt(cell)
  return type === 'time' ? BigInt(Math.round(Number(cell))) : cell
}

/** `about` becomes the key-value metadata of the file; units of columns are among it, as `unit:<name>`. */
export async function* encodeParquet(
  table: Table,
  about: readonly (readonly [string, string])[],
): AsyncGenerator<Uint8Array> {
  const { columns } = table
  const groupRows = runRows(columns.length)
  const buffer = new ByteWriter()
  const writer = new ParquetWriter({
    writer: buffer,
    schema: [
      { name: 'root', num_children: columns.length },
      ...columns.map(({ name, type }) => ({
        name,
        repetition_type: 'OPTIONAL' as const,
        ...ELEMENTS[type],
      })),
    ],
    createdBy: 'llmhub',
    kvMetadata: [...about, ...units(columns)].map(([key, text]) => ({ key, value: text })),
  })
  const taken = (): Uint8Array => {
    const bytes = buffer.getBytes().slice()
    buffer.index = 0
    return bytes
  }
  for await (const rows of inRuns(table.batches, groupRows)) {
    await writer.write({
      columnData: columns.map(({ name, type }, at) => ({
        name,
        data: rows.map((row) => value(row[at] ?? null, type)),
      })),
      rowGroupSize: groupRows,
    })
    yield taken()
  }
  await writer.finish()
  yield taken()
}

function units(columns: readonly TableColumn[]): (readonly [string, string])[] {
  return columns.flatMap(({ name, unit }) => (unit === undefined ? [] : [[`unit:${name}`, unit]]))
}
