import { checkPositive, checkWhole } from './checks.ts'
import { StatsError } from './stats-error.ts'

/** A value and how often it came: between `count − error` and `count` times. */
export interface Frequent<T> {
  readonly value: T
  readonly count: number
  readonly error: number
}

/** The summary as plain data. */
export interface TopKState<T> {
  readonly total: number
  readonly error: number
  readonly values: readonly T[]
  /** Lower bounds of the counts. */
  readonly counts: readonly number[]
}

/**
 * The most frequent values of a stream in bounded memory: at most 2 · capacity counters.
 *
 * As long as there are no more different values than that, counts are exact. Then the counters are
 * lowered by the (capacity + 1)-th largest of them and those at zero go (Misra and Gries 1982; the
 * same guarantees as Space-Saving, of which it is a mirror image; merging: Agarwal et al. 2012). So a
 * count is too low by at most `error` ≤ total / (capacity + 1), in whichever way parts were merged,
 * and every value that came more often than that is there. What is answered is the upper bound.
 *
 * Values are compared as keys of a Map. Constant time per value on average.
 */
export class TopK<T extends string | number> {
  readonly #capacity: number
  readonly #counts = new Map<T, number>()
  #total = 0
  #error = 0

  /** Capacity is a positive whole number, else a StatsError. */
  constructor(capacity: number) {
    checkWhole(capacity, 1, 'capacity')
    this.#capacity = capacity
  }

  /** Number of values seen, or of their weights. */
  get total(): number {
    return this.#total
  }

  /** By how much a count may be too low; 0 while all are exact. A value that is not there came at most so often. */
  get error(): number {
    return this.#error
  }

  /** Counters held. */
  get size(): number {
    return this.#counts.size
  }

  /** Adds a value, standing for `weight` (> 0) of it, else a StatsError. */
  add(value: T, weight = 1): void {
    checkPositive(weight, 'weight')
    this.#total += weight
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + weight)
    if (this.#counts.size > 2 * this.#capacity) this.#lower()
  }

  /** Adds what another summary of the same capacity has seen, else a StatsError; it is left alone. */
  merge(other: TopK<T>): void {
    if (other.#capacity !== this.#capacity)
      throw new StatsError('mismatch', 'other', 'a summary of another capacity')
    const counts = [...other.#counts]
    this.#total += other.#total
    this.#error += other.#error
    for (const [value, count] of counts) {
      this.#counts.set(value, (this.#counts.get(value) ?? 0) + count)
    }
    if (this.#counts.size > 2 * this.#capacity) this.#lower()
  }

  /** The `k` most frequent values, equal counts by the order of the values: numbers before texts. */
  top(k: number): Frequent<T>[] {
    return [...this.#counts]
      .sort(([a, m], [b, n]) => n - m || compare(a, b))
      .slice(0, k)
      .map(([value, count]) => ({ value, count: count + this.#error, error: this.#error }))
  }

  /** Ordered by value, so that equal summaries have equal states. */
  state(): TopKState<T> {
    const order = [...this.#counts].sort(([a], [b]) => compare(a, b))
    return {
      total: this.#total,
      error: this.#error,
      values: order.map(([value]) => value),
      counts: order.map(([, count]) => count),
    }
  }

  static from<T extends string | number>(state: TopKState<T>, capacity: number): TopK<T> {
    const top = new TopK<T>(capacity)
    top.#total = state.total
    top.#error = state.error
    for (const [i, value] of state.values.entries()) top.#counts.set(value, state.counts[i] ?? 0)
    return top
  }

  #lower(): void {
    const counts = Float64Array.from(this.#counts.values()).sort()
    const by = counts[counts.length - 1 - this.#capacity] ?? 0
    this.#error += by
    for (const [value, count] of this.#counts) {
      if (count <= by) this.#counts.delete(value)
      else this.#counts.set(value, count - by)
    }
  }
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0
  return typeof a === 'number' ? -1 : 1
}
