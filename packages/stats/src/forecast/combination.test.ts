import { describe, expect, it } from 'vitest'
import { withoutSeasons } from './combination.ts'

describe('withoutSeasons', () => {
  const season = (t: number) => 10 * Math.sin((2 * Math.PI * t) / 52)
  const y = Float64Array.from({ length: 52 * 4 }, (_, t) => 100 + season(t))

  it('gives the season back, and what is left', () => {
    const { adjusted, seasons } = withoutSeasons(y, [52], 60)
    for (let h = 0; h < 60; h++) expect(Math.abs((seasons[h] ?? 0) - season(h))).toBeLessThan(0.5)
    for (const value of adjusted) expect(Math.abs(value - 100)).toBeLessThan(0.5)
  })

  it('does not take one odd value of the last cycle for a season', () => {
    const odd = y.slice()
    odd[52 * 3 + 5] = 400
    const { adjusted, seasons } = withoutSeasons(odd, [52], 52)
    for (let h = 0; h < 52; h++) expect(Math.abs((seasons[h] ?? 0) - season(h))).toBeLessThan(2)
    expect(adjusted[52 * 3 + 5]).toBeGreaterThan(380)
  })

  it('leaves a series alone that holds no cycle twice', () => {
    const { adjusted, seasons } = withoutSeasons(y.subarray(0, 60), [52], 3)
    expect(adjusted).toEqual(y.slice(0, 60))
    expect([...seasons]).toEqual([0, 0, 0])
  })
})
