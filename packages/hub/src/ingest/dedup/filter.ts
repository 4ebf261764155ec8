/**
 * Bloom filter in blocks of 512 bits: a look touches one cache line. Ten bits a key and six probes
 * give about 1.2 % false positives, each of which costs one read of a page.
 * The bits come straight from the key, which is a hash.
 *
 * Source: Putze, Sanders, Singler, "Cache-, hash- and space-efficient Bloom filters" (2007).
 */

const BITS_PER_KEY = 10
const BLOCK_WORDS = 16

/** An empty filter with room for `keys` keys. */
export function makeFilter(keys: number): Int32Array {
  return new Int32Array(Math.max(1, Math.ceil((keys * BITS_PER_KEY) / 512)) * BLOCK_WORDS)
}

function blockOf(filter: Int32Array, k1: number): number {
  // Scaling spreads the blocks evenly, whatever their number.
  const blocks = filter.length / BLOCK_WORDS
  return Math.floor(((k1 >>> 0) / 0x1_0000_0000) * blocks) * BLOCK_WORDS
}

export function addToFilter(filter: Int32Array, k1: number, k2: number, k3: number): void {
  const block = blockOf(filter, k1)
  for (let shift = 0; shift < 27; shift += 9) {
    const a = (k2 >>> shift) & 511
    const b = (k3 >>> shift) & 511
    filter[block + (a >> 5)] = (filter[block + (a >> 5)] ?? 0) | (1 << (a & 31))
    filter[block + (b >> 5)] = (filter[block + (b >> 5)] ?? 0) | (1 << (b & 31))
  }
}

/** False only when the key was never added. */
export function filterMayHave(filter: Int32Array, k1: number, k2: number, k3: number): boolean {
  const block = blockOf(filter, k1)
  for (let shift = 0; shift < 27; shift += 9) {
    const a = (k2 >>> shift) & 511
    if (((filter[block + (a >> 5)] ?? 0) & (1 << (a & 31))) === 0) return false
    const b = (k3 >>> shift) & 511
    if (((filter[block + (b >> 5)] ?? 0) & (1 << (b & 31))) === 0) return false
  }
  return true
}
