import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MICROS, HOUR_MICROS } from '../store/rollup.ts'
import { type Backlog, nextBuild } from './schedule.ts'

const hour = (n: number): number => n * HOUR_MICROS
const none: Backlog = { dirtyHours: [], staleHours: [], staleDays: [] }
const all = { closedBefore: hour(1000), maxHours: 48 }

describe('the schedule of rollups', () => {
  it('takes the newest closed hours first, as many consecutive ones as the budget allows', () => {
    const backlog = { ...none, dirtyHours: [5, 1, 6, 7, 7, 9].map(hour), staleHours: [hour(4)] }
    const build = (closed: number, maxHours: number) =>
      nextBuild(backlog, { closedBefore: hour(closed), maxHours })
    expect(build(1000, 48)).toEqual({ grain: 'hour', span: { from: hour(9), to: hour(10) } })
    expect(build(9, 48)).toEqual({ grain: 'hour', span: { from: hour(4), to: hour(8) } })
    expect(build(9, 2)).toEqual({ grain: 'hour', span: { from: hour(6), to: hour(8) } })
    expect(build(7.5, 48)).toEqual({ grain: 'hour', span: { from: hour(4), to: hour(7) } })
    expect(build(1, 48)).toBeNull()
    expect(build(1000, 0)).toBeNull()
  })

  it('leaves a day alone until its hours are done', () => {
    const staleDays = [0, DAY_MICROS, 3 * DAY_MICROS]
    expect(nextBuild({ ...none, staleDays }, all)).toEqual({
      grain: 'day',
      span: { from: 3 * DAY_MICROS, to: 4 * DAY_MICROS },
    })
    const waiting = { ...none, staleDays, dirtyHours: [hour(75)] }
    expect(nextBuild(waiting, { ...all, closedBefore: hour(75) })).toEqual({
      grain: 'day',
      span: { from: 0, to: 2 * DAY_MICROS },
    })
    expect(nextBuild(none, all)).toBeNull()
  })

  it('ends: building what it says empties the backlog', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -60, max: 60 })),
        fc.array(fc.integer({ min: -3, max: 3 })),
        fc.integer({ min: 1, max: 30 }),
        (hours, days, maxHours) => {
          let dirty = hours.map(hour)
          let stale = days.map((day) => day * DAY_MICROS)
          for (let i = 0; i < 200; i++) {
            const next = nextBuild(
              { dirtyHours: dirty, staleHours: [], staleDays: stale },
              { closedBefore: hour(1000), maxHours },
            )
            if (next === null) break
            const { from, to } = next.span
            expect(to - from).toBeLessThanOrEqual(Math.max(24, maxHours) * HOUR_MICROS)
            const left = (start: number): boolean => start < from || start >= to
            if (next.grain === 'hour') dirty = dirty.filter(left)
            else stale = stale.filter(left)
          }
          expect([dirty, stale]).toEqual([[], []])
        },
      ),
    )
  })
})
