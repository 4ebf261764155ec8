import duckdb from '@duckdb/node-bindings'

/**
 * Builds the strings of a vector without a native call per string.
 *
 * A DuckDB string takes 16 bytes in its vector (`duckdb_string_t` of the C API): the length as u32,
 * then up to 12 bytes of text; a longer text has its first 4 bytes there and a pointer to all of it.
 * So the texts of many rows, which lie back to back in a batch, are handed to DuckDB once, as one
 * long string of the vector's own heap; the entry it gets holds the pointer to it, and the entries
 * of the rows are built from that pointer and the rows' offsets. DuckDB keeps the heap until the
 * chunk is reset, and copies the strings when the chunk is appended.
 *
 * DuckDB refuses the long string when it is not UTF-8. Then the rows are decoded one by one, with
 * U+FFFD where bytes make no character, so that bad bytes cost a character and never a batch.
 */
const ENTRY_BYTES = 16
const INLINE_BYTES = 12
const WORD = 0x1_0000_0000
const NO_BYTES = new Uint8Array(0)
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8')

export function encodedTexts(texts: readonly string[]): Uint8Array[] {
  return texts.map((text) => encoder.encode(text))
}

export class StringVector {
  readonly #entries: Uint8Array<ArrayBuffer>
  readonly #words: Uint32Array

  /** @param capacity greatest number of rows */
  constructor(capacity: number) {
    this.#entries = new Uint8Array(capacity * ENTRY_BYTES)
    this.#words = new Uint32Array(this.#entries.buffer)
  }

  /** Rows [at, at + count) are empty. */
  empty(at: number, count: number): void {
    this.#entries.fill(0, at * ENTRY_BYTES, (at + count) * ENTRY_BYTES)
  }

  /** Rows [at, at + count) are the texts start, start + 1, … of `bytes`, cut by `offsets`. */
  copy(
    vector: duckdb.Vector,
    offsets: Uint32Array,
    bytes: Uint8Array,
    start: number,
    count: number,
    at: number,
  ): void {
    const from = offsets[start] ?? 0
    const to = offsets[start + count] ?? from
    const block = bytes.subarray(from, to)
    const base = this.#keep(vector, at, block)
    if (base === null) {
      this.#decodeEach(vector, offsets, bytes, start, count, at)
      return
    }
    for (let i = 0; i < count; i++) {
      const first = (offsets[start + i] ?? 0) - from
      const end = (offsets[start + i + 1] ?? 0) - from
      this.#set(at + i, block, first, end, base)
    }
  }

  /** Rows [at, at + count) are the texts that `codes` from `start` on name. */
  pick(
    vector: duckdb.Vector,
    texts: readonly Uint8Array[],
    codes: Int32Array,
    start: number,
    count: number,
    at: number,
  ): void {
    const block = Buffer.concat(texts)
    const base = this.#keep(vector, at, block) ?? 0
    const ends: number[] = []
    let length = 0
    for (const text of texts) {
      length += text.length
      ends.push(length)
    }
    for (let i = 0; i < count; i++) {
      const code = codes[start + i] ?? 0
      this.#set(at + i, block, ends[code - 1] ?? 0, ends[code] ?? 0, base)
    }
  }

  /**
   * Puts `block` into the vector's heap and answers its address; 0 when it is short enough that no
   * string of it needs one, null when it is not UTF-8.
   */
  #keep(vector: duckdb.Vector, at: number, block: Uint8Array): number | null {
    if (block.length <= INLINE_BYTES) {
      try {
        strictDecoder.decode(block)
      } catch {
        return null
      }
      return 0
    }
    const byte = at * ENTRY_BYTES
    // An entry that stays zero tells that DuckDB did not take the string.
    duckdb.copy_data_to_vector(vector, byte, new ArrayBuffer(ENTRY_BYTES), 0, ENTRY_BYTES)
    duckdb.vector_assign_string_element_len(vector, at, block)
    const data = duckdb.vector_get_data(vector, byte + ENTRY_BYTES)
    const entry = new DataView(data.buffer, data.byteOffset + byte, ENTRY_BYTES)
    return entry.getUint32(0, true) === block.length ? Number(entry.getBigUint64(8, true)) : null
  }

  #set(row: number, block: Uint8Array, first: number, end: number, base: number): void {
    const length = end - first
    const word = row * 4
    const words = this.#words
    words[word] = length
    words[word + 1] = 0
    words[word + 2] = 0
    words[word + 3] = 0
    const entries = this.#entries
    const to = row * ENTRY_BYTES + 4
    const kept = length <= INLINE_BYTES ? length : 4
    for (let i = 0; i < kept; i++) entries[to + i] = block[first + i] ?? 0
    if (length > INLINE_BYTES) {
      // Addresses have 48 bits, so a number holds them exactly.
      const address = base + first
      words[word + 2] = address % WORD
      words[word + 3] = Math.floor(address / WORD)
    }
  }

  #decodeEach(
    vector: duckdb.Vector,
    offsets: Uint32Array,
    bytes: Uint8Array,
    start: number,
    count: number,
    at: number,
  ): void {
    const texts: Uint8Array[] = []
    const ends = new Uint32Array(count + 1)
    let length = 0
    for (let i = 0; i < count; i++) {
      const text = bytes.subarray(offsets[start + i], offsets[start + i + 1])
      const mended = encoder.encode(decoder.decode(text))
      texts.push(mended)
      length += mended.length
      ends[i + 1] = length
    }
    const block = texts.length === 0 ? NO_BYTES : Buffer.concat(texts)
    const base = this.#keep(vector, at, block) ?? 0
    for (let i = 0; i < count; i++) this.#set(at + i, block, ends[i] ?? 0, ends[i + 1] ?? 0, base)
  }

  /** Copies the first `rows` entries into the vector. */
  write(vector: duckdb.Vector, rows: number): void {
    duckdb.copy_data_to_vector(vector, 0, this.#entries.buffer, 0, rows * ENTRY_BYTES)
  }
}

const strictDecoder = new TextDecoder('utf-8', { fatal: true })
