import { type Column, numberAt, textAt } from '../batch/batch.ts'
import type { ByteReader, ByteWriter } from '../bytes.ts'
import { StreamError } from '../stream-error.ts'

/** A value of a cell that aggregates can keep. A bool is 0 or 1, a 64-bit integer its nearest double. */
export type Scalar = number | string

/**
 * The value of a cell, or null. Cells with NaN or an infinite number answer NaN, for the caller to count.
 * Throws a StreamError `invalid_input` for a column of tags.
 */
export function scalarAt(column: Column, row: number): Scalar | null {
  switch (column.type) {
    case 'dict':
    case 'text':
      return textAt(column, row)
    case 'i64':
    case 'f64':
    case 'i32':
    case 'i16':
    case 'bool': {
      const value = numberAt(column, row)
      return value === null || Number.isFinite(value) ? value : Number.NaN
    }
    case 'tags':
      throw noScalars()
  }
}

/** The error of a column that has no single value in a row. */
export function noScalars(): StreamError {
  return new StreamError(
    'invalid_input',
    'a column of tags where one value per row is needed: give the aggregate another column',
  )
}

/** Total order: numbers before texts, numbers by size, texts by UTF-16 code unit. */
export function compareScalars(a: Scalar, b: Scalar): number {
  if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0
  return typeof a === 'number' ? -1 : 1
}

export function writeScalar(value: Scalar, out: ByteWriter): void {
  if (typeof value === 'number') {
    out.u8(0)
    out.f64(value)
  } else {
    out.u8(1)
    out.text(value)
  }
}

export function readScalar(from: ByteReader): Scalar {
  const kind = from.u8()
  if (kind === 0) return from.f64()
  if (kind === 1) return from.text()
  throw from.bad(`the kind ${kind} of a value`)
}
