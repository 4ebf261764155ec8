import {
  type Batch,
  type Column,
  type DictColumn,
  isValid,
  type TagsColumn,
  type TextColumn,
  type Validity,
} from './batch.ts'
import { validityBytes } from './batch-builder.ts'

/** The column that marks rows which `eraseRows` has emptied. */
export const ERASED_COLUMN = 'erased'

/** Whether a row has been emptied. */
export function isErased(batch: Batch, row: number): boolean {
  const column = batch.columns.get(ERASED_COLUMN)
  return column?.type === 'bool' && column.data[row] !== 0
}

/**
 * The batch with the rows of `indexes` emptied: null in every column but those of `keep`, and 1 in the
 * bool column `erased`. Rows keep their numbers. Nothing of what was in the emptied cells is left in
 * the columns: texts, tags and numbers are gone, and dictionary values that no row uses any more. A
 * column without a value left is dropped. Indexes beyond the rows are passed over.
 *
 * Doing it twice is doing it once. Cost: one copy of every column that is not kept.
 */
export function eraseRows(
  batch: Batch,
  indexes: ReadonlySet<number>,
  keep: readonly string[],
): Batch {
  const { rows } = batch
  const gone = new Uint8Array(rows)
  for (let row = 0; row < rows; row++) if (indexes.has(row) || isErased(batch, row)) gone[row] = 1
  const kept = new Set(keep)
  const columns = new Map<string, Column>()
  for (const [name, column] of batch.columns) {
    if (name === ERASED_COLUMN) continue
    const left = kept.has(name) ? column : emptied(column, gone)
    if (left !== null) columns.set(name, left)
  }
  if (gone.includes(1)) columns.set(ERASED_COLUMN, { type: 'bool', valid: null, data: gone })
  return { rows, columns }
}

/** The column without the rows that are gone, or null when no value is left. */
function emptied(column: Column, gone: Uint8Array): Column | null {
  switch (column.type) {
    case 'dict':
      return emptiedDict(column, gone)
    case 'text':
      return emptiedText(column, gone)
    case 'tags':
      return emptiedTags(column, gone)
    case 'i64':
    case 'f64':
    case 'i32':
    case 'i16':
    case 'bool': {
      const valid = remaining(column.valid, gone)
      if (valid.every((byte) => byte === 0)) return null
      const data = column.data.slice()
      for (let row = 0; row < gone.length; row++) {
        // A null may hide the bytes of an earlier value.
        if (isValid(valid, row)) continue
        if (data instanceof BigInt64Array) data[row] = 0n
        else data[row] = 0
      }
      return { ...column, valid, data } as Column
    }
  }
}

/** Which rows have a value and are not gone. */
function remaining(valid: Validity, gone: Uint8Array): Uint8Array {
  const left = new Uint8Array(validityBytes(gone.length))
  for (let row = 0; row < gone.length; row++) {
    if (gone[row] === 0 && isValid(valid, row)) {
      left[row >> 3] = (left[row >> 3] ?? 0) | (1 << (row & 7))
    }
  }
  return left
}

function emptiedDict(column: DictColumn, gone: Uint8Array): DictColumn | null {
  const { codes, values } = used(column.codes, column.values, (row) => gone[row] === 0)
  return values.length === 0 ? null : { type: 'dict', codes, values }
}

/** Codes of the rows that stay (-1 for the others), and the values that they use, in their old order. */
function used(
  codes: Int32Array,
  values: readonly string[],
  stays: (row: number) => boolean,
): { readonly codes: Int32Array; readonly values: readonly string[] } {
  const newCode = new Int32Array(values.length).fill(-1)
  for (const [row, code] of codes.entries()) if (code >= 0 && stays(row)) newCode[code] = 0
  const left: string[] = []
  for (const [code, value] of values.entries()) {
    if (newCode[code] === 0) newCode[code] = left.push(value) - 1
  }
  const recoded = codes.map((code, row) => (code >= 0 && stays(row) ? (newCode[code] ?? -1) : -1))
  return { codes: recoded, values: left }
}

function emptiedText(column: TextColumn, gone: Uint8Array): TextColumn | null {
  const valid = remaining(column.valid, gone)
  if (valid.every((byte) => byte === 0)) return null
  const stays = (row: number): boolean => isValid(valid, row)
  return { type: 'text', valid, ...packed(column, gone.length, stays) }
}

/** The bytes of the rows that stay, without gaps. */
function packed(
  { offsets, bytes }: Pick<TextColumn, 'offsets' | 'bytes'>,
  rows: number,
  stays: (row: number) => boolean,
): Pick<TextColumn, 'offsets' | 'bytes'> {
  const newOffsets = new Uint32Array(rows + 1)
  let length = 0
  for (let row = 0; row < rows; row++) {
    if (stays(row)) length += (offsets[row + 1] ?? 0) - (offsets[row] ?? 0)
    newOffsets[row + 1] = length
  }
  const newBytes = new Uint8Array(length)
  for (let row = 0; row < rows; row++) {
    if (stays(row)) {
      newBytes.set(bytes.subarray(offsets[row] ?? 0, offsets[row + 1] ?? 0), newOffsets[row] ?? 0)
    }
  }
  return { offsets: newOffsets, bytes: newBytes }
}

function emptiedTags(column: TagsColumn, gone: Uint8Array): TagsColumn | null {
  const pairs: number[] = []
  const offsets = new Uint32Array(gone.length + 1)
  for (let row = 0; row < gone.length; row++) {
    if (gone[row] === 0) {
      for (let i = column.offsets[row] ?? 0; i < (column.offsets[row + 1] ?? 0); i++) pairs.push(i)
    }
    offsets[row + 1] = pairs.length
  }
  if (pairs.length === 0) return null
  const codes = Int32Array.from(pairs, (pair) => column.keys[pair] ?? -1)
  const keys = used(codes, column.keyNames, () => true)
  return {
    type: 'tags',
    offsets,
    keys: keys.codes,
    keyNames: keys.values,
    values: pickedText(column.values, pairs),
  }
}

/** The rows `picked` of a text column, ascending. */
function pickedText(column: TextColumn, picked: readonly number[]): TextColumn {
  const valid = new Uint8Array(validityBytes(picked.length))
  const offsets = new Uint32Array(picked.length + 1)
  let length = 0
  for (const [at, row] of picked.entries()) {
    if (isValid(column.valid, row)) {
      valid[at >> 3] = (valid[at >> 3] ?? 0) | (1 << (at & 7))
    }
    length += (column.offsets[row + 1] ?? 0) - (column.offsets[row] ?? 0)
    offsets[at + 1] = length
  }
  const bytes = new Uint8Array(length)
  for (const [at, row] of picked.entries()) {
    bytes.set(
      column.bytes.subarray(column.offsets[row] ?? 0, column.offsets[row + 1] ?? 0),
      offsets[at],
    )
  }
  return { type: 'text', valid, offsets, bytes }
}
