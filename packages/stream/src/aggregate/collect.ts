import type { ByteReader, ByteWriter } from '../bytes.ts'
import type { Aggregate } from './aggregate.ts'
import { type ObjectKernel, ObjectStates } from './object-states.ts'
import { checkMembers, columnOf, numberParameter, wordParameter } from './parameters.ts'
import { compareScalars, readScalar, type Scalar, scalarAt, writeScalar } from './scalar.ts'

/** Values that are kept without `n`. */
const DEFAULT_KEPT = 1000
const MOST_KEPT = 1_000_000

interface Kept {
  readonly time: number
  readonly arrival: number
  readonly value: Scalar
}

/**
 * List of the values of a window: the first `n` (1000) by event time, ties by arrival. `order`: 'value' (as
 * given by `compareScalars`, the default) or 'time'. Nulls are left out. Memory: about 100 bytes a value.
 */
export const collect: Aggregate = {
  name: 'collect',
  needs: 'any',
  invertible: false,
  prepare(spec) {
    checkMembers(spec, ['of', 'n', 'order'])
    columnOf(spec)
    const n = numberParameter(spec, 'n', {
      least: 1,
      most: MOST_KEPT,
      whole: true,
      fallback: DEFAULT_KEPT,
    })
    const order = wordParameter(spec, 'order', ['value', 'time'])
    return new ObjectStates(collectKernel(n, order))
  },
}

function collectKernel(n: number, order: 'value' | 'time'): ObjectKernel<Kept[]> {
  /** Cuts to the first n; done at twice as many, so that a value costs a sort of two. */
  const cut = (kept: Kept[]) => {
    if (kept.length > n) kept.sort(byArrival).length = n
  }
  return {
    arrivals: true,
    create: () => [],
    add(at, slots, rows, count, { column, times, sequence }, arrival) {
      let invalid = 0
      if (column === null) return invalid
      for (let i = 0; i < count; i++) {
        const row = rows[i] ?? 0
        const value = scalarAt(column, row)
        if (value === null) continue
        if (Number.isNaN(value)) {
          invalid++
          continue
        }
        const kept = at(slots[i] ?? 0)
        kept.push({ time: times[row] ?? 0, arrival: sequence?.[row] ?? arrival + row, value })
        if (kept.length >= 2 * n) cut(kept)
      }
      return invalid
    },
    merge(into, from) {
      const all = [...into, ...from]
      cut(all)
      return all
    },
    value(kept) {
      const first = kept.toSorted(byArrival).slice(0, n)
      if (order === 'value') first.sort((a, b) => compareScalars(a.value, b.value))
      return first.map((entry) => entry.value)
    },
    write(state, out: ByteWriter) {
      const kept = state.toSorted(byArrival).slice(0, n)
      out.varint(kept.length)
      for (const { time, arrival, value } of kept) {
        out.f64(time)
        out.f64(arrival)
        writeScalar(value, out)
      }
    },
    read(from: ByteReader) {
      return Array.from({ length: from.count(18) }, () => ({
        time: from.f64(),
        arrival: from.f64(),
        value: readScalar(from),
      }))
    },
    bytes: (kept) => 100 * kept.length,
  }
}

function byArrival(a: Kept, b: Kept): number {
  return a.time - b.time || a.arrival - b.arrival || compareScalars(a.value, b.value)
}
