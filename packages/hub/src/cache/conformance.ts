import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Cache } from './cache.ts'

/** What every cache does. `advance` moves the cache's clock. */
export function cacheConformance(
  name: string,
  open: () => Promise<{ readonly cache: Cache; advance(ms: number): Promise<void> }>,
): void {
  describe(`${name} is a cache`, () => {
    let cache: Cache
    let advance: (ms: number) => Promise<void>

    beforeEach(async () => {
      const opened = await open()
      cache = opened.cache
      advance = (ms) => opened.advance(ms)
    })
    afterEach(() => cache.close())

    test('it knows nothing at first', async () => {
      expect(await cache.get('a')).toBeNull()
      expect(cache.stats()).toMatchObject({ entries: 0, hits: 0, misses: 1 })
    })

    test('it gives back the bytes it was given, whatever becomes of the buffer', async () => {
      const value = new Uint8Array([0, 255, 10, 13])
      await cache.set('a', value, 1000)
      value.fill(7)
      expect([...((await cache.get('a')) ?? [])]).toEqual([0, 255, 10, 13])
      expect(cache.stats()).toMatchObject({ entries: 1, hits: 1 })
    })

    test('an empty value is a value', async () => {
      await cache.set('a', new Uint8Array(0), 1000)
      expect(await cache.get('a')).toHaveLength(0)
    })

    test('the newest value of a key counts', async () => {
      await cache.set('a', Buffer.from('old'), 1000)
      await cache.set('a', Buffer.from('new'), 1000)
      expect(Buffer.from((await cache.get('a')) ?? []).toString()).toBe('new')
      expect(cache.stats().entries).toBe(1)
    })

    test('an entry is gone after its time', async () => {
      await cache.set('a', Buffer.from('x'), 100)
      await advance(99)
      expect(await cache.get('a')).not.toBeNull()
      await advance(1)
      expect(await cache.get('a')).toBeNull()
    })

    test('nothing is left when it is cleared', async () => {
      await cache.set('a', Buffer.from('x'), 1000)
      await cache.clear()
      expect(await cache.get('a')).toBeNull()
      expect(cache.stats()).toMatchObject({ entries: 0, bytes: 0 })
    })

    test('keys are any text', async () => {
      const keys = ['', ' ', 'a\nb', 'ä€😀', '__proto__', 'x'.repeat(2000)]
      for (const key of keys) await cache.set(key, Buffer.from(key), 1000)
      for (const key of keys) {
        expect(Buffer.from((await cache.get(key)) ?? []).toString()).toBe(key)
      }
    })
  })
}
