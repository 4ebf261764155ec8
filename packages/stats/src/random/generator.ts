import { checkWhole } from '../checks.ts'
import { StatsError } from '../stats-error.ts'

/** Doubles in [0, 1), as `Math.random` gives: what every sampler of the package takes. */
export type RandomSource = () => number

/** A seeded source. Equal seeds give equal numbers on every machine. */
export interface Random extends RandomSource {
  /** A source whose numbers have nothing to do with those of this one; moves this one on by four draws. */
  split(): Random
  /** Four words of 32 bits, for `restoreRandom`. */
  state(): readonly number[]
}

/**
 * The generator xoshiro128** (Blackman and Vigna 2021), period 2^128 − 1, its state filled from the seed by
 * the finaliser of MurmurHash3 over a Weyl sequence. A double takes two draws, of which 53 bits are used. Not for secrets.
 * `seed` is a whole number from 0 on, of which all 53 bits count; a StatsError otherwise.
 */
export function createRandom(seed: number): Random {
  checkWhole(seed, 0, 'seed')
  let weyl = seed >>> 0
  const high = Math.floor(seed / 2 ** 32)
  const words = [0, 1, 2, 3].map((i) => {
    weyl = (weyl + 0x9e3779b9) | 0
    return mixed(weyl ^ Math.imul(high + i, 0x85ebca6b))
  })
  return fromWords(words)
}

/** The source that `state()` was read from, as it was then. A StatsError for what is no state. */
export function restoreRandom(state: readonly number[]): Random {
  if (state.length !== 4) throw new StatsError('length', 'state', `${state.length} words, not 4`)
  for (const [i, word] of state.entries()) {
    checkWhole(word, 0, `state[${i}]`)
    if (word > 0xffffffff)
      throw new StatsError('out_of_range', `state[${i}]`, `${word} has more than 32 bits`)
  }
  if (state.every((word) => word === 0))
    throw new StatsError('out_of_range', 'state', 'all zero, which would stay so')
  return fromWords(state)
}

function fromWords(words: readonly number[]): Random {
  // A Weyl word of the seed cannot make all four zero, but a hash of them could.
  const s = Int32Array.from(words.some((word) => word !== 0) ? words : [1, 2, 3, 4])
  const next = (): number => {
    const [s0, s1, s2, s3] = [s[0] ?? 0, s[1] ?? 0, s[2] ?? 0, s[3] ?? 0]
    const times5 = Math.imul(s1, 5)
    const out = Math.imul((times5 << 7) | (times5 >>> 25), 9)
    const a = s2 ^ s0
    const b = s3 ^ s1
    s[1] = s1 ^ a
    s[0] = s0 ^ b
    s[2] = a ^ (s1 << 9)
    s[3] = (b << 11) | (b >>> 21)
    return out >>> 0
  }
  const uniform = (): number => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53
  return Object.assign(uniform, {
    split: (): Random =>
      fromWords([1, 2, 3, 4].map((i) => mixed(next() ^ Math.imul(i, 0x9e3779b9)))),
    state: (): readonly number[] => Array.from(s, (word) => word >>> 0),
  })
}

function mixed(value: number): number {
  let h = value
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
