import { checkWhole } from './checks.ts'
import { StatsError } from './stats-error.ts'

/** A sample as plain data, by ascending key. */
export interface ReservoirState<T> {
  readonly seen: number
  readonly keys: readonly number[]
  readonly items: readonly T[]
}

/**
 * A uniform sample without replacement of `size` items of a stream of any length. Every item draws a
 * key, and the items with the least keys are the sample. So samples merge exactly: that of two parts is
 * distributed as that of the whole (unlike replacing at random, which would need the counts of both).
 *
 * `random` gives doubles in [0, 1), as `Math.random`; with a seeded one a sample is repeatable. Cost: one
 * random number per item, and the logarithm of `size` for the few that are kept.
 */
export class Reservoir<T> {
  readonly #size: number
  readonly #random: () => number
  /** A heap with the greatest key at the root, the first to go. */
  readonly #keys: number[] = []
  readonly #items: T[] = []
  #seen = 0

  /** Size is a positive whole number, else a StatsError. */
  constructor(size: number, random: () => number) {
    checkWhole(size, 1, 'size')
    this.#size = size
    this.#random = random
  }

  /** Items seen so far, of which the sample is. */
  get seen(): number {
    return this.#seen
  }

  add(item: T): void {
    this.#seen++
    this.#offer(this.#random(), item)
  }

  /** Adds what another sample has seen; of the same size, else a StatsError. Its random numbers must be others. */
  merge(other: Reservoir<T>): void {
    if (other.#size !== this.#size)
      throw new StatsError('mismatch', 'other', `a sample of ${other.#size}, not ${this.#size}`)
    this.#seen += other.#seen
    const items = [...other.#items]
    for (const [i, key] of [...other.#keys].entries()) this.#offer(key, items[i] as T)
  }

  /** The sample by ascending key, which is a random order. */
  items(): T[] {
    return [...this.state().items]
  }

  state(): ReservoirState<T> {
    const order = this.#keys.map((_, i) => i)
    order.sort((a, b) => (this.#keys[a] ?? 0) - (this.#keys[b] ?? 0))
    return {
      seen: this.#seen,
      keys: order.map((i) => this.#keys[i] ?? 0),
      items: order.map((i) => this.#items[i] as T),
    }
  }

  static from<T>(state: ReservoirState<T>, size: number, random: () => number): Reservoir<T> {
    const reservoir = new Reservoir<T>(size, random)
    for (const [i, key] of state.keys.entries()) reservoir.#offer(key, state.items[i] as T)
    reservoir.#seen = state.seen
    return reservoir
  }

  #offer(key: number, item: T): void {
    if (this.#keys.length < this.#size) {
      this.#keys.push(key)
      this.#items.push(item)
      this.#up(this.#keys.length - 1)
    } else if (key < (this.#keys[0] ?? 0)) {
      this.#keys[0] = key
      this.#items[0] = item
      this.#down()
    }
  }

  #up(from: number): void {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if ((this.#keys[parent] ?? 0) >= (this.#keys[at] ?? 0)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  #down(): void {
    let at = 0
    for (;;) {
      let greatest = at
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.#keys.length && (this.#keys[child] ?? 0) > (this.#keys[greatest] ?? 0)) {
          greatest = child
        }
      }
      if (greatest === at) return
      this.#swap(at, greatest)
      at = greatest
    }
  }

  #swap(a: number, b: number): void {
    const [key, item] = [this.#keys[a] ?? 0, this.#items[a] as T]
    this.#keys[a] = this.#keys[b] ?? 0
    this.#items[a] = this.#items[b] as T
    this.#keys[b] = key
    this.#items[b] = item
  }
}
