const bits = new Float64Array(1)
const words = new Int32Array(bits.buffer)

/** Spreads the bits of a 32-bit number (the finisher of MurmurHash3). */
export function mix(value: number): number {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

function hashOf(value: number): number {
  const whole = value | 0
  if (whole === value) return mix(whole)
  bits[0] = value
  return mix((words[0] ?? 0) ^ Math.imul(words[1] ?? 0, 0x9e3779b1))
}

/**
 * Ids by pairs of numbers: open addressing with linear probing, at most half full, entries removed by
 * shifting back those behind. A table of single numbers has 0 for the second.
 */
export class IdTable {
  /** Id + 1 by place, 0 for none. */
  #places = new Int32Array(64)
  #count = 0
  #first = new Float64Array(32)
  #second = new Int32Array(32)
  readonly #pairs: boolean

  constructor(of: 'numbers' | 'pairs') {
    this.#pairs = of === 'pairs'
    if (!this.#pairs) this.#second = new Int32Array(0)
  }

  /** The id, or -1. −0 is 0; NaN is never found. */
  get(first: number, second = 0): number {
    const places = this.#places
    const mask = places.length - 1
    let at = this.#hash(first, second) & mask
    for (;;) {
      const id = (places[at] ?? 0) - 1
      if (id < 0) return -1
      if (this.#first[id] === first && (!this.#pairs || this.#second[id] === second)) return id
      at = (at + 1) & mask
    }
  }

  /** Adds a pair that is not there yet. */
  set(first: number, second: number, id: number): void {
    if (2 * ++this.#count > this.#places.length) this.#grow()
    if (id >= this.#first.length) this.#growPairs(id)
    this.#first[id] = first
    if (this.#pairs) this.#second[id] = second
    this.#put(id)
  }

  delete(id: number): void {
    const places = this.#places
    const mask = places.length - 1
    let hole = this.#home(id) & mask
    while (places[hole] !== id + 1) hole = (hole + 1) & mask
    this.#count--
    for (let at = (hole + 1) & mask; places[at] !== 0; at = (at + 1) & mask) {
      const home = this.#home((places[at] ?? 0) - 1) & mask
      // It may move to the hole only if its own place is not between the two.
      if (((at - home) & mask) < ((at - hole) & mask)) continue
      places[hole] = places[at] ?? 0
      hole = at
    }
    places[hole] = 0
  }

  firstOf(id: number): number {
    return this.#first[id] ?? 0
  }

  secondOf(id: number): number {
    return this.#second[id] ?? 0
  }

  bytes(): number {
    return this.#places.byteLength + this.#first.byteLength + this.#second.byteLength
  }

  #hash(first: number, second: number): number {
    return this.#pairs ? mix(first ^ Math.imul(second, 0x9e3779b1)) : hashOf(first)
  }

  #home(id: number): number {
    return this.#hash(this.#first[id] ?? 0, this.#pairs ? (this.#second[id] ?? 0) : 0)
  }

  #put(id: number): void {
    const mask = this.#places.length - 1
    let at = this.#home(id) & mask
    while (this.#places[at] !== 0) at = (at + 1) & mask
    this.#places[at] = id + 1
  }

  #grow(): void {
    const old = this.#places
    this.#places = new Int32Array(2 * old.length)
    for (const place of old) if (place !== 0) this.#put(place - 1)
  }

  #growPairs(id: number): void {
    const length = Math.max(2 * this.#first.length, id + 1)
    const first = new Float64Array(length)
    first.set(this.#first)
    this.#first = first
    if (!this.#pairs) return
    const second = new Int32Array(length)
    second.set(this.#second)
    this.#second = second
  }
}
