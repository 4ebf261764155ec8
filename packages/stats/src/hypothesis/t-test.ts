import { checkBetween, checkFinite, checkSameLength, checkValues } from '../checks.ts'
import { studentT } from '../distributions/student-t.ts'
import { addToMoments, createMoments, meanOf, varianceOf } from '../moments.ts'
import type { Interval } from '../regression.ts'
import { StatsError } from '../stats-error.ts'
import { type Alternative, pValueOf, type TestResult } from './test-result.ts'

export interface TTestOptions {
  /** Default two-sided. */
  readonly alternative?: Alternative
  /** Mean, or difference of means, of the hypothesis. Default 0. */
  readonly mean?: number
  /** Of the interval. Default 0.95. */
  readonly confidence?: number
}

export interface TTestResult extends TestResult {
  readonly degrees: number
  /** Mean, or difference of means. */
  readonly estimate: number
  readonly standardError: number
  /** Open to one side where the alternative is. */
  readonly interval: Interval
}

function summary(values: ArrayLike<number>, path: string) {
  checkValues(values, 2, path)
  const record = createMoments()
  for (let i = 0; i < values.length; i++) addToMoments(record, values[i] ?? 0)
  const n = values.length
  return { n, mean: meanOf(record) ?? 0, variance: varianceOf(record, 'sample') ?? 0 }
}

function concluded(
  estimate: number,
  standardError: number,
  degrees: number,
  options: TTestOptions,
): TTestResult {
  const { alternative = 'two-sided', mean = 0, confidence = 0.95 } = options
  checkFinite(mean, 'options.mean')
  checkBetween(confidence, 0, 1, 'options.confidence')
  if (!(standardError > 0))
    throw new StatsError('degenerate', 'values', 'do not vary, so that nothing can be tested')
  const t = studentT(degrees)
  const statistic = (estimate - mean) / standardError
  const tail = alternative === 'two-sided' ? (1 - confidence) / 2 : 1 - confidence
  const half = t.upperQuantile(tail) * standardError
  return {
    statistic,
    pValue: pValueOf(t.cdf(statistic), t.survival(statistic), alternative),
    exact: true,
    degrees,
    estimate,
    standardError,
    interval: {
      low: alternative === 'less' ? Number.NEGATIVE_INFINITY : estimate - half,
      high: alternative === 'greater' ? Number.POSITIVE_INFINITY : estimate + half,
    },
  }
}

/** Student's test of the mean of two or more values that vary. O(n). */
export function tTest(values: ArrayLike<number>, options: TTestOptions = {}): TTestResult {
  const { n, mean, variance } = summary(values, 'values')
  return concluded(mean, Math.sqrt(variance / n), n - 1, options)
}

/** The same of the differences a[i] − b[i]. */
export function pairedTTest(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  options: TTestOptions = {},
): TTestResult {
  checkSameLength(a, b, 'a', 'b')
  checkValues(a, 2, 'a')
  checkValues(b, 2, 'b')
  return tTest(
    Float64Array.from(a, (x, i) => x - (b[i] ?? 0)),
    options,
  )
}

/** Whether a and b have the same mean, without assuming equal variances (Welch 1947; degrees by Satterthwaite). O(n). */
export function welchTest(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  options: TTestOptions = {},
): TTestResult {
  const [x, y] = [summary(a, 'a'), summary(b, 'b')]
  const [u, v] = [x.variance / x.n, y.variance / y.n]
  const degrees = (u + v) ** 2 / (u ** 2 / (x.n - 1) + v ** 2 / (y.n - 1))
  return concluded(x.mean - y.mean, Math.sqrt(u + v), u + v > 0 ? degrees : 1, options)
}

/** The same with one variance for both (Student 1908). */
export function pooledTTest(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  options: TTestOptions = {},
): TTestResult {
  const [x, y] = [summary(a, 'a'), summary(b, 'b')]
  const degrees = x.n + y.n - 2
  const pooled = ((x.n - 1) * x.variance + (y.n - 1) * y.variance) / degrees
  return concluded(x.mean - y.mean, Math.sqrt(pooled * (1 / x.n + 1 / y.n)), degrees, options)
}
