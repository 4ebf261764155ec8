import { describe, expect, it } from 'vitest'
import { studentT } from '../distributions/student-t.ts'
import { sampleNormal, sampleStudentT } from '../random/continuous.ts'
import { createRandom } from '../random/generator.ts'
import { erfc } from '../special/erf.ts'
import { ScoreTail } from './score-tail.ts'

function learned(draw: () => number, n: number): ScoreTail {
  const tail = new ScoreTail()
  for (let i = 0; i < n; i++) tail.add(Math.abs(draw()))
  return tail
}

describe('the tail of scores', () => {
  it('counts where it can', () => {
    const random = createRandom(1)
    const tail = learned(() => sampleNormal(random), 15_000)
    for (const score of [0.5, 1, 2, 2.5])
      expect(Math.abs(tail.rarity(score) + Math.log10(erfc(score / Math.SQRT2)))).toBeLessThan(0.1)
    expect(tail.rarity(-1)).toBe(0)
    expect(Math.abs(tail.quantile(0.01) - 2.576)).toBeLessThan(0.1)
  })

  it('goes on beyond what was seen, no rarer than normal scores are and rare enough to be told', () => {
    const random = createRandom(2)
    for (let run = 0; run < 50; run++) {
      const rarity = learned(() => sampleNormal(random), 600).rarity(6)
      expect(rarity).toBeGreaterThan(3.7)
      expect(rarity).toBeLessThan(9)
    }
  })

  it('takes heavy scores for heavy', () => {
    const random = createRandom(3)
    const score = studentT(4).upperQuantile(0.5e-4)
    let sum = 0
    for (let run = 0; run < 20; run++)
      sum += learned(() => sampleStudentT(random, 4), 4_000).rarity(score) / 20
    // The belief in an exponential law leaves it half an order of magnitude too rare.
    expect(Math.abs(sum - 4)).toBeLessThan(0.75)
  })

  it('is bounded by scores as high that were seen', () => {
    const random = createRandom(4)
    const tail = learned(() => sampleNormal(random), 2_000)
    const before = tail.rarity(30)
    for (let i = 0; i < 6; i++) tail.add(40)
    expect(before).toBeGreaterThan(8)
    expect(tail.rarity(30)).toBeLessThan(3.1)
    expect(tail.rarity(30)).toBeGreaterThan(2.4)
  })

  it('lets a rare score hardly count, and rare scores that keep coming in full', () => {
    const random = createRandom(5)
    const tail = learned(() => sampleNormal(random), 2_000)
    const first = tail.rarity(12)
    tail.learn(12, first)
    expect(tail.rarity(12)).toBeGreaterThan(first - 0.8)
    for (let i = 0; i < 40; i++) {
      tail.learn(12, 8)
      tail.learn(0.5, 0)
    }
    expect(tail.rarity(12)).toBeLessThan(2)
  })

  it('has a bounded answer for equal scores, for one, and for none', () => {
    expect(new ScoreTail().rarity(5)).toBe(0)
    for (const n of [1, 20, 100]) {
      for (const one of [0, 1.4, 1e300]) {
        const rarity = learned(() => one, n).rarity(2)
        expect(rarity >= 0 && rarity <= 16).toBe(true)
      }
    }
  })
})
