import { addToMoments, MOMENTS_WIDTH, mergeMoments } from '@llmhub/stats'
import type { Aggregate } from './aggregate.ts'
import { finiteOrNull, numberAggregate } from './number-aggregate.ts'
import type { RecordKernel } from './record-states.ts'

/** Record: [time, arrival, value of the last row, moments of all rows]. */
const MOMENTS_AT = 3
const WIDTH = MOMENTS_AT + MOMENTS_WIDTH

function isLater(
  records: Float64Array,
  at: number,
  time: number,
  arrival: number,
  value: number,
): boolean {
  if ((records[at + MOMENTS_AT] ?? 0) === 0) return true
  const order = time - (records[at] ?? 0) || arrival - (records[at + 1] ?? 0)
  return order > 0 || (order === 0 && value < (records[at + 2] ?? 0))
}

const KERNEL: RecordKernel = {
  width: WIDTH,
  arrivals: true,
  add(records, { count, slots, values, times, arrivals }) {
    for (let i = 0; i < count; i++) {
      const at = (slots[i] ?? 0) * WIDTH
      const [time, arrival, value] = [times[i] ?? 0, arrivals[i] ?? 0, values[i] ?? 0]
      if (isLater(records, at, time, arrival, value)) {
        records[at] = time
        records[at + 1] = arrival
        records[at + 2] = value
      }
      addToMoments(records, value, 1, at + MOMENTS_AT)
    }
  },
  merge(into, at, from, fromAt) {
    if ((from[fromAt + MOMENTS_AT] ?? 0) === 0) return
    const [time, arrival, value] = [from[fromAt] ?? 0, from[fromAt + 1] ?? 0, from[fromAt + 2] ?? 0]
    if (isLater(into, at, time, arrival, value)) {
      into[at] = time
      into[at + 1] = arrival
      into[at + 2] = value
    }
    mergeMoments(into, from, at + MOMENTS_AT, fromAt + MOMENTS_AT)
  },
  value(records, at) {
    const n = records[at + MOMENTS_AT] ?? 0
    if (n < 3) return null
    const last = records[at + 2] ?? 0
    // Moments of the others: the merging formula of Chan et al., solved for one of the parts.
    const distance =
      last - (records[at + MOMENTS_AT + 1] ?? 0) - (records[at + MOMENTS_AT + 2] ?? 0)
    const toOthers = (distance * n) / (n - 1)
    const m2 = (records[at + MOMENTS_AT + 3] ?? 0) - distance * toOthers
    if (toOthers === 0) return 0
    return m2 > 0 ? finiteOrNull(toOthers / Math.sqrt(m2 / (n - 2))) : null
  },
}

/**
 * How far the last value of a window (by event time, ties by arrival) is from the mean of the others, in their
 * standard deviations (of a sample). Null with fewer than three values, and where the others are all
 * equal but the last is not.
 */
export const zScore: Aggregate = numberAggregate({ name: 'z_score', kernel: () => KERNEL })
