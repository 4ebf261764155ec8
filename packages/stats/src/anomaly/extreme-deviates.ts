import { checkBetween, checkValues, checkWhole } from '../checks.ts'
import { stl } from '../decompose/stl.ts'
import { studentT } from '../distributions/student-t.ts'
import { sortedValues } from '../robust/quantile.ts'
import { MAD_TO_DEVIATION } from '../robust/spread.ts'
import { StatsError } from '../stats-error.ts'
import type { AnomalyDirection } from './detector-options.ts'

export interface ExtremeDeviatesOptions {
  /** Greatest share of outliers looked for, below 0.5. Default 0.02. */
  readonly greatestShare?: number
  /** Level of significance. Default 0.05. */
  readonly alpha?: number
  /** Default both. */
  readonly direction?: AnomalyDirection
}

/**
 * The generalised extreme Studentised deviate test (Rosner 1983) with median and median absolute deviation in place of
 * mean and standard deviation (Vallis, Hochenbaum and Kejariwal 2014): takes out the value that is farthest from the median of the
 * rest, again and again, and answers as many of those as end with one beyond the critical value
 * t (n − i) / √((n − i − 1 + t²)(n − i + 1)). Places of the outliers, the most extreme first. Three finite values or
 * more, else a StatsError. O(n log n + k log n) for k looked for.
 */
export function extremeDeviates(
  values: ArrayLike<number>,
  options: ExtremeDeviatesOptions = {},
): readonly number[] {
  const { greatestShare = 0.02, alpha = 0.05, direction = 'both' } = options
  checkValues(values, 3, 'values')
  checkBetween(greatestShare, 0, 0.5, 'options.greatestShare')
  checkBetween(alpha, 0, 1, 'options.alpha')
  const n = values.length
  const order = Array.from({ length: n }, (_, i) => i).sort(
    (a, b) => (values[a] as number) - (values[b] as number) || a - b,
  )
  const sorted = sortedValues(values)
  const most = Math.min(n - 2, Math.max(1, Math.trunc(greatestShare * n)))
  const removed: number[] = []
  let found = 0
  // What is left is always a run of the sorted values, for only its ends can be farthest from its median.
  let [first, last] = [0, n - 1]
  for (let i = 1; i <= most; i++) {
    const centre = medianOfRun(sorted, first, last)
    const deviation = MAD_TO_DEVIATION * madOfRun(sorted, first, last, centre)
    if (!(deviation > 0)) break
    const below = direction === 'up' ? Number.NEGATIVE_INFINITY : centre - (sorted[first] as number)
    const above =
      direction === 'down' ? Number.NEGATIVE_INFINITY : (sorted[last] as number) - centre
    const takeLow = below > above
    removed.push(order[takeLow ? first++ : last--] as number)
    const statistic = Math.max(below, above) / deviation
    const left = n - i + 1
    const t = studentT(n - i - 1).upperQuantile(alpha / (direction === 'both' ? 2 * left : left))
    if (statistic > (t * (n - i)) / Math.sqrt((n - i - 1 + t * t) * left)) found = i
  }
  return removed.slice(0, found)
}

export interface SeasonalDeviatesOptions extends ExtremeDeviatesOptions {
  /** Points of a season, from 2 on. */
  readonly period: number
  /** Points of the pieces that the series is cut into, each with a level of its own: whole seasons. Default: one piece. */
  readonly piece?: number
}

/**
 * S-H-ESD (Vallis, Hochenbaum and Kejariwal 2014): `extremeDeviates` of what robust STL with a periodic season leaves, less the median
 * of the series, by pieces with a level of their own. Places of the outliers, ascending. Finite values, two seasons or
 * more, else a StatsError. Cost is that of 16 passes of STL.
 */
export function seasonalDeviates(
  values: ArrayLike<number>,
  options: SeasonalDeviatesOptions,
): readonly number[] {
  const { period } = options
  const n = values.length
  checkWhole(period, 2, 'options.period')
  checkValues(values, 2 * period, 'values')
  const piece = options.piece ?? n
  checkWhole(piece, 2 * period, 'options.piece')
  if (piece % period !== 0 && options.piece !== undefined)
    throw new StatsError('out_of_range', 'options.piece', `${piece} is not whole seasons`)
  const all = Float64Array.from(values)
  const found = new Set<number>()
  for (let start = 0; start < n; start += piece) {
    // The last piece reaches back, so that it is as long as the others.
    const from = Math.max(0, Math.min(start, n - piece))
    const part = all.subarray(from, Math.min(n, from + piece))
    const { seasonal } = stl(part, { period, seasonalWindow: 'periodic', robust: true })
    const rest = part.map((value, i) => value - (seasonal[i] as number))
    for (const at of extremeDeviates(rest, options)) found.add(from + at)
  }
  return [...found].sort((a, b) => a - b)
}

function medianOfRun(sorted: Float64Array, first: number, last: number): number {
  const middle = (first + last) / 2
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2
}

/** Median distance from the centre in a sorted run: the distances to both sides are sorted already. O(log n). */
function madOfRun(sorted: Float64Array, first: number, last: number, centre: number): number {
  const size = last - first + 1
  const half = Math.floor((size - 1) / 2)
  const low = nearest(sorted, first, last, centre, half)
  return size % 2 === 1 ? low : (low + nearest(sorted, first, last, centre, half + 1)) / 2
}

/** The distance of rank k, from 0 on: the window of k + 1 neighbours whose farther end is nearest. */
function nearest(
  sorted: Float64Array,
  first: number,
  last: number,
  centre: number,
  k: number,
): number {
  let low = first
  let high = last - k
  while (low < high) {
    const middle = (low + high) >> 1
    const toLeft = centre - (sorted[middle] as number)
    const toRight = (sorted[middle + k] as number) - centre
    if (toRight >= toLeft) high = middle
    else low = middle + 1
  }
  const reach = (at: number): number =>
    Math.max(centre - (sorted[at] as number), (sorted[at + k] as number) - centre)
  return low > first ? Math.min(reach(low), reach(low - 1)) : reach(low)
}
