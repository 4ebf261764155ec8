import type { Aggregate } from './aggregate.ts'
import { finiteOrNull, numberAggregate } from './number-aggregate.ts'
import type { RecordKernel } from './record-states.ts'

/** Values are finite, so that an infinite extreme is that of no values. */
const MIN_KERNEL: RecordKernel = {
  width: 1,
  empty: [Number.POSITIVE_INFINITY],
  add(records, { count, slots, values }) {
    for (let i = 0; i < count; i++) {
      const at = slots[i] ?? 0
      const value = values[i] ?? 0
      if (value < (records[at] ?? 0)) records[at] = value
    }
  },
  merge(into, at, from, fromAt) {
    into[at] = Math.min(into[at] ?? 0, from[fromAt] ?? 0)
  },
  value: (records, at) => finiteOrNull(records[at] ?? 0),
}

const MAX_KERNEL: RecordKernel = {
  width: 1,
  empty: [Number.NEGATIVE_INFINITY],
  add(records, { count, slots, values }) {
    for (let i = 0; i < count; i++) {
      const at = slots[i] ?? 0
      const value = values[i] ?? 0
      if (value > (records[at] ?? 0)) records[at] = value
    }
  },
  merge(into, at, from, fromAt) {
    into[at] = Math.max(into[at] ?? 0, from[fromAt] ?? 0)
  },
  value: (records, at) => finiteOrNull(records[at] ?? 0),
}

/** Least value; null without values. */
export const min: Aggregate = numberAggregate({ name: 'min', kernel: () => MIN_KERNEL })

/** Greatest value; null without values. */
export const max: Aggregate = numberAggregate({ name: 'max', kernel: () => MAX_KERNEL })
