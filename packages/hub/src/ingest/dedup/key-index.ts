import { HashTable } from './hash-table.ts'

/** Index from 128-bit keys to a few words, of what is in the log. */
export class KeyIndex {
  /** Values of the last key found. */
  readonly found: Int32Array
  #table: HashTable
  readonly #covered = new Map<number, bigint>()

  constructor(valueWords: number) {
    this.found = new Int32Array(valueWords)
    this.#table = new HashTable(valueWords)
  }

  get size(): number {
    return this.#table.size
  }

  find(k0: number, k1: number, k2: number, k3: number): boolean {
    const entry = this.#table.find(k0, k1, k2, k3)
    if (entry < 0) return false
    const at = entry * this.#table.stride + 4
    this.found.set(this.#table.words.subarray(at, at + this.found.length))
    return true
  }

  put(k0: number, k1: number, k2: number, k3: number, values: Int32Array): void {
    const known = this.#table.find(k0, k1, k2, k3)
    const entry = known >= 0 ? known : this.#table.add(k0, k1, k2, k3)
    this.#table.words.set(values, entry * this.#table.stride + 4)
  }

  /** Notes that every record of the partition before `next` is in the index. */
  advance(partition: number, next: bigint): void {
    this.#covered.set(partition, next)
  }

  /** Whether an event of this time (epoch microseconds) may have been received before the horizon. */
  mayHaveForgotten(_time: number): boolean {
    return false
  }

  stats() {
    return { keys: this.size, horizonStart: 0, bytes: this.#table.bytes, runs: 0, damagedRuns: 0 }
  }
}
