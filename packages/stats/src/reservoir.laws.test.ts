import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashNumber } from './hash.ts'
import { Reservoir } from './reservoir.ts'
import { StatsError } from './stats-error.ts'

/** A counter whose steps are mixed: repeatable, and nearby seeds give different numbers. */
function seeded(seed: number): () => number {
  let state = seed
  return () => hashNumber(++state * 1_000_003 + seed) / 2 ** 53
}

function sampleOf(items: readonly number[], size: number, seed: number): Reservoir<number> {
  const reservoir = new Reservoir<number>(size, seeded(seed))
  for (const item of items) reservoir.add(item)
  return reservoir
}

const items = fc.array(fc.integer(), { maxLength: 40 })

describe('reservoir', () => {
  it('holds different items of the stream, as many as there are or as it takes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 20 }),
        (length, size) => {
          const reservoir = sampleOf(
            Array.from({ length }, (_, i) => i),
            size,
            length,
          )
          expect(new Set(reservoir.items()).size).toBe(Math.min(length, size))
          expect(reservoir.seen).toBe(length)
        },
      ),
    )
  })

  it('merges in any order and grouping to the same sample', () => {
    fc.assert(
      fc.property(items, items, items, (a, b, c) => {
        const [x, y, z] = [
          () => sampleOf(a, 5, 1),
          () => sampleOf(b, 5, 2),
          () => sampleOf(c, 5, 3),
        ]
        const left = x()
        left.merge(y())
        left.merge(z())
        const right = z()
        const inner = y()
        inner.merge(x())
        right.merge(inner)
        expect(right.state()).toEqual(left.state())
        const restored = Reservoir.from(structuredClone(left.state()), 5, seeded(9))
        expect(restored.state()).toEqual(left.state())
      }),
    )
  })

  it('takes every item with the same chance, also of parts of different lengths', () => {
    const chosen = new Float64Array(100)
    const rounds = 4000
    for (let round = 0; round < rounds; round++) {
      const first = sampleOf(
        Array.from({ length: 80 }, (_, i) => i),
        10,
        2 * round,
      )
      const second = sampleOf(
        Array.from({ length: 20 }, (_, i) => 80 + i),
        10,
        2 * round + 1,
      )
      first.merge(second)
      for (const item of first.items()) chosen[item] = (chosen[item] ?? 0) + 1
    }
    // 400 expected, with a standard deviation of 19.
    expect(Math.min(...chosen)).toBeGreaterThan(400 - 5 * 19)
    expect(Math.max(...chosen)).toBeLessThan(400 + 5 * 19)
  })

  it('refuses sizes of nothing, and of another sample', () => {
    expect(() => new Reservoir(0, seeded(1))).toThrow(StatsError)
    expect(() => sampleOf([], 3, 1).merge(sampleOf([], 4, 1))).toThrow(StatsError)
  })
})
