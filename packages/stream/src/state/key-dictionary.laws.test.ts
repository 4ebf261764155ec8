import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchesOf } from '../pipeline/records.ts'
import { type Key, KeyDictionary, OVERFLOW_ID } from './key-dictionary.ts'
import { OVERFLOW_KEY } from './value-ids.ts'

const part = fc.constantFrom('a', 'b', 'c', 'd', null)
const number = fc.constantFrom(0, -1, 2.5, 1e15, null)
const rounds = fc.array(
  fc.record({
    rows: fc.array(fc.tuple(part, number, part), { minLength: 1, maxLength: 8 }),
    keep: fc.boolean(),
  }),
  { maxLength: 12 },
)
const NAMES = ['x', 'y', 'z'] as const

describe('a key dictionary', () => {
  it('gives one id per key while it is held, never two keys one id, and none beyond the limit', () => {
    fc.assert(
      fc.property(
        rounds,
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 1, max: 12 }),
        (all, width, limit) => {
          const dictionary = new KeyDictionary(width, limit)
          const names = NAMES.slice(0, width)
          const held = new Map<string, number>()
          let overflowed = 0
          for (const { rows, keep } of all) {
            const records = rows.map(([x, y, z]) => ({ x, y, z }))
            const [batch] = batchesOf(records)
            if (batch === undefined) continue
            const out = new Int32Array(rows.length)
            dictionary.resolve(batch, names, Int32Array.from(rows.keys()), rows.length, out)
            for (const [i, row] of rows.entries()) {
              const parts = row.slice(0, width)
              const key: Key = width === 0 ? null : width === 1 ? (parts[0] ?? null) : parts
              const id = out[i] ?? -1
              const name = JSON.stringify(key)
              if (id === OVERFLOW_ID) {
                overflowed++
                expect(held.has(name)).toBe(false)
                continue
              }
              expect(dictionary.key(id)).toEqual(key)
              expect(held.get(name) ?? id).toBe(id)
              if (keep && !held.has(name)) {
                dictionary.retain(id)
                held.set(name, id)
              }
            }
            expect(dictionary.live).toBeLessThanOrEqual(limit)
            dictionary.sweep()
            expect(dictionary.live).toBe(held.size)
            if (keep) continue
            for (const id of held.values()) dictionary.release(id)
            held.clear()
            dictionary.sweep()
            expect(dictionary.live).toBe(0)
          }
          expect(dictionary.overflowed).toBe(overflowed)
        },
      ),
    )
  })

  it('counts a text called as the overflow key there', () => {
    const dictionary = new KeyDictionary(1, 10)
    expect(dictionary.idOf(OVERFLOW_KEY)).toBe(OVERFLOW_ID)
    expect(dictionary.key(OVERFLOW_ID)).toBe(OVERFLOW_KEY)
    expect(new KeyDictionary(2, 10).key(OVERFLOW_ID)).toEqual([OVERFLOW_KEY, OVERFLOW_KEY])
  })

  it('keeps whole numbers apart that a double cannot hold', () => {
    const dictionary = new KeyDictionary(1, 10)
    const data = BigInt64Array.from([2n ** 60n, 2n ** 60n + 1n, 7n])
    const batch = {
      rows: 3,
      columns: new Map([['id', { type: 'i64' as const, valid: null, data }]]),
    }
    const out = new Int32Array(3)
    dictionary.resolve(batch, ['id'], Int32Array.of(0, 1, 2), 3, out)
    expect([...out].map((id) => dictionary.key(id))).toEqual([
      '1152921504606846976',
      '1152921504606846977',
      7,
    ])
  })
})
