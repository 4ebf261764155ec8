import { checkFinite, checkWhole, checkWithin } from '../checks.ts'
import type { MetricType } from '../series/regularise.ts'
import { StatsError } from '../stats-error.ts'

/** What is measured; latency is a gauge of durations. */
export type DetectorMetric = MetricType | 'latency'

/** Which changes are of interest: higher values, lower ones, or both. */
export type AnomalyDirection = 'up' | 'down' | 'both'

export interface DetectorOptions {
  /**
   * Default gauge. Counts have the law of counts where they are small. Of a latency and a cost only rises are of interest, unless
   * `direction` says otherwise.
   */
  readonly metric?: DetectorMetric
  readonly direction?: AnomalyDirection
  /** Least severity of an event, above 0 and at most 100. Default 50: once in 10,000 values where nothing happens. */
  readonly threshold?: number
  /** Least distance from what was expected, in the unit of the values. Default 0. */
  readonly leastChange?: number
  /** Least distance as a share of what was expected. Default 0. */
  readonly leastRelativeChange?: number
  /**
   * Periods in the unit of the times, longest last, each learned as a profile of 24 bins, those of seven days and more as one of 168.
   * The one that tells the values best is used, if any does. Default: a day and a week of milliseconds. Empty for none.
   */
  readonly seasons?: readonly number[]
  /** Values after the latest word on an event up to which alarms belong to it. Default 200. */
  readonly mergeWithin?: number
  /** Values out of the expected range, one after the other, after which they are the new level. Default 36. */
  readonly acceptAfter?: number
}

export type DetectorSettings = Required<DetectorOptions>

const DAY = 86_400_000

/** The options with their defaults; a StatsError for what is out of range. */
export function detectorSettings(options: DetectorOptions): DetectorSettings {
  const { metric = 'gauge' } = options
  if (!['count', 'cost', 'gauge', 'ratio', 'latency'].includes(metric))
    throw new StatsError('out_of_range', 'options.metric', `there is no metric ${String(metric)}`)
  const rising = metric === 'latency' || metric === 'cost'
  const settings: DetectorSettings = {
    metric,
    direction: options.direction ?? (rising ? 'up' : 'both'),
    threshold: options.threshold ?? 50,
    leastChange: options.leastChange ?? 0,
    leastRelativeChange: options.leastRelativeChange ?? 0,
    seasons: [...(options.seasons ?? [DAY, 7 * DAY])],
    mergeWithin: options.mergeWithin ?? 200,
    acceptAfter: options.acceptAfter ?? 36,
  }
  if (!['up', 'down', 'both'].includes(settings.direction))
    throw new StatsError('out_of_range', 'options.direction', 'not up, down or both')
  checkWithin(settings.threshold, 1, 100, 'options.threshold')
  checkWithin(settings.leastChange, 0, Number.MAX_VALUE, 'options.leastChange')
  checkWithin(settings.leastRelativeChange, 0, Number.MAX_VALUE, 'options.leastRelativeChange')
  checkWhole(settings.mergeWithin, 0, 'options.mergeWithin')
  checkWhole(settings.acceptAfter, 8, 'options.acceptAfter')
  checkWithin(settings.acceptAfter, 8, 128, 'options.acceptAfter')
  for (const [i, period] of settings.seasons.entries()) {
    checkFinite(period, `options.seasons[${i}]`)
    if (!(period > 0))
      throw new StatsError('out_of_range', `options.seasons[${i}]`, `${period} is not above 0`)
  }
  return settings
}
