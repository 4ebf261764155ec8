import { checkWhole } from '../checks.ts'
import { sampleNormal } from '../random/continuous.ts'
import type { RandomSource } from '../random/generator.ts'
import { quantileOfSorted } from '../robust/quantile.ts'
import { StatsError } from '../stats-error.ts'

export interface PathOptions {
  /** Futures to draw. */
  readonly count: number
  readonly random: RandomSource
}

/** What the paths of a forecast are drawn from. */
export interface PathModel {
  /** Standard deviations of the errors of each step. */
  readonly deviation: Float64Array
  /** Value of a step at so many deviations of a normal distribution off its mean. */
  readonly valueAt: (h: number, z: number) => number
}

/** Part of the variance of each step's error that all steps of a path share: that of the level and the model itself. */
const COMMON_SHARE = 0.15

/**
 * Futures whose steps have the quantiles of the intervals, and hang together as the errors of a forecast do. Deviations
 * that grow with the horizon tell how: what an innovation leaves j steps later is the root of what variance
 * grows by there, w_j² = (σ²_{j+1} − σ²_j) / σ²_1, so that random walks wander and noise around a level does not.
 * The steps are normal with the correlations of that moving average and one part in common, and each is put
 * onto its own quantiles (a normal copula). O(count · horizon²).
 */
export function drawPaths(
  { deviation, valueAt }: PathModel,
  { count, random }: PathOptions,
): readonly Float64Array[] {
  checkWhole(count, 1, 'options.paths.count')
  const horizon = deviation.length
  const weights = innovationWeights(deviation)
  const roots = new Float64Array(horizon)
  let squares = 0
  for (let h = 0; h < horizon; h++) {
    squares += (weights[h] as number) ** 2
    roots[h] = Math.sqrt((1 - COMMON_SHARE) / squares)
  }
  const innovations = new Float64Array(horizon)
  return Array.from({ length: count }, () => {
    const common = Math.sqrt(COMMON_SHARE) * sampleNormal(random)
    for (let h = 0; h < horizon; h++) innovations[h] = sampleNormal(random)
    return Float64Array.from({ length: horizon }, (_, h) => {
      let sum = 0
      for (let j = 0; j <= h; j++) sum += (weights[j] as number) * (innovations[h - j] as number)
      return valueAt(h, common + (roots[h] as number) * sum)
    })
  })
}

/** 1 and the w_j above; deviations that fall, as with seasons that multiply, count as staying. */
function innovationWeights(deviation: Float64Array): Float64Array {
  const weights = new Float64Array(deviation.length)
  weights[0] = 1
  const first = deviation[0] ?? 0
  let most = first
  for (let h = 1; h < weights.length && first > 0; h++) {
    const ratio = Math.max(most, deviation[h] as number) / first
    weights[h] = Math.sqrt(Math.max(0, ratio * ratio - (most / first) ** 2))
    most = Math.max(most, deviation[h] as number)
  }
  return weights
}

/**
 * Sums of the first `steps` values of each path, ascending, for `quantileOfSorted`: the distribution of, say, the spend of the
 * rest of the month. Default: all steps. Quantiles of single steps do not add up to those of a sum.
 * Throws a StatsError without paths, or when they are shorter. O(count · (steps + log count)).
 */
export function pathTotals(
  paths: readonly ArrayLike<number>[],
  steps: number = paths[0]?.length ?? 0,
): Float64Array {
  checkPaths(paths)
  checkWhole(steps, 1, 'steps')
  const sums = Float64Array.from(paths, (path, i) => {
    if (path.length < steps)
      throw new StatsError('length', `paths[${i}]`, `${path.length} steps, not ${steps}`)
    let sum = 0
    for (let h = 0; h < steps; h++) sum += path[h] as number
    return sum
  })
  return sums.sort()
}

export interface Exhaustion {
  /** Share of the paths whose running sum reaches the amount: how likely that is within the horizon. */
  readonly probability: number
  /** Steps after which the given share of all paths has reached it, 1 being the first; null beyond the horizon. */
  quantile(this: void, share: number): number | null
}

/**
 * When running sums of the paths reach an amount: a budget, a quota. Throws a StatsError without paths, or for an amount
 * that is not finite. O(count · horizon).
 */
export function pathExhaustion(paths: readonly ArrayLike<number>[], amount: number): Exhaustion {
  checkPaths(paths)
  if (!Number.isFinite(amount)) throw new StatsError('not_finite', 'amount', `${amount}`)
  const steps = Float64Array.from(paths, (path) => stepsTo(path, amount)).sort()
  const reached = steps.filter(Number.isFinite).length
  return {
    probability: reached / steps.length,
    quantile(share) {
      const at = quantileOfSorted(steps, share, 1)
      return Number.isFinite(at) ? at : null
    },
  }
}

function stepsTo(path: ArrayLike<number>, amount: number): number {
  let sum = 0
  for (let h = 0; h < path.length; h++) {
    sum += path[h] as number
    if (sum >= amount) return h + 1
  }
  return Number.POSITIVE_INFINITY
}

function checkPaths(paths: readonly ArrayLike<number>[]): void {
  if (paths.length === 0)
    throw new StatsError('too_few', 'paths', 'none; ask `forecast` for them by `paths`')
}
