import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StatsError } from '../stats-error.ts'
import {
  sampleBeta,
  sampleExponential,
  sampleGamma,
  sampleNormal,
  sampleStudentT,
  sampleUniform,
} from './continuous.ts'
import { sampleBinomial, sampleNegativeBinomial, samplePoisson } from './counts.ts'
import { createRandom, type RandomSource, restoreRandom } from './generator.ts'
import { sampleIndex, sampleWeighted, sampleWithoutReplacement, shuffle } from './sampling.ts'

/** Words of 32 bits as the reference implementation gives them; a double has the upper bits of two. */
const REFERENCE = [
  11_520, 0, 5_927_040, 70_819_200, 2_031_721_883, 1_637_235_492, 1_287_239_034, 3_734_860_849,
  3_729_100_597, 4_258_142_804,
]

describe('seeded generator', () => {
  it('is xoshiro128** as published', () => {
    const random = restoreRandom([1, 2, 3, 4])
    for (let i = 0; i < REFERENCE.length; i += 2) {
      const [high = 0, low = 0] = REFERENCE.slice(i, i + 2)
      expect(random()).toBe(((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53)
    }
  })

  it('repeats with its seed and goes on from its state', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 0, max: 20 }), (seed, skip) => {
        const [a, b] = [createRandom(seed), createRandom(seed)]
        for (let i = 0; i < skip; i++) a()
        for (let i = 0; i < skip; i++) b()
        const restored = restoreRandom(a.state())
        const [next, same, third] = [a(), b(), restored()]
        expect([same, third]).toEqual([next, next])
        expect(next).toBeGreaterThanOrEqual(0)
        expect(next).toBeLessThan(1)
        expect(a.split()()).toBe(b.split()())
      }),
    )
  })

  it('has other numbers for other seeds, those beyond 32 bits included, and for its parts', () => {
    const firsts = new Set<number>()
    for (let i = 0; i < 1000; i++) {
      firsts.add(createRandom(i)())
      firsts.add(createRandom(i + 2 ** 32)())
    }
    const parent = createRandom(7)
    for (let i = 0; i < 1000; i++) firsts.add(parent.split()())
    expect(firsts.size).toBe(3000)
  })

  it('refuses seeds and states that are none', () => {
    expect(() => createRandom(-1)).toThrow(StatsError)
    expect(() => createRandom(0.5)).toThrow(StatsError)
    expect(() => restoreRandom([0, 0, 0, 0])).toThrow(StatsError)
    expect(() => restoreRandom([1, 2, 3])).toThrow(StatsError)
    expect(() => restoreRandom([1, 2, 3, 2 ** 32])).toThrow(StatsError)
  })
})

interface Case {
  readonly name: string
  readonly draw: (random: RandomSource) => number
  readonly mean: number
  readonly variance: number
}

const CASES: readonly Case[] = [
  { name: 'uniform', draw: (r) => sampleUniform(r, -2, 4), mean: 1, variance: 3 },
  { name: 'normal', draw: (r) => sampleNormal(r, 10, 2), mean: 10, variance: 4 },
  { name: 'exponential', draw: (r) => sampleExponential(r, 3), mean: 3, variance: 9 },
  { name: 'gamma 0.3', draw: (r) => sampleGamma(r, 0.3, 2), mean: 0.6, variance: 1.2 },
  { name: 'gamma 5', draw: (r) => sampleGamma(r, 5, 2), mean: 10, variance: 20 },
  { name: 'beta', draw: (r) => sampleBeta(r, 2, 3), mean: 0.4, variance: 0.04 },
  { name: 'beta 0.1', draw: (r) => sampleBeta(r, 0.1, 0.3), mean: 0.25, variance: 0.1875 / 1.4 },
  { name: "Student's t", draw: (r) => sampleStudentT(r, 10), mean: 0, variance: 1.25 },
  { name: 'Poisson 3', draw: (r) => samplePoisson(r, 3), mean: 3, variance: 3 },
  { name: 'Poisson 10', draw: (r) => samplePoisson(r, 10), mean: 10, variance: 10 },
  { name: 'Poisson 1000', draw: (r) => samplePoisson(r, 1000), mean: 1000, variance: 1000 },
  { name: 'binomial few', draw: (r) => sampleBinomial(r, 20, 0.2), mean: 4, variance: 3.2 },
  { name: 'binomial many', draw: (r) => sampleBinomial(r, 1000, 0.7), mean: 700, variance: 210 },
  {
    name: 'negative binomial',
    draw: (r) => sampleNegativeBinomial(r, 2.5, 0.4),
    mean: 3.75,
    variance: 9.375,
  },
]

describe('samplers', () => {
  it.each(CASES)('$name has its mean and variance', ({ draw, mean, variance }) => {
    const random = createRandom(20_261_121)
    const n = 100_000
    let sum = 0
    let squares = 0
    let fourth = 0
    for (let i = 0; i < n; i++) {
      const away = draw(random) - mean
      sum += away
      squares += away ** 2
      fourth += away ** 4
    }
    // Within four standard errors, that of the variance from the fourth moment seen.
    expect(Math.abs(sum / n)).toBeLessThan(4 * Math.sqrt(variance / n))
    const spread = Math.sqrt((fourth / n - variance ** 2) / n)
    expect(Math.abs(squares / n - variance)).toBeLessThan(4 * spread)
  })

  it('refuse parameters that make no distribution', () => {
    const random = createRandom(1)
    const bad = [
      () => sampleUniform(random, 2, 1),
      () => sampleNormal(random, 0, -1),
      () => sampleGamma(random, 0),
      () => sampleBeta(random, 1, Number.NaN),
      () => samplePoisson(random, -1),
      () => sampleBinomial(random, 2.5, 0.5),
      () => sampleBinomial(random, 2, 1.5),
      () => sampleNegativeBinomial(random, 1, 0),
      () => sampleIndex(random, 0),
      () => sampleWeighted(random, [0, 0]),
      () => sampleWeighted(random, [1, -1]),
      () => sampleWithoutReplacement(random, 3, 4),
    ]
    for (const one of bad) expect(one).toThrow(StatsError)
  })

  it('edges are what they must be', () => {
    const random = createRandom(1)
    expect(samplePoisson(random, 0)).toBe(0)
    expect(sampleBinomial(random, 9, 1)).toBe(9)
    expect(sampleBinomial(random, 9, 0)).toBe(0)
    expect(sampleNegativeBinomial(random, 3, 1)).toBe(0)
    expect(sampleNormal(random, 5, 0)).toBe(5)
    expect(sampleUniform(random, 5, 5)).toBe(5)
    expect(sampleWeighted(random, [0, 2, 0])).toBe(1)
  })
})

describe('choosing', () => {
  it('shuffles to every order equally often', () => {
    const random = createRandom(3)
    const seen = new Map<string, number>()
    for (let i = 0; i < 24_000; i++) {
      const items = ['a', 'b', 'c', 'd']
      shuffle(random, items)
      const order = items.join('')
      seen.set(order, (seen.get(order) ?? 0) + 1)
    }
    expect(seen.size).toBe(24)
    let chi = 0
    for (const count of seen.values()) chi += (count - 1000) ** 2 / 1000
    // The 99.9 % point of χ² with 23 degrees of freedom.
    expect(chi).toBeLessThan(49.73)
  })

  it('draws without replacement, every number equally often at every place', () => {
    const random = createRandom(4)
    const counts = Array.from({ length: 3 }, () => new Float64Array(6))
    for (let i = 0; i < 12_000; i++) {
      const drawn = sampleWithoutReplacement(random, 6, 3)
      expect(new Set(drawn).size).toBe(3)
      for (const [place, value] of drawn.entries()) {
        const row = counts[place]
        if (row !== undefined) row[value] = (row[value] ?? 0) + 1
      }
    }
    for (const row of counts) {
      const chi = row.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)
      expect(chi).toBeLessThan(20.52)
    }
  })

  it('draws by weight', () => {
    const random = createRandom(5)
    const counts = new Float64Array(4)
    for (let i = 0; i < 10_000; i++) {
      const index = sampleWeighted(random, [1, 0, 3, 6])
      counts[index] = (counts[index] ?? 0) + 1
    }
    expect(counts[1]).toBe(0)
    const chi = [1000, 0, 3000, 6000].reduce(
      (sum, expected, i) =>
        expected > 0 ? sum + ((counts[i] ?? 0) - expected) ** 2 / expected : sum,
      0,
    )
    expect(chi).toBeLessThan(13.82)
  })
})
