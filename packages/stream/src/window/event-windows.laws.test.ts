import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchesOf } from '../pipeline/records.ts'
import { StreamError } from '../stream-error.ts'
import { createWindowOperator } from './window-operator.ts'
import type { WindowingSpec } from './window-spec.ts'

const events = fc.array(
  fc.record({ time: fc.integer({ min: -25, max: 25 }), key: fc.constantFrom('a', 'b') }),
  { maxLength: 40 },
)
const aggregates = [{ as: 'times', aggregate: 'collect', of: 'time' }]

/** Results as [key, start, end, times]; the watermark follows each event as far as later ones allow. */
function run(windowing: WindowingSpec, all: readonly { time: number; key: string }[]): string[] {
  const operator = createWindowOperator({ keys: ['key'], windowing, aggregates })
  const found: string[] = []
  const take = (): void => {
    for (const { key, window, values } of operator.takeResults()) {
      found.push(JSON.stringify([key, window.start, window.end, values['times']]))
    }
  }
  for (const [i, event] of all.entries()) {
    for (const batch of batchesOf([event])) operator.push(batch)
    operator.watermark(Math.min(1000, ...all.slice(i + 1).map(({ time }) => time)))
    take()
  }
  operator.end()
  take()
  expect(operator.statistics()).toMatchObject({ late: 0, keys: 0, open: 0 })
  return found.sort()
}

const ascending = (times: readonly number[]): number[] => [...times].sort((a, b) => a - b)

describe('windows that events define', () => {
  it('of a difference are all that end with an event or begin right behind one', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 0, max: 15 }), (all, difference) => {
        const expected = new Set<string>()
        for (const { time, key } of all) {
          for (const start of [time - difference, time + 1]) {
            const end = start + difference + 1
            const inside = all.filter(
              (one) => one.key === key && one.time >= start && one.time < end,
            )
            if (inside.length === 0) continue
            const times = ascending(inside.map((one) => one.time))
            expected.add(JSON.stringify([key, start, end, times]))
          }
        }
        const found = run({ window: { type: 'sliding', difference } }, all)
        expect(found).toEqual([...expected].sort())
      }),
    )
  })

  it('of a count are every slide-th event and those behind it, full or cut off by the end', () => {
    const size = fc.integer({ min: 1, max: 6 })
    fc.assert(
      fc.property(events, size, size, (all, length, slide) => {
        const expected: string[] = []
        for (const key of ['a', 'b']) {
          const times = all.filter((one) => one.key === key).map((one) => one.time)
          for (let from = 0; from < times.length; from += slide) {
            const inside = ascending(times.slice(from, from + length))
            expected.push(JSON.stringify([key, inside[0], (inside.at(-1) ?? 0) + 1, inside]))
          }
        }
        const found = run({ window: { type: 'count', size: length, slide } }, all)
        expect(found).toEqual(expected.sort())
      }),
    )
  })

  it('take late events within the lateness', () => {
    const windowing = { window: { type: 'sliding', difference: 5 }, lateness: 10 } as const
    const operator = createWindowOperator({ windowing, aggregates })
    const push = (time: number): void => {
      for (const batch of batchesOf([{ time }])) operator.push(batch)
    }
    const taken = (): unknown[] =>
      operator
        .takeResults()
        .map(({ window, pane, values }) => [window.start, pane.timing, pane.index, values['times']])
    push(10)
    operator.watermark(12)
    expect(taken()).toEqual([[5, 'on_time', 0, [10]]])
    push(8)
    expect(taken()).toEqual([
      [3, 'late', 0, [8]],
      [5, 'late', 1, [8, 10]],
    ])
    operator.watermark(15)
    expect(taken()).toEqual([[9, 'on_time', 0, [10]]])
    push(-10)
    expect(operator.takeLate()).toMatchObject([{ time: -10, reason: 'late' }])
  })

  it('fire in their own way only', () => {
    for (const window of [
      { type: 'count', size: 3 },
      { type: 'sliding', difference: 3 },
    ] as const) {
      for (const more of [
        { trigger: { on: 'count', n: 1 } },
        { accumulation: 'retracting' },
        { closing: 'always' },
      ] as const) {
        expect(() => createWindowOperator({ windowing: { window, ...more }, aggregates })).toThrow(
          StreamError,
        )
      }
    }
  })
})
