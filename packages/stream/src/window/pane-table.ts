import { mix } from '../state/id-table.ts'

const FIRST_PLACES = 16

/**
 * The states of one pane: key id → slot. Open addressing with linear probing, at most half full; nothing is
 * ever removed, because panes go as a whole. Entries are in order of arrival.
 */
export class PaneTable {
  readonly start: number
  readonly end: number
  /** Least and greatest end of the windows that hold the pane. */
  readonly firstEnd: number
  readonly lastEnd: number
  /** Entry + 1 by place, 0 for none. */
  #places = new Int32Array(FIRST_PLACES)
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
    let at = mix(key) & mask
    for (;;) {
      const entry = (places[at] ?? 0) - 1
      if (entry < 0) return -1
      if (this.#keys[entry] === key) return this.#slots[entry] ?? 0
      at = (at + 1) & mask
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
    const mask = this.#places.length - 1
    let at = mix(this.#keys[entry] ?? 0) & mask
    while (this.#places[at] !== 0) at = (at + 1) & mask
    this.#places[at] = entry + 1
  }

  #grow(): void {
    const length = 2 * this.#keys.length
    const keys = new Int32Array(length)
    keys.set(this.#keys)
    this.#keys = keys
    const slots = new Int32Array(length)
    slots.set(this.#slots)
    this.#slots = slots
    this.#places = new Int32Array(2 * length)
    for (let entry = 0; entry < this.#count; entry++) this.#put(entry)
  }
}
