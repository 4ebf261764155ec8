import { checkSameLength, checkValues } from '../checks.ts'
import { addToComoments, correlationOf, createComoments } from '../comoments.ts'
import { normalCdf } from '../distributions/normal.ts'
import { studentT } from '../distributions/student-t.ts'
import { rank } from '../robust/ranks.ts'
import { StatsError } from '../stats-error.ts'
import { type Alternative, pValueOf, type TestResult } from './test-result.ts'

function checked(x: ArrayLike<number>, y: ArrayLike<number>): void {
  checkSameLength(x, y, 'x', 'y')
  checkValues(x, 3, 'x')
  checkValues(y, 3, 'y')
}

/** Pearson's correlation of at least three pairs, tested by Student's t with n − 2 degrees (exact for normal values). O(n). */
export function pearsonTest(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  alternative: Alternative = 'two-sided',
): TestResult {
  checked(x, y)
  const record = createComoments()
  for (let i = 0; i < x.length; i++) addToComoments(record, x[i] ?? 0, y[i] ?? 0)
  const statistic = correlationOf(record)
  if (statistic === null) throw new StatsError('degenerate', 'x', 'x or y does not vary')
  const degrees = x.length - 2
  const t = studentT(degrees)
  const score = statistic * Math.sqrt(degrees / ((1 - statistic) * (1 + statistic)))
  return { statistic, pValue: pValueOf(t.cdf(score), t.survival(score), alternative), exact: false }
}

/** Spearman's rank correlation, ties by mean ranks; p-value by Student's t of the ranks, good from 10 pairs on. O(n log n). */
export function spearmanTest(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  alternative: Alternative = 'two-sided',
): TestResult {
  checked(x, y)
  return pearsonTest(rank(x).ranks, rank(y).ranks, alternative)
}

/**
 * Kendall's τ-b, corrected for ties. Exact up to 50 pairs without ties, else normal with the variance for ties (Kendall 1970).
 * O(n²).
 */
export function kendallTest(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  alternative: Alternative = 'two-sided',
): TestResult {
  checked(x, y)
  const n = x.length
  let balance = 0
  for (let i = 1; i < n; i++)
    for (let j = 0; j < i; j++)
      balance += Math.sign((x[i] ?? 0) - (x[j] ?? 0)) * Math.sign((y[i] ?? 0) - (y[j] ?? 0))
  const [tx, ty] = [groupSizes(x), groupSizes(y)]
  const pairs = (n * (n - 1)) / 2
  const tied = (sizes: readonly number[]) => sizes.reduce((sum, t) => sum + (t * (t - 1)) / 2, 0)
  const scale = Math.sqrt(pairs - tied(tx)) * Math.sqrt(pairs - tied(ty))
  if (!(scale > 0)) throw new StatsError('degenerate', 'x', 'x or y does not vary')
  const statistic = Math.min(1, Math.max(-1, balance / scale))
  if (tx.length === n && ty.length === n && n <= 50) {
    const shares = inversionShares(n)
    const discordant = (pairs - balance) / 2
    let [fewer, more] = [0, 0]
    for (const [k, share] of shares.entries()) {
      if (k >= discordant) more += share
      if (k <= discordant) fewer += share
    }
    return { statistic, pValue: pValueOf(more, fewer, alternative), exact: true }
  }
  const by = (sizes: readonly number[], f: (t: number) => number) =>
    sizes.reduce((sum, t) => sum + f(t), 0)
  const spread = (t: number) => t * (t - 1) * (2 * t + 5)
  const triple = (t: number) => t * (t - 1) * (t - 2)
  const double = (t: number) => t * (t - 1)
  const variance =
    (spread(n) - by(tx, spread) - by(ty, spread)) / 18 +
    (by(tx, triple) * by(ty, triple)) / (9 * triple(n)) +
    (by(tx, double) * by(ty, double)) / (2 * double(n))
  const z = balance / Math.sqrt(variance)
  return { statistic, pValue: pValueOf(normalCdf(z), normalCdf(-z), alternative), exact: false }
}

/** How many values there are of each kind. */
function groupSizes(values: ArrayLike<number>): number[] {
  const sizes = new Map<number, number>()
  for (let i = 0; i < values.length; i++)
    sizes.set(values[i] ?? 0, (sizes.get(values[i] ?? 0) ?? 0) + 1)
  return [...sizes.values()]
}

/** Shares of permutations of n by their number of inversions. */
function inversionShares(n: number): Float64Array {
  let shares = Float64Array.of(1)
  for (let k = 2; k <= n; k++) {
    const next = new Float64Array(shares.length + k - 1)
    for (let i = 0; i < shares.length; i++)
      for (let j = 0; j < k; j++) next[i + j] = (next[i + j] ?? 0) + (shares[i] ?? 0) / k
    shares = next
  }
  return shares
}
