import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addToMoments, createMoments, meanOf, varianceOf } from './moments.ts'
import { SlidingWindow, type SlidingWindowOptions } from './sliding-window.ts'
import { StatsError } from './stats-error.ts'

type Timed = readonly [time: number, value: number]

/** Steps between times, so that times never go back. */
const timed = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: -1000, max: 1000 })), {
    maxLength: 120,
  })
  .map((steps) => {
    let time = -20
    return steps.map(([step, value]): Timed => {
      time += step
      return [time, value]
    })
  })

/** The values that should be held after all of `seen`. */
function model(seen: readonly Timed[], { values, duration }: SlidingWindowOptions): number[] {
  const latest = seen.at(-1)?.[0] ?? 0
  return seen
    .filter(([time]) => time > latest - (duration ?? Number.POSITIVE_INFINITY))
    .slice(-(values ?? seen.length))
    .map(([, value]) => value)
}

describe('sliding window', () => {
  it('has the statistics of the values that a plain list would hold, after every value', () => {
    const bound = fc.oneof(
      fc.record({ values: fc.integer({ min: 1, max: 20 }) }),
      fc.record({ duration: fc.integer({ min: 1, max: 30 }) }),
      fc.record({
        values: fc.integer({ min: 1, max: 20 }),
        duration: fc.integer({ min: 1, max: 30 }),
      }),
    )
    fc.assert(
      fc.property(bound, timed, (options, seen) => {
        const window = new SlidingWindow(options)
        for (const [i, [time, value]] of seen.entries()) {
          window.add(value, time)
          const held = model(seen.slice(0, i + 1), options)
          const moments = createMoments()
          for (const one of held) addToMoments(moments, one)
          expect(window.values()).toEqual(held)
          expect(window.count).toBe(held.length)
          expect(window.min).toBe(Math.min(...held))
          expect(window.max).toBe(Math.max(...held))
          expect(window.mean ?? Number.NaN).toBeCloseTo(meanOf(moments) ?? Number.NaN, 9)
          expect(window.sum).toBe(held.reduce((a, b) => a + b))
          expect(window.variance('population') ?? Number.NaN).toBeCloseTo(
            varianceOf(moments, 'population') ?? Number.NaN,
            5,
          )
        }
      }),
      { numRuns: 200 },
    )
  })

  it('merges as if all values had come to one, and goes on from its state', () => {
    const options = { values: 12, duration: 40 }
    fc.assert(
      fc.property(timed, fc.array(fc.integer({ min: 0, max: 2 })), (steps, dealt) => {
        // No two at one time, whose order parts cannot know.
        const seen = steps.map(([time, value], i): Timed => [time * 200 + i, value])
        const wide = { values: 12, duration: 40 * 200 }
        const parts = [0, 1, 2].map(() => new SlidingWindow(wide))
        const whole = new SlidingWindow(wide)
        for (const [i, [time, value]] of seen.entries()) {
          whole.add(value, time)
          parts[dealt[i] ?? 0]?.add(value, time)
        }
        const [a, b, c] = parts as [SlidingWindow, SlidingWindow, SlidingWindow]
        const restored = SlidingWindow.from(structuredClone(c.state()), wide)
        b.merge(restored)
        b.merge(new SlidingWindow(options))
        a.merge(b)
        expect(a.state()).toEqual(whole.state())
        expect(a.mean ?? 0).toBeCloseTo(whole.mean ?? 0, 9)
        expect([a.min, a.max]).toEqual([whole.min, whole.max])
      }),
    )
  })

  it('leaves nothing behind of a value that has gone', () => {
    const window = new SlidingWindow({ values: 2 })
    for (const value of [1e300, 1e-3, 2e-3]) window.add(value)
    expect(window.mean).toBe(1.5e-3)
    expect(window.max).toBe(2e-3)
  })

  it('empties as time goes on', () => {
    const window = new SlidingWindow({ duration: 10 })
    window.add(5, 100)
    window.advance(109)
    expect(window.count).toBe(1)
    window.advance(110)
    expect([window.count, window.mean, window.min, window.max, window.sum]).toEqual([
      0,
      null,
      null,
      null,
      null,
    ])
  })

  it('refuses what has no place', () => {
    expect(() => new SlidingWindow({})).toThrow('bound')
    expect(() => new SlidingWindow({ values: 1.5 })).toThrow(StatsError)
    expect(() => new SlidingWindow({ duration: 0 })).toThrow(StatsError)
    const window = new SlidingWindow({ duration: 10 })
    expect(() => window.add(Number.NaN, 1)).toThrow(StatsError)
    expect(() => window.add(1)).toThrow('NaN')
    window.add(1, 5)
    expect(() => window.add(1, 4)).toThrow(StatsError)
  })
})
