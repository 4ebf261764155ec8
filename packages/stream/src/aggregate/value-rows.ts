import { type Column, isValid } from '../batch/batch.ts'
import { StreamError } from '../stream-error.ts'
import type { AggregateInput } from './aggregate.ts'

/** The rows of a batch that have a finite number, side by side: loops over them need no test for null. */
export interface ValueRows {
  count: number
  slots: Int32Array
  values: Float64Array
  /** The numbers of a second column, where two were asked for. */
  others: Float64Array
  times: Float64Array
  arrivals: Float64Array
  /** Rows passed over because their number was NaN or infinite. */
  invalid: number
}

const FIRST_ROWS = 4096

// One set of arrays for all aggregates: a batch is read to the end before the next is, and every
// aggregate having its own would cost more memory than most states.
const shared: ValueRows = {
  count: 0,
  slots: new Int32Array(FIRST_ROWS),
  values: new Float64Array(FIRST_ROWS),
  others: new Float64Array(FIRST_ROWS),
  times: new Float64Array(FIRST_ROWS),
  arrivals: new Float64Array(FIRST_ROWS),
  invalid: 0,
}

/** Makes the shared arrays long enough; what was in them is lost. */
function roomFor(count: number): ValueRows {
  if (shared.values.length < count) {
    shared.slots = new Int32Array(2 * count)
    shared.values = new Float64Array(2 * count)
    shared.others = new Float64Array(2 * count)
    shared.times = new Float64Array(2 * count)
    shared.arrivals = new Float64Array(2 * count)
  }
  return shared
}

/**
 * Gathers slot, number, time and arrival of the rows that have a finite number. 64-bit integers become
 * the nearest double. `arrival` is that of row 0 where the input has no sequence. The answer is valid
 * until the next call. Throws a StreamError `invalid_input` when the column does not hold numbers.
 */
export function valueRows(
  slots: Int32Array,
  rows: Int32Array,
  count: number,
  input: AggregateInput,
  arrival = 0,
): ValueRows {
  const out = roomFor(count)
  out.count = 0
  out.invalid = 0
  const { column, times, sequence } = input
  if (column === null) return out
  const { data, valid } = numbersOf(column)
  const { slots: toSlots, values: toValues, times: toTimes, arrivals: toArrivals } = out
  let kept = 0
  let invalid = 0
  for (let i = 0; i < count; i++) {
    const row = rows[i] ?? 0
    if (!isValid(valid, row)) continue
    const value = data[row] ?? 0
    // Only a finite number is its own difference from itself.
    if (value - value !== 0) {
      invalid++
      continue
    }
    toSlots[kept] = slots[i] ?? 0
    toValues[kept] = value
    toTimes[kept] = times[row] ?? 0
    toArrivals[kept] = sequence === null ? arrival + row : (sequence[row] ?? 0)
    kept++
  }
  out.count = kept
  out.invalid = invalid
  return out
}

/** As `valueRows`, of the rows that have a finite number in a second column too, which is by name. */
export function pairRows(
  slots: Int32Array,
  rows: Int32Array,
  count: number,
  input: AggregateInput,
  second: string,
): ValueRows {
  const out = roomFor(count)
  out.count = 0
  out.invalid = 0
  const other = columnNamed(input, second)
  if (input.column === null || other === null) return out
  const x = numbersOf(input.column)
  const y = numbersOf(other)
  let kept = 0
  for (let i = 0; i < count; i++) {
    const row = rows[i] ?? 0
    if (!isValid(x.valid, row) || !isValid(y.valid, row)) continue
    const value = x.data[row] ?? 0
    const paired = y.data[row] ?? 0
    if (value - value !== 0 || paired - paired !== 0) {
      out.invalid++
      continue
    }
    out.slots[kept] = slots[i] ?? 0
    out.values[kept] = value
    out.others[kept] = paired
    kept++
  }
  out.count = kept
  return out
}

/** Another column than that of `of`; null when the batch has none of the name. */
export function columnNamed(input: AggregateInput, name: string): Column | null {
  if (input.columns === undefined) throw new TypeError('the input does not have all columns')
  return input.columns.get(name) ?? null
}

export interface Numbers {
  readonly data: Float64Array | Int32Array | Int16Array | Uint8Array
  readonly valid: Uint8Array | null
}

/** Doubles of the 64-bit columns met last, so that several aggregates of a column convert it once. */
const converted = new WeakMap<BigInt64Array, Float64Array>()

/** Numbers of a column and which rows have one. Throws a StreamError `invalid_input` where it has none. */
export function numbersOf(column: Column): Numbers {
  switch (column.type) {
    case 'f64':
    case 'i32':
    case 'i16':
    case 'bool':
      return column
    case 'i64': {
      let data = converted.get(column.data)
      if (data === undefined) {
        data = doublesOf(column.data)
        converted.set(column.data, data)
      }
      return { data, valid: column.valid }
    }
    case 'dict':
    case 'text':
    case 'tags':
      throw new StreamError(
        'invalid_input',
        `it holds ${column.type === 'tags' ? 'tags' : 'texts'} where numbers are needed: give the aggregate a column of numbers`,
      )
  }
}

/** Halves instead of bigints: a bigint per row would be an object per row. */
function doublesOf(data: BigInt64Array): Float64Array {
  const halves = new Int32Array(data.buffer, data.byteOffset, 2 * data.length)
  const out = new Float64Array(data.length)
  for (let i = 0; i < out.length; i++) {
    out[i] = (halves[2 * i + 1] ?? 0) * 2 ** 32 + ((halves[2 * i] ?? 0) >>> 0)
  }
  return out
}

/** Whether `valueRows` can read the column. */
export function isNumeric(column: Column): boolean {
  return column.type !== 'dict' && column.type !== 'text' && column.type !== 'tags'
}
