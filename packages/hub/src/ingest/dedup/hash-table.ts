/**
 * Open-addressing hash table from a 128-bit key to a few 32-bit words, over typed arrays: nothing to
 * collect, 4 bytes per slot beside the entry. Entries lie one after the other in the order they were
 * added (entry e starts at word e × stride, its key first), so that the table can be walked and sorted.
 * Keys must be hashes: the first word picks the slot.
 */

const KEY_WORDS = 4
const FIRST_SLOTS = 64

export class HashTable {
  /** Words of an entry: four of the key, then the values. */
  readonly stride: number
  #words: Int32Array
  /** Number of the entry plus one; 0 is a free slot. At most half are in use. */
  #slots: Int32Array
  #size = 0

  /** With room for `entries`: growing enters everything again, which doubles the cost of filling. */
  constructor(valueWords: number, entries = 0) {
    this.stride = KEY_WORDS + valueWords
    let slots = FIRST_SLOTS
    while (slots < 2 * entries) slots *= 2
    this.#slots = new Int32Array(slots)
    this.#words = new Int32Array((slots / 2) * this.stride)
  }

  get size(): number {
    return this.#size
  }

  /** The entries. Valid until the next `add`. */
  get words(): Int32Array {
    return this.#words
  }

  /** Bytes that the table holds. */
  get bytes(): number {
    return this.#words.byteLength + this.#slots.byteLength
  }

  /** Number of the entry with this key, or -1. */
  find(k0: number, k1: number, k2: number, k3: number): number {
    const slots = this.#slots
    const words = this.#words
    const { stride } = this
    const mask = slots.length - 1
    for (let slot = k0 & mask; ; slot = (slot + 1) & mask) {
      const entry = (slots[slot] ?? 0) - 1
      if (entry < 0) return -1
      const at = entry * stride
      if (
        words[at] === k0 &&
        words[at + 1] === k1 &&
        words[at + 2] === k2 &&
        words[at + 3] === k3
      ) {
        return entry
      }
    }
  }

  /** Adds an entry whose key is not in the table, values 0; answers its number. */
  add(k0: number, k1: number, k2: number, k3: number): number {
    const entry = this.#size
    if ((entry + 1) * 2 > this.#slots.length) this.#grow()
    const at = entry * this.stride
    const words = this.#words
    words[at] = k0
    words[at + 1] = k1
    words[at + 2] = k2
    words[at + 3] = k3
    this.#link(k0, entry)
    this.#size++
    return entry
  }

  #link(k0: number, entry: number): void {
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = k0 & mask
    while (slots[slot] !== 0) slot = (slot + 1) & mask
    slots[slot] = entry + 1
  }

  #grow(): void {
    const words = new Int32Array(this.#words.length * 2)
    words.set(this.#words)
    this.#words = words
    this.#slots = new Int32Array(this.#slots.length * 2)
    for (let entry = 0; entry < this.#size; entry++) {
      this.#link(words[entry * this.stride] ?? 0, entry)
    }
  }
}
