import { describe, expect, it } from 'vitest'
import { croston, isIntermittent } from './croston.ts'

describe('croston', () => {
  const regular = Array.from({ length: 40 }, (_, t) => (t % 4 === 3 ? 8 : 0))

  it('tells the rate of a regular demand', () => {
    // Size 8 each 4 steps is 2 a step; SBA takes α/2 of it off.
    const sba = croston(regular)
    expect(sba.predict(2).mean[1]).toBeCloseTo(2 * (1 - (sba.parameters['alpha'] ?? 0) / 2), 10)
    // TSB stands at its highest right behind a demand.
    const tsb = croston(regular, 'tsb').predict(1).mean[0] ?? 0
    expect(tsb).toBeGreaterThan(1.8)
    expect(tsb).toBeLessThan(4)
  })

  it('forgets what has ended, as TSB', () => {
    const ended = [...regular, ...Array.from({ length: 60 }, () => 0)]
    expect(croston(ended, 'tsb').predict(1).mean[0]).toBeLessThan(0.2)
    expect(croston(ended, 'sba').predict(1).mean[0]).toBeGreaterThan(1.5)
  })

  it('says 0 of nothing, and knows what it is for', () => {
    expect(croston([0, 0, 0]).predict(1)).toEqual({
      mean: Float64Array.of(0),
      deviation: Float64Array.of(0),
    })
    expect(isIntermittent(regular)).toBe(true)
    expect(isIntermittent([0, 0, -1])).toBe(false)
    expect(isIntermittent([0, 1])).toBe(false)
    expect(() => croston([])).toThrow('0 values')
  })
})
