import { checkSameLength, checkValues } from '../checks.ts'
import { normalCdf } from '../distributions/normal.ts'
import { rank } from '../robust/ranks.ts'
import { StatsError } from '../stats-error.ts'
import { type Alternative, pValueOf, type TestResult } from './test-result.ts'

/** Up to here the exact distribution is worked out, where there are no ties. */
const EXACT_SIZE = 50

/**
 * Mann and Whitney's test (1947) of whether values of `a` tend to be greater or less than those of `b`. The statistic is U,
 * the number of pairs with a above b, ties counting half. Exact for up to 50 values each without ties, else normal with
 * corrections for ties and continuity. O(n log n), exact O(n² m²).
 */
export function mannWhitney(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  alternative: Alternative = 'two-sided',
): TestResult {
  checkValues(a, 1, 'a')
  checkValues(b, 1, 'b')
  const [n, m] = [a.length, b.length]
  const { ranks, ties } = rank([...Array.from(a), ...Array.from(b)])
  let sum = 0
  for (let i = 0; i < n; i++) sum += ranks[i] ?? 0
  const u = sum - (n * (n + 1)) / 2
  if (ties === 0 && n <= EXACT_SIZE && m <= EXACT_SIZE) {
    const [lower, upper] = exactTails(mannWhitneyShares(n, m), u)
    return { statistic: u, pValue: pValueOf(lower, upper, alternative), exact: true }
  }
  const all = n + m
  const variance = ((n * m) / 12) * (all + 1 - ties / (all * (all - 1)))
  return byNormal(u, (n * m) / 2, variance, alternative)
}

/**
 * Wilcoxon's signed-rank test (1945) of whether a[i] − b[i], or the values alone, lie symmetrically about 0. The statistic is
 * the sum of ranks of positive differences; zeros are left out. Exact for up to 50 differences without ties or zeros. O(n log n),
 * exact O(n³).
 */
export function wilcoxonSignedRank(
  a: ArrayLike<number>,
  b: ArrayLike<number> | null = null,
  alternative: Alternative = 'two-sided',
): TestResult {
  checkValues(a, 1, 'a')
  if (b !== null) {
    checkSameLength(a, b, 'a', 'b')
    checkValues(b, 1, 'b')
  }
  const differences = Array.from(a, (x, i) => x - (b?.[i] ?? 0))
  const used = differences.filter((d) => d !== 0)
  const n = used.length
  if (n === 0) throw new StatsError('degenerate', 'a', 'all differences are 0')
  const { ranks, ties } = rank(used.map(Math.abs))
  let sum = 0
  for (const [i, d] of used.entries()) if (d > 0) sum += ranks[i] ?? 0
  if (ties === 0 && n === differences.length && n <= EXACT_SIZE) {
    const [lower, upper] = exactTails(signedRankShares(n), sum)
    return { statistic: sum, pValue: pValueOf(lower, upper, alternative), exact: true }
  }
  const variance = (n * (n + 1) * (2 * n + 1)) / 24 - ties / 48
  return byNormal(sum, (n * (n + 1)) / 4, variance, alternative)
}

/** Normal tails, the statistic moved half a step towards its mean. */
function byNormal(
  statistic: number,
  mean: number,
  variance: number,
  alternative: Alternative,
): TestResult {
  if (!(variance > 0)) throw new StatsError('degenerate', 'a', 'all values are equal')
  const deviation = Math.sqrt(variance)
  const lower = normalCdf((statistic - mean + 0.5) / deviation)
  const upper = normalCdf((mean - statistic + 0.5) / deviation)
  return { statistic, pValue: pValueOf(lower, upper, alternative), exact: false }
}

/** P(X ≤ at) and P(X ≥ at), for the shares of 0, 1, 2, …. */
function exactTails(shares: Float64Array, at: number): readonly [lower: number, upper: number] {
  let [lower, upper] = [0, 0]
  for (let i = 0; i < shares.length; i++) {
    if (i <= at) lower += shares[i] ?? 0
    if (i >= at) upper += shares[i] ?? 0
  }
  return [lower, upper]
}

/** Shares of each U: the coefficients of the Gaussian binomial, multiplied and divided factor by factor. */
function mannWhitneyShares(n: number, m: number): Float64Array {
  const size = n * m + 1
  // counts[i][u] of i values of a among those of b so far.
  let rows = Array.from({ length: n + 1 }, (_, i) => {
    const row = new Float64Array(size)
    row[0] = i >= 0 ? 1 : 0
    return row
  })
  for (let j = 1; j <= m; j++) {
    const next = rows.map(() => new Float64Array(size))
    for (let i = 0; i <= n; i++) {
      const [row, before, own] = [next[i], next[i - 1], rows[i]]
      if (row === undefined || own === undefined) continue
      // The greatest of all is of b (share j / (i + j)), or of a, and then above all j of b.
      for (let u = 0; u < size; u++) {
        const fromA = i > 0 && u >= j ? (before?.[u - j] ?? 0) * (i / (i + j)) : 0
        row[u] = (own[u] ?? 0) * (j / (i + j)) + fromA
      }
    }
    rows = next
  }
  return rows[n] ?? new Float64Array(size)
}

function signedRankShares(n: number): Float64Array {
  const size = (n * (n + 1)) / 2 + 1
  let shares = new Float64Array(size)
  shares[0] = 1
  for (let k = 1; k <= n; k++) {
    const next = new Float64Array(size)
    for (let s = 0; s < size; s++)
      next[s] = 0.5 * ((shares[s] ?? 0) + (s >= k ? (shares[s - k] ?? 0) : 0))
    shares = next
  }
  return shares
}
