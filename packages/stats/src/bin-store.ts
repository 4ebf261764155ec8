const FIRST_BINS = 32

/**
 * Counts of consecutive bins, numbered by whole numbers from 1, in one array that covers those in use.
 * At most `most` bins are held, the greatest: what lies below is counted in the lowest of them. So what
 * is held depends on what was counted alone, not on its order. A count takes four bytes, or all of them
 * eight once one is no whole number below 2^32.
 */
export class BinStore {
  readonly #most: number
  #counts: Uint32Array | Float64Array = new Uint32Array(0)
  /** Bin of `#counts[0]`. */
  #first = 0
  /** Bins in use lie from least to greatest; both 0 as long as there are none. */
  #least = 0
  #greatest = 0
  #collapsed = false

  constructor(most: number) {
    this.#most = most
  }

  /** Whether bins were too far apart, so that the lowest holds what was below it. */
  get collapsed(): boolean {
    return this.#collapsed
  }

  get bytes(): number {
    return this.#counts.byteLength
  }

  add(wanted: number, weight: number): void {
    const bin = Math.max(wanted, this.#greatest - this.#most + 1)
    if (bin !== wanted) this.#collapsed = true
    if (bin < this.#least || bin > this.#greatest) this.#cover(bin)
    const at = bin - this.#first
    const before = this.#counts[at] ?? 0
    const count = before + weight
    this.#counts[at] = count
    if (this.#counts[at] === count) return
    this.#counts[at] = before
    this.#counts = Float64Array.from(this.#counts)
    this.#counts[at] = count
  }

  merge(other: BinStore): void {
    const collapsed = other.#collapsed
    other.forEach((bin, count) => this.add(bin, count))
    // Its lowest bin is not what it seems, and neither is ours now.
    if (collapsed) this.#collapsed = true
  }

  /** Calls `visit` for every bin with a count, ascending. */
  forEach(visit: (bin: number, count: number) => void): void {
    const first = this.#first
    const greatest = this.#greatest
    for (let bin = Math.max(1, this.#least); bin <= greatest; bin++) {
      const count = this.#counts[bin - first] ?? 0
      if (count > 0) visit(bin, count)
    }
  }

  /** Makes room for one more bin, which is not below the lowest allowed. */
  #cover(bin: number): void {
    const empty = this.#least === 0
    const greatest = Math.max(bin, this.#greatest)
    const lowest = greatest - this.#most + 1
    const least = empty ? bin : Math.max(lowest, Math.min(bin, this.#least))
    const covered = least >= this.#first && greatest < this.#first + this.#counts.length
    const below = covered && this.#least >= lowest ? 0 : this.#move(bin, least, greatest, lowest)
    this.#least = least
    this.#greatest = greatest
    if (below === 0) return
    this.#collapsed = true
    this.add(lowest, below)
  }

  /** Puts the counts into an array for other bins; answers how much there was below the lowest. */
  #move(bin: number, least: number, greatest: number, lowest: number): number {
    // Half as much again as is needed, on the side that grew.
    const span = greatest - least + 1
    const capacity = Math.max(FIRST_BINS, Math.min(this.#most, span + (span >> 1)))
    const first = bin === greatest && span > 1 ? least : greatest - capacity + 1
    const whole = this.#counts instanceof Uint32Array
    const moved = whole ? new Uint32Array(capacity) : new Float64Array(capacity)
    let below = 0
    this.forEach((from, count) => {
      if (from >= lowest) moved[from - first] = count
      else below += count
    })
    this.#counts = moved
    this.#first = first
    return below
  }
}
