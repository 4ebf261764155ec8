/** Values held. A byte numbers them. */
const CAPACITY = 128

/**
 * The latest 128 values that it was given, in their order: quantiles in constant time, a value added in O(128) moves of a byte.
 * The values lie in a ring; a permutation of bytes keeps them sorted.
 */
export class LevelWindow {
  readonly #ring: Float64Array
  readonly #order: Uint8Array
  #size = 0
  #next = 0

  /** A window with the given values, the oldest first, at most 128. */
  constructor(values: ArrayLike<number> = []) {
    this.#ring = new Float64Array(CAPACITY)
    this.#order = new Uint8Array(CAPACITY)
    for (let i = 0; i < values.length; i++) this.add(values[i] as number)
  }

  static get capacity(): number {
    return CAPACITY
  }

  get size(): number {
    return this.#size
  }

  get bytes(): number {
    return this.#ring.byteLength + this.#order.byteLength
  }

  clear(): void {
    this.#size = 0
    this.#next = 0
  }

  /** Adds a finite value; the oldest one leaves when there are 128. */
  add(value: number): void {
    const [ring, order] = [this.#ring, this.#order]
    const slot = this.#next
    let size = this.#size
    if (size === CAPACITY) {
      let at = this.#lowerBound(ring[slot] as number, size)
      while (order[at] !== slot) at++
      order.copyWithin(at, at + 1, size)
      size--
    }
    const at = this.#lowerBound(value, size)
    order.copyWithin(at + 1, at, size)
    order[at] = slot
    ring[slot] = value
    this.#size = size + 1
    this.#next = slot + 1 === CAPACITY ? 0 : slot + 1
  }

  #lowerBound(value: number, size: number): number {
    let low = 0
    let high = size
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#ring[this.#order[middle] as number] as number) < value) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Quantile by the line between neighbours (type 7 of Hyndman and Fan 1996); 0 of nothing. */
  quantile(p: number): number {
    if (this.#size === 0) return 0
    const place = (this.#size - 1) * p
    const below = Math.floor(place)
    const low = this.#ring[this.#order[below] as number] as number
    const share = place - below
    if (share === 0) return low
    const high = this.#ring[this.#order[below + 1] as number] as number
    return low * (1 - share) + high * share
  }

  /** The oldest first. */
  values(): number[] {
    const first = this.#size === CAPACITY ? this.#next : 0
    return Array.from(
      { length: this.#size },
      (_, i) => this.#ring[(first + i) % CAPACITY] as number,
    )
  }
}
