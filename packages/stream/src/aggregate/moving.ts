import {
  addToMoments,
  addToSum,
  createMoments,
  createSum,
  meanOf,
  nearestRankIndex,
  standardDeviationOf,
  sumOf,
  varianceOf,
} from '@llmhub/stats'
import { parseDuration } from '../time/duration.ts'
import type { Aggregate } from './aggregate.ts'
import { finiteOrNull } from './number-aggregate.ts'
import { type ObjectKernel, ObjectStates } from './object-states.ts'
import {
  checkMembers,
  columnOf,
  invalidAggregate,
  numberParameter,
  wordParameter,
} from './parameters.ts'
import { valueRows } from './value-rows.ts'

/** Of the values kept, by event time. */
const STATISTICS = {
  mean: (values: readonly number[]) => meanOf(momentsOf(values)),
  sum(values: readonly number[]) {
    const sum = createSum()
    for (const value of values) addToSum(sum, value)
    return values.length === 0 ? null : sumOf(sum)
  },
  count: (values: readonly number[]) => values.length,
  min: (values: readonly number[]) => Math.min(...values),
  max: (values: readonly number[]) => Math.max(...values),
  variance: (values: readonly number[]) => varianceOf(momentsOf(values), 'sample'),
  stddev: (values: readonly number[]) => standardDeviationOf(momentsOf(values), 'sample'),
  median(values: readonly number[]) {
    const sorted = values.toSorted((a, b) => a - b)
    return sorted[nearestRankIndex(Array<number>(sorted.length).fill(1), 0.5) ?? 0] ?? null
  },
} as const

type Statistic = keyof typeof STATISTICS
const NAMES = Object.keys(STATISTICS) as [Statistic, ...Statistic[]]

function momentsOf(values: readonly number[]): Float64Array {
  const moments = createMoments()
  for (const value of values) addToMoments(moments, value)
  return moments
}

interface Timed {
  readonly time: number
  readonly arrival: number
  readonly value: number
}

interface Latest {
  entries: Timed[]
  /** From so many entries on, those that are no longer among the latest are let go. */
  next: number
}

const FIRST_CUT = 32

function latestKernel(most: number, duration: number, statistic: Statistic): ObjectKernel<Latest> {
  /** The latest in order, which the bounds leave. */
  const latest = (entries: readonly Timed[]) => {
    const sorted = entries.toSorted(
      (a, b) => a.time - b.time || a.arrival - b.arrival || a.value - b.value,
    )
    const horizon = (sorted.at(-1)?.time ?? 0) - duration
    return sorted.slice(-most).filter((entry) => entry.time > horizon)
  }
  const cut = (state: Latest) => {
    if (state.entries.length < state.next) return
    state.entries = latest(state.entries)
    // Twice what is left, so that sorting costs a value the logarithm only.
    state.next = Math.max(FIRST_CUT, 2 * state.entries.length)
  }
  return {
    arrivals: true,
    create: () => ({ entries: [], next: FIRST_CUT }),
    add(at, slots, rows, count, input, arrival) {
      const found = valueRows(slots, rows, count, input, arrival)
      for (let i = 0; i < found.count; i++) {
        const state = at(found.slots[i] ?? 0)
        state.entries.push({
          time: found.times[i] ?? 0,
          arrival: found.arrivals[i] ?? 0,
          value: found.values[i] ?? 0,
        })
        cut(state)
      }
      return found.invalid
    },
    merge(into, from) {
      const state = { entries: [...into.entries, ...from.entries], next: into.next }
      cut(state)
      return state
    },
    value(state) {
      const found = STATISTICS[statistic](latest(state.entries).map((entry) => entry.value))
      return found === null ? null : finiteOrNull(found)
    },
    write(state, out) {
      const entries = latest(state.entries)
      out.varint(entries.length)
      for (const { time, arrival, value } of entries) {
        out.f64(time)
        out.f64(arrival)
        out.f64(value)
      }
    },
    read(from) {
      const entries = Array.from({ length: from.count(24) }, () => ({
        time: from.f64(),
        arrival: from.f64(),
        value: from.f64(),
      }))
      return { entries, next: Math.max(FIRST_CUT, 2 * entries.length) }
    },
    bytes: (state) => 80 + 72 * state.entries.length,
  }
}

/**
 * A statistic of the latest values of a window: the last `values` by event time (ties by arrival), those
 * within `duration` of the latest, or both bounds. `statistic`: 'mean' (default), 'sum', 'count', 'min', 'max',
 * 'variance', 'stddev' (of a sample) or 'median'. Exact in any order of rows. Memory: about 72 bytes for each
 * value within the bounds, twice that while rows come.
 */
export const moving: Aggregate = {
  name: 'moving',
  needs: 'number',
  invertible: false,
  prepare(spec, unit = 'ms') {
    checkMembers(spec, ['of', 'values', 'duration', 'statistic'])
    columnOf(spec)
    const { duration } = spec
    if (duration === undefined && spec['values'] === undefined) {
      throw invalidAggregate(spec, 'values', "or 'duration' must be given, or both")
    }
    if (duration !== undefined && typeof duration !== 'number' && typeof duration !== 'string') {
      throw invalidAggregate(spec, 'duration', 'must be a duration')
    }
    const range = { least: 1, most: 1_000_000, whole: true }
    return new ObjectStates(
      latestKernel(
        spec['values'] === undefined
          ? Number.POSITIVE_INFINITY
          : numberParameter(spec, 'values', range),
        duration === undefined
          ? Number.POSITIVE_INFINITY
          : parseDuration(duration, unit, `${spec.as}.duration`),
        wordParameter(spec, 'statistic', NAMES),
      ),
    )
  },
}
