/**
 * What an anomaly is like:
 *
 * - `spike`, `drop`: a value above or below what was expected
 * - `level shift`: values that stay away from it
 * - `pattern`: a distribution of the latest values that was not seen before
 * - `frequency`: more or fewer than small counts allow
 * - `absence`: no value where one was due
 */
export type AnomalyType = 'spike' | 'drop' | 'level shift' | 'pattern' | 'frequency' | 'absence'

export interface Anomaly {
  /** Number of the event, from 1 on. */
  readonly event: number
  /** Whether the event begins, or goes on and is much rarer, or of another type, than was said. */
  readonly change: 'opened' | 'escalated'
  readonly type: AnomalyType
  readonly time: number
  /** Time of the first value of the event. */
  readonly since: number
  /** NaN of an absence. */
  readonly value: number
  readonly expected: number
  /** Where 99 of 100 values are. */
  readonly interval: readonly [low: number, high: number]
  /** Rarity: −log10 of how often this happens per value where nothing happens. */
  readonly score: number
  /** 0 to 100, `severityOf(score)`. */
  readonly severity: number
}

/** An event: alarms that belong together. */
export interface AnomalyEvent {
  readonly event: number
  readonly type: AnomalyType
  /** Times of its first and latest unusual value, and of the rarest one. */
  readonly start: number
  readonly end: number
  readonly peak: number
  readonly peakValue: number
  readonly peakExpected: number
  readonly severity: number
  /** Whether further alarms would still belong to it. */
  readonly open: boolean
}

/**
 * Severity of a rarity (−log10 of a rate per value): 12.5 for each factor of ten. 50 is once in 10,000 values, 75 once in a
 * million, 100 once in 10⁸.
 */
export function severityOf(rarity: number): number {
  return Math.min(100, Math.max(0, 12.5 * rarity))
}

/** The inverse of `severityOf` within 0 and 100. */
export function rarityOfSeverity(severity: number): number {
  return severity / 12.5
}
