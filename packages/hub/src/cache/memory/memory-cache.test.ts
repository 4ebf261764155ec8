import fc from 'fast-check'
import { expect, test } from 'vitest'
import { manualClock } from '../../../test/manual-clock.ts'
import { cacheConformance } from '../conformance.ts'
import { createMemoryCache } from './memory-cache.ts'

cacheConformance('memory', () => {
  const clock = manualClock()
  return Promise.resolve({
    cache: createMemoryCache({ clock }),
    advance: (ms) => Promise.resolve(clock.advance(ms)),
  })
})

test('the least recently used go first', async () => {
  const cache = createMemoryCache({ clock: manualClock(), maxBytes: 10_000 })
  const value = new Uint8Array(1000 - 256 - 2)
  for (const key of 'abcdefghij') await cache.set(key, value, 1000)
  expect(await cache.get('a')).not.toBeNull()
  await cache.set('k', value, 1000)
  expect(await cache.get('b')).toBeNull()
  expect(await cache.get('a')).not.toBeNull()
  expect(cache.stats()).toMatchObject({ entries: 10, bytes: 10_000, evictions: 1 })
})

test('it never holds more than its bytes, and counts them exactly', async () => {
  const step = fc.record({
    key: fc.constantFrom('a', 'bb', 'ccc', 'dddd', 'eeeee', 'f', 'g', 'h'),
    size: fc.nat(1500),
    set: fc.boolean(),
    wait: fc.nat(60),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const clock = manualClock()
      const cache = createMemoryCache({ clock, maxBytes: 8000 })
      for (const { key, size, set, wait } of steps) {
        clock.advance(wait)
        if (set) await cache.set(key, new Uint8Array(size), 100)
        const found = (await cache.get(key))?.length ?? null
        const kept = 2 * key.length + size + 256 > 1000 ? null : size
        expect(set ? found : kept).toBe(kept)
        const { bytes, entries } = cache.stats()
        expect(bytes).toBeLessThanOrEqual(8000)
        expect(bytes).toBeGreaterThanOrEqual(entries * 256)
      }
      for (const key of ['a', 'bb', 'ccc', 'dddd', 'eeeee', 'f', 'g', 'h']) {
        await cache.set(key, new Uint8Array(0), 0)
      }
      expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0 })
    }),
  )
})
