import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RateCalculator } from './rate-calculator.ts'
import { StatsError } from './stats-error.ts'

const OPTIONS = { range: 60, parts: 6 }
const times = fc.array(fc.integer({ min: -100, max: 100 }), { maxLength: 40 })

function rateOf(events: readonly number[]): RateCalculator {
  const rate = new RateCalculator(OPTIONS)
  for (const time of events) rate.add(time)
  return rate
}

/** What is held of events, by the edges of parts: those too old for the newest are gone. */
function contents(rate: RateCalculator): unknown {
  const { newest, weights } = rate.state()
  return { newest, weights }
}

describe('rate calculator', () => {
  it('counts the events of the trailing range, and a share of the part in which it begins', () => {
    fc.assert(
      fc.property(times, (events) => {
        const latest = Math.max(-100, ...events)
        // At the end of a part the range is whole parts.
        const end = (Math.floor(latest / 10) + 1) * 10
        const within = events.filter((time) => time >= end - 60 && time < end)
        const rate = rateOf(events.toSorted((a, b) => a - b))
        expect(rate.rateAt(end) * 60).toBeCloseTo(within.length, 9)
        // In the middle of a part, half of the oldest one.
        const oldest = events.filter((time) => time >= end - 70 && time < end - 60)
        expect(rate.rateAt(end - 5) * 60).toBeCloseTo(within.length + oldest.length / 2, 9)
      }),
    )
  })

  it('takes events in any order, and merges as one', () => {
    fc.assert(
      fc.property(times, times, times, (a, b, c) => {
        const all = [...a, ...b, ...c]
        const whole = contents(rateOf(all))
        expect(contents(rateOf(all.toReversed()))).toEqual(whole)
        const left = rateOf(a)
        left.merge(rateOf(b))
        left.merge(rateOf(c))
        const right = rateOf([])
        const inner = rateOf(c)
        inner.merge(rateOf(b))
        right.merge(inner)
        right.merge(rateOf(a))
        right.merge(rateOf([]))
        expect(contents(left)).toEqual(whole)
        expect(contents(right)).toEqual(whole)
        const kept = left.state().weights.reduce((x, y) => x + y, 0)
        expect(kept + left.tooOld).toBeLessThanOrEqual(all.length)
      }),
    )
  })

  it('is restored from its state', () => {
    fc.assert(
      fc.property(times, times, (a, b) => {
        const rate = rateOf(a)
        const restored = RateCalculator.from(structuredClone(rate.state()), OPTIONS)
        for (const time of b) {
          rate.add(time)
          restored.add(time)
        }
        expect(restored.state()).toEqual(rate.state())
      }),
    )
  })

  it('falls to nothing when nothing comes, and counts what came too late', () => {
    const rate = rateOf([0, 1, 2])
    expect(rate.rateAt(9)).toBe(3 / 60)
    expect(rate.rateAt(1000)).toBe(0)
    rate.add(500, 4)
    rate.add(3)
    expect(rate.tooOld).toBe(1)
    expect(rate.rateAt(505)).toBe(4 / 60)
    expect(() => rate.add(Number.NaN)).toThrow(StatsError)
    expect(() => rate.add(1, Number.POSITIVE_INFINITY)).toThrow(StatsError)
    expect(() => new RateCalculator({ range: 0 })).toThrow(StatsError)
    expect(() => rate.merge(new RateCalculator({ range: 60, parts: 7 }))).toThrow(StatsError)
  })
})
