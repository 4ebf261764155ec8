import { checkFinite, checkPositive, checkWhole } from './checks.ts'
import {
  addToDecayed,
  createDecayed,
  DECAYED_WIDTH,
  decayedMeanOf,
  decayedVarianceOf,
  mergeDecayed,
  rateOfSpan,
  shiftDecayed,
} from './decayed-moments.ts'
import {
  addToMoments,
  createMoments,
  MOMENTS_WIDTH,
  meanOf,
  mergeMoments,
  varianceOf,
} from './moments.ts'
import { StatsError } from './stats-error.ts'

export interface ZScoreOptions {
  /** Standard deviations from which on a value is an outlier; default 3. */
  readonly threshold?: number
  /** Values before the first verdict; default 30, at least 2. */
  readonly warmUp?: number
  /** Values over which the past counts, exponentially fading; left out, all of it counts alike. */
  readonly span?: number
}

export interface ZScore {
  /** (value − mean) / standard deviation of the values before it; infinite when those were all equal and it is not. */
  readonly score: number
  readonly outlier: boolean
}

/** The detector as plain data. */
export interface ZScoreState {
  readonly seen: number
  readonly record: readonly number[]
}

/**
 * Tells outliers of a stream of numbers by their distance from the mean of those before, in standard
 * deviations (of a sample). Constant time and memory per value. An outlier is added to the past like
 * any other value: the detector gets used to a new level, within the span where one is given.
 */
export class ZScoreDetector {
  readonly #threshold: number
  readonly #warmUp: number
  /** Decay per value, or null without a span. */
  readonly #rate: number | null
  readonly #record: Float64Array
  #seen = 0

  /** Throws a StatsError for options out of range. */
  constructor(options: ZScoreOptions = {}) {
    const { threshold = 3, warmUp = 30, span } = options
    checkPositive(threshold, 'options.threshold')
    checkWhole(warmUp, 2, 'options.warmUp')
    this.#threshold = threshold
    this.#warmUp = warmUp
    this.#rate = span === undefined ? null : rateOfSpan(span)
    this.#record = this.#rate === null ? createMoments() : createDecayed()
  }

  /** Values added so far. */
  get seen(): number {
    return this.#seen
  }

  /** What a value would get, without adding it; null while warming up. NaN and the infinities are a StatsError. */
  score(value: number): ZScore | null {
    checkFinite(value, 'value')
    if (this.#seen < this.#warmUp) return null
    const record = this.#record
    const mean = (this.#rate === null ? meanOf(record) : decayedMeanOf(record)) ?? 0
    const variance =
      (this.#rate === null ? varianceOf(record, 'sample') : decayedVarianceOf(record, 'sample')) ??
      0
    // Equal values leave no spread beyond rounding of their mean, and the next equal one is no outlier.
    const distance = value - mean
    const score = distance === 0 ? 0 : distance / Math.sqrt(variance)
    return { score, outlier: Math.abs(score) >= this.#threshold }
  }

  /** The score of a value among those before it, which it then joins. */
  add(value: number): ZScore | null {
    const score = this.score(value)
    if (this.#rate === null) addToMoments(this.#record, value)
    else addToDecayed(this.#record, value, this.#seen, this.#rate)
    this.#seen++
    return score
  }

  /** Adds the past of another detector with the same span, as what came after that of this one. */
  merge(other: ZScoreDetector): void {
    if (this.#rate !== other.#rate)
      throw new StatsError('mismatch', 'other', 'a detector of another span')
    const record = other.#record.slice()
    if (this.#rate === null) mergeMoments(this.#record, record)
    else {
      shiftDecayed(record, this.#seen)
      mergeDecayed(this.#record, record, this.#rate)
    }
    this.#seen += other.#seen
  }

  state(): ZScoreState {
    return { seen: this.#seen, record: [...this.#record] }
  }

  /** Goes on from a state; the options are those of the detector that gave it. */
  static from(state: ZScoreState, options: ZScoreOptions = {}): ZScoreDetector {
    const detector = new ZScoreDetector(options)
    const width = options.span === undefined ? MOMENTS_WIDTH : DECAYED_WIDTH
    if (state.record.length !== width)
      throw new StatsError('mismatch', 'state', 'it is that of a detector with other options')
    detector.#record.set(state.record)
    detector.#seen = state.seen
    return detector
  }
}
