import { LevelWindow } from './level-window.ts'
import { SeasonProfile, type SeasonProfileState } from './season-profile.ts'

/** Up to so many values the level learns each, then every sixth, so that 128 of them reach back 768. */
const DENSE = 64
const STRIDE = 6
/** Standard deviations between the median and the quartile, and the 95 % quantile, of normal values. */
const QUARTILE = 0.674_489_750_196_081_7
const NINETEEN = 1.644_853_626_951_472
/** The latest level: share of the latest value, and of its distance. */
const FAST = 0.3
const FAST_SPREAD = 0.02
/** Mean absolute deviation of normal values to their standard deviation. */
const MEAN_TO_DEVIATION = 1.2533
/** Share of the latest value in the level that seasons are learned around. */
const SLOW = 1 / 500
/** A season has to leave no more than this share of the errors. */
const SEASON_GAIN = 0.8
/** A spread below this share of the level is rounding. */
const ROUNDING = 1e-9
const HOURS_OF_DAY = 24
const HOURS_OF_WEEK = 168
const WEEK = 7 * 86_400_000

export interface BaselineState {
  readonly window: readonly number[]
  readonly profiles: readonly SeasonProfileState[]
  readonly numbers: readonly number[]
}

/**
 * What is expected of the next value: the median of values that reach back 768, plus the season if one is known, and how far values stray
 * to either side of it. The spread of a side is the larger one of what quartile and 95 % quantile say under normality, so that
 * neither equal values in the middle nor a skewed tail make a spike of what is usual. Besides, how far the value is
 * from the latest ones: a value near them is no spike, however far it is from the level.
 */
export class Baseline {
  readonly #window: LevelWindow
  readonly #profiles: readonly SeasonProfile[]
  #active = -1
  #slow = 0
  #fast = 0
  #fastDeviation = 0
  #learned = 0

  /** Of the value judged last: what was expected of it, and the spreads to both sides. */
  expected = 0
  spreadUp = 0
  spreadDown = 0
  /** Its distance in spreads of its side; ±Infinity where nothing varied before and it is another value. */
  distance = 0
  /** The smaller one of that and the distance from the latest values, from 0 on. */
  surprise = 0

  constructor(seasons: readonly number[], state?: BaselineState) {
    this.#window = new LevelWindow(state?.window)
    this.#profiles =
      state?.profiles.map((profile) => SeasonProfile.from(profile)) ??
      seasons.map((period) => {
        return new SeasonProfile(period, period >= WEEK ? HOURS_OF_WEEK : HOURS_OF_DAY)
      })
    if (state === undefined) return
    const [active = -1, slow = 0, fast = 0, fastDeviation = 0, learned = 0] = state.numbers
    this.#active = active
    this.#slow = slow
    this.#fast = fast
    this.#fastDeviation = fastDeviation
    this.#learned = learned
  }

  /** Values that the level was learned from. */
  get known(): number {
    return this.#window.size
  }

  /** Period of the season that is used; null without one. */
  get season(): number | null {
    return this.#profiles[this.#active]?.period ?? null
  }

  get bytes(): number {
    return this.#window.bytes + 5 * 8
  }

  get profileBytes(): number {
    return this.#profiles.reduce((sum, profile) => sum + profile.bytes, 0)
  }

  #seasonAt(time: number): number {
    return this.#profiles[this.#active]?.at(time) ?? 0
  }

  judge(time: number, value: number): void {
    const window = this.#window
    const season = this.#seasonAt(time)
    const level = window.quantile(0.5)
    const rounding = ROUNDING * Math.abs(level)
    const up = Math.max(
      (window.quantile(0.75) - level) / QUARTILE,
      (window.quantile(0.95) - level) / NINETEEN,
    )
    const down = Math.max(
      (level - window.quantile(0.25)) / QUARTILE,
      (level - window.quantile(0.05)) / NINETEEN,
    )
    // Where one side has no spread, that of the other one is a better guess than none.
    this.spreadUp = up > rounding ? up : down > rounding ? down : 0
    this.spreadDown = down > rounding ? down : up > rounding ? up : 0
    this.expected = level + season
    const away = value - this.expected
    const spread = away >= 0 ? this.spreadUp : this.spreadDown
    if (Math.abs(away) <= rounding) this.distance = 0
    else this.distance = away / spread
    const latest = Math.abs(value - season - this.#fast) / this.#fastDeviation
    const far = Math.abs(this.distance)
    this.surprise = latest < far ? latest : far
  }

  /** Learns the value judged last. What is masked moves the latest level alone, and the seasons by a bounded step. */
  learn(time: number, value: number, masked: boolean): void {
    const plain = value - this.#seasonAt(time)
    const first = this.#learned === 0
    this.#slow = first
      ? value
      : this.#slow + Math.max(SLOW, 1 / (this.#learned + 1)) * (value - this.#slow)
    for (const profile of this.#profiles) profile.learn(time, value, value - this.#slow)
    this.#learned++
    if (!masked && (this.#window.size < DENSE || this.#learned % STRIDE === 0))
      this.#window.add(plain)
    const off = plain - this.#fast
    this.#fast = first ? plain : this.#fast + FAST * off
    if (!first && !masked) {
      const rate = Math.max(FAST_SPREAD, 1 / this.#learned)
      this.#fastDeviation += rate * (MEAN_TO_DEVIATION * Math.abs(off) - this.#fastDeviation)
    }
  }

  /** Whether another season, or none, tells values better than the one in use; which is then used. */
  chooseSeason(): boolean {
    let best = -1
    let least = SEASON_GAIN
    for (const [i, profile] of this.#profiles.entries()) {
      // What is in use keeps its place as long as it is about as good.
      const gain = profile.gain * (i === this.#active ? 0.95 : 1)
      if (gain < least) {
        best = i
        least = gain
      }
    }
    if (best === this.#active) return false
    this.#active = best
    return true
  }

  /** Starts again from the given values, the oldest first, as the present level. */
  restart(times: readonly number[], values: readonly number[]): void {
    const before = this.#window.quantile(0.5)
    this.#window.clear()
    for (const [i, value] of values.entries())
      this.#window.add(value - this.#seasonAt(times[i] as number))
    const after = this.#window.quantile(0.5)
    this.#slow += after - before
    this.#fast = after
  }

  state(): BaselineState {
    return {
      window: this.#window.values(),
      profiles: this.#profiles.map((profile) => profile.state()),
      numbers: [this.#active, this.#slow, this.#fast, this.#fastDeviation, this.#learned],
    }
  }
}
