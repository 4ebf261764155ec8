import { checkFinite, checkPositive, checkValues } from '../checks.ts'
import { medcouple } from '../robust/medcouple.ts'
import { median, quantileOfSorted, sortedValues } from '../robust/quantile.ts'
import { doubleMad, medianAbsoluteDeviation } from '../robust/spread.ts'
import { StatsError } from '../stats-error.ts'

/** Mean absolute deviation of normal values to their standard deviation, √(π / 2). */
const MEAN_TO_DEVIATION = 1.253_314_137_315_500_3
/** Φ⁻¹(¾), the constant of Iglewicz and Hoaglin. */
const QUARTILE = 0.674_489_750_196_081_7

/**
 * - `z`: distance from the mean in standard deviations; the outliers themselves enlarge both
 * - `mad`: from the median in median absolute deviations (Iglewicz and Hoaglin 1993)
 * - `double mad`: the same for each side on its own (Rosenmai 2013), for skewed values
 * - `iqr`: beyond the quartiles in interquartile ranges (Tukey 1977)
 * - `adjusted iqr`: the same with fences that the medcouple moves (Hubert and Vandervieren 2008), for skewed values
 */
export type OutlierMethod = 'z' | 'mad' | 'double mad' | 'iqr' | 'adjusted iqr'

export interface Outliers {
  /** Places of the outliers, ascending. */
  readonly indices: readonly number[]
  /** Between them, both included, values are usual. */
  readonly fences: readonly [low: number, high: number]
  readonly centre: number
  readonly warnings: readonly string[]
}

/** Fences at this many units of the method. */
const THRESHOLDS: Readonly<Record<OutlierMethod, number>> = {
  z: 3,
  mad: 3.5,
  'double mad': 3.5,
  iqr: 1.5,
  'adjusted iqr': 1.5,
}

/**
 * Outliers of values without order. `threshold` is in the units of the method: 3 for z, 3.5 for the modified z-scores, 1.5 for
 * interquartile ranges. Where more than half of the values are equal and the median deviation is 0, the mean deviation takes
 * its place; where nothing varies, nothing is an outlier. At least one finite value; a StatsError otherwise. O(n log n).
 */
export function findOutliers(
  values: ArrayLike<number>,
  method: OutlierMethod = 'mad',
  threshold: number = THRESHOLDS[method],
): Outliers {
  if (!(method in THRESHOLDS))
    throw new StatsError('out_of_range', 'method', `there is no ${String(method)}`)
  checkValues(values, 1, 'values')
  checkPositive(threshold, 'threshold')
  const { centre, below, above, low, high, warnings } = spreadsOf(values, method)
  const fences = [low - threshold * below, high + threshold * above] as const
  const indices: number[] = []
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (value < fences[0] || value > fences[1]) indices.push(i)
  }
  return { indices, fences, centre, warnings }
}

interface Spreads {
  readonly centre: number
  /** Where the fences are counted from, and their units to both sides. */
  readonly low: number
  readonly high: number
  readonly below: number
  readonly above: number
  readonly warnings: readonly string[]
}

function spreadsOf(values: ArrayLike<number>, method: OutlierMethod): Spreads {
  if (method === 'z') {
    const n = values.length
    let mean = 0
    for (let i = 0; i < n; i++) mean += (values[i] as number) / n
    let squares = 0
    for (let i = 0; i < n; i++) squares += ((values[i] as number) - mean) ** 2 / Math.max(1, n - 1)
    const deviation = Math.sqrt(squares)
    return around(mean, deviation, deviation, [])
  }
  if (method === 'mad' || method === 'double mad') {
    const centre = median(values)
    const single = medianAbsoluteDeviation(values, 1 / QUARTILE)
    const both = method === 'mad' ? null : doubleMad(values, 1 / QUARTILE)
    const fallback = single > 0 ? single : meanDeviation(values, centre)
    const warnings =
      single > 0
        ? []
        : [
            'More than half of the values are equal: the mean deviation is used in place of the median.',
          ]
    return around(centre, both?.below || fallback, both?.above || fallback, warnings)
  }
  const sorted = sortedValues(values)
  const [low, high] = [quantileOfSorted(sorted, 0.25), quantileOfSorted(sorted, 0.75)]
  const range = high - low
  const skew = method === 'iqr' ? 0 : medcouple(values)
  const [down, up] = skew >= 0 ? [-4, 3] : [-3, 4]
  return {
    centre: quantileOfSorted(sorted, 0.5),
    low,
    high,
    below: range * Math.exp(down * skew),
    above: range * Math.exp(up * skew),
    warnings: range > 0 ? [] : ['The quartiles are equal: every other value is outside.'],
  }
}

function around(
  centre: number,
  below: number,
  above: number,
  warnings: readonly string[],
): Spreads {
  checkFinite(below, 'values')
  checkFinite(above, 'values')
  return { centre, low: centre, high: centre, below, above, warnings }
}

function meanDeviation(values: ArrayLike<number>, centre: number): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += Math.abs((values[i] as number) - centre)
  return (MEAN_TO_DEVIATION * sum) / values.length
}
