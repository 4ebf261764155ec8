import { addToSum, mergeSums, SUM_WIDTH, sumOf } from '@llmhub/stats'
import { type Column, isValid } from '@llmhub/stream'
import {
  type FixedPoint,
  fixedPoint,
  fromUnits,
  squaredDeviations,
  WEIGHT_LIMIT,
  WEIGHT_SCALE,
} from '../store/fixed-point.ts'
import type { RecordKernel } from './record-states.ts'
import {
  addSquare,
  addSquareWords,
  addWhole,
  addWords,
  roundHalfEven,
  WIDE_SQUARES,
  WIDE_SUM,
  wideSquares,
  wideSum,
} from './wide-sum.ts'

/**
 * The parts that are records of doubles, adding up as the store does: whole numbers and fixed-point columns
 * exactly, in any order and any split, so that a live value is the answer's to the last digit.
 */

type NumberColumn = Extract<Column, { readonly data: unknown }>

/** The column where it holds numbers; null where it is absent or does not. */
function numbersOf(column: Column | null): NumberColumn | null {
  return column !== null && 'data' in column ? column : null
}

/** Sum of weights in millionths. The column is that of the weight; absent, every row weighs 1. */
export const rowsKernel: RecordKernel = {
  width: 1,
  add(records, slots, rows, count, column) {
    const weights = column?.type === 'f64' ? column : null
    for (let i = 0; i < count; i++) {
      const slot = slots[i] ?? 0
      const units =
        weights !== null && isValid(weights.valid, rows[i] ?? 0)
          ? toUnits(weights.data[rows[i] ?? 0] ?? 1, WEIGHT_SCALE, WEIGHT_LIMIT)
          : WEIGHT_SCALE
      records[slot] = (records[slot] ?? 0) + units
    }
  },
  merge(into, at, from, fromAt) {
    into[at] = (into[at] ?? 0) + (from[fromAt] ?? 0)
  },
  value: (records, at) => fromUnits(BigInt(records[at] ?? 0), WEIGHT_SCALE),
}

/** In whole units, or NaN for NaN. */
function toUnits(value: number, scale: number, limit: number): number {
  if (value > limit) return limit * scale
  if (value < -limit) return -limit * scale
  return roundHalfEven(value * scale)
}

/** Record: [values, high, low] of a sum of 64-bit whole numbers. */
const wholeSumKernel: RecordKernel = {
  width: 1 + WIDE_SUM,
  add(records, slots, rows, count, column) {
    const numbers = numbersOf(column)
    if (numbers === null) return
    const { valid } = numbers
    if (numbers.type !== 'i64') {
      for (let i = 0; i < count; i++) {
        const row = rows[i] ?? 0
        if (!isValid(valid, row)) continue
        const at = (slots[i] ?? 0) * (1 + WIDE_SUM)
        records[at] = (records[at] ?? 0) + 1
        addWhole(records, at + 1, numbers.data[row] ?? 0)
      }
      return
    }
    const { buffer, byteOffset, length } = numbers.data
    const words = new Int32Array(buffer, byteOffset, length * 2)
    for (let i = 0; i < count; i++) {
      const row = rows[i] ?? 0
      if (!isValid(valid, row)) continue
      const at = (slots[i] ?? 0) * (1 + WIDE_SUM)
      records[at] = (records[at] ?? 0) + 1
      addWords(records, at + 1, words[2 * row + 1] ?? 0, (words[2 * row] ?? 0) >>> 0)
    }
  },
  merge(into, at, from, fromAt) {
    into[at] = (into[at] ?? 0) + (from[fromAt] ?? 0)
    addWords(into, at + 1, from[fromAt + 1] ?? 0, from[fromAt + 2] ?? 0)
  },
  value: (records, at) => (records[at] === 0 ? null : wideSum(records, at + 1)),
}

/** Record: [values, high, low] of a sum of units. */
function fixedSumKernel(fixed: FixedPoint): RecordKernel {
  const { scale, limit } = fixed
  return {
    ...wholeSumKernel,
    add(records, slots, rows, count, column) {
      const numbers = numbersOf(column)
      if (numbers?.type !== 'f64') return
      const { valid, data } = numbers
      for (let i = 0; i < count; i++) {
        const row = rows[i] ?? 0
        if (!isValid(valid, row)) continue
        const units = toUnits(data[row] ?? 0, scale, limit)
        if (Number.isNaN(units)) continue
        const at = (slots[i] ?? 0) * (1 + WIDE_SUM)
        records[at] = (records[at] ?? 0) + 1
        addWhole(records, at + 1, units)
      }
    },
    value: (records, at) => (records[at] === 0 ? null : fromUnits(wideSum(records, at + 1), scale)),
  }
}

/** Record: [values, sum, what rounding lost], for columns of unbounded range. */
const looseSumKernel: RecordKernel = {
  width: 1 + SUM_WIDTH,
  add(records, slots, rows, count, column) {
    const numbers = numbersOf(column)
    if (numbers?.type !== 'f64') return
    const { valid, data } = numbers
    for (let i = 0; i < count; i++) {
      const row = rows[i] ?? 0
      if (!isValid(valid, row)) continue
      const at = (slots[i] ?? 0) * (1 + SUM_WIDTH)
      records[at] = (records[at] ?? 0) + 1
      addToSum(records, data[row] ?? 0, at + 1)
    }
  },
  merge(into, at, from, fromAt) {
    into[at] = (into[at] ?? 0) + (from[fromAt] ?? 0)
    mergeSums(into, from, at + 1, fromAt + 1)
  },
  value: (records, at) => (records[at] === 0 ? null : sumOf(records, at + 1)),
}

/** Record: [extreme], NaN when empty. @param sign 1 keeps the least, −1 the greatest */
function extremeKernel(sign: 1 | -1): RecordKernel {
  const take = (records: Float64Array, at: number, value: number): void => {
    const known = records[at] ?? Number.NaN
    if (Number.isNaN(known) || sign * (value - known) < 0) records[at] = value
  }
  return {
    width: 1,
    empty: Number.NaN,
    add(records, slots, rows, count, column) {
      const numbers = numbersOf(column)
      if (numbers === null) return
      const { valid, data } = numbers
      for (let i = 0; i < count; i++) {
        const row = rows[i] ?? 0
        if (isValid(valid, row)) take(records, slots[i] ?? 0, Number(data[row] ?? 0))
      }
    },
    merge(into, at, from, fromAt) {
      const value = from[fromAt] ?? Number.NaN
      if (!Number.isNaN(value)) take(into, at, value)
    },
    value(records, at) {
      const value = records[at] ?? Number.NaN
      return Number.isNaN(value) ? null : value
    },
  }
}

/** Record: [values, high and low of Σx, four words of Σx²] in units of the squares. */
function fixedSquaresKernel(fixed: FixedPoint): RecordKernel {
  const { squareScale, limit } = fixed
  const width = 1 + WIDE_SUM + WIDE_SQUARES
  return {
    width,
    add(records, slots, rows, count, column) {
      const numbers = numbersOf(column)
      if (numbers?.type !== 'f64') return
      const { valid, data } = numbers
      for (let i = 0; i < count; i++) {
        const row = rows[i] ?? 0
        if (!isValid(valid, row)) continue
        const units = toUnits(data[row] ?? 0, squareScale, limit)
        if (Number.isNaN(units)) continue
        const at = (slots[i] ?? 0) * width
        records[at] = (records[at] ?? 0) + 1
        addWhole(records, at + 1, units)
        addSquare(records, at + 3, units)
      }
    },
    merge(into, at, from, fromAt) {
      into[at] = (into[at] ?? 0) + (from[fromAt] ?? 0)
      addWords(into, at + 1, from[fromAt + 1] ?? 0, from[fromAt + 2] ?? 0)
      const word = (i: number): number => from[fromAt + 3 + i] ?? 0
      addSquareWords(into, at + 3, word(0), word(1), word(2), word(3))
    },
    value(records, at) {
      const n = records[at] ?? 0
      if (n === 0) return null
      const [sum, squares] = [wideSum(records, at + 1), wideSquares(records, at + 3)]
      return squaredDeviations(BigInt(n), sum, squares, squareScale)
    },
  }
}

/** Record: [values, mean, Σ(x − mean)²] by Welford, merged by Chan, for columns of unbounded range. */
const looseSquaresKernel: RecordKernel = {
  width: 3,
  add(records, slots, rows, count, column) {
    const numbers = numbersOf(column)
    if (numbers?.type !== 'f64') return
    const { valid, data } = numbers
    for (let i = 0; i < count; i++) {
      const row = rows[i] ?? 0
      if (!isValid(valid, row)) continue
      const at = (slots[i] ?? 0) * 3
      const n = (records[at] ?? 0) + 1
      const value = data[row] ?? 0
      const delta = value - (records[at + 1] ?? 0)
      const mean = (records[at + 1] ?? 0) + delta / n
      records[at] = n
      records[at + 1] = mean
      records[at + 2] = (records[at + 2] ?? 0) + delta * (value - mean)
    }
  },
  merge(into, at, from, fromAt) {
    const [a, b] = [into[at] ?? 0, from[fromAt] ?? 0]
    if (b === 0) return
    const n = a + b
    const delta = (from[fromAt + 1] ?? 0) - (into[at + 1] ?? 0)
    into[at] = n
    into[at + 1] = (into[at + 1] ?? 0) + (delta * b) / n
    into[at + 2] = (into[at + 2] ?? 0) + (from[fromAt + 2] ?? 0) + (delta * delta * a * b) / n
  },
  value: (records, at) => (records[at] === 0 ? null : (records[at + 2] ?? 0)),
}

const LEAST = extremeKernel(1)
const GREATEST = extremeKernel(-1)

/** @param isWhole whether the column holds whole numbers */
export function kernelOf(
  fn: 'sum' | 'min' | 'max' | 'm2',
  column: string,
  isWhole: boolean,
): RecordKernel {
  const fixed = fixedPoint(column)
  switch (fn) {
    case 'sum':
      if (isWhole) return wholeSumKernel
      return fixed === undefined ? looseSumKernel : fixedSumKernel(fixed)
    case 'min':
      return LEAST
    case 'max':
      return GREATEST
    case 'm2':
      return fixed === undefined ? looseSquaresKernel : fixedSquaresKernel(fixed)
    default:
      return fn satisfies never
  }
}
