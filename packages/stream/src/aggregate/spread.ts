import {
  addToHigherMoments,
  addToMoments,
  excessKurtosisOf,
  HIGHER_MOMENTS_WIDTH,
  MOMENTS_WIDTH,
  mergeHigherMoments,
  mergeMoments,
  type SpreadOf,
  skewnessOf,
  standardDeviationOf,
  varianceOf,
} from '@llmhub/stats'
import type { Aggregate } from './aggregate.ts'
import { finiteOrNull, numberAggregate } from './number-aggregate.ts'
import { wordParameter } from './parameters.ts'
import type { RecordKernel } from './record-states.ts'

type Reader = (records: Float64Array, of: SpreadOf, at: number) => number | null

function finite(value: number | null): number | null {
  return value === null ? null : finiteOrNull(value)
}

function spreadKernel(of: SpreadOf, read: Reader): RecordKernel {
  return {
    width: MOMENTS_WIDTH,
    shared: 'moments',
    add(records, { count, slots, values }) {
      for (let i = 0; i < count; i++) {
        addToMoments(records, values[i] ?? 0, 1, (slots[i] ?? 0) * MOMENTS_WIDTH)
      }
    },
    merge: (into, at, from, fromAt) => mergeMoments(into, from, at, fromAt),
    value: (records, at) => finite(read(records, of, at)),
  }
}

function shapeKernel(of: SpreadOf, read: Reader): RecordKernel {
  return {
    width: HIGHER_MOMENTS_WIDTH,
    shared: 'higher moments',
    add(records, { count, slots, values }) {
      for (let i = 0; i < count; i++) {
        addToHigherMoments(records, values[i] ?? 0, 1, (slots[i] ?? 0) * HIGHER_MOMENTS_WIDTH)
      }
    },
    merge: (into, at, from, fromAt) => mergeHigherMoments(into, from, at, fromAt),
    value: (records, at) => finite(read(records, of, at)),
  }
}

/** `kind`: 'sample' (the default: an estimate from a sample) or 'population'. */
function spreadAggregate(
  name: string,
  kernel: (of: SpreadOf, read: Reader) => RecordKernel,
  read: Reader,
): Aggregate {
  return numberAggregate({
    name,
    parameters: ['kind'],
    kernel: (spec) => kernel(wordParameter(spec, 'kind', ['sample', 'population']), read),
  })
}

/** Variance; null with fewer than two values for a sample, one for a population. */
export const variance: Aggregate = spreadAggregate('variance', spreadKernel, varianceOf)

/** Standard deviation, in the unit of the values; null where the variance is. */
export const stddev: Aggregate = spreadAggregate('stddev', spreadKernel, standardDeviationOf)

/** Skewness; null without spread, or with fewer than three values for a sample. */
export const skewness: Aggregate = spreadAggregate('skewness', shapeKernel, skewnessOf)

/** Excess kurtosis; null without spread, or with fewer than four values for a sample. */
export const kurtosis: Aggregate = spreadAggregate('kurtosis', shapeKernel, excessKurtosisOf)
