import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StatsError } from '../stats-error.ts'
import { dynamicTimeWarping, warpingLowerBound } from './dynamic-time-warping.ts'

const values = (least: number, most: number) =>
  fc.array(fc.integer({ min: -20, max: 20 }), { minLength: least, maxLength: most })
const pair = fc
  .integer({ min: 1, max: 25 })
  .chain((n) => fc.tuple(values(n, n), values(n, n), fc.integer({ min: 0, max: 30 })))

/** The definition without a band or any saving. */
function plain(x: readonly number[], y: readonly number[]): number {
  const sums = new Map<string, number>()
  const sum = (i: number, j: number): number => {
    if (i < 0 && j < 0) return 0
    if (i < 0 || j < 0) return Number.POSITIVE_INFINITY
    const key = `${i},${j}`
    const known = sums.get(key)
    if (known !== undefined) return known
    const value =
      ((x[i] ?? 0) - (y[j] ?? 0)) ** 2 + Math.min(sum(i - 1, j), sum(i, j - 1), sum(i - 1, j - 1))
    sums.set(key, value)
    return value
  }
  return Math.sqrt(sum(x.length - 1, y.length - 1))
}

describe('dynamic time warping', () => {
  it('is the definition where the band lets everything through', () => {
    fc.assert(
      fc.property(values(1, 15), values(1, 15), (x, y) => {
        expect(dynamicTimeWarping(x, y, { band: 15 })).toBeCloseTo(plain(x, y), 9)
      }),
    )
  })

  it('is symmetric, 0 for equals, not above the straight distance, and falls with the band', () => {
    fc.assert(
      fc.property(pair, ([x, y, band]) => {
        const distance = dynamicTimeWarping(x, y, { band })
        expect(distance).toBeCloseTo(dynamicTimeWarping(y, x, { band }), 9)
        expect(dynamicTimeWarping(x, x, { band })).toBe(0)
        const straight = Math.hypot(...x.map((value, t) => value - (y[t] ?? 0)))
        expect(distance).toBeLessThan(straight + 1e-9)
        expect(dynamicTimeWarping(x, y, { band: 0 })).toBeCloseTo(straight, 9)
        expect(dynamicTimeWarping(x, y, { band: band + 1 })).toBeLessThan(distance + 1e-9)
      }),
    )
  })

  it('is not below its lower bound', () => {
    fc.assert(
      fc.property(pair, ([x, y, band]) => {
        const distance = dynamicTimeWarping(x, y, { band })
        const bound = warpingLowerBound(x, y, band)
        expect(bound).toBeLessThan(distance + 1e-9)
        // The envelope by its definition.
        let sum = 0
        for (const [t, value] of y.entries()) {
          const near = x.slice(Math.max(0, t - band), t + band + 1)
          sum += Math.max(0, value - Math.max(...near), Math.min(...near) - value) ** 2
        }
        expect(bound).toBeCloseTo(Math.sqrt(sum), 9)
        expect(dynamicTimeWarping(x, y, { band, beyond: distance + 1 })).toBe(distance)
        expect(dynamicTimeWarping(x, y, { band, beyond: distance / 2 })).toBeGreaterThanOrEqual(
          distance,
        )
      }),
    )
  })

  it('matches a shape that comes late', () => {
    const peak = Array.from({ length: 60 }, (_, t) => Math.exp(-((t - 20) ** 2) / 8))
    const late = Array.from({ length: 60 }, (_, t) => Math.exp(-((t - 25) ** 2) / 8))
    expect(dynamicTimeWarping(peak, late)).toBeLessThan(0.01)
    expect(dynamicTimeWarping(peak, late, { band: 1 })).toBeGreaterThan(1)
    // By hand: 1 2 3 with 1 3 3: the 2 costs 1.
    expect(dynamicTimeWarping([1, 2, 3], [1, 3, 3], { band: 3 })).toBe(1)
    expect(dynamicTimeWarping([1e300, 0], [-1e300, 0])).toBe(2e300)
  })

  it('refuses nothing and what is no number', () => {
    expect(() => dynamicTimeWarping([], [1])).toThrow(StatsError)
    expect(() => dynamicTimeWarping([1], [Number.NaN])).toThrow('y[0]')
    expect(() => warpingLowerBound([1], [1, 2], 1)).toThrow(StatsError)
    expect(() => dynamicTimeWarping([1], [1], { band: -1 })).toThrow('options.band')
    expect(() => dynamicTimeWarping([1], [1], { beyond: Number.NaN })).toThrow('options.beyond')
  })
})
