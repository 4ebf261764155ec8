import type { TimeUnit } from '../time/time.ts'
import type { Aggregate, AggregateSpec } from './aggregate.ts'
import { checkMembers, columnOf } from './parameters.ts'
import { type RecordKernel, RecordStates } from './record-states.ts'

export interface NumberAggregateParts {
  readonly name: string
  /** Parameters beside `of`. */
  readonly parameters?: readonly string[]
  readonly ordered?: boolean
  /** As in `Aggregate`. */
  readonly columns?: readonly string[]
  /** The kernel for a specification whose members are known by name, not yet by value. */
  kernel(spec: AggregateSpec, unit: TimeUnit): RecordKernel
  readonly invertible?: boolean
}

/** An aggregate of one numeric column whose states are records of doubles. */
export function numberAggregate(parts: NumberAggregateParts): Aggregate {
  return {
    name: parts.name,
    needs: 'number',
    invertible: parts.invertible ?? false,
    ordered: parts.ordered ?? false,
    columns: parts.columns ?? ['of'],
    prepare(spec, unit = 'ms') {
      checkMembers(spec, ['of', ...(parts.parameters ?? [])])
      columnOf(spec)
      return new RecordStates(parts.kernel(spec, unit))
    },
  }
}

/** A result as JSON can say it: null in place of NaN and the infinities. */
export function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
