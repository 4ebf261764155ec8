import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MOST_ENTRIES, PAGE_WORDS, PageBuilder, readPage } from './run-page.ts'

/** Entries whose columns spread over any number of bits, from any least value on. */
const table = fc
  .record({
    columns: fc.array(fc.record({ least: fc.integer(), bits: fc.integer({ min: 0, max: 32 }) }), {
      minLength: 4,
      maxLength: 14,
    }),
    entries: fc.integer({ min: 1, max: 700 }),
    seed: fc.integer(),
  })
  .map(({ columns, entries, seed }) => {
    let state = seed
    const random = (): number => {
      state = Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d) + 0x9e37_79b9
      return (state ^ (state >>> 13)) | 0
    }
    const words = new Int32Array(entries * columns.length)
    for (let i = 0; i < words.length; i++) {
      const { least, bits } = columns[i % columns.length] ?? { least: 0, bits: 0 }
      words[i] = least + (bits === 0 ? 0 : random() >>> (32 - bits))
    }
    return { words, stride: columns.length }
  })

/** As many of the entries as fit, and the page that they make at word 0 of two. */
function fill(words: Int32Array, stride: number): { page: Int32Array; count: number } {
  const builder = new PageBuilder(stride)
  for (let at = 0; at < words.length && builder.add(words, at); at += stride);
  const count = builder.entries
  const page = new Int32Array(PAGE_WORDS * 2)
  builder.write(page, 0)
  return { page, count }
}

describe('a page of a run', () => {
  it('has the entries that were added, wherever it lies, and nothing behind it', () => {
    fc.assert(
      fc.property(table, ({ words, stride }) => {
        const { page, count } = fill(words, stride)
        expect(page.subarray(PAGE_WORDS).every((word) => word === 0)).toBe(true)
        const moved = new Int32Array(PAGE_WORDS * 2)
        moved.set(page.subarray(0, PAGE_WORDS), PAGE_WORDS)
        const entries = new Int32Array(MOST_ENTRIES * stride)
        for (const at of [0, PAGE_WORDS]) {
          expect(readPage(at === 0 ? page : moved, at, stride, entries)).toBe(count)
          expect(entries.subarray(0, count * stride)).toEqual(words.subarray(0, count * stride))
        }
      }),
    )
  })

  it('is taken for damaged when any bit of it is another', () => {
    fc.assert(
      fc.property(table, fc.nat(PAGE_WORDS - 1), fc.nat(31), ({ words, stride }, word, bit) => {
        const { page } = fill(words, stride)
        page[word] = (page[word] ?? 0) ^ (1 << bit)
        expect(readPage(page, 0, stride, new Int32Array(MOST_ENTRIES * stride))).toBe(0)
      }),
    )
  })

  it('has room for entries by their own bits', () => {
    // 128 bits of hash and 10 of place: 17.25 bytes each, where seven words would take 28.
    const stride = 7
    const words = Int32Array.from({ length: 400 * stride }, (_, i) => {
      const column = i % stride
      return column < 4
        ? Math.imul(i + 1, 0x9e37_79b1)
        : column === 4
          ? (i * 7) & 1023
          : 2_000_000_000
    })
    expect(fill(words, stride).count).toBeGreaterThanOrEqual(230)
  })
})
