import { describe, expect, it } from 'vitest'
import { StatsError } from './stats-error.ts'
import { ZScoreDetector } from './z-score-detector.ts'

/** Equal shares of 9, 10 and 11: mean 10, variance of a sample of 30: 20 / 29. */
const LEVEL = Array.from({ length: 30 }, (_, i) => 9 + (i % 3))

function warm(options = {}): ZScoreDetector {
  const detector = new ZScoreDetector(options)
  for (const value of LEVEL) detector.add(value)
  return detector
}

describe('z-score detector', () => {
  it('says nothing while warming up, then how many deviations a value is from those before', () => {
    const detector = new ZScoreDetector({ warmUp: 30 })
    for (const value of LEVEL) expect(detector.add(value)).toBeNull()
    const deviation = Math.sqrt(20 / 29)
    expect(detector.score(12)?.score).toBeCloseTo(2 / deviation, 12)
    expect(detector.score(12)?.outlier).toBe(false)
    expect(detector.score(7)?.score).toBeCloseTo(-3 / deviation, 12)
    expect(detector.add(7)?.outlier).toBe(true)
    expect(detector.seen).toBe(31)
  })

  it('gets used to a new level within its span', () => {
    const detector = warm({ span: 20 })
    expect(detector.add(100)?.outlier).toBe(true)
    for (let i = 0; i < 200; i++) detector.add(99 + (i % 3))
    expect(detector.score(100)?.outlier).toBe(false)
    expect(detector.score(10)?.outlier).toBe(true)
  })

  it('knows no spread of equal values: the same again is none, another one is infinitely far', () => {
    const detector = new ZScoreDetector({ warmUp: 2 })
    detector.add(5)
    detector.add(5)
    expect(detector.score(5)).toEqual({ score: 0, outlier: false })
    expect(detector.score(6)).toEqual({ score: Number.POSITIVE_INFINITY, outlier: true })
  })

  it.each([{ name: 'all of the past' }, { name: 'a span', span: 15 }])(
    'merges and goes on from its state: $name',
    (options) => {
      const values = LEVEL.map((value, i) => value + i)
      const whole = new ZScoreDetector(options)
      const first = new ZScoreDetector(options)
      const second = new ZScoreDetector(options)
      for (const [i, value] of values.entries()) {
        whole.add(value)
        ;(i < 12 ? first : second).add(value)
      }
      first.merge(second)
      const restored = ZScoreDetector.from(structuredClone(first.state()), options)
      for (const detector of [first, restored]) {
        expect(detector.seen).toBe(30)
        expect(detector.score(50)?.score).toBeCloseTo(whole.score(50)?.score ?? Number.NaN, 10)
      }
      expect(() => first.merge(new ZScoreDetector({ span: 3 }))).toThrow(StatsError)
      expect(() => ZScoreDetector.from({ seen: 1, record: [1] }, options)).toThrow(StatsError)
    },
  )

  it('refuses numbers that are not finite, and options out of range', () => {
    const detector = warm()
    expect(() => detector.add(Number.NaN)).toThrow(StatsError)
    expect(() => detector.score(Number.NEGATIVE_INFINITY)).toThrow(StatsError)
    expect(detector.seen).toBe(30)
    expect(() => new ZScoreDetector({ threshold: 0 })).toThrow(StatsError)
    expect(() => new ZScoreDetector({ warmUp: 1 })).toThrow(StatsError)
    expect(() => new ZScoreDetector({ span: 1 })).toThrow(StatsError)
  })
})
