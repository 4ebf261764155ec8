import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ContentHasher } from './content-hash.ts'

const hasher = new ContentHasher(Int32Array.of(1, 2, 3, 4))

function hashOf(value: unknown): string {
  hasher.hash(value)
  return `${hasher.low} ${hasher.high}`
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  )
}

/** JSON text with sorted keys: equal texts mean equal values. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

const json = fc
  .jsonValue({ maxDepth: 4 })
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown)

describe('ContentHasher', () => {
  it('hashes as ever: the log keeps the hashes', () => {
    const event = {
      common: { event_id: 'é-1', n: 1.5 },
      payload: { type: 'x', list: [1, null, true] },
    }
    expect(hashOf(event)).toBe('-1395125016 -1699849636')
    expect(hasher.size).toBe(93)
    expect(hashOf({ ['n'.repeat(100)]: { a: {}, b: [] } })).toBe('677845237 -1060934563')
  })

  it('hashes the same whatever names it has come to know', () => {
    const crowded = new ContentHasher(Int32Array.of(1, 2, 3, 4))
    crowded.hash(Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`name ${i}`, i])))
    fc.assert(
      fc.property(json, (value) => {
        const fresh = new ContentHasher(Int32Array.of(1, 2, 3, 4))
        for (const known of [hasher, hasher, crowded]) {
          known.hash(value)
          fresh.hash(value)
          expect([known.low, known.high, known.size]).toEqual([fresh.low, fresh.high, fresh.size])
        }
      }),
    )
  })

  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(hashOf(reversed(value))).toBe(hashOf(value))
      }),
    )
  })

  it('tells different values apart', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        expect(hashOf(a) === hashOf(b)).toBe(canonical(a) === canonical(b))
      }),
    )
  })

  it('tells apart what looks alike', () => {
    const values = [1, '1', [1], { 1: 1 }, [[1]], true, 'true', null, 'null', '', [], {}, [''], 0]
    const swapped = [
      { a: 1, b: 2 },
      { a: 2, b: 1 },
      ['ab'],
      ['a', 'b'],
      { a: { b: 1 } },
      { b: { a: 1 } },
    ]
    const hashes = [...values, ...swapped].map(hashOf)
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  it('has no collision among many similar events', () => {
    const seen = new Set<string>()
    for (let i = 0; i < 200_000; i++) {
      seen.add(
        hashOf({
          common: { event_id: `e${i % 1000}` },
          payload: { latency_ms: i, user_id: i % 7 },
        }),
      )
    }
    expect(seen.size).toBe(200_000)
  })

  it('survives nesting that no stack would', () => {
    let deep: unknown = 1
    for (let i = 0; i < 100_000; i++) deep = [deep]
    expect(hashOf(deep)).toBe(hashOf(deep))
  })

  it('measures the size of the text', () => {
    hasher.hash({ common: { event_id: 'x'.repeat(1000) }, payload: ['y'.repeat(500), 1, null] })
    expect(hasher.size).toBeGreaterThan(1500)
    expect(hasher.size).toBeLessThan(1600)
  })
})
