import {
  addToComoments,
  COMOMENTS_WIDTH,
  correlationOf,
  covarianceOf,
  lineOf,
  mergeComoments,
} from '@llmhub/stats'
import type { Aggregate, AggregateSpec } from './aggregate.ts'
import { finiteOrNull, numberAggregate } from './number-aggregate.ts'
import { columnOf, wordParameter } from './parameters.ts'
import type { RecordKernel } from './record-states.ts'

function relationKernel(
  second: string,
  value: (records: Float64Array, at: number) => unknown,
): RecordKernel {
  return {
    width: COMOMENTS_WIDTH,
    shared: 'comoments',
    second,
    add(records, { count, slots, values, others }) {
      for (let i = 0; i < count; i++) {
        addToComoments(records, values[i] ?? 0, others[i] ?? 0, (slots[i] ?? 0) * COMOMENTS_WIDTH)
      }
    },
    merge: (into, at, from, fromAt) => mergeComoments(into, from, at, fromAt),
    value,
  }
}

/** Of rows that have a number in both columns: x is `of`, y is `with`. */
function relationAggregate(
  name: string,
  parameters: readonly string[],
  value: (spec: AggregateSpec) => (records: Float64Array, at: number) => unknown,
): Aggregate {
  return numberAggregate({
    name,
    parameters: ['with', ...parameters],
    columns: ['of', 'with'],
    kernel: (spec) => relationKernel(columnOf(spec, 'with'), value(spec)),
  })
}

/** Covariance of `of` and `with`. `kind`: 'sample' (default) or 'population'. */
export const covariance: Aggregate = relationAggregate('covariance', ['kind'], (spec) => {
  const kind = wordParameter(spec, 'kind', ['sample', 'population'])
  return (records, at) => {
    const found = covarianceOf(records, kind, at)
    return found === null ? null : finiteOrNull(found)
  }
})

/** Pearson's correlation of `of` and `with`; null where one of them does not vary. */
export const correlation: Aggregate = relationAggregate('correlation', [], () => correlationOf)

/** Line of least squares of `with` over `of`, as { slope, intercept }; null where `of` does not vary. */
export const regression: Aggregate = relationAggregate('regression', [], () => lineOf)
