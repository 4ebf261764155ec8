import duckdb from '@duckdb/node-bindings'
import { isValid } from '@llmhub/stream'
import type { FrameCell } from '../store.ts'
import type { NumberList } from './sketch-rank.ts'

export type ResultCell = FrameCell | NumberList

export interface ListResult {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly ResultCell[])[]
}

export interface SqlResult {
  readonly columns: readonly string[]
  /** BIGINT and wider as bigint, times as ISO 8601 text, maps as objects. */
  readonly rows: readonly (readonly FrameCell[])[]
}

/**
 * Reads a materialised result into rows. A vector is a C array: it is viewed as a typed array and
 * read in one loop, without a native call per value except for texts longer than 12 bytes, which
 * live behind a pointer.
 */
export function readResult(result: duckdb.Result): SqlResult {
  return readRows(result, readVector)
}

/** Like `readResult`, of a result that has lists of SMALLINT or DOUBLE too. */
export function readListResult(result: duckdb.Result): ListResult {
  return readRows(result, (vector, type, size): ResultCell[] =>
    duckdb.get_type_id(type) === duckdb.Type.LIST
      ? readLists(vector, type, size)
      : readVector(vector, type, size),
  )
}

function readRows<Cell>(
  result: duckdb.Result,
  read: (vector: duckdb.Vector, type: duckdb.LogicalType, size: number) => Cell[],
): { readonly columns: string[]; readonly rows: (Cell | null)[][] } {
  const width = duckdb.column_count(result)
  const columns: string[] = []
  const types: duckdb.LogicalType[] = []
  for (let c = 0; c < width; c++) {
    columns.push(duckdb.column_name(result, c))
    types.push(duckdb.column_logical_type(result, c))
  }
  const rows: (Cell | null)[][] = []
  const chunks = duckdb.result_chunk_count(result)
  for (let k = 0; k < chunks; k++) {
    const chunk = duckdb.result_get_chunk(result, k)
    const size = duckdb.data_chunk_get_size(chunk)
    const first = rows.length
    for (let r = 0; r < size; r++) rows.push(columns.map(() => null))
    for (const [c, type] of types.entries()) {
      const cells = read(duckdb.data_chunk_get_vector(chunk, c), type, size)
      for (let r = 0; r < size; r++) {
        const row = rows[first + r]
        if (row !== undefined) row[c] = cells[r] ?? null
      }
    }
  }
  return { columns, rows }
}

/** A type that answers cannot carry; casting it to VARCHAR or DOUBLE in the statement helps. */
class UnsupportedTypeError extends Error {
  override readonly name = 'UnsupportedTypeError'
}

const STRING_BYTES = 16
const INLINE_BYTES = 12

function readVector(vector: duckdb.Vector, type: duckdb.LogicalType, size: number): FrameCell[] {
  const cells = readValues(vector, type, size)
  const validity = duckdb.vector_get_validity(vector, Math.ceil(size / 64) * 8)
  // DuckDB leaves the bitmap out when no row is null.
  if (validity === null) return cells
  for (let r = 0; r < size; r++) {
    if (!isValid(validity, r)) cells[r] = null
  }
  return cells
}

function viewOf(vector: duckdb.Vector, bytes: number): DataView {
  const data = duckdb.vector_get_data(vector, bytes)
  return new DataView(data.buffer, data.byteOffset, bytes)
}

/** How the values of a fixed-width type lie in memory. */
type FixedReader = readonly [bytes: number, read: (view: DataView, at: number) => FrameCell]

const { Type } = duckdb
const FIXED: ReadonlyMap<duckdb.Type, FixedReader> = new Map<duckdb.Type, FixedReader>([
  [Type.BOOLEAN, [1, (view, at) => view.getUint8(at) !== 0]],
  [Type.TINYINT, [1, (view, at) => view.getInt8(at)]],
  [Type.UTINYINT, [1, (view, at) => view.getUint8(at)]],
  [Type.SMALLINT, [2, (view, at) => view.getInt16(at, true)]],
  [Type.USMALLINT, [2, (view, at) => view.getUint16(at, true)]],
  [Type.INTEGER, [4, (view, at) => view.getInt32(at, true)]],
  [Type.UINTEGER, [4, (view, at) => view.getUint32(at, true)]],
  [Type.BIGINT, [8, (view, at) => view.getBigInt64(at, true)]],
  [Type.UBIGINT, [8, (view, at) => view.getBigUint64(at, true)]],
  [
    Type.HUGEINT,
    [16, (view, at) => (view.getBigInt64(at + 8, true) << 64n) | view.getBigUint64(at, true)],
  ],
  [Type.FLOAT, [4, (view, at) => view.getFloat32(at, true)]],
  [Type.DOUBLE, [8, (view, at) => view.getFloat64(at, true)]],
  [Type.TIMESTAMP, [8, (view, at) => isoOf(view.getBigInt64(at, true))]],
  [Type.TIMESTAMP_TZ, [8, (view, at) => isoOf(view.getBigInt64(at, true))]],
])

function readValues(vector: duckdb.Vector, type: duckdb.LogicalType, size: number): FrameCell[] {
  const id = duckdb.get_type_id(type)
  const reader = FIXED.get(id)
  if (reader !== undefined) return fixed(vector, size, ...reader)
  if (id === Type.VARCHAR) return readStrings(vector, size)
  if (id === Type.MAP) return readMaps(vector, type, size)
  if (id === Type.SQLNULL) return Array.from({ length: size }, () => null)
  throw new UnsupportedTypeError(
    `a column has the type ${Type[id] ?? id}, which answers cannot carry: cast it to VARCHAR or DOUBLE`,
  )
}

function fixed(
  vector: duckdb.Vector,
  size: number,
  bytes: number,
  read: (view: DataView, at: number) => FrameCell,
): FrameCell[] {
  const view = viewOf(vector, size * bytes)
  const cells: FrameCell[] = []
  for (let r = 0; r < size; r++) cells.push(read(view, r * bytes))
  return cells
}

/** Microseconds since 1970 as ISO 8601 in UTC; beyond what `Date` holds, as plain digits. */
export function isoOf(micros: bigint): string {
  const below = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
  const date = new Date(Number((micros - below) / 1000n))
  if (Number.isNaN(date.getTime())) return String(micros)
  const seconds = date.toISOString().slice(0, -5)
  return below === 0n ? `${seconds}Z` : `${seconds}.${String(below).padStart(6, '0')}Z`
}

/** Strings of up to 12 bytes lie in the vector, longer ones behind a pointer at byte 8. */
function readStrings(vector: duckdb.Vector, size: number): (string | null)[] {
  const data = duckdb.vector_get_data(vector, size * STRING_BYTES)
  const bytes = Buffer.from(data.buffer, data.byteOffset, size * STRING_BYTES)
  const validity = duckdb.vector_get_validity(vector, Math.ceil(size / 64) * 8)
  const cells: (string | null)[] = []
  for (let r = 0; r < size; r++) {
    // A null row holds no pointer worth following.
    if (!isValid(validity, r)) {
      cells.push(null)
      continue
    }
    const at = r * STRING_BYTES
    const length = bytes.readUInt32LE(at)
    if (length <= INLINE_BYTES) {
      cells.push(bytes.toString('utf8', at + 4, at + 4 + length))
    } else {
      const text = duckdb.get_data_from_pointer(
        data.buffer as ArrayBuffer,
        data.byteOffset + at + 8,
        length,
      )
      cells.push(Buffer.from(text.buffer, text.byteOffset, length).toString('utf8'))
    }
  }
  return cells
}

/** Maps from text to text; DuckDB stores them as lists of (key, value). */
function readMaps(
  vector: duckdb.Vector,
  type: duckdb.LogicalType,
  size: number,
): (Readonly<Record<string, string>> | null)[] {
  const text = duckdb.Type.VARCHAR
  if (
    duckdb.get_type_id(duckdb.map_type_key_type(type)) !== text ||
    duckdb.get_type_id(duckdb.map_type_value_type(type)) !== text
  ) {
    throw new UnsupportedTypeError(
      'a column is a MAP of other types than VARCHAR: cast it to VARCHAR',
    )
  }
  const entries = viewOf(vector, size * 16)
  const validity = duckdb.vector_get_validity(vector, Math.ceil(size / 64) * 8)
  const pairs = duckdb.list_vector_get_child(vector)
  const count = duckdb.list_vector_get_size(vector)
  const keys = readStrings(duckdb.struct_vector_get_child(pairs, 0), count)
  const values = readStrings(duckdb.struct_vector_get_child(pairs, 1), count)
  const cells: (Readonly<Record<string, string>> | null)[] = []
  for (let r = 0; r < size; r++) {
    if (!isValid(validity, r)) {
      cells.push(null)
      continue
    }
    const first = Number(entries.getBigUint64(r * 16, true))
    const length = Number(entries.getBigUint64(r * 16 + 8, true))
    // Without a prototype, so that a key like __proto__ is data.
    const map = Object.create(null) as Record<string, string>
    for (let i = first; i < first + length; i++) map[keys[i] ?? ''] = values[i] ?? ''
    cells.push(map)
  }
  return cells
}

/** Lists of SMALLINT or DOUBLE as copies of their numbers: the memory is the result's own. */
function readLists(
  vector: duckdb.Vector,
  type: duckdb.LogicalType,
  size: number,
): (NumberList | null)[] {
  const id = duckdb.get_type_id(duckdb.list_type_child_type(type))
  if (id !== duckdb.Type.SMALLINT && id !== duckdb.Type.DOUBLE) {
    throw new UnsupportedTypeError('a column is a LIST of other types than SMALLINT and DOUBLE')
  }
  const entries = viewOf(vector, size * 16)
  const validity = duckdb.vector_get_validity(vector, Math.ceil(size / 64) * 8)
  const count = duckdb.list_vector_get_size(vector)
  const child = duckdb.list_vector_get_child(vector)
  const width = id === duckdb.Type.SMALLINT ? 2 : 8
  const copy = duckdb.vector_get_data(child, count * width).slice().buffer
  const all = width === 2 ? new Int16Array(copy) : new Float64Array(copy)
  const cells: (NumberList | null)[] = []
  for (let r = 0; r < size; r++) {
    if (!isValid(validity, r)) {
      cells.push(null)
      continue
    }
    const first = Number(entries.getBigUint64(r * 16, true))
    const length = Number(entries.getBigUint64(r * 16 + 8, true))
    cells.push(all.subarray(first, first + length))
  }
  return cells
}
