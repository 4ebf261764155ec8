import { expect, it } from 'vitest'
import { manualClock } from '../../test/manual-clock.ts'
import { collectWhenIdle } from './idle-heap.ts'

it('collects once after each time of activity, and never while something goes on', () => {
  const clock = manualClock()
  let share = 0.5
  let collected = 0
  const stop = collectWhenIdle({
    clock,
    busyShare: () => share,
    collect: () => {
      collected++
    },
  })
  const look = (busy: number): number => {
    share = busy
    clock.advance(10_000)
    return collected
  }
  expect([look(0.5), look(0.02)]).toEqual([0, 0])
  expect([look(0.001), look(0.01), look(0.001)]).toEqual([1, 1, 1])
  expect([look(0.3), look(0.001), look(0)]).toEqual([1, 2, 2])
  look(0.3)
  stop()
  expect(look(0)).toBe(2)
})
