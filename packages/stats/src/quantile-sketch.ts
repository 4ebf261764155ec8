import { binOf, nearestRankIndex, valueOf } from './sketch-bins.ts'

/** So many values are kept as they are; with more, they become bins. */
export const EXACT_VALUES = 64

/** A sketch as plain data; `values` and `weights` are empty when `bins` and `counts` are not. */
export interface QuantileSketchState {
  readonly values: readonly number[]
  readonly weights: readonly number[]
  readonly bins: readonly number[]
  readonly counts: readonly number[]
  readonly min: number | null
  readonly max: number | null
}

/**
 * Quantiles of a stream of numbers in little memory.
 *
 * Up to 64 values are kept as they are and answered exactly, so that the 99th percentile of five
 * calls is one of the five. From the 65th on, there are only counts by bin (`sketch-bins.ts`) and
 * quantiles are within 1 %. Which of the two it is depends on the number of values alone, so merging
 * parts in any order and grouping gives the sketch of everything, bin by bin. Memory: at most one
 * count per bin in use, about 115 bins for each factor of ten between least and greatest.
 */
export class QuantileSketch {
  #values: number[] = []
  #weights: number[] = []
  /** Null as long as the values are kept. */
  #counts: Map<number, number> | null = null
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
    return this.#counts === null
  }

  /** Adds a number standing for `weight` numbers (> 0). NaN is refused with a RangeError. */
  add(value: number, weight = 1): void {
    if (Number.isNaN(value)) throw new RangeError('NaN has no place among quantiles')
    if (!(weight > 0)) throw new RangeError(`${weight} is not a positive weight`)
    this.#total += weight
    if (value < this.#min) this.#min = value
    if (value > this.#max) this.#max = value
    if (this.#counts === null) {
      this.#values.push(value)
      this.#weights.push(weight)
      if (this.#values.length > EXACT_VALUES) this.#toBins()
    } else {
      this.#count(this.#counts, binOf(value), weight)
    }
  }

  /** Adds everything the other sketch has seen; the other is left alone. */
  merge(other: QuantileSketch): void {
    if (other.#counts === null) {
      // Copied first, so that a sketch can be merged with itself.
      const weights = [...other.#weights]
      for (const [i, value] of [...other.#values].entries()) this.add(value, weights[i])
      return
    }
    const counts = this.#counts ?? this.#toBins()
    for (const [bin, count] of other.#counts) this.#count(counts, bin, count)
    this.#total += other.#total
    this.#min = Math.min(this.#min, other.#min)
    this.#max = Math.max(this.#max, other.#max)
  }

  /**
   * The smallest value x such that the share of values up to x reaches q (nearest rank); null when
   * empty. The least and the greatest value are always exact. Throws a RangeError when q is not within 0 and 1. Cost: sorting of at most 64 values, or
   * of the bins in use.
   */
  quantile(q: number): number | null {
    if (this.#counts === null) {
      const order = this.#values
        .map((value, i) => ({ value, weight: this.#weights[i] ?? 0 }))
        .sort((a, b) => a.value - b.value)
      const at = nearestRankIndex(
        order.map((entry) => entry.weight),
        q,
      )
      return at === null ? null : (order[at]?.value ?? null)
    }
    const sorted = sortedBins(this.#counts)
    const at = nearestRankIndex(
      sorted.map(([, count]) => count),
      q,
    )
    if (at === null) return null
    if (q === 0) return this.#min
    if (q === 1) return this.#max
    // The true quantile lies between least and greatest, so clamping only brings it nearer.
    const value = valueOf(sorted[at]?.[0] ?? 0)
    return Math.min(this.#max, Math.max(this.#min, value))
  }

  state(): QuantileSketchState {
    const sorted = sortedBins(this.#counts ?? new Map<number, number>())
    return {
      values: [...this.#values],
      weights: [...this.#weights],
      bins: sorted.map(([bin]) => bin),
      counts: sorted.map(([, count]) => count),
      min: this.min,
      max: this.max,
    }
  }

  static from(state: QuantileSketchState): QuantileSketch {
    const sketch = new QuantileSketch()
    for (const [i, value] of state.values.entries()) sketch.add(value, state.weights[i])
    if (state.bins.length > 0) {
      const counts = sketch.#toBins()
      for (const [i, bin] of state.bins.entries()) {
        sketch.#count(counts, bin, state.counts[i] ?? 0)
        sketch.#total += state.counts[i] ?? 0
      }
    }
    if (state.min !== null) sketch.#min = state.min
    if (state.max !== null) sketch.#max = state.max
    return sketch
  }

  #toBins(): Map<number, number> {
    const counts = new Map<number, number>()
    for (const [i, value] of this.#values.entries()) {
      this.#count(counts, binOf(value), this.#weights[i] ?? 0)
    }
    this.#values = []
    this.#weights = []
    this.#counts = counts
    return counts
  }

  #count(counts: Map<number, number>, bin: number, weight: number): void {
    counts.set(bin, (counts.get(bin) ?? 0) + weight)
  }
}

function sortedBins(counts: Map<number, number>): [number, number][] {
  return [...counts].sort(([a], [b]) => a - b)
}
