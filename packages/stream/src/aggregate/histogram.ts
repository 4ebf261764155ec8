import {
  binByEdges,
  checkEdges,
  type ExponentialBuckets,
  ExponentialHistogram,
} from '@llmhub/stats'
import type { ByteReader } from '../bytes.ts'
import type { Aggregate, AggregateSpec } from './aggregate.ts'
import { finiteOrNull } from './number-aggregate.ts'
import { type ObjectKernel, ObjectStates, restored } from './object-states.ts'
import { checkMembers, columnOf, invalidAggregate, numberParameter } from './parameters.ts'
import { type RecordKernel, RecordStates } from './record-states.ts'
import { valueRows } from './value-rows.ts'

function edgesKernel(edges: Float64Array): RecordKernel {
  const width = edges.length + 1
  return {
    width,
    add(records, { count, slots, values }) {
      for (let i = 0; i < count; i++) {
        const at = (slots[i] ?? 0) * width + binByEdges(edges, values[i] ?? 0)
        records[at] = (records[at] ?? 0) + 1
      }
    },
    merge(into, at, from, fromAt) {
      for (let i = 0; i < width; i++) into[at + i] = (into[at + i] ?? 0) + (from[fromAt + i] ?? 0)
    },
    value: (records, at) => ({
      edges: [...edges],
      counts: [...records.subarray(at, at + width)],
    }),
  }
}

function exponentialKernel(buckets: number): ObjectKernel<ExponentialHistogram> {
  return {
    create: () => new ExponentialHistogram({ buckets }),
    add(at, slots, rows, count, input) {
      const found = valueRows(slots, rows, count, input)
      for (let i = 0; i < found.count; i++) at(found.slots[i] ?? 0).add(found.values[i] ?? 0)
      return found.invalid
    },
    merge(into, from) {
      into.merge(from)
      return into
    },
    value: (histogram) => histogram.state(),
    write(histogram, out) {
      const { scale, zeroCount, positive, negative, count, sum, min, max } = histogram.state()
      out.i32(scale)
      for (const number of [zeroCount, count, sum]) out.f64(number)
      out.f64(min ?? Number.POSITIVE_INFINITY)
      out.f64(max ?? Number.NEGATIVE_INFINITY)
      for (const { offset, counts } of [positive, negative]) {
        out.i32(offset)
        out.varint(counts.length)
        for (const held of counts) out.f64(held)
      }
    },
    read(from) {
      const scale = from.i32()
      const [zeroCount, count, sum] = [from.f64(), from.f64(), from.f64()]
      const [min, max] = [finiteOrNull(from.f64()), finiteOrNull(from.f64())]
      const [positive, negative] = [readBuckets(from), readBuckets(from)]
      const state = { scale, zeroCount, positive, negative, count, sum, min, max }
      return restored(from, () => ExponentialHistogram.from(state, { buckets }))
    },
    // Two maps of whole numbers.
    bytes: () => 200 + 2 * 20 * buckets,
  }
}

function readBuckets(from: ByteReader): ExponentialBuckets {
  const offset = from.i32()
  return { offset, counts: Array.from({ length: from.count(8) }, () => from.f64()) }
}

function edgesOf(spec: AggregateSpec, given: unknown): Float64Array {
  if (!Array.isArray(given) || !given.every((edge) => typeof edge === 'number')) {
    throw invalidAggregate(spec, 'edges', 'must be a list of numbers')
  }
  try {
    checkEdges(given)
  } catch (error) {
    throw invalidAggregate(spec, 'edges', error instanceof Error ? error.message : 'are wrong')
  }
  return Float64Array.from(given)
}

/**
 * Counts by size. With `edges`, ascending: { edges, counts }, `counts[i]` of values in
 * (edges[i − 1], edges[i]], one more count than edges. Without: an exponential histogram as in OTLP, at
 * most `buckets` (160) for each sign.
 */
export const histogram: Aggregate = {
  name: 'histogram',
  needs: 'number',
  invertible: false,
  prepare(spec) {
    checkMembers(spec, ['of', 'edges', 'buckets'])
    columnOf(spec)
    if (spec['edges'] !== undefined) {
      if (spec['buckets'] !== undefined) {
        throw invalidAggregate(spec, 'buckets', "is for a histogram without 'edges'")
      }
      return new RecordStates(edgesKernel(edgesOf(spec, spec['edges'])))
    }
    const range = { least: 2, most: 10_000, whole: true, fallback: 160 }
    return new ObjectStates(exponentialKernel(numberParameter(spec, 'buckets', range)))
  },
}
