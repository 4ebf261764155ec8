import type { Batch, Column } from '@llmhub/stream'
import type { FieldRef } from '../store/store.ts'
import { fieldTexts, tagTexts } from './predicate.ts'

/** Small whole numbers in place of the values of one field, by row of a batch. */
export interface Coded {
  /** From 0; by row. */
  readonly codes: Int32Array
  /** Value of each code. */
  readonly values: readonly (string | null)[]
}

/** Codes of a text field, for all rows. Dictionaries are taken as they are, other texts looked up one by one. */
export function codesOf(field: FieldRef, batch: Batch): Coded {
  if (field.type === 'tag') return intern(tagTexts(field.key, batch))
  const column: Column | undefined = batch.columns.get(field.column)
  if (column === undefined) return { codes: new Int32Array(batch.rows), values: [null] }
  if (column.type === 'dict') {
    const codes = new Int32Array(batch.rows)
    for (let row = 0; row < codes.length; row++) codes[row] = (column.codes[row] ?? -1) + 1
    return { codes, values: [null, ...column.values] }
  }
  return intern(fieldTexts(column, batch.rows))
}

function intern(texts: readonly (string | null)[]): Coded {
  const known = new Map<string | null, number>()
  const codes = new Int32Array(texts.length)
  for (const [row, text] of texts.entries()) {
    let code = known.get(text)
    if (code === undefined) {
      code = known.size
      known.set(text, code)
    }
    codes[row] = code
  }
  return { codes, values: [...known.keys()] }
}

/** Ids of rows, from 0 in the order of their first row. */
export interface RowIds {
  /** By place in the list of rows. */
  readonly ids: Int32Array
  /** Place of the first row of each id. */
  readonly firsts: readonly number[]
}

/** Larger products of sizes are looked up in a map. */
const MAX_TABLE = 1 << 16

/**
 * Ids of the pairs (id of the left, code of the right). The codes are by row, below `size`.
 * @param left null: all rows are alike
 */
export function pairIds(
  left: RowIds | null,
  rows: Int32Array,
  codes: Int32Array,
  size: number,
): RowIds {
  const count = rows.length
  const ids = new Int32Array(count)
  const firsts: number[] = []
  const lefts = left?.firsts.length ?? 1
  const table = lefts * size <= MAX_TABLE ? new Int32Array(lefts * size).fill(-1) : null
  const map = new Map<number, number>()
  let lastPair = -1
  let last = -1
  for (let i = 0; i < count; i++) {
    const pair = (left === null ? 0 : (left.ids[i] ?? 0)) * size + (codes[rows[i] ?? 0] ?? 0)
    if (pair !== lastPair) {
      lastPair = pair
      last = (table === null ? map.get(pair) : table[pair]) ?? -1
      if (last < 0) {
        last = firsts.push(i) - 1
        if (table === null) map.set(pair, last)
        else table[pair] = last
      }
    }
    ids[i] = last
  }
  return { ids, firsts }
}

/** Codes of the cells of `width` µs that times lie in, by row of the batch; only `rows` are looked at. */
export function cellsOf(
  times: Column | undefined,
  rows: Int32Array,
  batchRows: number,
  width: number,
): { readonly codes: Int32Array; readonly starts: readonly number[] } {
  const codes = new Int32Array(batchRows)
  const starts: number[] = []
  const known = new Map<number, number>()
  let lastCell = Number.NaN
  let last = 0
  for (const row of rows) {
    const cell = Math.floor(timeAt(times, row) / width)
    if (cell !== lastCell) {
      lastCell = cell
      const code = known.get(cell)
      if (code === undefined) {
        last = starts.push(cell * width) - 1
        known.set(cell, last)
      } else last = code
    }
    codes[row] = last
  }
  return { codes, starts }
}

/** Event time of a row in epoch µs. */
export function timeAt(times: Column | undefined, row: number): number {
  return times?.type === 'i64' ? Number(times.data[row] ?? 0n) : 0
}
