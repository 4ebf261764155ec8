import { checkFinite, checkPositive, checkWhole } from './checks.ts'
import { addToSum, createSum, mergeSums, SUM_WIDTH, sumOf } from './compensated-sum.ts'
import {
  addToMoments,
  createMoments,
  MOMENTS_WIDTH,
  meanOf,
  mergeMoments,
  type SpreadOf,
  varianceOf,
} from './moments.ts'
import { StatsError } from './stats-error.ts'

export interface SlidingWindowOptions {
  /** At most so many of the latest values. */
  readonly values?: number
  /** Only values later than the latest time less this. */
  readonly duration?: number
}

/** A window as plain data, the oldest value first. */
export interface SlidingWindowState {
  readonly values: readonly number[]
  readonly times: readonly number[]
  /** Latest time it was told, or null. */
  readonly latest: number | null
}

const FIRST_CAPACITY = 16

/**
 * Count, sum, mean, spread, least and greatest of the latest values, bounded by their number, by time, or
 * by both. Exact: nothing is ever subtracted, so that no rounding is left behind by values that went.
 *
 * Two stacks make one queue: of the older values every suffix is summed up beforehand, of the newer ones all
 * are in one sum. When the older ones are used up, the newer become the older in one pass. So each value
 * is touched twice, which is constant time per value on average. Memory: 88 bytes per value held.
 */
export class SlidingWindow {
  readonly #most: number
  readonly #duration: number
  /** Ring of values and times: those held are `#first` … `#first + #held − 1`, modulo the capacity. */
  #values = new Float64Array(FIRST_CAPACITY)
  #times = new Float64Array(FIRST_CAPACITY)
  #first = 0
  #held = 0
  /** Of the older values: how many, and by how many are left the summary of them. */
  #older = 0
  #suffixes = new Float64Array(0)
  readonly #newer = createMoments()
  readonly #newerSum = createSum()
  #newerMin = Number.POSITIVE_INFINITY
  #newerMax = Number.NEGATIVE_INFINITY
  #latest = Number.NEGATIVE_INFINITY

  /** At least one bound must be given, a positive one, else a StatsError. */
  constructor(options: SlidingWindowOptions) {
    const { values = Number.POSITIVE_INFINITY, duration = Number.POSITIVE_INFINITY } = options
    if (values === Number.POSITIVE_INFINITY && duration === Number.POSITIVE_INFINITY) {
      throw new StatsError(
        'too_few',
        'options',
        'a sliding window needs a bound: values, duration or both',
      )
    }
    if (values !== Number.POSITIVE_INFINITY) checkWhole(values, 1, 'options.values')
    if (duration !== Number.POSITIVE_INFINITY) checkPositive(duration, 'options.duration')
    this.#most = values
    this.#duration = duration
  }

  /**
   * Adds a finite value. Times must not go backwards; they may be left out where the window is bounded by
   * number alone. Else a StatsError.
   */
  add(
    value: number,
    time: number = this.#duration === Number.POSITIVE_INFINITY ? 0 : Number.NaN,
  ): void {
    checkFinite(value, 'value')
    this.advance(time)
    if (this.#held === this.#most) this.#drop()
    if (this.#held === this.#values.length) this.#grow()
    const at = (this.#first + this.#held) % this.#values.length
    this.#values[at] = value
    this.#times[at] = time
    this.#held++
    addToMoments(this.#newer, value)
    addToSum(this.#newerSum, value)
    if (value < this.#newerMin) this.#newerMin = value
    if (value > this.#newerMax) this.#newerMax = value
  }

  /** Lets go of what is too old at a time. A time before the latest, or NaN, is a StatsError. */
  advance(time: number): void {
    if (time < this.#latest || Number.isNaN(time)) {
      throw new StatsError('out_of_range', 'time', `${time} is not a time from ${this.#latest} on`)
    }
    this.#latest = time
    const horizon = time - this.#duration
    while (this.#held > 0 && (this.#times[this.#first] ?? 0) <= horizon) this.#drop()
  }

  get count(): number {
    return this.#held
  }

  get mean(): number | null {
    return meanOf(this.#moments())
  }

  /** Null without values. */
  get sum(): number | null {
    if (this.#held === 0) return null
    const all = this.#newerSum.slice()
    if (this.#older > 0) {
      mergeSums(all, this.#suffixes, 0, (this.#older - 1) * SUFFIX_WIDTH + SUM_AT)
    }
    return sumOf(all)
  }

  get min(): number | null {
    if (this.#held === 0) return null
    return Math.min(this.#newerMin, this.#suffix(MOMENTS_WIDTH, Number.POSITIVE_INFINITY))
  }

  get max(): number | null {
    if (this.#held === 0) return null
    return Math.max(this.#newerMax, this.#suffix(MOMENTS_WIDTH + 1, Number.NEGATIVE_INFINITY))
  }

  variance(of: SpreadOf): number | null {
    return varianceOf(this.#moments(), of)
  }

  /** The values held, oldest first. */
  values(): number[] {
    return [...this.state().values]
  }

  /**
   * Takes in the values of another window, as if all had come in order of their times; of equal times
   * those of the other came last. Its bounds should be no narrower. Cost: all values of both.
   */
  merge(other: SlidingWindow): void {
    const [mine, its] = [this.state(), other.state()]
    const times = [...mine.times, ...its.times]
    const values = [...mine.values, ...its.values]
    const order = times.map((_, i) => i)
    order.sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b)
    this.#empty()
    for (const i of order) this.add(values[i] ?? 0, times[i])
    const latest = Math.max(
      mine.latest ?? Number.NEGATIVE_INFINITY,
      its.latest ?? Number.NEGATIVE_INFINITY,
    )
    if (latest > this.#latest) this.advance(latest)
  }

  state(): SlidingWindowState {
    const inOrder = (ring: Float64Array) =>
      Array.from({ length: this.#held }, (_, i) => ring[(this.#first + i) % ring.length] ?? 0)
    const latest = this.#latest === Number.NEGATIVE_INFINITY ? null : this.#latest
    return { values: inOrder(this.#values), times: inOrder(this.#times), latest }
  }

  /** Goes on from a state; the options are those of the window that gave it. */
  static from(state: SlidingWindowState, options: SlidingWindowOptions): SlidingWindow {
    const window = new SlidingWindow(options)
    for (const [i, value] of state.values.entries()) window.add(value, state.times[i])
    if (state.latest !== null) window.advance(state.latest)
    return window
  }

  #empty(): void {
    this.#held = 0
    this.#older = 0
    this.#latest = Number.NEGATIVE_INFINITY
    this.#resetNewer()
  }

  #resetNewer(): void {
    this.#newer.fill(0)
    this.#newerSum.fill(0)
    this.#newerMin = Number.POSITIVE_INFINITY
    this.#newerMax = Number.NEGATIVE_INFINITY
  }

  #moments(): Float64Array {
    const all = this.#newer.slice()
    if (this.#older > 0) mergeMoments(all, this.#suffixes, 0, (this.#older - 1) * SUFFIX_WIDTH)
    return all
  }

  #suffix(member: number, fallback: number): number {
    if (this.#older === 0) return fallback
    return this.#suffixes[(this.#older - 1) * SUFFIX_WIDTH + member] ?? fallback
  }

  #drop(): void {
    if (this.#older === 0) this.#turn()
    this.#older--
    this.#held--
    this.#first = (this.#first + 1) % this.#values.length
  }

  /** Makes all values the older ones: summary i is that of the i + 1 latest of them. */
  #turn(): void {
    const capacity = this.#values.length
    if (this.#suffixes.length < this.#held * SUFFIX_WIDTH) {
      this.#suffixes = new Float64Array(capacity * SUFFIX_WIDTH)
    }
    const running = createMoments()
    const sum = createSum()
    let min = Number.POSITIVE_INFINITY
    let max = Number.NEGATIVE_INFINITY
    for (let i = 0; i < this.#held; i++) {
      const value = this.#values[(this.#first + this.#held - 1 - i) % capacity] ?? 0
      addToMoments(running, value)
      addToSum(sum, value)
      min = Math.min(min, value)
      max = Math.max(max, value)
      const at = i * SUFFIX_WIDTH
      this.#suffixes.set(running, at)
      this.#suffixes.set(sum, at + SUM_AT)
      this.#suffixes[at + MOMENTS_WIDTH] = min
      this.#suffixes[at + MOMENTS_WIDTH + 1] = max
    }
    this.#older = this.#held
    this.#resetNewer()
  }

  #grow(): void {
    const capacity = this.#values.length
    const grow = (ring: Float64Array) => {
      const grown = new Float64Array(2 * capacity)
      grown.set(ring.subarray(this.#first))
      grown.set(ring.subarray(0, this.#first), capacity - this.#first)
      return grown
    }
    this.#values = grow(this.#values)
    this.#times = grow(this.#times)
    this.#first = 0
  }
}

/** Moments, least, greatest, sum. */
const SUM_AT = MOMENTS_WIDTH + 2
const SUFFIX_WIDTH = SUM_AT + SUM_WIDTH
