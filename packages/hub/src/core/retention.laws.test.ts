import fc from 'fast-check'
import { expect, test } from 'vitest'
import { daysKept, type Hold, holdsOn, LETTERS, withoutHeld } from './retention.ts'

const time = fc.integer({ min: 0, max: 60 })
const range = fc.record({ from: fc.option(time), to: fc.option(time) })

test('what is left is exactly what is before the bound and in no hold, as ascending disjoint pieces', () => {
  fc.assert(
    fc.property(time, fc.array(range, { maxLength: 6 }), (before, holds) => {
      const pieces = withoutHeld(before, holds)
      for (let t = -2; t < 65; t++) {
        const held = holds.some(
          ({ from, to }) => (from === null || t >= from) && (to === null || t < to),
        )
        const inside = pieces.filter((p) => (p.from === null || t >= p.from) && t < p.before)
        expect(inside.length).toBe(t < before && !held ? 1 : 0)
      }
      for (const piece of pieces) expect(piece.from ?? -1).toBeLessThan(piece.before)
    }),
    { numRuns: 500 },
  )
})

test('the most specific policy wins, and dead letters have their own', () => {
  const defaults = { events: 90, letters: 30 }
  const policies = [
    { project: null, family: 'security', days: 400 },
    { project: 'shop', family: null, days: 7 },
    { project: 'shop', family: 'cost', days: 0 },
    { project: null, family: LETTERS, days: 3 },
  ]
  const days = (project: string, family: string) => daysKept(policies, defaults, project, family)
  expect(days('other', 'telemetry')).toBe(90)
  expect(days('other', 'security')).toBe(400)
  expect(days('shop', 'security')).toBe(7)
  expect(days('shop', 'cost')).toBeNull()
  expect(days('shop', LETTERS)).toBe(3)
  expect(daysKept([], { events: 0, letters: 5 }, 'shop', 'cost')).toBeNull()
  expect(daysKept([{ project: null, family: null, days: 2 }], defaults, 'shop', LETTERS)).toBe(30)
})

test('a hold is found by project, family and overlap, until it is released', () => {
  const hold: Hold = {
    name: 'case-1',
    project: 'shop',
    family: 'telemetry',
    from: 10,
    to: 20,
    reason: 'a case',
    createdAt: 0,
    createdBy: null,
    releasedAt: null,
  }
  const found = (...rest: [string, string | null, { from: number | null; to: number | null }?]) =>
    holdsOn([hold], ...rest).length
  expect(found('shop', 'telemetry')).toBe(1)
  expect(found('shop', null)).toBe(1)
  expect(found('shop', 'cost')).toBe(0)
  expect(found('other', null)).toBe(0)
  expect(found('shop', null, { from: 20, to: null })).toBe(0)
  expect(found('shop', null, { from: null, to: 10 })).toBe(0)
  expect(found('shop', null, { from: 19, to: 30 })).toBe(1)
  expect(holdsOn([{ ...hold, releasedAt: 1 }], 'shop', null)).toEqual([])
})
