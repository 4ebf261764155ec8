import { crc32 } from 'node:zlib'

/**
 * A page of a run: as many entries as fit, column by column. A column is one word of every entry; it is
 * kept as distances from its least, in as many bits as the greatest distance has. So a part that the
 * entries share (the upper bits of sorted keys, partition, the upper half of offsets, the day of a
 * time) costs nothing, and one that looks random costs its own bits.
 *
 *     word 0       crc32 of the rest
 *     word 1       number of entries
 *     stride words the least of every column, unsigned
 *     ⌈stride / 4⌉ bits of every column's distances, 8 bits each
 *     …            distances, column after column, from the least bit on, without gaps
 *     …            zeros
 */

export const PAGE_BYTES = 4096
export const PAGE_WORDS: number = PAGE_BYTES / 4
/** More would only come together if nearly all bits of their keys were equal. */
export const MOST_ENTRIES = 512

function headWords(stride: number): number {
  return 2 + stride + Math.ceil(stride / 4)
}

function bitsFor(stride: number): number {
  return (PAGE_WORDS - headWords(stride)) * 32
}

function checkOf(words: Int32Array, at: number): number {
  const from = words.byteOffset + (at + 1) * 4
  return crc32(new Uint8Array(words.buffer, from, PAGE_BYTES - 4)) | 0
}

/** Gathers the entries of one page. */
export class PageBuilder {
  readonly #stride: number
  readonly #room: number
  readonly #words: Int32Array
  readonly #least: Uint32Array
  readonly #most: Uint32Array
  #entries = 0

  constructor(stride: number) {
    this.#stride = stride
    this.#room = bitsFor(stride)
    this.#words = new Int32Array(MOST_ENTRIES * stride)
    this.#least = new Uint32Array(stride)
    this.#most = new Uint32Array(stride)
  }

  get entries(): number {
    return this.#entries
  }

  /** Adds the entry at word `at`; false when the page is full and the entry is not in it. */
  add(words: Int32Array, at: number): boolean {
    const stride = this.#stride
    const least = this.#least
    const most = this.#most
    if (this.#entries === 0) {
      for (let i = 0; i < stride; i++) least[i] = most[i] = words[at + i] ?? 0
    } else {
      if (this.#entries === MOST_ENTRIES) return false
      let bits = 0
      for (let i = 0; i < stride; i++) {
        const value = (words[at + i] ?? 0) >>> 0
        const low = least[i] ?? 0
        const high = most[i] ?? 0
        bits += 32 - Math.clz32((value > high ? value : high) - (value < low ? value : low))
      }
      if (bits * (this.#entries + 1) > this.#room) return false
      for (let i = 0; i < stride; i++) {
        const value = (words[at + i] ?? 0) >>> 0
        if (value < (least[i] ?? 0)) least[i] = value
        else if (value > (most[i] ?? 0)) most[i] = value
      }
    }
    const to = this.#entries * stride
    for (let i = 0; i < stride; i++) this.#words[to + i] = words[at + i] ?? 0
    this.#entries++
    return true
  }

  /** Writes the page to word `at` of `page`, which holds zeros there, and begins the next. */
  write(page: Int32Array, at: number): void {
    const stride = this.#stride
    const count = this.#entries
    page[at + 1] = count
    const widthsAt = at + 2 + stride
    let bit = (at + headWords(stride)) * 32
    for (let column = 0; column < stride; column++) {
      const least = this.#least[column] ?? 0
      const width = 32 - Math.clz32((this.#most[column] ?? 0) - least)
      page[at + 2 + column] = least
      const place = widthsAt + (column >> 2)
      page[place] = (page[place] ?? 0) | (width << ((column & 3) * 8))
      if (width === 0) continue
      for (let entry = 0; entry < count; entry++) {
        const distance = (this.#words[entry * stride + column] ?? 0) - least
        const word = bit >>> 5
        const shift = bit & 31
        page[word] = (page[word] ?? 0) | (distance << shift)
        if (shift + width > 32) page[word + 1] = distance >>> (32 - shift)
        bit += width
      }
    }
    page[at] = checkOf(page, at)
    this.#entries = 0
  }
}

/** Reads the page at word `at` into `entries`; answers how many it has, 0 for a damaged page. */
export function readPage(
  page: Int32Array,
  at: number,
  stride: number,
  entries: Int32Array,
): number {
  const count = page[at + 1] ?? 0
  if (page[at] !== checkOf(page, at) || count < 1 || count > MOST_ENTRIES) return 0
  const widthsAt = at + 2 + stride
  let bit = (at + headWords(stride)) * 32
  for (let column = 0; column < stride; column++) {
    const least = page[at + 2 + column] ?? 0
    const width = ((page[widthsAt + (column >> 2)] ?? 0) >>> ((column & 3) * 8)) & 255
    if (width > 32 || bit + width * count > (at + PAGE_WORDS) * 32) return 0
    const mask = width === 32 ? -1 : (1 << width) - 1
    for (let to = column, end = count * stride; to < end; to += stride) {
      let distance = 0
      if (width > 0) {
        const shift = bit & 31
        distance = (page[bit >>> 5] ?? 0) >>> shift
        if (shift + width > 32) distance |= (page[(bit >>> 5) + 1] ?? 0) << (32 - shift)
        distance &= mask
        bit += width
      }
      entries[to] = distance + least
    }
  }
  return count
}
