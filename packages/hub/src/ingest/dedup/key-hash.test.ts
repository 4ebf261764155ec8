import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashKeyFrom, KeyHasher } from './key-hash.ts'

const MASK = 0xffff_ffff_ffff_ffffn
const rotate = (x: bigint, n: bigint): bigint => ((x << n) | (x >> (64n - n))) & MASK

/** The definition, in 64-bit arithmetic. */
function reference(key: Uint8Array, input: Uint8Array): string {
  const word = (bytes: Uint8Array, at: number): bigint => Buffer.from(bytes).readBigUInt64LE(at)
  const [k0, k1] = [word(key, 0), word(key, 8)]
  const v = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn ^ 0xeen,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ] as [bigint, bigint, bigint, bigint]
  const rounds = (n: number): void => {
    for (let i = 0; i < n; i++) {
      v[0] = (v[0] + v[1]) & MASK
      v[1] = rotate(v[1], 13n) ^ v[0]
      v[0] = rotate(v[0], 32n)
      v[2] = (v[2] + v[3]) & MASK
      v[3] = rotate(v[3], 16n) ^ v[2]
      v[0] = (v[0] + v[3]) & MASK
      v[3] = rotate(v[3], 21n) ^ v[0]
      v[2] = (v[2] + v[1]) & MASK
      v[1] = rotate(v[1], 17n) ^ v[2]
      v[2] = rotate(v[2], 32n)
    }
  }
  const padded = new Uint8Array((Math.floor(input.length / 8) + 1) * 8)
  padded.set(input)
  padded[padded.length - 1] = input.length & 255
  for (let at = 0; at < padded.length; at += 8) {
    const block = word(padded, at)
    v[3] ^= block
    rounds(2)
    v[0] ^= block
  }
  const out = Buffer.alloc(16)
  v[2] ^= 0xeen
  rounds(4)
  out.writeBigUInt64LE(v[0] ^ v[1] ^ v[2] ^ v[3], 0)
  v[1] ^= 0xddn
  rounds(4)
  out.writeBigUInt64LE(v[0] ^ v[1] ^ v[2] ^ v[3], 8)
  return out.toString('hex')
}

const KEY = Uint8Array.from({ length: 16 }, (_, i) => i)
const hex = (words: Int32Array): string => Buffer.from(words.slice().buffer).toString('hex')

describe('KeyHasher', () => {
  it('gives the published test vectors of SipHash-2-4-128', () => {
    const hasher = new KeyHasher()
    hasher.hash(hashKeyFrom(KEY), '')
    expect(hex(hasher.out)).toBe('a3817f04ba25a8e66df67214c7550293')
    hasher.hash(hashKeyFrom(KEY), '\u0000')
    expect(hex(hasher.out)).toBe('da87c1d86b99af44347659119b22fc45')
  })

  it('equals the definition for any text, whatever was hashed before', () => {
    const hasher = new KeyHasher()
    const text = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.string({ unit: 'binary', maxLength: 900 }),
    )
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), text, text, (key, a, b) => {
        hasher.hash(hashKeyFrom(key), a)
        expect(hex(hasher.out)).toBe(reference(key, new TextEncoder().encode(a)))
        hasher.hashPair(hashKeyFrom(key), a, b)
        const pair = Buffer.concat([Buffer.from(a), Buffer.from([255]), Buffer.from(b)])
        expect(hex(hasher.out)).toBe(reference(key, pair))
      }),
    )
  })

  it('writes where it is told to, and nowhere else', () => {
    const hasher = new KeyHasher()
    const key = hashKeyFrom(KEY)
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.nat(8), (a, b, at) => {
        const into = new Int32Array(12).fill(7)
        hasher.hash(key, a)
        hasher.hash(key, a, into, at)
        expect([...into]).toEqual([...Array(at).fill(7), ...hasher.out, ...Array(8 - at).fill(7)])
        hasher.hashPair(key, a, b)
        hasher.hashPair(key, a, b, into, at)
        expect([...into.subarray(at, at + 4)]).toEqual([...hasher.out])
      }),
    )
  })

  it('refuses a key of another length', () => {
    expect(() => hashKeyFrom(new Uint8Array(8))).toThrow(RangeError)
  })
})
