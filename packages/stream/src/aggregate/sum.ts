import { addToSum, mergeSums, retractSum, SUM_WIDTH, sumOf } from '@llmhub/stats'
import type { Aggregate } from './aggregate.ts'
import { finiteOrNull, numberAggregate } from './number-aggregate.ts'
import type { RecordKernel } from './record-states.ts'

/** Record: [number of values, compensated sum]. */
const SUM_AT = 1

function sumKernel(valueOf: (count: number, sum: number) => number): RecordKernel {
  return {
    width: 1 + SUM_WIDTH,
    shared: 'sum',
    add(records, { count, slots, values }) {
      for (let i = 0; i < count; i++) {
        const at = (slots[i] ?? 0) * (1 + SUM_WIDTH)
        records[at] = (records[at] ?? 0) + 1
        addToSum(records, values[i] ?? 0, at + SUM_AT)
      }
    },
    merge(into, at, from, fromAt) {
      into[at] = (into[at] ?? 0) + (from[fromAt] ?? 0)
      mergeSums(into, from, at + SUM_AT, fromAt + SUM_AT)
    },
    retract(into, at, from, fromAt) {
      const left = (into[at] ?? 0) - (from[fromAt] ?? 0)
      into[at] = left
      retractSum(into, from, at + SUM_AT, fromAt + SUM_AT)
      // Nothing is left to be off by a rounding.
      if (left === 0) into.fill(0, at, at + 1 + SUM_WIDTH)
    },
    value(records, at) {
      const count = records[at] ?? 0
      return count === 0 ? null : finiteOrNull(valueOf(count, sumOf(records, at + SUM_AT)))
    },
  }
}

/** Compensated sum; null without values, and beyond the range of a double. */
export const sum: Aggregate = numberAggregate({
  name: 'sum',
  invertible: true,
  kernel: () => sumKernel((_, total) => total),
})

/** Compensated sum divided by the number of values; null without values. */
export const mean: Aggregate = numberAggregate({
  name: 'mean',
  invertible: true,
  kernel: () => sumKernel((values, total) => total / values),
})
