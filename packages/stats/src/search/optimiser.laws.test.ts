import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { optimiser, type SearchMethod } from './optimiser.ts'
import type { Outcome } from './outcome.ts'
import type { Parameter, Point, Space } from './space.ts'

const parameter: fc.Arbitrary<Parameter> = fc.oneof(
  fc.record({
    type: fc.constant('continuous' as const),
    low: fc.double({ min: 1e-3, max: 1, noNaN: true }),
    high: fc.double({ min: 2, max: 1e6, noNaN: true }),
    scale: fc.constantFrom('linear' as const, 'log' as const),
  }),
  fc.record({
    type: fc.constant('integer' as const),
    low: fc.integer({ min: 1, max: 3 }),
    high: fc.integer({ min: 3, max: 1000 }),
    scale: fc.constantFrom('linear' as const, 'log' as const),
  }),
  fc.record({
    type: fc.constant('categorical' as const),
    values: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', true, 7), { minLength: 1 }),
  }),
)

const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.constantFrom<Outcome>(0, 0, 1, -1e90, 1e90, 1e-300, 'failed'),
  fc.double({ min: -100, max: 100, noNaN: true }),
)

function isOf(space: Space, point: Point): boolean {
  return Object.entries(space).every(([name, one]) => {
    const value = point[name]
    if (one.type === 'categorical') return value !== undefined && one.values.includes(value)
    if (typeof value !== 'number' || !(value >= one.low && value <= one.high)) return false
    return one.type === 'continuous' || Number.isInteger(value)
  })
}

describe('optimiser', () => {
  it('answers with points of the space and finite numbers, whatever comes of them', () => {
    fc.assert(
      fc.property(
        fc.array(parameter, { minLength: 1, maxLength: 3 }),
        fc.array(outcome, { minLength: 1, maxLength: 14 }),
        fc.constantFrom<SearchMethod>('bayesian', 'bayesian', 'tpe', 'sobol', 'random'),
        fc.integer({ min: 0, max: 1000 }),
        (parameters, outcomes, method, seed) => {
          const space = Object.fromEntries(parameters.map((one, i) => [`p${i}`, one]))
          const search = optimiser(space, { method, seed, initial: 2 })
          for (const [i, one] of outcomes.entries()) {
            const { point, expectedImprovement } = search.ask()
            expect(isOf(space, point)).toBe(true)
            expect(expectedImprovement ?? 0).not.toBeNaN()
            // Every third point is measured twice.
            search.tell(point, one)
            if (i % 3 === 0) search.tell(point, one)
          }
          const { point } = search.ask()
          const prediction = search.predict(point)
          if (prediction !== null) {
            expect(Number.isFinite(prediction.mean)).toBe(true)
            expect(Number.isFinite(prediction.deviation)).toBe(true)
          }
          for (const share of Object.values(search.importance()))
            expect(share).toBeGreaterThanOrEqual(0)
          expect(search.best() === null).toBe(outcomes.every((one) => one === 'failed'))
        },
      ),
      { numRuns: 60 },
    )
  })
})
