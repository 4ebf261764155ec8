import type { HashKey } from './key-hash.ts'

/**
 * 64-bit hash of an event as it was sent, to tell a duplicate from a conflict. Equal JSON has equal
 * hashes whatever the order of its keys: the pairs of an object are hashed one by one and added up.
 *
 * Two lanes of multiply and xor, seeded with a key. This is no cryptographic hash and need not be
 * one: who makes two different events of one id collide only has an own event called a duplicate.
 *
 * `size` is the length of the JSON text in UTF-16 units, give or take the numbers: what a limit on the
 * size of one event is measured by.
 */

const MULTIPLY_LOW = 0x85ebca6b | 0
const MULTIPLY_HIGH = 0xc2b2ae35 | 0

/** Nesting below this is not looked at: recursion must be bounded, and no accepted field is as deep. */
const DEEPEST = 128

/** Names are few and come again with every event, so that the state after one is remembered. */
const REMEMBERED_NAMES = 1024
const LONGEST_REMEMBERED = 64

const float = new Float64Array(1)
const halves = new Int32Array(float.buffer)

export class ContentHasher {
  /** Words of the last hash. */
  low = 0
  high = 0
  /** Approximate length of the JSON text of the last value. */
  size = 0
  readonly #seedLow: number
  readonly #seedHigh: number
  /** Name → its number; `#nameLow` and `#nameHigh` have its hash there. */
  readonly #names = new Map<string, number>()
  readonly #nameLow = new Int32Array(REMEMBERED_NAMES)
  readonly #nameHigh = new Int32Array(REMEMBERED_NAMES)

  constructor(key: HashKey) {
    this.#seedLow = (key[0] ?? 0) ^ (key[2] ?? 0)
    this.#seedHigh = (key[1] ?? 0) ^ (key[3] ?? 0)
  }

  /** Hashes a JSON value into `low` and `high`. Cost: about 1 ns per character. */
  hash(value: unknown): void {
    this.size = 0
    this.#value(value, 0)
  }

  #start(type: number): void {
    this.low = this.#seedLow ^ type
    this.high = this.#seedHigh ^ Math.imul(type, MULTIPLY_HIGH)
  }

  #mix(word: number): void {
    const low = Math.imul(this.low ^ word, MULTIPLY_LOW)
    const high = Math.imul(this.high ^ word, MULTIPLY_HIGH)
    this.low = (low << 13) | (low >>> 19)
    this.high = (high << 17) | (high >>> 15)
  }

  #finish(): void {
    let low = this.low ^ (this.high >>> 15)
    low = Math.imul(low ^ (low >>> 16), MULTIPLY_LOW)
    let high = this.high ^ (low >>> 13)
    high = Math.imul(high ^ (high >>> 15), MULTIPLY_HIGH)
    low ^= high >>> 16
    this.low = low
    this.high = high
  }

  #text(text: string, type: number): void {
    let low = this.#seedLow ^ type
    let high = this.#seedHigh ^ Math.imul(type, MULTIPLY_HIGH)
    const { length } = text
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      low = Math.imul(low ^ code, MULTIPLY_LOW)
      high = Math.imul(high ^ code, MULTIPLY_HIGH)
      low = (low << 13) | (low >>> 19)
      high = (high << 17) | (high >>> 15)
    }
    this.low = low ^ length
    this.high = high
    this.size += length + 2
    this.#finish()
  }

  /** Hash of the name of a pair. */
  #name(name: string): void {
    const known = this.#names.get(name)
    if (known !== undefined) {
      this.low = this.#nameLow[known] ?? 0
      this.high = this.#nameHigh[known] ?? 0
      this.size += name.length + 2
      return
    }
    this.#text(name, 8)
    const place = this.#names.size
    // Beyond the limit names are hashed as they come: those that came first stay.
    if (place >= REMEMBERED_NAMES || name.length > LONGEST_REMEMBERED) return
    this.#names.set(name, place)
    this.#nameLow[place] = this.low
    this.#nameHigh[place] = this.high
  }

  #value(value: unknown, depth: number): void {
    if (typeof value === 'string') {
      this.#text(value, 1)
    } else if (typeof value === 'number') {
      // Adding 0 makes the two zeros one.
      float[0] = value + 0
      this.#start(2)
      this.#mix(halves[0] ?? 0)
      this.#mix(halves[1] ?? 0)
      this.#finish()
      this.size += 8
    } else if (typeof value !== 'object' || value === null) {
      this.#start(value === true ? 3 : value === false ? 4 : 5)
      this.#finish()
      this.size += 4
    } else if (depth >= DEEPEST) {
      this.#start(6)
      this.#finish()
    } else if (Array.isArray(value)) {
      this.#array(value, depth)
    } else {
      this.#object(value as Record<string, unknown>, depth)
    }
  }

  #array(items: readonly unknown[], depth: number): void {
    this.#start(7)
    let { low, high } = this
    for (const item of items) {
      this.#value(item, depth + 1)
      const itemLow = this.low
      const itemHigh = this.high
      this.low = low
      this.high = high
      this.#mix(itemLow)
      this.#mix(itemHigh)
      low = this.low
      high = this.high
    }
    this.low = low ^ items.length
    this.high = high
    this.size += items.length + 1
    this.#finish()
  }

  #object(object: Record<string, unknown>, depth: number): void {
    let low = 0
    let high = 0
    let pairs = 0
    for (const key in object) {
      this.#value(object[key], depth + 1)
      const valueLow = this.low
      const valueHigh = this.high
      this.#name(key)
      this.#mix(valueLow)
      this.#mix(valueHigh)
      this.#finish()
      low = (low + this.low) | 0
      high = (high + this.high) | 0
      pairs++
    }
    this.#start(9)
    this.#mix(low)
    this.#mix(high)
    this.#mix(pairs)
    this.size += 2 * pairs + 1
    this.#finish()
  }
}
