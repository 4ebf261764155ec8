import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchesOf } from '../pipeline/records.ts'
import {
  createWindowOperator,
  restoreWindowOperator,
  type WindowOperator,
} from './window-operator.ts'
import type { WindowingSpec, WindowSpec } from './window-spec.ts'

/** Windows of many slices, whose blocks come and go as late events change them, and few. */
const window = fc.oneof(
  fc
    .record({ slide: fc.integer({ min: 1, max: 3 }), slices: fc.integer({ min: 30, max: 90 }) })
    .map(({ slide, slices }): WindowSpec => ({ type: 'hopping', size: slide * slices, slide })),
  fc
    .record({ step: fc.integer({ min: 1, max: 3 }), slices: fc.integer({ min: 30, max: 60 }) })
    .map(({ step, slices }): WindowSpec => ({ type: 'cumulate', size: step * slices, step })),
  fc.record({
    type: fc.constant('hopping' as const),
    size: fc.integer({ min: 1, max: 40 }),
    slide: fc.integer({ min: 1, max: 40 }),
    offset: fc.integer({ min: -9, max: 9 }),
  }),
  fc.record({ type: fc.constant('session' as const), gap: fc.integer({ min: 1, max: 20 }) }),
)
const windowing: fc.Arbitrary<WindowingSpec> = fc.record({
  window,
  lateness: fc.constantFrom(0, 0, 5, 60),
  accumulation: fc.constantFrom('accumulating' as const, 'discarding' as const),
})
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      events: fc.array(
        fc.record({
          time: fc.integer({ min: -60, max: 60 }),
          key: fc.constantFrom('a', 'b', 'c'),
          value: fc.integer({ min: 0, max: 9 }),
        }),
        { minLength: 1, maxLength: 12 },
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ forward: fc.integer({ min: 1, max: 25 }) }) },
  { weight: 1, arbitrary: fc.record({ restart: fc.constant(true) }) },
)

describe('the fast ways through the engine', () => {
  it('give what the general one gives', () => {
    fc.assert(
      fc.property(windowing, fc.array(step, { maxLength: 30 }), (spec, steps) => {
        const options = (path: 'fast' | 'general') => ({
          path,
          keys: ['key'],
          windowing: spec,
          aggregates: [
            { as: 'n', aggregate: 'count' },
            { as: 'sum', aggregate: 'sum', of: 'value' },
            { as: 'least', aggregate: 'min', of: 'value' },
          ],
        })
        let fast = createWindowOperator(options('fast'))
        let general = createWindowOperator(options('general'))
        let watermark = -70
        const compare = (): void => {
          expect(given(fast)).toEqual(given(general))
        }
        for (const one of steps) {
          if ('events' in one) {
            for (const batch of batchesOf(one.events)) {
              fast.push(batch)
              general.push(batch)
            }
          } else if ('forward' in one) {
            watermark += one.forward
            fast.watermark(watermark)
            general.watermark(watermark)
          } else {
            fast = restoreWindowOperator(options('fast'), fast.snapshot())
            general = restoreWindowOperator(options('general'), general.snapshot())
          }
          compare()
        }
        fast.end()
        general.end()
        compare()
        for (const operator of [fast, general]) {
          expect(operator.statistics()).toMatchObject({ keys: 0, open: 0 })
        }
      }),
      { numRuns: 400 },
    )
  })
})

/** Results and late events since the last look, in an order of their own. */
function given(operator: WindowOperator): unknown {
  const results = operator.takeResults().map((result) => JSON.stringify(result))
  const late = operator.takeLate().map(({ row, time, key, reason }) => ({ row, time, key, reason }))
  return { results: results.sort(), late }
}
