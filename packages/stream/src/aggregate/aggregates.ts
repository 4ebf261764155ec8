import { nearestName } from '../nearest-name.ts'
import { StreamError } from '../stream-error.ts'
import type { TimeUnit } from '../time/time.ts'
import type { Aggregate, AggregateSpec, Aggregates, States } from './aggregate.ts'
import { collect } from './collect.ts'
import { compositeAggregate } from './composite.ts'
import { count } from './count.ts'
import { ema } from './ema.ts'
import { histogram } from './histogram.ts'
import { max, min } from './min-max.ts'
import { moving } from './moving.ts'
import { argMax, argMin, first, last } from './pick.ts'
import { rate } from './rate.ts'
import { correlation, covariance, regression } from './relation.ts'
import { distinct, median, quantile, quantiles, topK } from './sketched.ts'
import { kurtosis, skewness, stddev, variance } from './spread.ts'
import { mean, sum } from './sum.ts'
import { zScore } from './z-score.ts'

/** All aggregates of this package by name. */
export const AGGREGATES: Aggregates = Object.fromEntries(
  [
    argMax,
    argMin,
    collect,
    compositeAggregate(prepareAggregate),
    correlation,
    count,
    covariance,
    distinct,
    ema,
    first,
    histogram,
    kurtosis,
    last,
    max,
    mean,
    median,
    min,
    moving,
    quantile,
    quantiles,
    rate,
    regression,
    skewness,
    stddev,
    sum,
    topK,
    variance,
    zScore,
  ].map((aggregate) => [aggregate.name, aggregate]),
)

/**
 * States for a specification. `others` are the aggregates of the user, which come before those of this
 * package. Throws a StreamError: `unknown_aggregate` with the nearest name, or `invalid_aggregate`.
 */
export function prepareAggregate(
  spec: AggregateSpec,
  unit: TimeUnit = 'ms',
  others: Aggregates = {},
): States {
  return aggregateNamed(spec, others).prepare(spec, unit, others)
}

export function aggregateNamed(spec: AggregateSpec, others: Aggregates = {}): Aggregate {
  const name = spec.aggregate
  for (const known of [others, AGGREGATES]) {
    const found = Object.hasOwn(known, name) ? known[name] : undefined
    if (found !== undefined) return found
  }
  const names = [...Object.keys(others), ...Object.keys(AGGREGATES)]
  const near = nearestName(name, names)
  const hint = near === null ? `there are ${names.join(', ')}` : `did you mean '${near}'?`
  throw new StreamError(
    'unknown_aggregate',
    `there is no aggregate '${name}' (as '${spec.as}'); ${hint}`,
    `${spec.as}.aggregate`,
  )
}
