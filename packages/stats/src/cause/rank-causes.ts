import type { NamedSeries } from '../association/correlations.ts'
import { checkWhole } from '../checks.ts'
import { ksTest2 } from '../hypothesis/kolmogorov-smirnov.ts'
import { medianOf, quantileOf } from '../series/order.ts'
import { StatsError } from '../stats-error.ts'
import { commonOnset } from './onset.ts'
import { walkToCauses } from './walk-to-causes.ts'

/** A metric of a service, at the steps that all share; NaN where a value is not known. */
export interface Metric extends NamedSeries {
  /** What it is measured of. Default: the metric itself. */
  readonly service?: string
}

export type CauseScore = 'shift' | 'peak' | 'distribution'

export interface RankCausesOptions {
  /** Index of the first value after the incident began. Default: the place where most metrics change. */
  readonly onset?: number
  /** Steps before the onset to compare with. Default: all. */
  readonly baseline?: number
  /** Steps from the onset on to look at. Default: all. */
  readonly window?: number
  /**
   * 'shift': greatest distance of the median of a stretch from that before, in interquartile ranges of such medians before, so that neither
   * bursts nor a level that wanders count. 'peak': the same of single values (BARO, Pham et al. 2024), for disturbances of
   * single steps. 'distribution': distance of the distributions (Kolmogorov and Smirnov), which also sees a change of spread.
   * Default 'shift'.
   */
  readonly by?: CauseScore
  /** Who calls whom, by service. With it, services that are called by disturbed ones and are disturbed themselves come first. */
  readonly calls?: readonly (readonly [caller: string, callee: string])[]
}

export interface RankedMetric {
  readonly name: string
  readonly service: string
  /** By which it is ranked. */
  readonly score: number
  /** Median before, and the value after that is furthest from it. */
  readonly before: number
  readonly after: number
  /** Index of the first value after the onset beyond half of the greatest distance. */
  readonly first: number
}

export interface RankedCauses {
  readonly onset: number
  /** Whether it was worked out here. */
  readonly estimated: boolean
  /** The likeliest first. */
  readonly metrics: readonly RankedMetric[]
  readonly services: readonly { readonly service: string; readonly score: number }[]
  readonly warnings: readonly string[]
}

/** How far out any distance counts, and what a metric gets that was constant before: it changed, but by how much is unknown. */
const MOST_SCORE = 10_000
const CONSTANT_SCORE = 10
const LEAST_BEFORE = 4
/** Interquartile ranges from the median that the furthest of some hundred normal values reaches. */
const NOISE = 3
const STRETCHES = 10
const MOST_STRETCH = 30

/**
 * Metrics and services in the order in which they are likely to have caused an incident, the most disturbed first. Median and interquartile
 * range of the time before are not moved by an onset that is told a little late, nor by single outliers. With the calls between services,
 * scores are passed on from callers to callees: a disturbance travels against the calls, so that its cause lies at their end.
 *
 * Throws a StatsError: `too_few` without metrics or with fewer than four values before or none after the onset, `length` for metrics
 * of different lengths, `out_of_range` for options and names used twice. Metrics without known values on either side are left out with a
 * warning. O(metrics · n log n): 200 metrics of 1,000 values in about 30 ms.
 */
export function rankCauses(
  metrics: readonly Metric[],
  options: RankCausesOptions = {},
): RankedCauses {
  const n = checkedLength(metrics)
  const warnings: string[] = []
  const { onset, estimated } = onsetOf(metrics, options, n, warnings)
  const from = Math.max(0, onset - (options.baseline ?? n))
  const end = Math.min(n, onset + (options.window ?? n))
  const scored = metrics.flatMap((metric) => {
    const one = scoreOf(metric, from, onset, end, options.by ?? 'shift')
    if (one === null) warnings.push(`${metric.name} is not known on both sides of the onset.`)
    return one ?? []
  })
  const strengths = strengthsOf(scored)
  const weights = options.calls === undefined ? null : walkToCauses(strengths, options.calls)
  const services = [...(weights ?? strengths)]
    .map(([service, score]) => ({ service, score }))
    .toSorted((a, b) => b.score - a.score)
  const greatest = new Map<string, number>()
  for (const { service, score } of scored)
    greatest.set(service, Math.max(greatest.get(service) ?? 0, score))
  const ranked = scored.map((one) => {
    const best = greatest.get(one.service) as number
    // Within a service the metrics keep their order.
    const share = best > 0 ? one.score / best : 0
    return weights === null ? one : { ...one, score: (weights.get(one.service) as number) * share }
  })
  return {
    onset,
    estimated,
    metrics: ranked.toSorted((a, b) => b.score - a.score || a.first - b.first),
    services,
    warnings,
  }
}

/**
 * Of each service the sum of ln (1 + (score / 3)²) of its two most disturbed metrics: what noise reaches hardly counts, and a service with
 * two disturbed metrics, such as memory and latency, is the likelier at fault than one that is only slow.
 */
function strengthsOf(scored: readonly RankedMetric[]): ReadonlyMap<string, number> {
  const strengths = new Map<string, [first: number, second: number]>()
  for (const { service, score } of scored) {
    const strength = Math.log1p((score / NOISE) ** 2)
    const [first, second] = strengths.get(service) ?? [0, 0]
    strengths.set(
      service,
      strength > first ? [strength, first] : [first, Math.max(second, strength)],
    )
  }
  return new Map([...strengths].map(([service, [first, second]]) => [service, first + second]))
}

function checkedLength(metrics: readonly Metric[]): number {
  const n = metrics[0]?.values.length ?? 0
  if (metrics.length === 0) throw new StatsError('too_few', 'metrics', 'needs 1 or more')
  const names = new Set<string>()
  for (const [i, { name, service = name, values }] of metrics.entries()) {
    if (values.length !== n)
      throw new StatsError('length', `metrics[${i}].values`, `${values.length} values, not ${n}`)
    const key = JSON.stringify([service, name])
    if (names.has(key))
      throw new StatsError('out_of_range', `metrics[${i}].name`, `${name} is there twice`)
    names.add(key)
  }
  return n
}

function onsetOf(
  metrics: readonly Metric[],
  { onset, baseline, window }: RankCausesOptions,
  n: number,
  warnings: string[],
): { onset: number; estimated: boolean } {
  if (baseline !== undefined) checkWhole(baseline, LEAST_BEFORE, 'options.baseline')
  if (window !== undefined) checkWhole(window, 1, 'options.window')
  if (onset !== undefined) {
    checkWhole(onset, 0, 'options.onset')
    if (onset < LEAST_BEFORE || onset >= n)
      throw new StatsError('too_few', 'options.onset', `${onset} of ${n} leaves too few values`)
    return { onset, estimated: false }
  }
  if (n < 2 * LEAST_BEFORE)
    throw new StatsError('too_few', 'metrics', `${n} values, needs ${2 * LEAST_BEFORE} or more`)
  const found = commonOnset(metrics.map(({ values }) => values))
  if (found === null) warnings.push('No metric changes its level: the last quarter is taken.')
  return { onset: found?.index ?? Math.ceil((3 * n) / 4), estimated: true }
}

function scoreOf(
  { name, service = name, values }: Metric,
  from: number,
  onset: number,
  end: number,
  by: CauseScore,
): RankedMetric | null {
  let unit = 0
  for (let t = from; t < end; t++)
    if (Number.isFinite(values[t])) unit = Math.max(unit, Math.abs(values[t] as number))
  // So that distances do not overflow.
  if (unit === 0) unit = 1
  const past = knownOf(values, from, onset, unit)
  const present = knownOf(values, onset, end, unit)
  if (past.length < LEAST_BEFORE || present.length === 0) return null
  const width = by === 'peak' ? 1 : stretchOf(past.length, present.length)
  // Of rare counts most medians are equal: their means tell more.
  const medians = centreOf(byStretch(past, width, medianOf))
  const typical = width > 1 && medians.spread === 0 ? meanOf : medianOf
  const { middle, range } =
    typical === medianOf ? medians : centreOf(byStretch(past, width, meanOf))
  let [furthest, distance] = [middle, 0]
  for (const value of byStretch(present, width, typical))
    if (Math.abs(value - middle) > distance) {
      distance = Math.abs(value - middle)
      furthest = value
    }
  let first = onset
  while (first < end - 1 && !(Math.abs((values[first] as number) / unit - middle) > distance / 2))
    first++
  const ranges = range > 0 ? Math.min(MOST_SCORE, distance / range) : CONSTANT_SCORE
  let score = distance === 0 ? 0 : ranges
  if (by === 'distribution') {
    const { statistic, pValue } = ksTest2(past, present)
    score = statistic * (1 - pValue)
  }
  return { name, service, score, before: middle * unit, after: furthest * unit, first }
}

function knownOf(values: ArrayLike<number>, from: number, end: number, unit: number): Float64Array {
  const known: number[] = []
  for (let t = from; t < end; t++)
    if (Number.isFinite(values[t])) known.push((values[t] as number) / unit)
  return Float64Array.from(known)
}

/** Of so many values that there are ten on the shorter side, but no more than 30. */
function stretchOf(past: number, present: number): number {
  return Math.max(1, Math.min(MOST_STRETCH, Math.floor(Math.min(past, present) / STRETCHES)))
}

/** Of stretches that overlap by half; the last ends with the last value. */
function byStretch(
  values: Float64Array,
  width: number,
  typical: (stretch: Float64Array) => number,
): Float64Array {
  if (width === 1) return values
  const step = Math.ceil(width / 2)
  const count = Math.ceil((values.length - width) / step) + 1
  return Float64Array.from({ length: count }, (_, i) => {
    const start = Math.min(i * step, values.length - width)
    return typical(values.subarray(start, start + width))
  })
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value / values.length, 0)
}

/** Factor from the mean distance to the interquartile range of normal values. */
const MEAN_DISTANCE_TO_RANGE = 1.690_7

/** Median, interquartile range, and what stands in for it where most values are equal: the mean distance, scaled. */
function centreOf(values: Float64Array): { middle: number; range: number; spread: number } {
  const sorted = values.toSorted()
  const middle = quantileOf(sorted, 0.5)
  const spread = quantileOf(sorted, 0.75) - quantileOf(sorted, 0.25)
  if (spread > 0) return { middle, range: spread, spread }
  const distance = values.reduce((sum, value) => sum + Math.abs(value - middle) / values.length, 0)
  return { middle, range: MEAN_DISTANCE_TO_RANGE * distance, spread }
}
