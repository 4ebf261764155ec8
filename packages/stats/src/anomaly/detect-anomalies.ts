import { checkPositive } from '../checks.ts'
import { detectSeasons } from '../forecast/seasonality.ts'
import { bridgeGaps, type RegularSeries } from '../series/regularise.ts'
import type { AnomalyEvent } from './anomaly.ts'
import { AnomalyDetector } from './detector.ts'
import { type DetectorOptions, detectorSettings } from './detector-options.ts'

export interface DetectOptions extends DetectorOptions {
  /**
   * Periods in the unit of the times. Default: those that `detectSeasons` finds in the series. Empty for none.
   */
  readonly seasons?: readonly number[]
  /** Where a series is given as values alone: time of the first one, default 0, and distance, default 1. */
  readonly start?: number
  readonly step?: number
}

export interface AnomalyReport {
  /** In the order of their starts. */
  readonly events: readonly AnomalyEvent[]
  /** What was expected of each value before it came, and where 99 of 100 would be. */
  readonly expected: Float64Array
  readonly low: Float64Array
  readonly high: Float64Array
  /** Severity of each value, below the threshold too. */
  readonly severity: Float64Array
  /** How likely a series in which nothing happens has one as unusual: for control of false discoveries across series. */
  readonly pValue: number
  /** Periods that were looked for, and the one in use at the end; null without one. */
  readonly seasons: readonly number[]
  readonly season: number | null
  /** Values at the start without a verdict. */
  readonly learning: number
  readonly warnings: readonly string[]
}

/** Values are needed before anything can be said, and for patterns. */
const FEW = 32
const FEW_FOR_PATTERNS = 600

/**
 * Anomalies of a series as a stream of it would have told them, with nothing known ahead but its seasons: events with start,
 * end and peak, and for each value what was expected. Missing values are NaN. Values beyond ±1e300 are missing too. A
 * StatsError for options out of range; any series gets an answer. O(n), and O(n²) up to 4,000 values to find seasons.
 */
export function detectAnomalies(
  series: RegularSeries | ArrayLike<number>,
  options: DetectOptions = {},
): AnomalyReport {
  const regular = 'values' in series && typeof series.values === 'object' ? series : null
  const values = regular?.values ?? Float64Array.from(series as ArrayLike<number>)
  const start = regular?.start ?? options.start ?? 0
  const step = regular?.step ?? options.step ?? 1
  checkPositive(step, 'options.step')
  const metric = options.metric ?? regular?.type ?? 'gauge'
  const seasons = options.seasons ?? seasonsOf(values).map((period) => period * step)
  detectorSettings({ ...options, metric, seasons })
  const detector = new AnomalyDetector({ ...options, metric, seasons })
  const n = values.length
  const [expected, low, high, severity] = [0, 1, 2, 3].map(() =>
    new Float64Array(n).fill(Number.NaN),
  ) as [Float64Array, Float64Array, Float64Array, Float64Array]
  const events: AnomalyEvent[] = []
  let learning = 0
  let rarest = 0
  let known = 0
  for (const [i, value] of values.entries()) {
    if (detector.learning) learning = i + 1
    detector.update(start + i * step, value)
    if (Math.abs(value) <= 1e300) {
      const { expectation } = detector
      known++
      expected[i] = expectation.expected
      low[i] = expectation.interval[0]
      high[i] = expectation.interval[1]
      severity[i] = detector.severity
      rarest = Math.max(rarest, detector.score)
    }
    const { event } = detector
    if (event === null) continue
    if (events.at(-1)?.event === event.event) events.pop()
    events.push(event)
  }
  const last = events.at(-1)
  if (last !== undefined && !detector.ongoing) events[events.length - 1] = { ...last, open: false }
  for (let i = 0; i + 1 < events.length; i++) {
    const event = events[i]
    if (event !== undefined) events[i] = { ...event, open: false }
  }
  const warnings = [...(regular?.warnings ?? [])]
  if (known < FEW) warnings.push(`${known} values; the first ${FEW} teach what is usual.`)
  else if (known < FEW_FOR_PATTERNS)
    warnings.push(`${known} values; patterns are judged from ${FEW_FOR_PATTERNS} on.`)
  return {
    events,
    expected,
    low,
    high,
    severity,
    pValue: known === 0 ? 1 : Math.min(1, known * 10 ** -rarest),
    seasons,
    season: detector.season,
    learning: Math.min(learning, n),
    warnings,
  }
}

/** Periods in values; gaps are bridged, and a series that is mostly gaps has none. */
function seasonsOf(values: ArrayLike<number>): readonly number[] {
  const filled = Float64Array.from(values, (value) =>
    Math.abs(value) <= 1e300 ? value : Number.NaN,
  )
  bridgeGaps(filled, filled.length)
  const known = filled.filter((value) => !Number.isNaN(value))
  if (known.length < FEW || known.length < 0.7 * filled.length) return []
  // Differences of the greatest values have to be finite.
  const size = known.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const scaled = size > 1e100 ? known.map((value) => value / size) : known
  return detectSeasons(scaled)
    .slice(0, 2)
    .map(({ period }) => period)
}
