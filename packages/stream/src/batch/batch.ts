/**
 * The column batch: rows as typed columns. One form serves as the in-memory batch, the message
 * between threads, the payload of a log record, and the input of the store (format: docs/formats/batch.md).
 *
 * A batch is immutable. Its encoded form is one buffer, so that
 * posting the buffer to another thread costs nothing. A column that is absent is null in every row.
 */

export type BatchColumnType = 'dict' | 'text' | 'i64' | 'i32' | 'i16' | 'f64' | 'bool' | 'tags'

export interface BatchColumnSpec {
  readonly name: string
  readonly type: BatchColumnType
}

/**
 * One bit per row, least significant bit of byte 0 first, 1 = the row has a value. Padded to whole
 * 64-bit words. `null` means that every row has a value.
 */
export type Validity = Uint8Array | null

export interface NumberColumn<
  T extends 'f64' | 'i32' | 'i16' | 'bool',
  A extends Float64Array | Int32Array | Int16Array | Uint8Array,
> {
  readonly type: T
  readonly valid: Validity
  readonly data: A
}

export interface Int64Column {
  readonly type: 'i64'
  readonly valid: Validity
  readonly data: BigInt64Array
}

/** `codes[row]` is an index into `values`, or -1 for null. */
export interface DictColumn {
  readonly type: 'dict'
  readonly codes: Int32Array
  readonly values: readonly string[]
}

/** UTF-8 of row r is `bytes[offsets[r] … offsets[r + 1])`. */
export interface TextColumn {
  readonly type: 'text'
  readonly valid: Validity
  readonly offsets: Uint32Array
  readonly bytes: Uint8Array
}

/** Pairs of row r are entries `offsets[r] … offsets[r + 1])` of `keys` (codes into `keyNames`) and `values`. */
export interface TagsColumn {
  readonly type: 'tags'
  readonly offsets: Uint32Array
  readonly keys: Int32Array
  readonly keyNames: readonly string[]
  readonly values: TextColumn
}

export type Column =
  | Int64Column
  | NumberColumn<'f64', Float64Array>
  | NumberColumn<'i32', Int32Array>
  | NumberColumn<'i16', Int16Array>
  | NumberColumn<'bool', Uint8Array>
  | DictColumn
  | TextColumn
  | TagsColumn

export interface Batch {
  readonly rows: number
  readonly columns: ReadonlyMap<string, Column>
}

/** Whether row `row` has a value, by the validity of its column. */
export function isValid(valid: Validity, row: number): boolean {
  return valid === null || ((valid[row >> 3] ?? 0) & (1 << (row & 7))) !== 0
}

/** Whether row `row` of a column has a value. */
export function hasValue(column: Column, row: number): boolean {
  switch (column.type) {
    case 'dict':
      return (column.codes[row] ?? -1) >= 0
    case 'tags':
      return true
    case 'i64':
    case 'f64':
    case 'i32':
    case 'i16':
    case 'bool':
    case 'text':
      return isValid(column.valid, row)
  }
}

const decoder = new TextDecoder()

/** Text of one row, or null. Allocates; meant for single look-ups, not for loops over a batch. */
export function textAt(column: Column | undefined, row: number): string | null {
  if (column === undefined || !hasValue(column, row)) return null
  if (column.type === 'dict') return column.values[column.codes[row] ?? -1] ?? null
  if (column.type !== 'text') return null
  return decoder.decode(column.bytes.subarray(column.offsets[row], column.offsets[row + 1]))
}

/** Number of one row, or null where it has none; of a 64-bit integer beyond ±2^53 the nearest double. A bool is 0 or 1. */
export function numberAt(column: Column | undefined, row: number): number | null {
  if (column === undefined || !hasValue(column, row)) return null
  switch (column.type) {
    case 'f64':
    case 'i32':
    case 'i16':
    case 'bool':
      return column.data[row] ?? null
    case 'i64': {
      const value = column.data[row]
      return value === undefined ? null : Number(value)
    }
    case 'dict':
    case 'text':
    case 'tags':
      return null
  }
}
