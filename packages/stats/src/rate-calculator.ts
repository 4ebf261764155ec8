import { checkFinite, checkPositive, checkWhole } from './checks.ts'
import { StatsError } from './stats-error.ts'

export interface RateOptions {
  /** Length of the trailing range, in the unit of the times. */
  readonly range: number
  /** Parts into which the range is cut; default 60. More are finer and cost 8 bytes each. */
  readonly parts?: number
}

/** The calculator as plain data. */
export interface RateState {
  /** Number of the newest part since time 0, or null before the first event. */
  readonly newest: number | null
  /** Weight by part, the newest last. */
  readonly weights: readonly number[]
  readonly tooOld: number
}

/**
 * Events per unit of time over a trailing range. Weights are kept by part of the range, parts
 * beginning at multiples of range / parts since time 0, so that calculators of several places merge
 * by adding. Events may come in any order within the range. Constant time per event.
 */
export class RateCalculator {
  readonly #range: number
  readonly #part: number
  /** One more than there are parts: the range seldom begins at the edge of one. Part p is at p modulo the length. */
  readonly #weights: Float64Array
  #newest = Number.NEGATIVE_INFINITY
  #tooOld = 0

  /** Throws a StatsError for a range that is not positive or no whole number of parts. */
  constructor({ range, parts = 60 }: RateOptions) {
    checkPositive(range, 'options.range')
    checkWhole(parts, 1, 'options.parts')
    this.#range = range
    this.#part = range / parts
    this.#weights = new Float64Array(parts + 1)
  }

  /** Weight of events that came when their part was already out of the range; they count nowhere. */
  get tooOld(): number {
    return this.#tooOld
  }

  /** Adds an event at a time, standing for `weight`. NaN or an infinity is a StatsError. */
  add(time: number, weight = 1): void {
    checkFinite(time, 'time')
    checkFinite(weight, 'weight')
    this.#addPart(Math.floor(time / this.#part), weight)
  }

  /**
   * Events per unit of time in (time − range, time]. Of the part that the range begins in, its share is
   * taken. The divisor is always the whole range, so that a rate climbs while the first range fills. Not
   * to be asked for times before the newest event by more than a part.
   */
  rateAt(time: number): number {
    const newest = Math.floor(time / this.#part)
    const length = this.#weights.length
    let sum = 0
    for (let part = newest - length + 2; part <= newest; part++) sum += this.#weightOf(part)
    const share = newest + 1 - time / this.#part
    sum += this.#weightOf(newest - length + 1) * share
    return sum / this.#range
  }

  /** Adds the events of another calculator with the same options, else a StatsError. */
  merge(other: RateCalculator): void {
    if (other.#range !== this.#range || other.#weights.length !== this.#weights.length) {
      throw new StatsError('mismatch', 'other', 'a rate of another range or other parts')
    }
    const weights = other.#weights.slice()
    const { length } = weights
    const newest = other.#newest
    this.#tooOld += other.#tooOld
    if (newest === Number.NEGATIVE_INFINITY) return
    // Newest first, so that what is too old for both together is counted as such.
    for (let part = newest; part > newest - length; part--) {
      const weight = weights[slotOf(part, length)] ?? 0
      if (weight !== 0) this.#addPart(part, weight)
    }
  }

  state(): RateState {
    const { length } = this.#weights
    const newest = this.#newest === Number.NEGATIVE_INFINITY ? null : this.#newest
    const weights = Array.from({ length }, (_, i) =>
      newest === null ? 0 : (this.#weights[slotOf(newest - length + 1 + i, length)] ?? 0),
    )
    return { newest, weights, tooOld: this.#tooOld }
  }

  /** Goes on from a state; the options are those of the calculator that gave it. */
  static from(state: RateState, options: RateOptions): RateCalculator {
    const rate = new RateCalculator(options)
    const { length } = rate.#weights
    if (state.weights.length !== length)
      throw new StatsError('mismatch', 'state', 'it is that of a rate of other parts')
    rate.#tooOld = state.tooOld
    if (state.newest !== null) {
      rate.#newest = state.newest
      for (const [i, weight] of state.weights.entries()) {
        rate.#weights[slotOf(state.newest - length + 1 + i, length)] = weight
      }
    }
    return rate
  }

  #addPart(part: number, weight: number): void {
    const { length } = this.#weights
    if (part > this.#newest) {
      const cleared = Math.min(length, part - this.#newest)
      for (let gone = part - cleared + 1; gone <= part; gone++) {
        const at = slotOf(gone, length)
        this.#weights[at] = 0
      }
      this.#newest = part
    } else if (part <= this.#newest - length) {
      this.#tooOld += weight
      return
    }
    const at = slotOf(part, length)
    this.#weights[at] = (this.#weights[at] ?? 0) + weight
  }

  #weightOf(part: number): number {
    const { length } = this.#weights
    if (part > this.#newest || part <= this.#newest - length) return 0
    return this.#weights[slotOf(part, length)] ?? 0
  }
}

function slotOf(part: number, length: number): number {
  return ((part % length) + length) % length
}
