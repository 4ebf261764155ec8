/**
 * Keyed 128-bit hash of an identity within a project.
 *
 * Ids are chosen by clients, and two ids with one hash would make the second event look like a
 * duplicate (its data lost) or a conflict. A mix without a key, however good, lets anyone search for
 * such pairs at leisure. SipHash-2-4 with 128 bits of output is a pseudo-random function: without
 * the key nothing better is known than guessing, and by chance a collision among 10⁸ ids has a
 * probability of 10⁻²³. It needs only additions, rotations and xors, which 32-bit halves do well:
 * in the bench of `bench/micro/fill.ts` it costs a fraction of what a call of native HMAC costs.
 *
 * A project has a key of its own, hash(instance key, project), so that per event only the id is hashed.
 *
 * Source: Aumasson, Bernstein, "SipHash: a fast short-input PRF" (2012) and its 128-bit variant.
 */

const encoder = new TextEncoder()

/**
 * SipHash-2-4-128 of `length` bytes of `bytes`; `words` is a view of the same buffer. The bytes from
 * `length` to the next multiple of 8 (one more block when it is one) are overwritten by the padding.
 * The four 32-bit words of the hash, lowest first, go into `out` from `at`.
 */
function sipHash128(
  bytes: Uint8Array,
  words: Int32Array,
  length: number,
  key: Int32Array,
  out: Int32Array,
  at: number,
): void {
  const blocks = (length >> 3) + 1
  // At most eight bytes: a call of `fill` costs more than they do.
  for (let i = length; i < blocks * 8; i++) bytes[i] = 0
  bytes[blocks * 8 - 1] = length & 255
  const k0l = key[0] ?? 0
  const k0h = key[1] ?? 0
  const k1l = key[2] ?? 0
  const k1h = key[3] ?? 0
  let v0l = k0l ^ 0x70736575
  let v0h = k0h ^ 0x736f6d65
  let v1l = k1l ^ 0x6e646f6d ^ 0xee
  let v1h = k1h ^ 0x646f7261
  let v2l = k0l ^ 0x6e657261
  let v2h = k0h ^ 0x6c796765
  let v3l = k1l ^ 0x79746573
  let v3h = k1h ^ 0x74656462
  for (let step = 0; step < blocks + 2; step++) {
    let low = 0
    let high = 0
    let rounds = 4
    if (step < blocks) {
      low = words[step * 2] ?? 0
      high = words[step * 2 + 1] ?? 0
      v3l ^= low
      v3h ^= high
      rounds = 2
    } else if (step === blocks) {
      v2l ^= 0xee
    } else {
      out[at] = v0l ^ v1l ^ v2l ^ v3l
      out[at + 1] = v0h ^ v1h ^ v2h ^ v3h
      v1l ^= 0xdd
    }
    for (let round = 0; round < rounds; round++) {
      let sum = (v0l + v1l) | 0
      v0h = (v0h + v1h + (sum >>> 0 < v0l >>> 0 ? 1 : 0)) | 0
      v0l = sum
      let turn = (v1l << 13) | (v1h >>> 19)
      v1h = ((v1h << 13) | (v1l >>> 19)) ^ v0h
      v1l = turn ^ v0l
      turn = v0l
      v0l = v0h
      v0h = turn
      sum = (v2l + v3l) | 0
      v2h = (v2h + v3h + (sum >>> 0 < v2l >>> 0 ? 1 : 0)) | 0
      v2l = sum
      turn = (v3l << 16) | (v3h >>> 16)
      v3h = ((v3h << 16) | (v3l >>> 16)) ^ v2h
      v3l = turn ^ v2l
      sum = (v0l + v3l) | 0
      v0h = (v0h + v3h + (sum >>> 0 < v0l >>> 0 ? 1 : 0)) | 0
      v0l = sum
      turn = (v3l << 21) | (v3h >>> 11)
      v3h = ((v3h << 21) | (v3l >>> 11)) ^ v0h
      v3l = turn ^ v0l
      sum = (v2l + v1l) | 0
      v2h = (v2h + v1h + (sum >>> 0 < v2l >>> 0 ? 1 : 0)) | 0
      v2l = sum
      turn = (v1l << 17) | (v1h >>> 15)
      v1h = ((v1h << 17) | (v1l >>> 15)) ^ v2h
      v1l = turn ^ v2l
      turn = v2l
      v2l = v2h
      v2h = turn
    }
    v0l ^= low
    v0h ^= high
  }
  out[at + 2] = v0l ^ v1l ^ v2l ^ v3l
  out[at + 3] = v0h ^ v1h ^ v2h ^ v3h
}

/** A key of `KeyHasher`: four 32-bit words. */
export type HashKey = Int32Array

/** Bytes that an instance key must have. */
const HASH_KEY_BYTES = 16

/** @throws RangeError when `bytes` has not HASH_KEY_BYTES bytes */
export function hashKeyFrom(bytes: Uint8Array): HashKey {
  if (bytes.length !== HASH_KEY_BYTES) {
    throw new RangeError(`a hash key has ${HASH_KEY_BYTES} bytes, not ${bytes.length}`)
  }
  return new Int32Array(bytes.slice().buffer)
}

/**
 * Hashes texts one after the other, each into four words of `into` from `at`: low half (0, 1), high
 * half (2, 3). Unless told otherwise, into `out`.
 */
export class KeyHasher {
  readonly out: Int32Array = new Int32Array(4)
  #bytes = new Uint8Array(512)
  #words = new Int32Array(this.#bytes.buffer)

  /** Hash of the UTF-8 of `text`; lone surrogates count as U+FFFD, as they are stored. */
  hash(key: HashKey, text: string, into: Int32Array = this.out, at = 0): void {
    const length = this.#put(text, 0)
    sipHash128(this.#bytes, this.#words, length, key, into, at)
  }

  /** Hash of two texts, told apart by a byte that UTF-8 never has. */
  hashPair(key: HashKey, first: string, second: string, into: Int32Array = this.out, at = 0): void {
    const middle = this.#put(first, 0)
    this.#reserve(middle + 1)
    this.#bytes[middle] = 0xff
    const length = this.#put(second, middle + 1)
    sipHash128(this.#bytes, this.#words, length, key, into, at)
  }

  /** A key that belongs to `purpose`, derived from `key`. */
  derive(key: HashKey, purpose: string): HashKey {
    const derived = new Int32Array(4)
    this.hash(key, purpose, derived, 0)
    return derived
  }

  /** Writes the text at `at`; answers where it ends. */
  #put(text: string, at: number): number {
    this.#reserve(at + text.length * 3)
    const bytes = this.#bytes
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 127) return at + encoder.encodeInto(text, bytes.subarray(at)).written
      bytes[at + i] = code
    }
    return at + text.length
  }

  /** Room for `length` bytes and their padding. */
  #reserve(length: number): void {
    if (length + 16 <= this.#bytes.length) return
    const grown = new Uint8Array((2 * length + 16 + 7) & ~7)
    grown.set(this.#bytes)
    this.#bytes = grown
    this.#words = new Int32Array(grown.buffer)
  }
}
