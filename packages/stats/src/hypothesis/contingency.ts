import { checkSameLength, checkValues, checkWhole } from '../checks.ts'
import { chiSquared } from '../distributions/gamma.ts'
import { logChoose } from '../special/log-gamma.ts'
import { StatsError } from '../stats-error.ts'
import { type Alternative, pValueOf, type TestResult } from './test-result.ts'

export interface ChiSquaredResult extends TestResult {
  readonly degrees: number
}

function checkCounts(counts: ArrayLike<number>, path: string): void {
  checkValues(counts, 2, path)
  for (let i = 0; i < counts.length; i++)
    if ((counts[i] ?? 0) < 0)
      throw new StatsError('out_of_range', `${path}[${i}]`, `${counts[i]} is below 0`)
}

/**
 * Pearson's χ² of counts against expected shares, which need not sum to 1; equal ones by default. Good where expected counts are
 * 5 or more. O(n).
 */
export function chiSquaredTest(
  counts: ArrayLike<number>,
  shares: ArrayLike<number> = Array.from(counts, () => 1),
): ChiSquaredResult {
  checkCounts(counts, 'counts')
  checkSameLength(counts, shares, 'counts', 'shares')
  checkCounts(shares, 'shares')
  let [total, whole] = [0, 0]
  for (let i = 0; i < counts.length; i++) {
    total += counts[i] ?? 0
    whole += shares[i] ?? 0
  }
  if (!(total > 0)) throw new StatsError('degenerate', 'counts', 'sum to 0')
  let statistic = 0
  for (let i = 0; i < counts.length; i++) {
    const expected = total * ((shares[i] ?? 0) / whole)
    if (!(expected > 0))
      throw new StatsError(
        'out_of_range',
        `shares[${i}]`,
        'no share of 0 can be tested: leave it out',
      )
    statistic += ((counts[i] ?? 0) - expected) ** 2 / expected
  }
  const degrees = counts.length - 1
  return { statistic, degrees, pValue: chiSquared(degrees).survival(statistic), exact: false }
}

/**
 * Pearson's χ² of independence of the rows and columns of a table of counts; rows and columns that are all 0 are left out. Yates'
 * correction only if asked for (2 × 2). O(cells).
 */
export function independenceTest(
  table: readonly ArrayLike<number>[],
  options: { readonly yates?: boolean } = {},
): ChiSquaredResult {
  const first = table[0] ?? []
  for (const [i, row] of table.entries()) {
    checkSameLength(first, row, 'table[0]', `table[${i}]`)
    checkCounts(row, `table[${i}]`)
  }
  const rowSums = table.map((row) => Array.from(row).reduce((sum, x) => sum + x, 0))
  const columnSums = Array.from(first, (_, j) => table.reduce((sum, row) => sum + (row[j] ?? 0), 0))
  const total = rowSums.reduce((sum, x) => sum + x, 0)
  const rows = rowSums.filter((sum) => sum > 0).length
  const columns = columnSums.filter((sum) => sum > 0).length
  if (rows < 2 || columns < 2)
    throw new StatsError('degenerate', 'table', 'needs two rows and two columns with counts')
  let statistic = 0
  for (const [i, row] of table.entries())
    for (const [j, columnSum] of columnSums.entries()) {
      const expected = (rowSums[i] ?? 0) * (columnSum / total)
      if (expected === 0) continue
      const away = Math.abs((row[j] ?? 0) - expected)
      const corrected = options.yates === true ? away - Math.min(0.5, away) : away
      statistic += corrected ** 2 / expected
    }
  const degrees = (rows - 1) * (columns - 1)
  return { statistic, degrees, pValue: chiSquared(degrees).survival(statistic), exact: false }
}

/**
 * Fisher's exact test of the 2 × 2 table [[a, b], [c, d]] of whole counts. The statistic is the odds ratio a d / (b c) of the
 * sample, +Infinity where b c is 0; null where both products are. Two-sided: the tables that are no more probable than this one.
 * O(smallest margin).
 */
export function fisherExact(
  table: readonly [readonly [number, number], readonly [number, number]],
  alternative: Alternative = 'two-sided',
): { readonly statistic: number | null; readonly pValue: number; readonly exact: true } {
  const [[a, b], [c, d]] = table
  for (const [i, row] of table.entries())
    for (const [j, count] of row.entries()) checkWhole(count, 0, `table[${i}][${j}]`)
  const [n, m, k] = [a + b, c + d, a + c]
  const [low, high] = [Math.max(0, k - m), Math.min(k, n)]
  const whole = logChoose(n + m, k)
  const share = (x: number): number => Math.exp(logChoose(n, x) + logChoose(m, k - x) - whole)
  const own = share(a)
  let [lower, upper, both] = [0, 0, 0]
  for (let x = low; x <= high; x++) {
    const p = share(x)
    if (x <= a) lower += p
    if (x >= a) upper += p
    // Probabilities that are equal come out equal only up to rounding.
    if (p <= own * (1 + 1e-7)) both += p
  }
  const [top, bottom] = [a * d, b * c]
  return {
    statistic: bottom > 0 ? top / bottom : top > 0 ? Number.POSITIVE_INFINITY : null,
    pValue: alternative === 'two-sided' ? Math.min(1, both) : pValueOf(lower, upper, alternative),
    exact: true,
  }
}
