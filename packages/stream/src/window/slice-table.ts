import { mix } from '../state/id-table.ts'

const FIRST_PLACES = 16

/**
 * The states of one slice: key id → slot. Open addressing with linear probing, at most half full; nothing is
 * ever removed, because slices go as a whole. Entries are in order of arrival.
 */
export class SliceTable {
  readonly start: number
  readonly end: number
  /** Least and greatest end of the windows that hold the slice. */
  readonly firstEnd: number
  readonly lastEnd: number
  /** Two numbers by place, side by side for the cache: key + 1, 0 for none, and slot. */
  #places = new Int32Array(2 * FIRST_PLACES)
  #keys = new Int32Array(FIRST_PLACES / 2)
  #slots = new Int32Array(FIRST_PLACES / 2)
  #count = 0

  constructor(start: number, end: number, firstEnd: number, lastEnd: number) {
    this.start = start
    this.end = end
    this.firstEnd = firstEnd
    this.lastEnd = lastEnd
  }

  get count(): number {
    return this.#count
  }

  keyAt(entry: number): number {
    return this.#keys[entry] ?? 0
  }

  slotAt(entry: number): number {
    return this.#slots[entry] ?? 0
  }

  /** Slot of a key, or -1. */
  slotOf(key: number): number {
    const places = this.#places
    const mask = places.length - 1
    const wanted = key + 1
    let at = (mix(key) << 1) & mask
    for (;;) {
      const found = places[at] ?? 0
      if (found === wanted) return places[at + 1] ?? 0
      if (found === 0) return -1
      at = (at + 2) & mask
    }
  }

  /** Adds a key that is not there yet. */
  set(key: number, slot: number): void {
    if (this.#count === this.#keys.length) this.#grow()
    const entry = this.#count++
    this.#keys[entry] = key
    this.#slots[entry] = slot
    this.#put(entry)
  }

  bytes(): number {
    return this.#places.byteLength + this.#keys.byteLength + this.#slots.byteLength
  }

  #put(entry: number): void {
    const places = this.#places
    const mask = places.length - 1
    const key = this.#keys[entry] ?? 0
    let at = (mix(key) << 1) & mask
    while (places[at] !== 0) at = (at + 2) & mask
    places[at] = key + 1
    places[at + 1] = this.#slots[entry] ?? 0
  }

  #grow(): void {
    const length = 2 * this.#keys.length
    const keys = new Int32Array(length)
    keys.set(this.#keys)
    this.#keys = keys
    const slots = new Int32Array(length)
    slots.set(this.#slots)
    this.#slots = slots
    this.#places = new Int32Array(4 * length)
    for (let entry = 0; entry < this.#count; entry++) this.#put(entry)
  }
}
