import { type Batch, type Column, isValid } from '../batch/batch.ts'
import { StreamError } from '../stream-error.ts'
import { BEGINNING_OF_TIME, END_OF_TIME } from '../time/time.ts'

/** The rows of a batch that have a time, and the times by row. */
export interface TimedRows {
  readonly rows: Int32Array
  readonly count: number
  readonly times: Float64Array
  /** Rows left out: without a time, or with a number that is none. */
  readonly invalid: number
}

/** 0, 1, … `count` − 1. */
export function allRows(count: number): Int32Array {
  const rows = new Int32Array(count)
  for (let i = 0; i < count; i++) rows[i] = i
  return rows
}

/** Throws a StreamError `invalid_input` where the column of the event time holds no numbers. */
export function checkTimeColumn(batch: Batch, name: string): void {
  const type = batch.columns.get(name)?.type
  if (type !== 'bool' && type !== 'dict' && type !== 'text' && type !== 'tags') return
  throw new StreamError(
    'invalid_input',
    `column '${name}' of the event time is of type ${type}, not a number`,
    name,
  )
}

/**
 * Reads the event times of rows `chosen` (all when absent) from a column of numbers. Copies nothing when
 * the column is f64 and every time is good. Throws a StreamError `invalid_input` for a column of texts.
 */
export function readTimes(batch: Batch, name: string, chosen?: Int32Array): TimedRows {
  const rows = chosen ?? allRows(batch.rows)
  const count = chosen?.length ?? batch.rows
  const column = batch.columns.get(name)
  if (column === undefined) {
    return { rows, count: 0, times: new Float64Array(0), invalid: count }
  }
  checkTimeColumn(batch, name)
  const times = numbersOf(column)
  const valid = 'valid' in column ? column.valid : null
  let good = 0
  while (good < count && isGood(times, valid, rows[good] ?? 0)) good++
  if (good === count) return { rows, count, times, invalid: 0 }

  const kept = new Int32Array(count)
  let n = 0
  for (let i = 0; i < count; i++) {
    const row = rows[i] ?? 0
    if (isGood(times, valid, row)) kept[n++] = row
  }
  return { rows: kept, count: n, times, invalid: count - n }
}

function isGood(times: Float64Array, valid: Uint8Array | null, row: number): boolean {
  const time = times[row] ?? Number.NaN
  return (
    Math.floor(time) === time &&
    time >= BEGINNING_OF_TIME &&
    time <= END_OF_TIME &&
    isValid(valid, row)
  )
}

function numbersOf(column: Column): Float64Array {
  switch (column.type) {
    case 'f64':
      return column.data
    case 'i64':
      return int64Numbers(column.data)
    case 'i32':
    case 'i16':
      return Float64Array.from(column.data)
    case 'bool':
    case 'dict':
    case 'text':
    case 'tags':
      return new Float64Array(0)
  }
}

/** By their halves, which makes no bigint; beyond 2^53 the nearest double, which is no time. */
function int64Numbers(data: BigInt64Array): Float64Array {
  const words = new Int32Array(data.buffer, data.byteOffset, 2 * data.length)
  const numbers = new Float64Array(data.length)
  for (let i = 0; i < numbers.length; i++) {
    numbers[i] = (words[2 * i + 1] ?? 0) * 0x1_0000_0000 + ((words[2 * i] ?? 0) >>> 0)
  }
  return numbers
}
