import { checkBetween, checkFinite, checkSummable, checkWhole } from '../checks.ts'
import { quantileOfSorted, sortedValues } from '../robust/quantile.ts'
import { fitParetoTail, type ParetoTail, tailQuantile } from './peaks-over-threshold.ts'

export interface SpotOptions {
  /** Probability of a value beyond the limit: the rate of alarms where nothing happens. Default 1e-4. */
  readonly risk?: number
  /** Quantile of the first values over which excesses are taken. Default 0.98. */
  readonly level?: number
  /** Latest values of which the mean is taken away first (DSPOT), for series that drift; 0 for none. Default 0. */
  readonly drift?: number
  /** Latest excesses that the tail is fitted to. Default 1,000. */
  readonly greatestPeaks?: number
}

export interface SpotVerdict {
  readonly alarm: boolean
  /** What it takes for an alarm. */
  readonly limit: number
}

/** Excesses at first, and then a share more, after which the tail is fitted again. */
const REFIT_SHARE = 0.05

/**
 * SPOT and DSPOT (Siffer, Fouque, Termier and Largouët 2017): a limit that is exceeded with a given probability, whatever the values are
 * distributed like, from the generalised Pareto law of their peaks over a threshold. Values beyond the limit
 * teach it that they reached it, not by how much: without them it would be of a law that ends there, and be exceeded more than twice as often.
 * The upper side; for the lower one give the values with the other sign. Memory is `greatestPeaks` and `drift` doubles.
 *
 * The tail is fitted again when there are 5 % more excesses than it was fitted to, not after each, which makes an update
 * constant time but for those.
 */
export class Spot {
  readonly #risk: number
  readonly #drift: Float64Array
  readonly #peaks: number[] = []
  readonly #greatestPeaks: number
  #threshold = 0
  #seen = 0
  #excesses = 0
  #fitted = 0
  #tail: ParetoTail = { shape: 0, scale: 0, logLikelihood: 0 }
  #latest = 0
  #sum = 0

  /** Begins with values that hold no anomaly, or few: twenty or more beyond those that drift takes. A StatsError otherwise. */
  constructor(first: ArrayLike<number>, options: SpotOptions = {}) {
    const { risk = 1e-4, level = 0.98, drift = 0, greatestPeaks = 1_000 } = options
    checkBetween(level, 0, 1, 'options.level')
    checkBetween(risk, 0, 1 - level, 'options.risk')
    checkWhole(drift, 0, 'options.drift')
    checkWhole(greatestPeaks, 10, 'options.greatestPeaks')
    checkSummable(first, drift + 20, 'first')
    this.#risk = risk
    this.#greatestPeaks = greatestPeaks
    this.#drift = new Float64Array(drift)
    const plain: number[] = []
    for (let i = 0; i < first.length; i++) {
      const value = first[i] as number
      if (i >= drift) plain.push(value - this.#mean())
      this.#follow(value)
    }
    this.#threshold = quantileOfSorted(sortedValues(plain), level)
    for (const value of plain) {
      this.#seen++
      if (value > this.#threshold) this.#addPeak(value - this.#threshold)
    }
    this.#fit()
  }

  /** What it takes for an alarm at the next value. */
  get limit(): number {
    const share = Math.max(this.#excesses, 1) / this.#seen
    return this.#mean() + tailQuantile(this.#threshold, share, this.#tail, this.#risk)
  }

  /** A value, judged and then, unless it is beyond the limit, learned. A StatsError for what is not finite. */
  update(value: number): SpotVerdict {
    checkFinite(value, 'value')
    const { limit } = this
    const alarm = value > limit
    const plain = (alarm ? limit : value) - this.#mean()
    this.#seen++
    if (plain > this.#threshold) {
      this.#addPeak(plain - this.#threshold)
      if (this.#excesses >= this.#fitted * (1 + REFIT_SHARE)) this.#fit()
    }
    if (!alarm) this.#follow(value)
    return { alarm, limit }
  }

  #mean(): number {
    const held = Math.min(this.#latest, this.#drift.length)
    return held === 0 ? 0 : this.#sum / held
  }

  #follow(value: number): void {
    const drift = this.#drift
    if (drift.length === 0) return
    const slot = this.#latest % drift.length
    this.#sum += value - (drift[slot] as number)
    drift[slot] = value
    this.#latest++
    // The sum is made anew once in a round, before rounding adds up.
    if (slot === drift.length - 1) this.#sum = drift.reduce((sum, one) => sum + one, 0)
  }

  #addPeak(excess: number): void {
    if (this.#peaks.length < this.#greatestPeaks) this.#peaks.push(excess)
    else this.#peaks[this.#excesses % this.#greatestPeaks] = excess
    this.#excesses++
  }

  #fit(): void {
    this.#fitted = this.#excesses
    if (this.#peaks.length > 0) this.#tail = fitParetoTail(this.#peaks)
  }
}
