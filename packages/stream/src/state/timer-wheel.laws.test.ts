import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TimerWheel } from './timer-wheel.ts'

const time = fc.integer({ min: -100, max: 100 })

describe('a timer wheel', () => {
  it('tells what is due by time, then as set, whatever the grain', () => {
    const step = fc.oneof(fc.record({ set: time }), fc.record({ due: time }))
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.array(step, { maxLength: 60 }),
        (grain, steps) => {
          const wheel = new TimerWheel<number>(grain)
          let model: [time: number, item: number][] = []
          let items = 0
          for (const one of steps) {
            if ('set' in one) {
              wheel.set(one.set, items)
              model.push([one.set, items++])
              continue
            }
            const told: [time: number, item: number][] = []
            wheel.due(one.due, (item, at) => told.push([at, item]))
            const due = model
              .filter(([at]) => at <= one.due)
              .sort(([a, i], [b, j]) => a - b || i - j)
            expect(told).toEqual(due)
            model = model.filter(([at]) => at > one.due)
            expect(wheel.size).toBe(model.length)
          }
        },
      ),
    )
  })

  it('tells what is set meanwhile in its turn', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.array(time, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: -100, max: 200 }),
        (grain, times, later, limit) => {
          const wheel = new TimerWheel<number>(grain)
          for (const [i, at] of times.entries()) wheel.set(at, i)
          const told: number[] = []
          wheel.due(limit, (item, at) => {
            told.push(at)
            if (item >= 0) wheel.set(at + later, -1)
          })
          const all = [...times, ...times.filter((at) => at <= limit).map((at) => at + later)]
          expect(told).toEqual(all.filter((at) => at <= limit).sort((a, b) => a - b))
          expect(wheel.size).toBe(all.filter((at) => at > limit).length)
        },
      ),
    )
  })
})
