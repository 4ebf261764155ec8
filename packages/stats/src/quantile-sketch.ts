import { BinStore } from './bin-store.ts'
import { checkNumber, checkPositive } from './checks.ts'
import { decodeSketch, encodeSketch } from './quantile-sketch-bytes.ts'
import { binOf, nearestRankIndex, valueOf } from './sketch-bins.ts'

/** So many values are kept as they are; with more, they become bins. */
export const EXACT_VALUES = 64
/** Bins held for each sign. From greatest to least this spans a factor of 6 · 10^17. */
export const SKETCH_BINS = 2048

const FIRST_VALUES = 8

/** A sketch as plain data; `values` and `weights` are empty when `bins` and `counts` are not. */
export interface QuantileSketchState {
  readonly values: readonly number[]
  readonly weights: readonly number[]
  /** Bins of `sketch-bins.ts`, ascending, with the counts of each. */
  readonly bins: readonly number[]
  readonly counts: readonly number[]
  readonly min: number | null
  readonly max: number | null
  /** Whether bins nearest to zero were collapsed; left out when not. */
  readonly collapsed?: boolean
}

/**
 * Quantiles of a stream of numbers in little memory: DDSketch (Masson, Rim, Lee 2019) with its own
 * bins (`sketch-bins.ts`).
 *
 * Up to 64 values are kept as they are and answered exactly, so that the 99th percentile of five
 * calls is one of the five. From the 65th on, there are only counts by bin and quantiles are within 1 %.
 * Which of the two it is depends on the number of values alone, so merging parts in any order and
 * grouping gives the sketch of everything, bin by bin.
 *
 * Memory is bounded: of the positive and of the negative numbers the 2048 bins of greatest magnitude are
 * held, and what is nearer to zero is counted in the last of them. That takes values more than
 * 6 · 10^17 apart; `collapsed` tells it, and quantiles that far down are then too far from zero.
 */
export class QuantileSketch {
  #values: Float64Array | null = null
  /** Null as long as every weight is 1. */
  #weights: Float64Array | null = null
  #kept = 0
  /** Null as long as the values are kept. */
  #bins: Bins | null = null
  #total = 0
  #min = Number.POSITIVE_INFINITY
  #max = Number.NEGATIVE_INFINITY

  /** Sum of weights: the number of values when every weight is 1. */
  get count(): number {
    return this.#total
  }

  get min(): number | null {
    return this.#total > 0 ? this.#min : null
  }

  get max(): number | null {
    return this.#total > 0 ? this.#max : null
  }

  /** True while quantiles are exact. */
  get exact(): boolean {
    return this.#bins === null
  }

  /** True when values were so far apart that those nearest to zero lost their bins. */
  get collapsed(): boolean {
    const bins = this.#bins
    return bins !== null && (bins.collapsed || bins.positive.collapsed || bins.negative.collapsed)
  }

  /** Memory of what is held, in bytes. */
  get bytes(): number {
    const values = (this.#values?.byteLength ?? 0) + (this.#weights?.byteLength ?? 0)
    return (
      values + (this.#bins === null ? 0 : this.#bins.positive.bytes + this.#bins.negative.bytes)
    )
  }

  /** Adds a number standing for `weight` numbers (> 0). NaN is refused with a StatsError. */
  add(value: number, weight = 1): void {
    checkNumber(value, 'value')
    checkPositive(weight, 'weight')
    this.#total += weight
    if (value < this.#min) this.#min = value
    if (value > this.#max) this.#max = value
    if (this.#bins !== null) countBin(this.#bins, binOf(value), weight)
    else if (this.#kept < EXACT_VALUES) this.#keep(value, weight)
    else countBin(this.#toBins(), binOf(value), weight)
  }

  /** Adds everything the other sketch has seen; the other is left alone. */
  merge(other: QuantileSketch): void {
    const from = other.#bins
    if (from === null) {
      // Taken first, so that a sketch can be merged with itself.
      const { values, weights } = other.#sorted()
      for (const [i, value] of values.entries()) this.add(value, weights[i])
      return
    }
    const bins = this.#bins ?? this.#toBins()
    bins.positive.merge(from.positive)
    bins.negative.merge(from.negative)
    bins.zero += from.zero
    if (from.collapsed) bins.collapsed = true
    this.#total += other.#total
    this.#min = Math.min(this.#min, other.#min)
    this.#max = Math.max(this.#max, other.#max)
  }

  /**
   * The smallest value x such that the share of values up to x reaches q (nearest rank); null when
   * empty. The least and the greatest value are always exact. Throws a StatsError when q is not
   * within 0 and 1. Cost: sorting of at most 64 values, or one pass over the bins in use.
   */
  quantile(q: number): number | null {
    return this.quantiles([q])[0] ?? null
  }

  /** Several quantiles at the cost of one. */
  quantiles(qs: readonly number[]): (number | null)[] {
    if (this.#bins === null) {
      const { values, weights } = this.#sorted()
      return qs.map((q) => {
        const at = nearestRankIndex(weights, q)
        return at === null ? null : (values[at] ?? null)
      })
    }
    const { bins, counts } = sortedBins(this.#bins)
    return qs.map((q) => {
      const at = nearestRankIndex(counts, q)
      if (at === null) return null
      if (q === 0) return this.#min
      if (q === 1) return this.#max
      // The true quantile lies between least and greatest, so clamping only brings it nearer.
      return Math.min(this.#max, Math.max(this.#min, valueOf(bins[at] ?? 0)))
    })
  }

  /** Kept values by size, so that equal sketches have equal states. */
  state(): QuantileSketchState {
    const { values, weights } = this.#sorted()
    const { bins, counts } = this.#bins === null ? NO_BINS : sortedBins(this.#bins)
    const state = { values, weights, bins, counts, min: this.min, max: this.max }
    return this.collapsed ? { ...state, collapsed: true } : state
  }

  static from(state: QuantileSketchState): QuantileSketch {
    const sketch = new QuantileSketch()
    for (const [i, value] of state.values.entries()) sketch.add(value, state.weights[i])
    if (state.bins.length > 0) {
      const bins = sketch.#toBins()
      for (const [i, bin] of state.bins.entries()) {
        countBin(bins, bin, state.counts[i] ?? 0)
        sketch.#total += state.counts[i] ?? 0
      }
      bins.collapsed = state.collapsed === true
    }
    if (state.min !== null) sketch.#min = state.min
    if (state.max !== null) sketch.#max = state.max
    return sketch
  }

  /** The state in versioned bytes (`quantile-sketch-bytes.ts`). */
  toBytes(): Uint8Array {
    return encodeSketch(this.state())
  }

  /** Throws a StatsError for bytes that `toBytes` did not give. */
  static fromBytes(bytes: Uint8Array): QuantileSketch {
    return QuantileSketch.from(decodeSketch(bytes))
  }

  #keep(value: number, weight: number): void {
    const at = this.#kept
    this.#kept = at + 1
    this.#values = withRoom(this.#values, at)
    this.#values[at] = value
    if (weight === 1 && this.#weights === null) return
    this.#weights = withRoom(this.#weights ?? new Float64Array(this.#values.length).fill(1), at)
    this.#weights[at] = weight
  }

  /** The kept values with their weights, by value and then by weight. */
  #sorted(): { values: number[]; weights: number[] } {
    const order = Array.from({ length: this.#kept }, (_, i) => ({
      value: this.#values?.[i] ?? 0,
      weight: this.#weights?.[i] ?? 1,
    }))
    order.sort((a, b) => a.value - b.value || a.weight - b.weight)
    return { values: order.map(({ value }) => value), weights: order.map(({ weight }) => weight) }
  }

  #toBins(): Bins {
    const bins: Bins = {
      positive: new BinStore(SKETCH_BINS),
      negative: new BinStore(SKETCH_BINS),
      zero: 0,
      collapsed: false,
    }
    for (let i = 0; i < this.#kept; i++) {
      countBin(bins, binOf(this.#values?.[i] ?? 0), this.#weights?.[i] ?? 1)
    }
    this.#values = null
    this.#weights = null
    this.#kept = 0
    this.#bins = bins
    return bins
  }
}

/** Counts by bin; the negative ones by the number of the bin they mirror. */
interface Bins {
  readonly positive: BinStore
  readonly negative: BinStore
  zero: number
  /** What the stores cannot know once a sketch was written and read. */
  collapsed: boolean
}

const NO_BINS: { readonly bins: number[]; readonly counts: number[] } = { bins: [], counts: [] }

function countBin(bins: Bins, bin: number, weight: number): void {
  if (bin > 0) bins.positive.add(bin, weight)
  else if (bin < 0) bins.negative.add(-bin, weight)
  else bins.zero += weight
}

function sortedBins({ positive, negative, zero }: Bins): { bins: number[]; counts: number[] } {
  const bins: number[] = []
  const counts: number[] = []
  negative.forEach((bin, count) => {
    bins.push(-bin)
    counts.push(count)
  })
  bins.reverse()
  counts.reverse()
  if (zero > 0) {
    bins.push(0)
    counts.push(zero)
  }
  positive.forEach((bin, count) => {
    bins.push(bin)
    counts.push(count)
  })
  return { bins, counts }
}

/** The array itself, or a larger one in which `at` has room. */
function withRoom(array: Float64Array | null, at: number): Float64Array {
  if (array === null) return new Float64Array(FIRST_VALUES)
  if (at < array.length) return array
  const larger = new Float64Array(2 * array.length)
  larger.set(array)
  return larger
}
