/**
 * Numbers that depend on nothing but the words they are seeded with: the same on every machine, because
 * only whole numbers of 32 bits are mixed (sfc32 of PractRand; the seeding is the finalizer of Murmur3).
 */
export class Random {
  #a = 0
  #b = 0
  #c = 0
  #counter = 0

  constructor(...seed: readonly number[]) {
    this.seed(...seed)
  }

  /** Begins anew from these words, each taken modulo 2^32. */
  seed(...words: readonly number[]): void {
    this.#a = mixWords(0x9e37_79b9, words)
    this.#b = mixWords(0x243f_6a88, words)
    this.#c = mixWords(0xb7e1_5162, words)
    this.#counter = 1
    for (let i = 0; i < 12; i++) this.word()
  }

  /** 32 random bits as a number of 0 or more. */
  word(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    return sum >>> 0
  }

  /** Uniform in [0, 1), a multiple of 2^-32. */
  uniform(): number {
    return this.word() / 0x1_0000_0000
  }

  /** Whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.uniform() * below)
  }

  pick<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)]
    if (value === undefined) throw new RangeError('nothing to pick from')
    return value
  }
}

/** One word of 32 bits from a list of them. */
export function mixWords(start: number, words: readonly number[]): number {
  let h = start | 0
  for (const word of words) {
    h ^= finalize(word | 0)
    h = Math.imul((h << 13) | (h >>> 19), 5) + 0xe654_6b64
  }
  return finalize(h ^ words.length)
}

function finalize(word: number): number {
  let h = word
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35)
  return h ^ (h >>> 16)
}
