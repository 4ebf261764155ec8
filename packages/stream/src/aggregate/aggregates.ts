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

/** The name that takes the fewest edits, if they are at most a third of its letters or two. */
function nearestName(name: string, names: readonly string[]): string | null {
  let nearest: string | null = null
  let least = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of names) {
    const edits = editDistance(name, candidate)
    if (edits < least) {
      least = edits
      nearest = candidate
    }
  }
  return nearest
}

/** Levenshtein's distance: insertions, deletions and replacements. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      current.push(
        Math.min(
          (previous[j] ?? 0) + 1,
          (current[j - 1] ?? 0) + 1,
          (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      )
    }
    previous = current
  }
  return previous[b.length] ?? 0
}
