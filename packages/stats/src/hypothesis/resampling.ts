import { checkBetween, checkValues, checkWhole } from '../checks.ts'
import { normalCdf } from '../distributions/normal.ts'
import type { RandomSource } from '../random/generator.ts'
import { shuffle } from '../random/sampling.ts'
import type { Interval } from '../regression.ts'
import { quantileOfSorted } from '../robust/quantile.ts'
import { normalQuantile } from '../special/normal-quantile.ts'
import { StatsError } from '../stats-error.ts'
import { type Alternative, pValueOf, type TestResult } from './test-result.ts'

export interface PermutationOptions {
  readonly alternative?: Alternative
  /** Random permutations. Default 9999. */
  readonly permutations?: number
}

/**
 * Whether it matters which values are of a and which of b, for any statistic of the two (default: difference of means). Counts the
 * order seen among the permutations, so that the p-value is valid and never 0 (Phipson and Smyth 2010).
 * O(permutations · (n + m)) and as many statistics.
 */
export function permutationTest(
  random: RandomSource,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  statistic: (a: Float64Array, b: Float64Array) => number = differenceOfMeans,
  options: PermutationOptions = {},
): TestResult {
  const { alternative = 'two-sided', permutations = 9999 } = options
  checkValues(a, 1, 'a')
  checkValues(b, 1, 'b')
  checkWhole(permutations, 1, 'options.permutations')
  const pool = Float64Array.from([...Array.from(a), ...Array.from(b)])
  const n = a.length
  const evaluate = (): number => {
    const value = statistic(pool.subarray(0, n), pool.subarray(n))
    if (Number.isNaN(value))
      throw new StatsError('not_finite', 'statistic', 'is NaN for a permutation of the values')
    return value
  }
  const seen = evaluate()
  // Sums in another order differ by roundings, which must not make equal statistics unequal.
  const slack = 1e-12 * Math.abs(seen)
  let [lower, upper] = [1, 1]
  for (let i = 0; i < permutations; i++) {
    shuffle(random, pool)
    const value = evaluate()
    if (value <= seen + slack) lower++
    if (value >= seen - slack) upper++
  }
  const all = permutations + 1
  return { statistic: seen, pValue: pValueOf(lower / all, upper / all, alternative), exact: false }
}

function differenceOfMeans(a: Float64Array, b: Float64Array): number {
  return meanOfValues(a) - meanOfValues(b)
}

function meanOfValues(values: Float64Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i] ?? 0
  return sum / values.length
}

export interface BootstrapOptions {
  /** Default 0.95. */
  readonly confidence?: number
  /** Default 2000. */
  readonly resamples?: number
}

export interface Bootstrap {
  /** Of the values themselves. */
  readonly estimate: number
  /** Standard deviation over the resamples. */
  readonly standardError: number
  /** Mean over the resamples less the estimate. */
  readonly bias: number
  /** Bias-corrected and accelerated interval. */
  readonly interval: Interval
}

/**
 * Interval of any statistic of two or more independent values by resampling: BCa (Efron 1987), which corrects for bias and
 * skewness by the normal score of the estimate among the resamples and by the jackknife. O((resamples + n) · n).
 */
export function bootstrap(
  random: RandomSource,
  values: ArrayLike<number>,
  statistic: (values: Float64Array) => number = meanOfValues,
  options: BootstrapOptions = {},
): Bootstrap {
  const { confidence = 0.95, resamples = 2000 } = options
  checkValues(values, 2, 'values')
  checkBetween(confidence, 0, 1, 'options.confidence')
  checkWhole(resamples, 2, 'options.resamples')
  const n = values.length
  const own = Float64Array.from(values)
  const evaluate = (sample: Float64Array): number => {
    const value = statistic(sample)
    if (!Number.isFinite(value))
      throw new StatsError('not_finite', 'statistic', `is ${value} for a resample`)
    return value
  }
  const estimate = evaluate(own.slice())
  const drawn = new Float64Array(resamples)
  const sample = new Float64Array(n)
  for (let r = 0; r < resamples; r++) {
    for (let i = 0; i < n; i++) sample[i] = own[Math.floor(random() * n)] ?? 0
    drawn[r] = evaluate(sample)
  }
  drawn.sort()
  const mean = meanOfValues(drawn)
  let squares = 0
  let below = 0
  for (const value of drawn) {
    squares += (value - mean) ** 2
    below += value < estimate ? 1 : value === estimate ? 0.5 : 0
  }
  // Half a resample is kept on either side, so that the score is finite.
  const share = Math.min(Math.max(below, 0.5), resamples - 0.5) / resamples
  const bias = normalQuantile(share)
  const acceleration = accelerationOf(own, evaluate)
  const end = (z: number): number => {
    const moved = bias + z
    const p = normalCdf(bias + moved / (1 - acceleration * moved))
    return quantileOfSorted(drawn, p, 6)
  }
  const z = normalQuantile((1 + confidence) / 2)
  return {
    estimate,
    standardError: Math.sqrt(squares / (resamples - 1)),
    bias: mean - estimate,
    interval: { low: end(-z), high: end(z) },
  }
}

/** A sixth of the skewness of what each value contributes, by leaving it out. */
function accelerationOf(values: Float64Array, statistic: (values: Float64Array) => number): number {
  const n = values.length
  const without = values.slice(1)
  const estimates = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    if (i > 0) without[i - 1] = values[i - 1] ?? 0
    estimates[i] = statistic(without)
  }
  const mean = meanOfValues(estimates)
  let [squares, cubes] = [0, 0]
  for (const estimate of estimates) {
    squares += (mean - estimate) ** 2
    cubes += (mean - estimate) ** 3
  }
  return squares > 0 ? cubes / (6 * squares ** 1.5) : 0
}
