import { checkFinite } from '../checks.ts'
import {
  addToDecayed,
  createDecayed,
  decayedMeanOf,
  decayedVarianceOf,
  rateOfSpan,
} from '../decayed-moments.ts'
import { StatsError } from '../stats-error.ts'
import { absenceTest } from './absence-test.ts'
import {
  type Anomaly,
  type AnomalyEvent,
  type AnomalyType,
  rarityOfSeverity,
  severityOf,
} from './anomaly.ts'
import { Baseline, type BaselineState } from './baseline.ts'
import {
  type DetectorOptions,
  type DetectorSettings,
  detectorSettings,
} from './detector-options.ts'
import { frequencyTest } from './frequency-test.ts'
import { PatternMemory, type PatternMemoryState } from './pattern-memory.ts'
import { ScoreTail, type ScoreTailState } from './score-tail.ts'

/** Values before the first verdict on one of them. */
const WARM_UP = 32
/** Values that a spread needs before distances in it are learned, for of fewer it is anything; and scores before one is judged. */
const LEAST_KNOWN = 16
/**
 * Values before distances of patterns are learned, when the latest ones share none with the first remembered, and before the first
 * verdict on one: two more spans, for less of them are all alike.
 */
const PATTERN_START: number = 2 * PatternMemory.span
const PATTERN_WARM_UP: number = 4 * PatternMemory.span
/** Values that make a shift of the level, and how far one of them counts. */
const PERSISTENCE = 5
const REACH = 2.5
/** Sums of neighbours share values, so that rare ones come in runs: a rate of events is as much lower than that of values. */
const PERSISTENCE_RUN = 0.5
/**
 * Distances of patterns come in runs, for neighbours share most of their values: about thirty unusual ones in a row are one
 * event where nothing happens, and a rate of events is as much lower than that of values.
 */
const PATTERN_RUN = 1.5
/** What happens more often than once in ten values is no pattern, and no shift, to speak of. */
const LEAST_PATTERN = 1
const LEAST_LEVEL = 1
/** Beyond this rarity a value does not teach the level. */
const MASK = 3
/** By so much the rarity has to rise to be told again. */
const ESCALATION = 0.5
/** Means below this are small counts, judged by their law: of one value and of the latest five. */
const SMALL_COUNT = 10
const FREQUENCY_SPAN = 5
/** Values between two looks at which season fits. */
const SEASON_EVERY = 64
/** Values, and gaps between them, that means of small counts and of gaps are taken over. */
const COUNT_RATE: number = rateOfSpan(500)
const GAP_RATE: number = rateOfSpan(100)
/** Gaps before silence means something. */
const LEAST_GAPS = 10
/** Values beyond this are taken for mistakes: their sums would overflow. */
const GREATEST = 1e300
/** Share of the values outside of the interval that is told. */
const OUTSIDE_INTERVAL = 0.01

/** The scalars of a detector. */
interface Scalars {
  /** Values that were judged or learned from. */
  seen: number
  /** Values that were no numbers, and values older than the latest one. */
  missing: number
  late: number
  time: number
  /** Length of the present run of values out of the expected range, below 0 on the lower side. */
  outside: number
  /** Values since something was told. */
  sinceTold: number
  eventScore: number
  score: number
  silent: boolean
}

/** The detector as plain data. */
export interface DetectorState {
  readonly version: 1
  readonly scalars: Readonly<Scalars>
  readonly baseline: BaselineState
  readonly pattern: PatternMemoryState
  readonly tails: readonly ScoreTailState[]
  readonly gaps: readonly number[]
  readonly counts: readonly number[]
  readonly latestCounts: readonly number[]
  readonly latestDistances: readonly number[]
  readonly event: AnomalyEvent | null
}

/**
 * Tells anomalies of a series as its values come. Three layers look at each value, and the one that finds it rarest speaks:
 *
 * - **point**: its distance from the level, the season and the latest values (`Baseline`); small counts by their exact law
 * - **level**: the sum of the latest five such distances, none counted beyond 2.5 spreads
 * - **pattern**: the distribution of the latest 150 values against those remembered (`PatternMemory`)
 *
 * The scores before it make a rarity of each score (`ScoreTail`), which puts all on one scale whatever the values are
 * distributed like: 10^−rarity is how often this happens, per value, where nothing happens.
 *
 * An alarm opens an event. Further ones belong to it, and are told only when they are rarer by half an order of magnitude or show
 * a shift of the level, until nothing was told for `mergeWithin` values; what still goes on then is told as a new event. What is out of the expected range does not teach the level; when it
 * stays for `acceptAfter` values it is the new level.
 *
 * Values that are not finite are missing, not zero. Constant time per value, less than 4 KB besides the profiles of seasons.
 */
export class AnomalyDetector {
  readonly #settings: DetectorSettings
  readonly #alarm: number
  readonly #baseline: Baseline
  readonly #pattern: PatternMemory
  readonly #pointTail: ScoreTail
  readonly #levelTail: ScoreTail
  readonly #patternTails: readonly ScoreTail[]
  readonly #gaps: Float64Array = createDecayed()
  /** Mean and variance of small counts, and the latest ones; of counts only. */
  readonly #counts: Float64Array
  readonly #latestCounts: Float32Array
  readonly #latestDistances = new Float32Array(PERSISTENCE)
  readonly #scalars: Scalars
  #event: AnomalyEvent | null

  /** With the state of another detector, goes on from it. A StatsError for options out of range and for what is no state. */
  constructor(options: DetectorOptions = {}, state?: DetectorState) {
    if (state !== undefined && state.version !== 1)
      throw new StatsError('out_of_range', 'state.version', 'not 1')
    this.#settings = detectorSettings(options)
    this.#alarm = rarityOfSeverity(this.#settings.threshold)
    this.#baseline = new Baseline(this.#settings.seasons, state?.baseline)
    this.#pattern = state === undefined ? new PatternMemory() : PatternMemory.from(state.pattern)
    this.#pointTail = new ScoreTail(state?.tails[0])
    this.#levelTail = new ScoreTail(state?.tails[1])
    this.#patternTails = [new ScoreTail(state?.tails[2]), new ScoreTail(state?.tails[3])]
    const counts = this.#settings.metric === 'count'
    this.#counts = counts ? createDecayed() : new Float64Array(0)
    this.#latestCounts = new Float32Array(counts ? FREQUENCY_SPAN : 0)
    this.#event = state?.event ?? null
    this.#scalars =
      state === undefined
        ? {
            seen: 0,
            missing: 0,
            late: 0,
            time: 0,
            outside: 0,
            sinceTold: 0,
            eventScore: 0,
            score: 0,
            silent: false,
          }
        : { ...state.scalars }
    if (state === undefined) return
    this.#gaps.set(state.gaps)
    this.#counts.set(state.counts)
    this.#latestCounts.set(state.latestCounts)
    this.#latestDistances.set(state.latestDistances)
  }

  /** Whether there are too few values for verdicts on single ones; on patterns they need 600. */
  get learning(): boolean {
    return this.#scalars.seen < WARM_UP
  }

  /** The present or latest event; null before the first. */
  get event(): AnomalyEvent | null {
    return this.#event
  }

  /** Severity of the latest value, below the threshold too. */
  get severity(): number {
    return severityOf(this.#scalars.score)
  }

  /** Rarity of the latest value: −log10 of how often one is as unusual. */
  get score(): number {
    return this.#scalars.score
  }

  /** Whether further alarms would belong to the latest event. */
  get ongoing(): boolean {
    return this.#event !== null && this.#scalars.sinceTold < this.#settings.mergeWithin
  }

  /** What was expected of the latest value, and where 99 of 100 would be. */
  get expectation(): { readonly expected: number; readonly interval: readonly [number, number] } {
    const { expected, spreadUp, spreadDown } = this.#baseline
    const reach = this.#pointTail.quantile(OUTSIDE_INTERVAL)
    return { expected, interval: [expected - reach * spreadDown, expected + reach * spreadUp] }
  }

  /** Period of the season in use; null without one. */
  get season(): number | null {
    return this.#baseline.season
  }

  /** Bytes of the state, profiles of seasons left out. */
  get bytes(): number {
    const tails = this.#tails.reduce((sum, tail) => sum + tail.bytes, 0)
    const records = this.#gaps.byteLength + this.#counts.byteLength + this.#latestCounts.byteLength
    return tails + records + this.#baseline.bytes + this.#pattern.bytes + 4 * PERSISTENCE + 9 * 8
  }

  /**
   * Takes a value, and tells an event that it opens or makes worse; null otherwise. A value that is not finite, or
   * beyond ±1e300, is missing; one with a time before the latest comes too late and is left out. A time that is not finite
   * is a StatsError. Constant time.
   */
  update(time: number, value: number): Anomaly | null {
    checkFinite(time, 'time')
    const s = this.#scalars
    const known = s.seen + s.missing > 0
    if (known && time < s.time) {
      s.late++
      return null
    }
    if (known && time > s.time) this.#learnGap(time - s.time)
    s.time = time
    s.silent = false
    if (!(Math.abs(value) <= GREATEST)) {
      s.missing++
      return null
    }
    this.#baseline.judge(time, value)
    const anomaly = this.#judge(time, value)
    this.#learn(time, value)
    return anomaly ?? this.#acceptShift(time, value)
  }

  /**
   * Tells an absence when no value, missing ones included, has come for longer than their gaps allow; once for each
   * silence. `now` is in the unit of the times.
   */
  absent(now: number): Anomaly | null {
    checkFinite(now, 'now')
    const s = this.#scalars
    const mean = decayedMeanOf(this.#gaps)
    if (s.silent || mean === null || !(mean > 0) || s.seen + s.missing <= LEAST_GAPS) return null
    const deviation = Math.sqrt(decayedVarianceOf(this.#gaps, 'population') ?? 0)
    const { rarity } = absenceTest(now - s.time, mean, deviation)
    if (!(rarity >= this.#alarm)) return null
    s.silent = true
    return this.#raise('absence', rarity, s.time + mean, Number.NaN, true)
  }

  get #tails(): readonly ScoreTail[] {
    return [this.#pointTail, this.#levelTail, ...this.#patternTails]
  }

  #learnGap(gap: number): void {
    // A silence is no gap to get used to.
    const mean = decayedMeanOf(this.#gaps)
    const deviation = Math.sqrt(decayedVarianceOf(this.#gaps, 'population') ?? 0)
    const bounded =
      mean === null || this.#scalars.seen <= LEAST_GAPS
        ? gap
        : Math.min(gap, Math.max(3 * mean, mean + 6 * deviation))
    addToDecayed(this.#gaps, bounded, this.#scalars.seen + this.#scalars.missing, GAP_RATE)
  }

  /** The rarest of the layers, and the alarm it gives. */
  #judge(time: number, value: number): Anomaly | null {
    const s = this.#scalars
    const { distance } = this.#baseline
    const ready = this.#pointTail.total >= LEAST_KNOWN
    s.sinceTold++
    let type: AnomalyType = distance >= 0 ? 'spike' : 'drop'
    let score = 0
    const small = this.#isSmallCount(value)
    if (small) {
      score = this.#countRarity(value)
      type = 'frequency'
      if (!ready) score = 0
    } else if (ready) score = this.#pointRarity()

    const level = this.#levelRarity(small || !Number.isFinite(distance) ? 0 : distance, ready)
    const varied = this.#pattern.range > 0
    const change = this.#pattern.add(value) ? this.#patternRarity() : 0
    // Where nothing varied before, a first other value says no more of the pattern than of itself.
    const pattern = varied ? change : 0
    // What says most about the value speaks first among those that find it rare enough.
    if (level > score && !(score >= this.#alarm)) type = 'level shift'
    const single = Math.max(score, level)
    if (pattern > single && !(single >= this.#alarm)) type = 'pattern'
    score = Math.max(single, pattern)

    s.score = score
    if (!(score >= this.#alarm)) return null
    if (type !== 'pattern' && !this.#isOfInterest(value)) {
      s.score = 0
      return null
    }
    return this.#raise(type, score, time, value, false)
  }

  #pointRarity(): number {
    const { surprise } = this.#baseline
    // Where nothing varied before, all that is known of another value is that it is the first.
    if (surprise === Number.POSITIVE_INFINITY) return Math.log10(this.#pointTail.total + 1)
    return this.#pointTail.rarity(surprise)
  }

  /** Rarity of the sum of the latest distances, each bounded: a burst has some near ones among them, a shift has none. */
  #levelRarity(distance: number, ready: boolean): number {
    const latest = this.#latestDistances
    latest[this.#scalars.seen % PERSISTENCE] = Math.max(-REACH, Math.min(REACH, distance))
    let sum = 0
    for (let i = 0; i < PERSISTENCE; i++) sum += latest[i] as number
    const statistic = Math.abs(sum) / Math.sqrt(PERSISTENCE)
    const rarity = ready ? this.#levelTail.rarity(statistic) : 0
    if (this.#baseline.known >= LEAST_KNOWN) this.#levelTail.learn(statistic, rarity)
    return rarity >= LEAST_LEVEL ? rarity + PERSISTENCE_RUN : 0
  }

  /** Mean of the rarities on both scales: what is new on one alone is less of a surprise. */
  #patternRarity(): number {
    if (this.#scalars.seen < PATTERN_START) return 0
    let sum = 0
    for (let i = 0; i < this.#patternTails.length; i++) {
      const tail = this.#patternTails[i] as ScoreTail
      const distance = this.#pattern.distances[i] as number
      sum += tail.rarity(distance) / this.#patternTails.length
      tail.add(distance)
    }
    return this.#scalars.seen >= PATTERN_WARM_UP && sum >= LEAST_PATTERN ? sum + PATTERN_RUN : 0
  }

  #isSmallCount(value: number): boolean {
    if (this.#settings.metric !== 'count') return false
    const mean = decayedMeanOf(this.#counts)
    return mean !== null && mean < SMALL_COUNT && isCount(value)
  }

  /** Rarity of a small count: of the latest one, and of the latest five. */
  #countRarity(value: number): number {
    const s = this.#scalars
    const mean = decayedMeanOf(this.#counts) ?? 0
    const dispersion = Math.max(1, (decayedVarianceOf(this.#counts, 'population') ?? 0) / mean)
    const known = Math.min(s.seen, 500)
    // As many zeros as were seen leave a rate of about one in twice as many.
    const expected = Math.max(mean, 0.5 / (known + 1))
    let sum = value
    for (let i = 1; i < FREQUENCY_SPAN; i++)
      sum += this.#latestCounts[(s.seen - i + FREQUENCY_SPAN) % FREQUENCY_SPAN] as number
    const one = frequencyTest(value, expected, dispersion || 1).rarity
    const many = frequencyTest(sum, FREQUENCY_SPAN * expected, dispersion || 1).rarity
    return Math.max(one, many)
  }

  #isOfInterest(value: number): boolean {
    const { direction, leastChange, leastRelativeChange } = this.#settings
    const { expected } = this.#baseline
    const change = value - expected
    if ((direction === 'up' && change < 0) || (direction === 'down' && change > 0)) return false
    return Math.abs(change) >= Math.max(leastChange, leastRelativeChange * Math.abs(expected))
  }

  #learn(time: number, value: number): void {
    const s = this.#scalars
    const { distance, surprise } = this.#baseline
    const far = Math.abs(distance)
    const judged = this.#pointTail.total >= LEAST_KNOWN
    const outside =
      judged && (far === Number.POSITIVE_INFINITY || this.#pointTail.rarity(far) >= MASK)
    if (!outside) s.outside = 0
    else if (distance > 0) s.outside = Math.max(0, s.outside) + 1
    else s.outside = Math.min(0, s.outside) - 1
    if (Number.isFinite(surprise) && this.#baseline.known >= LEAST_KNOWN) {
      this.#pointTail.learn(surprise, judged ? this.#pointTail.rarity(surprise) : 0)
    }
    this.#baseline.learn(time, value, outside)
    if (this.#settings.metric === 'count') {
      if (isCount(value) && !(s.score >= MASK))
        addToDecayed(this.#counts, value, s.seen, COUNT_RATE)
      this.#latestCounts[s.seen % FREQUENCY_SPAN] = isCount(value) ? value : 0
    }
    s.seen++
    if (s.seen % SEASON_EVERY === 0 && this.#baseline.chooseSeason()) {
      this.#restart(WARM_UP)
      // Distances from another baseline are no measure for those from this one.
      this.#pointTail.clear()
      this.#levelTail.clear()
    }
  }

  /** A run out of the expected range that has lasted is the new level. */
  #acceptShift(time: number, value: number): Anomaly | null {
    const s = this.#scalars
    const { acceptAfter } = this.#settings
    if (Math.abs(s.outside) < acceptAfter) return null
    const anomaly =
      this.#event?.open === true && this.#event.type === 'level shift'
        ? null
        : this.#raise('level shift', Math.max(this.#alarm, s.score), time, value, false)
    this.#restart(acceptAfter)
    return anomaly
  }

  /** Takes the latest values for the level, at times that are about theirs. */
  #restart(length: number): void {
    const s = this.#scalars
    const step = decayedMeanOf(this.#gaps) ?? 0
    const back = Array.from({ length: Math.min(length, s.seen) }, (_, i) => i).toReversed()
    this.#baseline.restart(
      back.map((i) => s.time - i * step),
      back.map((i) => this.#pattern.latest(i)),
    )
    s.outside = 0
    this.#latestDistances.fill(0)
  }

  /** Opens an event, or adds to the open one; an anomaly where there is something to tell. */
  #raise(
    type: AnomalyType,
    score: number,
    time: number,
    value: number,
    always: boolean,
  ): Anomaly | null {
    const s = this.#scalars
    const before = this.#event
    const same = before?.open === true && s.sinceTold <= this.#settings.mergeWithin && !always
    const worse = !same || score >= s.eventScore + ESCALATION
    const shifted = same && tellsMore(before.type, type)
    const peak = !same || score > s.eventScore
    if (same && !worse && !shifted) {
      const { expected } = this.#baseline
      const rarest = { peak: time, peakValue: value, peakExpected: expected }
      this.#event = {
        ...before,
        ...(peak ? rarest : {}),
        end: time,
        severity: Math.max(before.severity, severityOf(score)),
      }
      return null
    }
    s.sinceTold = 0
    const { expected, interval } = this.expectation
    const number = same ? before.event : (before?.event ?? 0) + 1
    const severity = severityOf(score)
    this.#event = {
      event: number,
      type: same && !shifted ? before.type : type,
      start: same ? before.start : time,
      end: time,
      peak: peak ? time : before.peak,
      peakValue: peak ? value : before.peakValue,
      peakExpected: peak ? expected : before.peakExpected,
      severity: same ? Math.max(before.severity, severity) : severity,
      open: true,
    }
    s.eventScore = same ? Math.max(s.eventScore, score) : score
    return {
      event: number,
      change: same ? 'escalated' : 'opened',
      type,
      time,
      since: this.#event.start,
      value,
      expected,
      interval,
      score,
      severity,
    }
  }

  state(): DetectorState {
    return {
      version: 1,
      scalars: { ...this.#scalars },
      baseline: this.#baseline.state(),
      pattern: this.#pattern.state(),
      tails: this.#tails.map((tail) => tail.state()),
      gaps: [...this.#gaps],
      counts: [...this.#counts],
      latestCounts: [...this.#latestCounts],
      latestDistances: [...this.#latestDistances],
      event: this.#event,
    }
  }

  /** Goes on from a state; the options are those of the detector that gave it. */
  static from(state: DetectorState, options: DetectorOptions = {}): AnomalyDetector {
    return new AnomalyDetector(options, state)
  }
}

/** Whether an alarm of another type is news within an event: a shift after a spike, and whatever has one value to show after a pattern. */
function tellsMore(before: AnomalyType, now: AnomalyType): boolean {
  if (before === 'pattern') return now !== 'pattern'
  return now === 'level shift' && (before === 'spike' || before === 'drop')
}

/** Small enough to be counted on, and to be held in single precision. */
function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 2 ** 24
}

/** A detector of anomalies in a stream of values. See `AnomalyDetector`. */
export function detector(options: DetectorOptions = {}): AnomalyDetector {
  return new AnomalyDetector(options)
}
