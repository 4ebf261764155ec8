import { checkPositive, checkSummable, checkValues } from '../checks.ts'
import { StatsError } from '../stats-error.ts'

/**
 * What it costs to take the values from `start` up to, not including, `end` as one segment: twice their negative log
 * likelihood at its best, up to a constant for each value. Searches add it up and compare, in constant time a segment.
 */
export interface SegmentCost {
  /** Number of values. */
  readonly length: number
  /** Values that a segment needs at least to have a cost. */
  readonly least: number
  between(this: void, start: number, end: number): number
}

/**
 * Cost of one mean where the standard deviation is known and the same everywhere: Σ (x − x̄)² / σ². O(n) to make.
 * Values are finite; a StatsError otherwise, and for a deviation that is not above 0.
 */
export function meanCost(values: ArrayLike<number>, deviation: number): SegmentCost {
  checkPositive(deviation, 'deviation')
  const { sums, squares } = prefixSums(values, deviation)
  return {
    length: values.length,
    least: 1,
    between: (start, end) => squaresAround(sums, squares, start, end),
  }
}

/**
 * Cost of one line where the standard deviation about it is known and the same everywhere: Σ (x − a − b t)² / σ². The
 * lines of neighbours need not meet. O(n) to make.
 */
export function lineCost(values: ArrayLike<number>, deviation: number): SegmentCost {
  checkPositive(deviation, 'deviation')
  const n = values.length
  const { scaled, sums, squares } = prefixSums(values, deviation)
  // Σ (t − n/2) x: times around the middle, so that less cancels.
  const moments = new Float64Array(n + 1)
  for (let t = 0; t < n; t++)
    moments[t + 1] = (moments[t] as number) + (t - n / 2) * (scaled[t] as number)
  return {
    length: n,
    least: 2,
    between: (start, end) => {
      const count = end - start
      const rest = squaresAround(sums, squares, start, end)
      if (count < 3) return 0
      const middle = (start + end - 1) / 2 - n / 2
      const sum = (sums[end] as number) - (sums[start] as number)
      const product = (moments[end] as number) - (moments[start] as number) - middle * sum
      return Math.max(0, rest - (12 * product * product) / (count * (count * count - 1)))
    },
  }
}

/** Below this share of the whole variance, a segment's variance is that of rounding, not of the values. */
const LEAST_VARIANCE = 1e-8

/**
 * Cost of a mean and a variance of its own, values being normal: n (ln σ̂² + 1). Variances are held above 1e-8 of that of
 * all values, so that equal values in a row are not infinitely likely. O(n) to make.
 */
export function meanVarianceCost(values: ArrayLike<number>): SegmentCost {
  const n = values.length
  const whole = prefixSums(values, 1)
  const variance = n === 0 ? 0 : squaresAround(whole.sums, whole.squares, 0, n) / n
  const { sums, squares } = variance > 0 ? prefixSums(values, Math.sqrt(variance)) : whole
  return {
    length: n,
    least: 2,
    between: (start, end) => {
      const count = end - start
      const own = squaresAround(sums, squares, start, end) / count
      const held = Math.max(own, LEAST_VARIANCE)
      return count * (Math.log(held) + own / held)
    },
  }
}

/** Cost of one rate of counts, Poisson: 2 (S − S ln (S / n)). O(n) to make. Throws a StatsError for a negative count. */
export function poissonCost(counts: ArrayLike<number>): SegmentCost {
  checkSummable(counts, 0, 'counts')
  const sums = new Float64Array(counts.length + 1)
  for (let t = 0; t < counts.length; t++) {
    const count = counts[t] as number
    if (count < 0) throw new StatsError('out_of_range', `counts[${t}]`, `${count} is negative`)
    sums[t + 1] = (sums[t] as number) + count
  }
  return {
    length: counts.length,
    least: 1,
    between: (start, end) => {
      const sum = (sums[end] as number) - (sums[start] as number)
      return sum > 0 ? 2 * sum * (1 - Math.log(sum / (end - start))) : 0
    },
  }
}

/**
 * Cost without a distribution (Haynes, Fearnhead and Eckley 2017): how well the segment's own empirical distribution fits it,
 * at 4 ln n quantiles of all values that lie closer together in both tails. It depends on the order of the values alone, so
 * that outliers weigh as any other. O(n log n) to make, O(log n) a segment; holds 4 ln n numbers a value.
 */
export function rankCost(values: ArrayLike<number>): SegmentCost {
  checkValues(values, 0, 'values')
  const n = values.length
  const levels = n < 2 ? [] : quantileLevels(Float64Array.from(values).sort())
  const size = levels.length
  // Counts below each level, half of those equal to it: below[t · size + k] of the first t values.
  const below = new Float64Array((n + 1) * size)
  for (let t = 0; t < n; t++) {
    const value = values[t] as number
    for (let k = 0; k < size; k++) {
      const level = levels[k] as number
      const counts = value < level ? 1 : value === level ? 0.5 : 0
      below[(t + 1) * size + k] = (below[t * size + k] as number) + counts
    }
  }
  const scale = size === 0 ? 0 : (2 * Math.log(2 * n - 1)) / size
  return {
    length: n,
    least: 2,
    between: (start, end) => {
      const count = end - start
      let sum = 0
      for (let k = 0; k < size; k++) {
        const share =
          ((below[end * size + k] as number) - (below[start * size + k] as number)) / count
        if (share > 0 && share < 1)
          sum += share * Math.log(share) + (1 - share) * Math.log1p(-share)
      }
      return -scale * count * sum
    },
  }
}

function quantileLevels(sorted: Float64Array): number[] {
  const n = sorted.length
  const count = Math.min(n, Math.ceil(4 * Math.log(n)))
  const reach = Math.log(2 * n - 1)
  return Array.from({ length: count }, (_, k) => {
    const share = 1 / (1 + Math.exp(reach * (1 - (2 * k + 1) / count)))
    return sorted[Math.min(n - 1, Math.floor(share * n))] as number
  })
}

interface PrefixSums {
  readonly scaled: Float64Array
  readonly sums: Float64Array
  readonly squares: Float64Array
}

/** Sums of the values and their squares before each place, in units of `scale` and around the mean, so that little cancels. */
function prefixSums(values: ArrayLike<number>, scale: number): PrefixSums {
  checkSummable(values, 0, 'values')
  const n = values.length
  let mean = 0
  for (let t = 0; t < n; t++) mean += (values[t] as number) / n
  const scaled = new Float64Array(n)
  const sums = new Float64Array(n + 1)
  const squares = new Float64Array(n + 1)
  for (let t = 0; t < n; t++) {
    const value = ((values[t] as number) - mean) / scale
    scaled[t] = value
    sums[t + 1] = (sums[t] as number) + value
    squares[t + 1] = (squares[t] as number) + value * value
  }
  return { scaled, sums, squares }
}

function squaresAround(
  sums: Float64Array,
  squares: Float64Array,
  start: number,
  end: number,
): number {
  const sum = (sums[end] as number) - (sums[start] as number)
  const square = (squares[end] as number) - (squares[start] as number)
  return Math.max(0, square - (sum * sum) / (end - start))
}
