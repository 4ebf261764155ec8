import { describe, expect, it } from 'vitest'
import { createRandom } from '../random/generator.ts'
import { adaptLevel, conformalQuantile } from './conformal.ts'

describe('conformalQuantile', () => {
  it('is the rank that covers the next', () => {
    const ratios = [3, -1, 2, 4, -5, 6, 7, 8, 9]
    expect(conformalQuantile(ratios, 0.8)).toBe(8)
    expect(conformalQuantile(ratios, 0.99)).toBe(9)
    // The ninth of ten, ⌈11 · 0.8⌉.
    expect(conformalQuantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.8)).toBe(9)
    expect(conformalQuantile([], 0.8)).toBeNull()
    expect(() => conformalQuantile([1], 1)).toThrow('level')
  })

  it('covers as it says', () => {
    const random = createRandom(7)
    let covered = 0
    for (let i = 0; i < 4000; i++) {
      const past = Array.from({ length: 19 }, random)
      if (random() <= (conformalQuantile(past, 0.9) ?? 0)) covered++
    }
    expect(Math.abs(covered / 4000 - 0.9)).toBeLessThan(0.02)
  })
})

describe('adaptLevel', () => {
  it('brings the coverage to its target though intervals are too narrow', () => {
    const random = createRandom(3)
    let level = 0.9
    let covered = 0
    for (let i = 0; i < 5000; i++) {
      // An honest interval would cover a uniform error as often as its level says.
      const hit = random() < level * 0.92
      if (i >= 1000 && hit) covered++
      level = adaptLevel(level, 0.9, hit, 0.02)
    }
    expect(Math.abs(covered / 4000 - 0.9)).toBeLessThan(0.02)
  })
})
