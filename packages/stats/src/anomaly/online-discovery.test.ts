import { describe, expect, it } from 'vitest'
import { createRandom } from '../random/generator.ts'
import { absenceTest } from './absence-test.ts'
import { frequencyTest } from './frequency-test.ts'
import { OnlineDiscovery } from './online-discovery.ts'

describe('control of false discoveries online', () => {
  it('keeps their share at the rate, and finds what is there', () => {
    let [share, found, there] = [0, 0, 0]
    const runs = 200
    for (let run = 0; run < runs; run++) {
      const random = createRandom(run)
      const control = new OnlineDiscovery(0.1)
      let [right, wrong] = [0, 0]
      for (let i = 0; i < 500; i++) {
        const real = random() < 0.2
        if (real) there++
        const p = real ? 1e-6 * random() : random()
        if (!control.test(p)) continue
        if (real) right++
        else wrong++
      }
      share += wrong / Math.max(1, right + wrong) / runs
      found += right
    }
    expect(share).toBeLessThan(0.1)
    expect(found / there).toBeGreaterThan(0.9)
  })

  it('has levels that sum to no more than the rate where nothing is found', () => {
    const control = new OnlineDiscovery(0.05)
    let sum = 0
    for (let i = 0; i < 5_000; i++) {
      sum += control.level
      expect(control.test(1)).toBe(false)
    }
    expect(sum).toBeLessThan(0.05)
    expect(() => control.test(2)).toThrow('pValue')
  })
})

describe('counts and silences', () => {
  it('have the tails of their laws', () => {
    expect(frequencyTest(0, 3).fewerP).toBeCloseTo(Math.exp(-3), 14)
    expect(frequencyTest(2, 1).moreP).toBeCloseTo(1 - 2 / Math.E, 14)
    expect(frequencyTest(20, 5, 3).moreP).toBeGreaterThan(frequencyTest(20, 5).moreP)
    expect(frequencyTest(1e6, 1).pValue).toBe(0)
    expect(frequencyTest(1e6, 1).rarity).toBeGreaterThan(1e6)
    expect(() => frequencyTest(1.5, 1)).toThrow('count')
    // Poisson arrivals: the gap is exponential. Arrivals on the clock: three of them missing are beyond doubt.
    expect(absenceTest(5, 1, 1).pValue).toBeCloseTo(Math.exp(-5), 14)
    expect(absenceTest(1, 1, 0).pValue).toBeGreaterThan(0.4)
    expect(absenceTest(4, 1, 0).rarity).toBeGreaterThan(6)
    expect(absenceTest(-1, 1, 0).pValue).toBe(1)
  })
})
