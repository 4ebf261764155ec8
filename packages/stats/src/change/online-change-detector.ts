import { checkBetween, checkFinite, checkPositive, checkWhole, checkWithin } from '../checks.ts'
import { StatsError } from '../stats-error.ts'
import {
  addToRun,
  type ConjugateModel,
  logPredictive,
  meanOfRun,
  priorOf,
  type RunStatistics,
} from './conjugate-run.ts'

export interface OnlineChangeOptions {
  /** 'normal' values of unknown mean and variance, or 'poisson' counts of unknown rate. Default 'normal'. */
  readonly model?: ConjugateModel
  /** Values that a run lasts on average: one over the hazard. Default 1,000. */
  readonly expectedRun?: number
  /** Probability of a later run than the present one from which on a change is told. Default 0.9. */
  readonly threshold?: number
  /** Values that a new run must have before it is told. Default 3. */
  readonly confirm?: number
  /** Values that the prior is made from, before any verdict. Default 20. */
  readonly warmUp?: number
  /** Share of values that belong to no run: 0 takes an outlier for a change. Default 0.01. */
  readonly outliers?: number
  /** Runs that are thought possible at once, the least likely being given up. Default 100. */
  readonly mostRuns?: number
}

export interface OnlineChange {
  /** Time of the first value of the new run, and of that which told it. */
  readonly start: number
  readonly told: number
  /** Probability that a new run began since the last change. */
  readonly probability: number
  /** Mean of the run before, and of the new one so far. */
  readonly before: number
  readonly after: number
}

export interface OnlineVerdict {
  /** Probability that a run began since the last change that was told; 0 while warming up. */
  readonly probability: number
  /** Values of the likeliest run. */
  readonly runLength: number
  /** What this value told, once for each change. */
  readonly change: OnlineChange | null
}

interface Run {
  /** Number and time of its first value, from 0 on. */
  readonly first: number
  readonly start: number
  logProbability: number
  statistics: RunStatistics
}

/** The detector as plain data. */
export interface OnlineChangeState {
  readonly version: 1
  readonly options: Required<OnlineChangeOptions>
  readonly seen: number
  readonly warming: readonly (readonly [time: number, value: number])[]
  readonly prior: RunStatistics | null
  readonly present: number
  readonly runs: readonly Readonly<Run>[]
}

/** Runs of less than this share are given up. */
const LEAST_SHARE = 1e-6

/**
 * Changes of a stream as they happen: Bayesian online change point detection (Adams and MacKay 2007). It keeps the posterior of
 * where the present run of like values began, over a bounded number of beginnings, and tells a change when it is likelier than
 * the threshold that a run began since the last one. The prior is made from the first values: their mean, loosely held, and their
 * variance. Each value may belong to no run at all, so that a single outlier neither ends a run nor moves it.
 *
 * Values of a run count as independent: an autocorrelated series has changes told that are its wandering. O(mostRuns) a value,
 * about 20 µs; 6 numbers a run.
 */
export class OnlineChangeDetector {
  readonly #options: Required<OnlineChangeOptions>
  #seen = 0
  #warming: (readonly [number, number])[] = []
  #prior: RunStatistics | null = null
  /** Number of the first value of the run that was told last. */
  #present = 0
  #runs: Run[] = []

  /** Throws a StatsError for options out of range. */
  constructor(options: OnlineChangeOptions = {}) {
    const {
      model = 'normal',
      expectedRun = 1_000,
      threshold = 0.9,
      confirm = 3,
      warmUp = 20,
      outliers = 0.01,
      mostRuns = 100,
    } = options
    if (!(expectedRun > 1 && Number.isFinite(expectedRun)))
      throw new StatsError('out_of_range', 'options.expectedRun', `${expectedRun} is not above 1`)
    checkBetween(threshold, 0, 1, 'options.threshold')
    checkWhole(confirm, 1, 'options.confirm')
    checkWhole(warmUp, 2, 'options.warmUp')
    checkWithin(outliers, 0, 0.5, 'options.outliers')
    checkWhole(mostRuns, 2, 'options.mostRuns')
    checkPositive(expectedRun, 'options.expectedRun')
    this.#options = { model, expectedRun, threshold, confirm, warmUp, outliers, mostRuns }
  }

  /** The detector that `state()` was read from. */
  static from(state: OnlineChangeState): OnlineChangeDetector {
    if (state.version !== 1)
      throw new StatsError('out_of_range', 'state.version', `${String(state.version)} is not 1`)
    const detector = new OnlineChangeDetector(state.options)
    detector.#seen = state.seen
    detector.#warming = [...state.warming]
    detector.#prior = state.prior
    detector.#present = state.present
    detector.#runs = state.runs.map((run) => ({ ...run }))
    return detector
  }

  state(): OnlineChangeState {
    return {
      version: 1,
      options: this.#options,
      seen: this.#seen,
      warming: [...this.#warming],
      prior: this.#prior,
      present: this.#present,
      runs: this.#runs.map((run) => ({ ...run })),
    }
  }

  /**
   * Takes the next value; the time is only passed on to what is told. Throws a StatsError for what is not finite, and for a
   * negative count of a Poisson model; leave out what is missing.
   */
  update(time: number, value: number): OnlineVerdict {
    checkFinite(time, 'time')
    checkWithin(value, -1e150, 1e150, 'value')
    if (this.#options.model === 'poisson' && value < 0)
      throw new StatsError('out_of_range', 'value', `${value} is negative`)
    if (this.#prior !== null) return this.#step(time, value, this.#prior)
    this.#warming.push([time, value])
    if (this.#warming.length < this.#options.warmUp)
      return { probability: 0, runLength: this.#warming.length, change: null }
    const { model } = this.#options
    const prior = priorOf(
      model,
      this.#warming.map(([, one]) => one),
    )
    this.#prior = prior
    let verdict: OnlineVerdict | null = null
    for (const [at, one] of this.#warming) verdict = this.#step(at, one, prior)
    this.#warming = []
    return verdict as OnlineVerdict
  }

  #step(time: number, value: number, prior: RunStatistics): OnlineVerdict {
    const { model, expectedRun, outliers, confirm, threshold } = this.#options
    const number = this.#seen++
    const hazard = 1 / expectedRun
    const fresh = logPredictive(model, prior, value)
    // What belongs to no run is spread as widely as the prior allows.
    const stray = outliers > 0 ? Math.log(outliers) + fresh : Number.NEGATIVE_INFINITY
    const own = Math.log1p(-outliers)
    const begin: Run = {
      first: number,
      start: time,
      logProbability: number === 0 ? fresh : Math.log(hazard) + fresh,
      statistics: addToRun(model, prior, value, 1),
    }
    for (const run of this.#runs) {
      const part = own + logPredictive(model, run.statistics, value)
      const total = logSum(part, stray)
      run.logProbability += Math.log1p(-hazard) + total
      run.statistics = addToRun(model, run.statistics, value, Math.exp(part - total))
    }
    this.#runs.push(begin)
    this.#normalise()
    let later = 0
    let confirmed = 0
    let likeliest = this.#runs[0] as Run
    let newest: Run | null = null
    let present: Run | null = null
    for (const run of this.#runs) {
      if (run.logProbability > likeliest.logProbability) likeliest = run
      if (run.first <= this.#present) {
        present = run
        continue
      }
      const share = Math.exp(run.logProbability)
      later += share
      if (number - run.first + 1 < confirm) continue
      confirmed += share
      if (newest === null || run.logProbability > newest.logProbability) newest = run
    }
    const verdict = { probability: later, runLength: number - likeliest.first + 1 }
    if (newest === null || !(confirmed > threshold)) return { ...verdict, change: null }
    this.#present = newest.first
    const change = {
      start: newest.start,
      told: time,
      probability: confirmed,
      before: meanOfRun(model, present?.statistics ?? prior),
      after: meanOfRun(model, newest.statistics),
    }
    return { ...verdict, change }
  }

  /** Makes probabilities add up to 1, and gives up runs that are hardly possible. */
  #normalise(): void {
    const { mostRuns } = this.#options
    const total = this.#runs.reduce(
      (sum, run) => logSum(sum, run.logProbability),
      Number.NEGATIVE_INFINITY,
    )
    for (const run of this.#runs) run.logProbability -= total
    const newest = this.#runs.at(-1)
    this.#runs = this.#runs.filter(
      (run) => run === newest || run.logProbability > Math.log(LEAST_SHARE),
    )
    if (this.#runs.length <= mostRuns) return
    let least = 0
    // The newest has had no chance to prove itself.
    for (let i = 1; i < this.#runs.length - 1; i++)
      if ((this.#runs[i] as Run).logProbability < (this.#runs[least] as Run).logProbability)
        least = i
    this.#runs.splice(least, 1)
  }
}

/** ln (eᵃ + eᵇ). */
function logSum(a: number, b: number): number {
  const most = Math.max(a, b)
  return most === Number.NEGATIVE_INFINITY
    ? most
    : most + Math.log(Math.exp(a - most) + Math.exp(b - most))
}
