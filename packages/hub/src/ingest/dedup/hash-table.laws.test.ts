import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HashTable } from './hash-table.ts'

test('finds what was added and nothing else, whatever room it was given', () => {
  // Few distinct words, so that slots collide.
  const word = fc.integer({ min: -3, max: 3 })
  const key = fc.tuple(word, word, word, word)
  fc.assert(
    fc.property(
      fc.uniqueArray(key, { selector: String }),
      key,
      fc.nat(500),
      (keys, other, room) => {
        const table = new HashTable(1, room)
        for (const [i, [k0, k1, k2, k3]] of keys.entries()) {
          expect(table.find(k0, k1, k2, k3)).toBe(-1)
          const entry = table.add(k0, k1, k2, k3)
          expect(entry).toBe(i)
          table.words[entry * table.stride + 4] = i
        }
        expect(table.size).toBe(keys.length)
        for (const [i, [k0, k1, k2, k3]] of keys.entries()) {
          expect(table.find(k0, k1, k2, k3)).toBe(i)
          expect(table.words[i * table.stride + 4]).toBe(i)
        }
        const place = keys.findIndex((known) => String(known) === String(other))
        expect(table.find(...other)).toBe(place)
      },
    ),
  )
})
