import { DistinctCount, hashNumber, hashText, QuantileSketch, TopK } from '@llmhub/stats'
import type { Column } from '../batch/batch.ts'
import type { Aggregate } from './aggregate.ts'
import { type ObjectKernel, ObjectStates, restored } from './object-states.ts'
import { checkMembers, columnOf, invalidAggregate, numberParameter } from './parameters.ts'
import { readScalar, type Scalar, scalarAt, writeScalar } from './scalar.ts'
import { valueRows } from './value-rows.ts'

function quantileKernel(value: (sketch: QuantileSketch) => unknown): ObjectKernel<QuantileSketch> {
  return {
    shared: 'sketch',
    create: () => new QuantileSketch(),
    add(at, slots, rows, count, input) {
      const found = valueRows(slots, rows, count, input)
      for (let i = 0; i < found.count; i++) at(found.slots[i] ?? 0).add(found.values[i] ?? 0)
      return found.invalid
    },
    merge(into, from) {
      into.merge(from)
      return into
    },
    value,
    write: (sketch, out) => out.bytes(sketch.toBytes()),
    read(from) {
      const bytes = from.bytes()
      return restored(from, () => QuantileSketch.fromBytes(bytes))
    },
    bytes: (sketch) => 160 + sketch.bytes,
  }
}

/** Quantile `q` (0 … 1) by nearest rank: exact up to 64 values, within 1 % beyond; null without values. */
export const quantile: Aggregate = {
  name: 'quantile',
  needs: 'number',
  invertible: false,
  prepare(spec) {
    checkMembers(spec, ['of', 'q'])
    columnOf(spec)
    const q = numberParameter(spec, 'q', { least: 0, most: 1 })
    return new ObjectStates(quantileKernel((sketch) => sketch.quantile(q)))
  },
}

/** Several quantiles from one sketch: `qs: [0.5, 0.95]` gives a list in the same order. */
export const quantiles: Aggregate = {
  name: 'quantiles',
  needs: 'number',
  invertible: false,
  prepare(spec) {
    checkMembers(spec, ['of', 'qs'])
    columnOf(spec)
    const { qs } = spec
    if (!Array.isArray(qs) || qs.length === 0) {
      throw invalidAggregate(spec, 'qs', 'must be a list of numbers from 0 to 1')
    }
    const shares = qs.map((q: unknown) =>
      numberParameter({ ...spec, qs: q }, 'qs', { least: 0, most: 1 }),
    )
    return new ObjectStates(quantileKernel((sketch) => sketch.quantiles(shares)))
  },
}

/** The quantile 0.5: of an even number of values the lower of the middle two. */
export const median: Aggregate = {
  name: 'median',
  needs: 'number',
  invertible: false,
  prepare(spec) {
    checkMembers(spec, ['of'])
    columnOf(spec)
    return new ObjectStates(quantileKernel((sketch) => sketch.quantile(0.5)))
  },
}

/** Hashes by code of the dictionaries met last: a text that many rows have is hashed once. */
const dictionaryHashes = new WeakMap<readonly string[], Float64Array>()

function hashesOf(values: readonly string[]): Float64Array {
  let hashes = dictionaryHashes.get(values)
  if (hashes === undefined) {
    hashes = Float64Array.from(values, hashText)
    dictionaryHashes.set(values, hashes)
  }
  return hashes
}

const DISTINCT_KERNEL: ObjectKernel<DistinctCount> = {
  create: () => new DistinctCount(),
  add(at, slots, rows, count, { column }) {
    if (column === null) return 0
    if (column.type === 'dict') {
      const hashes = hashesOf(column.values)
      for (let i = 0; i < count; i++) {
        const code = column.codes[rows[i] ?? 0] ?? -1
        if (code >= 0) at(slots[i] ?? 0).addHash(hashes[code] ?? 0)
      }
      return 0
    }
    return eachScalar(column, slots, rows, count, (slot, value) => {
      at(slot).addHash(typeof value === 'number' ? hashNumber(value) : hashText(value))
    })
  },
  merge(into, from) {
    into.merge(from)
    return into
  },
  value: (state) => state.estimate(),
  write: (state, out) => out.bytes(state.toBytes()),
  read(from) {
    const bytes = from.bytes()
    return restored(from, () => DistinctCount.fromBytes(bytes))
  },
  bytes: (state) => 80 + state.bytes,
}

/** Number of different values: exact up to 512, an estimate with a standard error of 0.81 % beyond. */
export const distinct: Aggregate = {
  name: 'distinct',
  needs: 'any',
  invertible: false,
  prepare(spec) {
    checkMembers(spec, ['of'])
    columnOf(spec)
    return new ObjectStates(DISTINCT_KERNEL)
  },
}

function topKernel(k: number, capacity: number): ObjectKernel<TopK<Scalar>> {
  return {
    shared: `top ${capacity}`,
    create: () => new TopK<Scalar>(capacity),
    add: (at, slots, rows, count, { column }) =>
      column === null
        ? 0
        : eachScalar(column, slots, rows, count, (slot, value) => at(slot).add(value)),
    merge(into, from) {
      into.merge(from)
      return into
    },
    value: (top) => top.top(k),
    write(top, out) {
      const { total, error, values, counts } = top.state()
      out.f64(total)
      out.f64(error)
      out.varint(values.length)
      for (const [i, value] of values.entries()) {
        writeScalar(value, out)
        out.f64(counts[i] ?? 0)
      }
    },
    read(from) {
      const [total, error] = [from.f64(), from.f64()]
      const values: Scalar[] = []
      const counts: number[] = []
      const length = from.count(10)
      for (let i = 0; i < length; i++) {
        const [value, count] = [readScalar(from), from.f64()]
        if (!(count > 0)) throw from.bad(`the count ${count} of a value`)
        values.push(value)
        counts.push(count)
      }
      return TopK.from({ total, error, values, counts }, capacity)
    },
    bytes: (top) => 120 + 60 * top.size,
  }
}

/**
 * The `k` (10) most frequent values as a list of { value, count, error }: the value came between count − error
 * and count times. Exact, error 0, as long as there are at most 2 · `capacity` different values (default
 * of capacity: 10 · k, at least 100); else the error is at most rows / capacity, and what came more
 * often than that is in the list.
 */
export const topK: Aggregate = {
  name: 'top_k',
  needs: 'any',
  invertible: false,
  prepare(spec) {
    checkMembers(spec, ['of', 'k', 'capacity'])
    columnOf(spec)
    const k = numberParameter(spec, 'k', { least: 1, most: 10_000, whole: true, fallback: 10 })
    const capacity = numberParameter(spec, 'capacity', {
      least: k,
      most: 1_000_000,
      whole: true,
      fallback: Math.max(100, 10 * k),
    })
    return new ObjectStates(topKernel(k, capacity))
  },
}

/** Calls `visit` for every row that has a value; answers how many were NaN or infinite. */
function eachScalar(
  column: Column,
  slots: Int32Array,
  rows: Int32Array,
  count: number,
  visit: (slot: number, value: Scalar) => void,
): number {
  let invalid = 0
  for (let i = 0; i < count; i++) {
    const value = scalarAt(column, rows[i] ?? 0)
    if (value === null) continue
    if (Number.isNaN(value)) invalid++
    else visit(slots[i] ?? 0, value)
  }
  return invalid
}
