import {
  DuckDBBlobValue,
  DuckDBDataChunk,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBLogicalType,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBUnionValue,
  type DuckDBValue,
} from '@duckdb/node-api'
import type duckdb from '@duckdb/node-bindings'
import type { SqlCell } from '../sql.ts'
import { isoOf } from './read-result.ts'

/** A type as SQL writes it: `DECIMAL(38,12)`, `VARCHAR[]`. */
export function typeName(type: duckdb.LogicalType): string {
  return String(DuckDBLogicalType.create(type).asType())
}

/** Rows of a chunk, one by one, as JSON carries them. The chunk must be alive meanwhile. */
export function* rowsOf(chunk: duckdb.DataChunk): Generator<readonly SqlCell[]> {
  const read = new DuckDBDataChunk(chunk)
  const vectors = Array.from({ length: read.columnCount }, (_, i) => read.getColumnVector(i))
  for (let row = 0; row < read.rowCount; row++) {
    yield vectors.map((vector) => cellOf(vector.getItem(row)))
  }
}

/** A value of any type; see `SqlCell`. */
function cellOf(value: DuckDBValue): SqlCell {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  // JSON has no form for infinities and whole numbers this large.
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  }
  return objectCell(value)
}

function objectCell(
  value: Exclude<DuckDBValue, string | number | bigint | boolean | null>,
): SqlCell {
  if (value instanceof DuckDBDecimalValue) return shortened(value.toString())
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) {
    return isoOf(value.micros)
  }
  if (value instanceof DuckDBDateValue) return value.toString()
  if (value instanceof DuckDBListValue) return value.items.map(cellOf)
  if (value instanceof DuckDBStructValue) {
    return objectOf(Object.entries(value.entries).map(([key, each]) => [key, cellOf(each)]))
  }
  if (value instanceof DuckDBMapValue) {
    // Keys of any type: as text, since JSON has no other.
    return objectOf(
      value.entries.map(({ key, value: each }) => [textOf(cellOf(key)), cellOf(each)]),
    )
  }
  if (value instanceof DuckDBUnionValue) return cellOf(value.value)
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString('base64')
  if ('items' in value && Array.isArray(value.items)) return value.items.map(cellOf)
  return String(value)
}

/** Without a prototype, so that a key like __proto__ is data. */
function objectOf(pairs: readonly (readonly [string, SqlCell])[]): SqlCell {
  const object = Object.create(null) as Record<string, SqlCell>
  for (const [key, value] of pairs) object[key] = value
  return object
}

const textOf = (cell: SqlCell): string => (typeof cell === 'string' ? cell : JSON.stringify(cell))

/** 0.004500000000 → 0.0045, as answers to questions give money. */
function shortened(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal
}

/** Bytes of a cell as JSON, about. */
export function sizeOf(cell: SqlCell): number {
  if (typeof cell === 'string') return cell.length + 3
  if (typeof cell !== 'object' || cell === null) return 8
  return Array.isArray(cell)
    ? (cell as readonly SqlCell[]).reduce<number>((sum, each) => sum + sizeOf(each), 2)
    : Object.entries(cell).reduce((sum, [key, each]) => sum + key.length + 4 + sizeOf(each), 2)
}
