import type { Batch, Column } from '../batch/batch.ts'
import { hasValue, numberAt, textAt } from '../batch/batch.ts'

/** Value of one cell. Numbers of 64 bits that a double does not hold are texts of their digits. */
export type Cell = string | number | boolean | null | Readonly<Record<string, string | null>>

/** One event as a plain object: its columns by name; null where a column has no value. */
export type Row = Readonly<Record<string, Cell>>

/** Makes an object of a row. For process functions and late events; windows never do. */
export function rowAt(batch: Batch, row: number): Row {
  const object: Record<string, Cell> = {}
  for (const [name, column] of batch.columns) object[name] = cellAt(column, row)
  return object
}

function cellAt(column: Column, row: number): Cell {
  if (!hasValue(column, row)) return null
  switch (column.type) {
    case 'dict':
    case 'text':
      return textAt(column, row)
    case 'f64':
    case 'i32':
    case 'i16':
      return numberAt(column, row)
    case 'bool':
      return column.data[row] === 1
    case 'i64': {
      const value = column.data[row] ?? 0n
      const number = Number(value)
      return Number.isSafeInteger(number) ? number : value.toString()
    }
    case 'tags': {
      const tags: Record<string, string | null> = {}
      const end = column.offsets[row + 1] ?? 0
      for (let i = column.offsets[row] ?? 0; i < end; i++) {
        tags[column.keyNames[column.keys[i] ?? -1] ?? ''] = textAt(column.values, i)
      }
      return tags
    }
  }
}
