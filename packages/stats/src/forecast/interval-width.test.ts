import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { intervalWidth } from './interval-width.ts'

describe('intervalWidth', () => {
  it('is the normal one without a past, wider for a short series', () => {
    expect(intervalWidth(1e9, [])(1.96)).toBeCloseTo(1.96, 6)
    expect(intervalWidth(12, [])(1.96)).toBeCloseTo(2 * 1.96, 12)
    expect(intervalWidth(12, [3])(0)).toBe(0)
  })

  it('goes as far towards the past as there is of it', () => {
    const ratios = (count: number) => Array.from({ length: count }, () => 4)
    const of = (count: number) => intervalWidth(1e9, ratios(count))(2)
    // Sixty ratios weigh as much as the normal distribution: half of the way from 2 to 4 on a logarithmic scale.
    expect(of(60)).toBeCloseTo(2 * Math.SQRT2, 6)
    expect(of(1)).toBeLessThan(2.05)
    expect(of(6_000)).toBeGreaterThan(3.9)
  })

  it('is hardly narrower for a calm past', () => {
    const calm = Array.from({ length: 100_000 }, () => 0.01)
    expect(intervalWidth(1e9, calm)(2)).toBeGreaterThan(1.8)
    expect(intervalWidth(1e9, calm)(2)).toBeLessThan(1.81)
  })

  it('does not fall with the level', () => {
    const ratio = fc.double({ min: 0, max: 10, noNaN: true })
    const place = fc.double({ min: 0, max: 5, noNaN: true })
    fc.assert(
      fc.property(
        fc.array(ratio, { maxLength: 80 }),
        fc.integer({ min: 1, max: 500 }),
        place,
        place,
        (ratios, n, a, b) => {
          const width = intervalWidth(n, ratios)
          const [low, high] = [Math.min(a, b), Math.max(a, b)]
          expect(width(low)).toBeLessThanOrEqual(width(high) * (1 + 1e-12))
        },
      ),
    )
  })
})
