import {
  addToMoments,
  MOMENTS_WIDTH,
  meanOf,
  mergeMoments,
  standardDeviationOf,
} from '@llmhub/stats'
import type { Aggregate } from './aggregate.ts'
import { finiteOrNull, numberAggregate } from './number-aggregate.ts'
import type { RecordKernel } from './record-states.ts'

/** Record: [time, arrival, value of the last row, moments of the others]. The time of no row is −∞. */
const MOMENTS_AT = 3
const WIDTH = MOMENTS_AT + MOMENTS_WIDTH

/** Takes a row in: the later of it and the last one is the last, the other joins the others. */
function addRow(
  records: Float64Array,
  at: number,
  time: number,
  arrival: number,
  value: number,
): void {
  const last = records[at] ?? 0
  const order = time - last || arrival - (records[at + 1] ?? 0) || (records[at + 2] ?? 0) - value
  if (order <= 0) {
    addToMoments(records, value, 1, at + MOMENTS_AT)
    return
  }
  if (last !== Number.NEGATIVE_INFINITY) {
    addToMoments(records, records[at + 2] ?? 0, 1, at + MOMENTS_AT)
  }
  records[at] = time
  records[at + 1] = arrival
  records[at + 2] = value
}

const KERNEL: RecordKernel = {
  width: WIDTH,
  empty: [Number.NEGATIVE_INFINITY, ...Array<number>(WIDTH - 1).fill(0)],
  arrivals: true,
  add(records, { count, slots, values, times, arrivals }) {
    for (let i = 0; i < count; i++) {
      const at = (slots[i] ?? 0) * WIDTH
      addRow(records, at, times[i] ?? 0, arrivals[i] ?? 0, values[i] ?? 0)
    }
  },
  merge(into, at, from, fromAt) {
    const time = from[fromAt] ?? 0
    if (time === Number.NEGATIVE_INFINITY) return
    mergeMoments(into, from, at + MOMENTS_AT, fromAt + MOMENTS_AT)
    addRow(into, at, time, from[fromAt + 1] ?? 0, from[fromAt + 2] ?? 0)
  },
  value(records, at) {
    const mean = meanOf(records, at + MOMENTS_AT)
    const deviation = standardDeviationOf(records, 'sample', at + MOMENTS_AT)
    if (mean === null || deviation === null) return null
    const distance = (records[at + 2] ?? 0) - mean
    return distance === 0 ? 0 : finiteOrNull(distance / deviation)
  },
}

/**
 * How far the last value of a window (by event time, ties by arrival) is from the mean of the others, in their
 * standard deviations (of a sample). Null with fewer than three values, and where the others are all
 * equal but the last is not.
 */
export const zScore: Aggregate = numberAggregate({ name: 'z_score', kernel: () => KERNEL })
