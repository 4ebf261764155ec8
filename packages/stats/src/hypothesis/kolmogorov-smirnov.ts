import { checkWithin } from '../checks.ts'
import { sortedValues } from '../robust/quantile.ts'
import type { TestResult } from './test-result.ts'

/** Two-sample tests of up to this many pairs of values are exact. */
const EXACT_PAIRS = 10_000

/** One-sample tests of up to this many values are exact. */
const EXACT_VALUES = 140

/**
 * P(K > x) of Kolmogorov's limit distribution, x ≥ 0: its alternating series above 1, the theta form below (Marsaglia, Tsang
 * and Wang 2003). Constant time.
 */
export function kolmogorovSurvival(x: number): number {
  checkWithin(x, 0, Number.POSITIVE_INFINITY, 'x')
  if (x < 0.2) return 1
  let sum = 0
  if (x < 1) {
    const t = -(Math.PI ** 2) / (8 * x * x)
    for (let k = 1; k < 20; k += 2) sum += Math.exp(k * k * t)
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum
  }
  for (let k = 1; k < 20; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x)
  return sum
}

/**
 * Whether values come from a continuous distribution, given by its cdf with no parameter fitted to them. The statistic is the
 * greatest distance of the empirical from the given cdf; two-sided. Exact for up to 140 values (Marsaglia, Tsang and Wang 2003),
 * else by the limit with Stephens' correction. O(n log n).
 */
export function ksTest(values: ArrayLike<number>, cdf: (x: number) => number): TestResult {
  const sorted = sortedValues(values)
  const n = sorted.length
  let statistic = 0
  for (let i = 0; i < n; i++) {
    const p = cdf(sorted[i] ?? 0)
    checkWithin(p, 0, 1, `cdf(${sorted[i]})`)
    statistic = Math.max(statistic, p - i / n, (i + 1) / n - p)
  }
  if (n <= EXACT_VALUES)
    return { statistic, pValue: Math.max(0, 1 - kolmogorovCdf(n, statistic)), exact: true }
  const root = Math.sqrt(n)
  const pValue = kolmogorovSurvival((root + 0.12 + 0.11 / root) * statistic)
  return { statistic, pValue, exact: false }
}

/** P(Dₙ < d): an entry of the n-th power of a banded matrix. */
function kolmogorovCdf(n: number, d: number): number {
  const k = Math.floor(n * d) + 1
  const m = 2 * k - 1
  const h = k - n * d
  let matrix = new Float64Array(m * m)
  for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) matrix[i * m + j] = i - j + 1 < 0 ? 0 : 1
  for (let i = 0; i < m; i++) {
    matrix[i * m] = (matrix[i * m] ?? 0) - h ** (i + 1)
    matrix[(m - 1) * m + i] = (matrix[(m - 1) * m + i] ?? 0) - h ** (m - i)
  }
  const corner = (m - 1) * m
  matrix[corner] = (matrix[corner] ?? 0) + Math.max(0, 2 * h - 1) ** m
  for (let i = 0; i < m; i++)
    for (let j = 0; j < m; j++)
      for (let g = 2; g <= i - j + 1; g++) matrix[i * m + j] = (matrix[i * m + j] ?? 0) / g
  // n! / nⁿ times the power; both kept within range by dividing the power by n at each step of the factorial.
  let power: Float64Array<ArrayBuffer> | null = null
  let scale = 0
  let powerScale = 0
  for (let e = n; e > 0; e = Math.floor(e / 2)) {
    if (e % 2 === 1) {
      power = power === null ? matrix.slice() : multiplied(power, matrix, m)
      powerScale += scale
      powerScale += rescaled(power)
    }
    matrix = multiplied(matrix, matrix, m)
    scale = 2 * scale + rescaled(matrix)
  }
  let log = Math.log(power?.[(k - 1) * m + k - 1] ?? 0) + powerScale
  for (let i = 1; i <= n; i++) log += Math.log(i / n)
  return Math.min(1, Math.exp(log))
}

function multiplied(a: Float64Array, b: Float64Array, m: number): Float64Array<ArrayBuffer> {
  const out = new Float64Array(m * m)
  for (let i = 0; i < m; i++)
    for (let k = 0; k < m; k++) {
      const share = a[i * m + k] ?? 0
      if (share === 0) continue
      for (let j = 0; j < m; j++)
        out[i * m + j] = (out[i * m + j] ?? 0) + share * (b[k * m + j] ?? 0)
    }
  return out
}

/** Divides by the greatest entry, in place, and gives its logarithm. */
function rescaled(a: Float64Array): number {
  let most = 0
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i] ?? 0))
  if (most === 0) return 0
  for (let i = 0; i < a.length; i++) a[i] = (a[i] ?? 0) / most
  return Math.log(most)
}

/**
 * Whether two samples come from one distribution; the statistic is the greatest distance of their empirical cdfs; two-sided. Exact,
 * ties included, for up to 10,000 pairs of values (paths on the lattice; Schröer and Trenkler 1995), else by the limit.
 * O(n log n), exact O(n m).
 */
export function ksTest2(a: ArrayLike<number>, b: ArrayLike<number>): TestResult {
  const [x, y] = [sortedValues(a, 1, 'a'), sortedValues(b, 1, 'b')]
  const [n, m] = [x.length, y.length]
  // Where steps of both cdfs are done at a value, so that distances count there.
  const ends = new Uint8Array(n + m + 1)
  let [i, j] = [0, 0]
  let most = 0
  while (i < n || j < m) {
    const at = Math.min(x[i] ?? Number.POSITIVE_INFINITY, y[j] ?? Number.POSITIVE_INFINITY)
    while (i < n && x[i] === at) i++
    while (j < m && y[j] === at) j++
    ends[i + j] = 1
    // Whole numbers, so that equal distances are equal.
    most = Math.max(most, Math.abs(i * m - j * n))
  }
  const statistic = most / (n * m)
  if (n * m <= EXACT_PAIRS) return { statistic, pValue: pathsBeyond(n, m, most, ends), exact: true }
  return {
    statistic,
    pValue: Math.min(1, kolmogorovSurvival(Math.sqrt((n * m) / (n + m)) * statistic)),
    exact: false,
  }
}

/** Share of lattice paths from (0, 0) to (n, m) that reach a distance of `most` where it counts. */
function pathsBeyond(n: number, m: number, most: number, ends: Uint8Array): number {
  // beyond[j]: share of the paths to (i, j) that have been out; sharing by the chance that the last step was of a or b.
  const beyond = new Float64Array(m + 1)
  for (let i = 0; i <= n; i++) {
    for (let j = 0; j <= m; j++) {
      const out = ends[i + j] === 1 && Math.abs(i * m - j * n) >= most
      const fromA = i > 0 ? (beyond[j] ?? 0) * (i / (i + j)) : 0
      const fromB = j > 0 ? (beyond[j - 1] ?? 0) * (j / (i + j)) : 0
      beyond[j] = out ? 1 : i + j === 0 ? 0 : fromA + fromB
    }
  }
  return Math.min(1, beyond[m] ?? 1)
}
