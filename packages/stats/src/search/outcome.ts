import { checkSameLength, checkWithin } from '../checks.ts'
import { StatsError } from '../stats-error.ts'
import { bounded, type Evidence, gather, type Measurement } from './evidence.ts'

export type Direction = 'minimise' | 'maximise'

/** What a trial gave: its value, or all there is to say of it, or that it gave nothing. */
export type Outcome =
  | number
  | 'failed'
  | {
      /** One for each objective. */
      readonly values: readonly number[]
      /** Variances of the values where they are known, as of means of many measurements. */
      readonly variances?: readonly number[]
      /** One for each constraint; it holds where this is at most 0. */
      readonly constraints?: readonly number[]
    }

/** A trial with all objectives as costs; `costs` is null where it failed. */
export interface Trial {
  readonly x: Float64Array
  readonly costs: readonly number[] | null
  readonly variances: readonly number[]
  readonly constraints: readonly number[]
}

/** Beyond it squares of values, and sums of them, overflow. */
const GREATEST = 1e100

/** A StatsError unless the outcome has a finite number for everything that the problem has. */
export function trialOf(
  x: Float64Array,
  outcome: Outcome,
  directions: readonly Direction[],
  constraintCount: number,
): Trial {
  if (outcome === 'failed') return { x, costs: null, variances: [], constraints: [] }
  const {
    values,
    variances,
    constraints = [],
  } = typeof outcome === 'number' ? { values: [outcome], variances: undefined } : outcome
  checkSameLength(directions, values, 'options.directions', 'outcome.values')
  const spreads = variances ?? values.map(() => 0)
  checkSameLength(values, spreads, 'outcome.values', 'outcome.variances')
  if (constraints.length !== constraintCount)
    throw new StatsError(
      'length',
      'outcome.constraints',
      `${constraints.length}, not ${constraintCount}`,
    )
  for (const [i, value] of values.entries())
    checkWithin(value, -GREATEST, GREATEST, `outcome.values[${i}]`)
  for (const [i, value] of constraints.entries())
    checkWithin(value, -GREATEST, GREATEST, `outcome.constraints[${i}]`)
  for (const [i, value] of spreads.entries())
    checkWithin(value, 0, GREATEST, `outcome.variances[${i}]`)
  return {
    x,
    costs: values.map((value, i) => (directions[i] === 'maximise' ? -value : value)),
    variances: spreads,
    constraints,
  }
}

/** What trials that did not fail say of one cost. */
export function costMeasurements(trials: readonly Trial[], index: number): Measurement[] {
  return trials.flatMap(({ x, costs, variances }) =>
    costs === null
      ? []
      : [{ x, value: costs[index] as number, variance: variances[index] as number }],
  )
}

/** Evidence on one cost, for a model. */
export function costEvidence(trials: readonly Trial[], index: number): Evidence {
  return bounded(gather(costMeasurements(trials, index)))
}

/**
 * Evidence on the only cost, or on a random compromise of several: the greatest of them by weight, each from 0 to 1 over
 * what was seen, and a little of their sum (Knowles 2006, ParEGO).
 */
export function compromiseEvidence(trials: readonly Trial[], weights: readonly number[]): Evidence {
  if (weights.length === 1) return costEvidence(trials, 0)
  const done = trials.flatMap(({ x, costs }) => (costs === null ? [] : [{ x, costs }]))
  const ranges = weights.map((_, k) => {
    const column = done.map(({ costs }) => costs[k] as number)
    const low = column.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY)
    const high = column.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
    return { low, width: high > low ? high - low : 1 }
  })
  return bounded(
    gather(
      done.map(({ x, costs }) => {
        const shares = costs.map((cost, k) => {
          const { low, width } = ranges[k] as { low: number; width: number }
          return ((weights[k] as number) * (cost - low)) / width
        })
        const sum = shares.reduce((all, share) => all + share, 0)
        return { x, value: Math.max(...shares) + 0.05 * sum, variance: 0 }
      }),
    ),
  )
}

/** Evidence on one constraint; failed trials say nothing of it. */
export function constraintEvidence(trials: readonly Trial[], index: number): Evidence {
  return bounded(
    gather(
      trials.flatMap(({ x, costs, constraints }) =>
        costs === null ? [] : [{ x, value: constraints[index] as number, variance: 0 }],
      ),
    ),
  )
}

/** Evidence on failing: 1 where a trial failed, −1 where it did not. */
export function failureEvidence(trials: readonly Trial[]): Evidence {
  return bounded(
    gather(trials.map(({ x, costs }) => ({ x, value: costs === null ? 1 : -1, variance: 0 }))),
  )
}

/**
 * Draws values above the median in: by the logarithm, in units of the way from the least to the median. What is far worse than
 * usual says little about where the best is, and would make the function look rougher than it is there.
 */
export function drawnIn(evidence: Evidence): Evidence {
  const sorted = evidence.means.toSorted()
  const middle = sorted[Math.floor(sorted.length / 2)] as number
  const unit = middle - (sorted[0] as number)
  if (!(unit > 0)) return evidence
  return {
    ...evidence,
    means: evidence.means.map((value) =>
      value > middle ? middle + unit * Math.log1p((value - middle) / unit) : value,
    ),
  }
}
