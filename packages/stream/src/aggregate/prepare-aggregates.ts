import type { TimeUnit } from '../time/time.ts'
import type { AggregateSpec, Aggregates, States } from './aggregate.ts'
import { prepareAggregate } from './aggregates.ts'

/** The states of several aggregates, each that several hold only once. */
export interface PreparedAggregates {
  /** What rows are added to, merged and written. */
  readonly states: readonly PreparedStates[]
  /** Values of a slot by the names of the aggregates. `seconds` is as for `States.value`. */
  values(slot: number, seconds?: number): Record<string, unknown>
}

export interface PreparedStates {
  /** The column that is `column` of their input; null where they read none, or find theirs by name. */
  readonly of: string | null
  readonly states: States
}

/**
 * States for several specifications. Those that hold the same of one column, such as median, p95 and p99, or sum and
 * mean, become one: added to, merged and written once. Their order follows that of the
 * specifications, so that snapshots of equal specifications agree. Throws as `prepareAggregate`.
 */
export function prepareAggregates(
  specs: readonly AggregateSpec[],
  unit: TimeUnit = 'ms',
  others: Aggregates = {},
): PreparedAggregates {
  const states: PreparedStates[] = []
  const holders = new Map<string, States>()
  const readers = specs.map((spec) => {
    const own = prepareAggregate(spec, unit, others)
    const of = spec.of ?? null
    const key = JSON.stringify([own.shared, of])
    const holder = own.shared === undefined ? undefined : holders.get(key)
    if (holder !== undefined) {
      return (slot: number, seconds?: number) => own.valueFrom?.(holder, slot, seconds)
    }
    if (own.shared !== undefined) holders.set(key, own)
    states.push({ of, states: own })
    return (slot: number, seconds?: number) => own.value(slot, seconds)
  })
  return {
    states,
    values(slot, seconds) {
      const values: Record<string, unknown> = {}
      for (const [i, spec] of specs.entries()) values[spec.as] = readers[i]?.(slot, seconds)
      return values
    },
  }
}
