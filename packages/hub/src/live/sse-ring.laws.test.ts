import fc from 'fast-check'
import { expect, test } from 'vitest'
import { result } from '../../test/memory-live-source.ts'
import { type SentUpdate, UpdateRing, updateKey } from './sse-ring.ts'

const sentOf = (seq: number, model: number, length: number): SentUpdate => {
  const update = result(`m${model}`, seq)
  return { seq, key: updateKey(update), update, text: 'x'.repeat(length) }
}

const told = fc.array(
  fc.record({ model: fc.nat(5), length: fc.integer({ min: 1, max: 50 }), pause: fc.nat(40) }),
  {
    maxLength: 60,
  },
)

test('what came since is the newest of each key, or is not known; and the ring stays within its limits', () => {
  fc.assert(
    fc.property(told, fc.nat(70), (all, seen) => {
      const ring = new UpdateRing(0, { chars: 200, ageMs: 300 })
      const sent = all.map(({ length, model }, at) => sentOf(at + 1, model, length))
      let now = 0
      for (const [at, each] of sent.entries()) {
        now += all[at]?.pause ?? 0
        ring.add(each, now)
        expect(ring.chars).toBeLessThanOrEqual(200)
      }
      const newest = new Map(sent.map((each) => [each.key, each]))
      const missed = ring.since(seen)
      const expected = [...newest.values()].filter(({ seq }) => seq > seen)
      if (missed !== null) {
        expect(new Set(missed)).toEqual(new Set(expected))
        expect(missed.map(({ seq }) => seq)).toEqual(
          missed.map(({ seq }) => seq).toSorted((a, b) => a - b),
        )
      } else {
        // Something of what came since was let go.
        expect(expected.length).toBeGreaterThan(0)
      }
    }),
  )
})

test('what is older than the ring keeps is not known', () => {
  const ring = new UpdateRing(10, { chars: 1000, ageMs: 100 })
  expect(ring.since(9)).toBeNull()
  expect(ring.since(10)).toEqual([])
  const first = sentOf(11, 1, 10)
  ring.add(first, 0)
  ring.trim(100)
  expect(ring.since(10)).toEqual([first])
  ring.trim(101)
  expect([ring.since(10), ring.since(11), ring.chars]).toEqual([null, [], 0])
})
