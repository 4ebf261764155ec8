import {
  addToDecayed,
  DECAYED_WIDTH,
  decayedMeanOf,
  decayedVarianceOf,
  mergeDecayed,
  rateOfAlpha,
  rateOfHalfLife,
  rateOfSpan,
  shiftDecayed,
} from '@llmhub/stats'
import { parseDuration } from '../time/duration.ts'
import type { TimeUnit } from '../time/time.ts'
import type { Aggregate, AggregateSpec } from './aggregate.ts'
import { numberAggregate } from './number-aggregate.ts'
import { invalidAggregate, numberParameter, wordParameter } from './parameters.ts'
import type { RecordKernel } from './record-states.ts'

const STATISTICS = ['mean', 'variance', 'stddev'] as const
type Statistic = (typeof STATISTICS)[number]

function valueOf(records: Float64Array, at: number, statistic: Statistic): number | null {
  if (statistic === 'mean') return decayedMeanOf(records, at)
  const variance = decayedVarianceOf(records, 'sample', at)
  return variance === null || statistic === 'variance' ? variance : Math.sqrt(variance)
}

/** Weights fall with the event time. */
function timeKernel(rate: number, statistic: Statistic): RecordKernel {
  return {
    width: DECAYED_WIDTH,
    shared: `decayed by time ${rate}`,
    add(records, { count, slots, values, times }) {
      for (let i = 0; i < count; i++) {
        const at = (slots[i] ?? 0) * DECAYED_WIDTH
        addToDecayed(records, values[i] ?? 0, times[i] ?? 0, rate, at)
      }
    },
    merge: (into, at, from, fromAt) => mergeDecayed(into, from, rate, at, fromAt),
    value: (records, at) => valueOf(records, at, statistic),
  }
}

/**
 * Weights fall by value: record [earliest event time, number of values, decayed moments], of which the
 * times are the numbers of the values.
 */
function countKernel(rate: number, statistic: Statistic): RecordKernel {
  const width = 2 + DECAYED_WIDTH
  const copy = new Float64Array(DECAYED_WIDTH)
  return {
    width,
    shared: `decayed by value ${rate}`,
    empty: [Number.POSITIVE_INFINITY, ...Array<number>(width - 1).fill(0)],
    add(records, { count, slots, values, times }) {
      for (let i = 0; i < count; i++) {
        const at = (slots[i] ?? 0) * width
        const seen = records[at + 1] ?? 0
        addToDecayed(records, values[i] ?? 0, seen, rate, at + 2)
        records[at] = Math.min(records[at] ?? 0, times[i] ?? 0)
        records[at + 1] = seen + 1
      }
    },
    merge(into, at, from, fromAt) {
      const [seen, added] = [into[at + 1] ?? 0, from[fromAt + 1] ?? 0]
      const earliest = from[fromAt] ?? 0
      copy.set(from.subarray(fromAt + 2, fromAt + width))
      // The part that began earlier comes first.
      if (earliest < (into[at] ?? 0)) shiftDecayed(into, added, at + 2)
      else shiftDecayed(copy, seen)
      mergeDecayed(into, copy, rate, at + 2)
      into[at] = Math.min(into[at] ?? 0, earliest)
      into[at + 1] = seen + added
    },
    value: (records, at) => valueOf(records, at + 2, statistic),
  }
}

function kernelOf(spec: AggregateSpec, unit: TimeUnit): RecordKernel {
  const given = ['alpha', 'span', 'half_life'].filter((member) => spec[member] !== undefined)
  if (given.length !== 1) {
    throw invalidAggregate(spec, 'alpha', "or 'span' or 'half_life' must be given, one of them")
  }
  const statistic = wordParameter(spec, 'statistic', STATISTICS)
  const { half_life: halfLife } = spec
  if (typeof halfLife === 'string' || typeof halfLife === 'number') {
    const time = parseDuration(halfLife, unit, `${spec.as}.half_life`)
    return timeKernel(rateOfHalfLife(time), statistic)
  }
  if (halfLife !== undefined) throw invalidAggregate(spec, 'half_life', 'must be a duration')
  if (spec['alpha'] !== undefined) {
    const alpha = numberParameter(spec, 'alpha', { least: 1e-9, most: 1 - 1e-9 })
    return countKernel(rateOfAlpha(alpha), statistic)
  }
  const span = numberParameter(spec, 'span', { least: 1 + 1e-9, most: 1e9 })
  return countKernel(rateOfSpan(span), statistic)
}

/**
 * Exponential moving average of the values of a window, or with `statistic` 'variance' or 'stddev' their
 * spread (of a sample). With `half_life`, a duration, weights fall with event time, in whatever order rows come.
 * With `alpha` or `span` (α = 2 / (span + 1)) they fall by value in order of arrival, and parts that are
 * merged follow each other by their earliest event time. Weights are normalised (no bias of the start).
 */
export const ema: Aggregate = numberAggregate({
  name: 'ema',
  parameters: ['alpha', 'span', 'half_life', 'statistic'],
  ordered: true,
  kernel: kernelOf,
})
