/**
 * Builds a column batch row by row. Rows are numbered from 0 and are written in ascending order;
 * a cell that is never set is null. Writers are looked up once and used in the loop:
 *
 *     const builder = new BatchBuilder(specs)
 *     const model = builder.dict('model')
 *     const row = builder.addRow()
 *     model.set(row, 'gpt-4o')
 *
 * Setting costs no allocation beyond the growth of the column, and none where the builder was told how
 * many rows to expect. What is left behind by growing is not in the heap of JavaScript, but it counts
 * towards its limit: a busy process collects its whole heap because of it.
 */

import { StreamError } from '../stream-error.ts'
import type { Batch, BatchColumnSpec, BatchColumnType, Column, Validity } from './batch.ts'

const FIRST_ROWS = 64
const FIRST_TEXT_BYTES = 2048
/** Calling the encoder costs more than copying so many characters one by one. */
const COPIED_LENGTH = 64
const encoder = new TextEncoder()
/** What columns begin with: most of a batch's columns stay empty, and many batches are small. */
const NO_BYTES = new Uint8Array(0)
const NO_INTS = new Int32Array(0)
const NO_OFFSETS = new Uint32Array(0)

/** Bytes of a validity bitmap for `rows` rows: whole 64-bit words. */
export function validityBytes(rows: number): number {
  return Math.ceil(rows / 64) * 8
}

function grownCapacity(current: number, needed: number, first = FIRST_ROWS): number {
  let capacity = Math.max(current, first)
  while (capacity < needed) capacity *= 2
  return capacity
}

/**
 * Collects which rows have a value. Most columns are set in every row, so as long as rows come one after
 * the other from 0 they are only counted; bits are kept from the first gap on.
 */
class ValidityBits {
  /** Rows 0 … dense − 1 are set. */
  #dense = 0
  /** Rows from `#dense` on that are set, and how many. */
  #bits = NO_BYTES
  #sparse = 0

  mark(row: number): void {
    if (row === this.#dense && this.#sparse === 0) this.#dense = row + 1
    else if (row >= this.#dense) this.#markSparse(row)
  }

  #markSparse(row: number): void {
    const byte = row >> 3
    if (byte >= this.#bits.length) {
      const grown = new Uint8Array(grownCapacity(this.#bits.length, byte + 1))
      grown.set(this.#bits)
      this.#bits = grown
    }
    const before = this.#bits[byte] ?? 0
    const after = before | (1 << (row & 7))
    if (after !== before) this.#sparse++
    this.#bits[byte] = after
  }

  get empty(): boolean {
    return this.#dense + this.#sparse === 0
  }

  /** The bitmap cut to `rows`, or null when every row is set. */
  finish(rows: number): Validity {
    if (this.#dense + this.#sparse === rows) return null
    const out = new Uint8Array(validityBytes(rows))
    out.set(this.#bits.subarray(0, Math.min(out.length, this.#bits.length)))
    const whole = this.#dense >> 3
    out.fill(0xff, 0, whole)
    if ((this.#dense & 7) !== 0) out[whole] = (out[whole] ?? 0) | ((1 << (this.#dense & 7)) - 1)
    return out
  }
}

interface Writer {
  /** The finished column, or null when no row was set. */
  finish(rows: number): Column | null
}

type NumberArray = Float64Array | Int32Array | Int16Array | Uint8Array

/** Writes numbers of a fixed width. */
export class NumberWriter implements Writer {
  readonly #type: 'f64' | 'i32' | 'i16' | 'bool'
  readonly #valid = new ValidityBits()
  readonly #first: number
  #data: NumberArray

  constructor(type: 'f64' | 'i32' | 'i16' | 'bool', first: number) {
    this.#type = type
    this.#first = first
    this.#data = NumberWriter.#array(type, 0)
  }

  static #array(type: 'f64' | 'i32' | 'i16' | 'bool', length: number): NumberArray {
    switch (type) {
      case 'f64':
        return new Float64Array(length)
      case 'i32':
        return new Int32Array(length)
      case 'i16':
        return new Int16Array(length)
      case 'bool':
        return new Uint8Array(length)
    }
  }

  set(row: number, value: number): void {
    if (row >= this.#data.length) this.#grow(row + 1)
    this.#data[row] = value
    this.#valid.mark(row)
  }

  #grow(needed: number): void {
    const grown = NumberWriter.#array(
      this.#type,
      grownCapacity(this.#data.length, needed, this.#first),
    )
    grown.set(this.#data)
    this.#data = grown
  }

  finish(rows: number): Column | null {
    if (this.#valid.empty) return null
    if (rows > this.#data.length) this.#grow(rows)
    const valid = this.#valid.finish(rows)
    return { type: this.#type, valid, data: this.#data.subarray(0, rows) } as Column
  }
}

/** Writes 64-bit integers; safe integers without allocating a bigint. */
export class Int64Writer implements Writer {
  readonly #valid = new ValidityBits()
  readonly #first: number
  #words = NO_INTS

  constructor(first: number) {
    this.#first = first
  }

  /** `value` must be a safe integer. */
  set(row: number, value: number): void {
    const at = row * 2
    if (at >= this.#words.length) this.#grow(at + 2)
    this.#words[at] = value | 0
    this.#words[at + 1] = Math.floor(value / 0x1_0000_0000)
    this.#valid.mark(row)
  }

  /** Sets the two 32-bit halves of a value, as a hash gives them. */
  setWords(row: number, low: number, high: number): void {
    const at = row * 2
    if (at >= this.#words.length) this.#grow(at + 2)
    this.#words[at] = low
    this.#words[at + 1] = high
    this.#valid.mark(row)
  }

  setBig(row: number, value: bigint): void {
    this.setWords(row, Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)))
  }

  #grow(needed: number): void {
    const grown = new Int32Array(grownCapacity(this.#words.length, needed, 2 * this.#first))
    grown.set(this.#words)
    this.#words = grown
  }

  finish(rows: number): Column | null {
    if (this.#valid.empty) return null
    if (rows * 2 > this.#words.length) this.#grow(rows * 2)
    return {
      type: 'i64',
      valid: this.#valid.finish(rows),
      data: new BigInt64Array(this.#words.buffer, 0, rows),
    }
  }
}

/** Writes text of few distinct values. */
export class DictWriter implements Writer {
  readonly #first: number
  readonly #codeOf = new Map<string, number>()
  readonly #values: string[] = []
  #codes = NO_INTS
  /** The value set last and its code: many columns hardly ever change. */
  #value: string | null = null
  #code = -1

  constructor(first: number) {
    this.#first = first
  }

  set(row: number, value: string): void {
    if (value !== this.#value) {
      this.#code = this.#codeFor(value)
      this.#value = value
    }
    if (row >= this.#codes.length) this.#grow(row + 1)
    this.#codes[row] = this.#code
  }

  #codeFor(value: string): number {
    const known = this.#codeOf.get(value)
    if (known !== undefined) return known
    const code = this.#values.length
    this.#codeOf.set(value, code)
    this.#values.push(value)
    return code
  }

  #grow(needed: number): void {
    const grown = new Int32Array(grownCapacity(this.#codes.length, needed, this.#first)).fill(-1)
    grown.set(this.#codes)
    this.#codes = grown
  }

  finish(rows: number): Column | null {
    if (this.#values.length === 0) return null
    if (rows > this.#codes.length) this.#grow(rows)
    return { type: 'dict', codes: this.#codes.subarray(0, rows), values: this.#values }
  }
}

/** Writes text as UTF-8. Lone surrogates become U+FFFD. */
export class TextWriter implements Writer {
  readonly #valid = new ValidityBits()
  readonly #first: number
  #offsets = NO_OFFSETS
  #bytes = NO_BYTES
  #length = 0
  #next = 0

  constructor(first: number) {
    this.#first = first
  }

  set(row: number, value: string): void {
    if (row + 1 >= this.#offsets.length) this.#growOffsets(row + 2)
    for (let next = this.#next; next <= row; next++) this.#offsets[next] = this.#length
    const most = this.#length + value.length * 3
    if (most > this.#bytes.length) this.#growBytes(most)
    if (value.length > COPIED_LENGTH || !this.#copyAscii(value)) {
      const target = this.#bytes.subarray(this.#length)
      this.#length += encoder.encodeInto(value, target).written
    }
    this.#next = row + 1
    this.#valid.mark(row)
  }

  /** Whether `value` is all ASCII; then it has been added. */
  #copyAscii(value: string): boolean {
    const bytes = this.#bytes
    const start = this.#length
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i)
      if (code > 0x7f) return false
      bytes[start + i] = code
    }
    this.#length = start + value.length
    return true
  }

  #growOffsets(needed: number): void {
    const grown = new Uint32Array(grownCapacity(this.#offsets.length, needed, this.#first + 1))
    grown.set(this.#offsets)
    this.#offsets = grown
  }

  #growBytes(needed: number): void {
    const grown = new Uint8Array(grownCapacity(this.#bytes.length, needed, FIRST_TEXT_BYTES))
    grown.set(this.#bytes)
    this.#bytes = grown
  }

  finish(rows: number): (Column & { type: 'text' }) | null {
    if (this.#valid.empty) return null
    return this.finishAlways(rows)
  }

  /** Like `finish`, but answers a column even when every row is null. */
  finishAlways(rows: number): Column & { type: 'text' } {
    if (rows + 1 > this.#offsets.length) this.#growOffsets(rows + 1)
    this.#offsets.fill(this.#length, this.#next, rows + 1)
    return {
      type: 'text',
      valid: this.#valid.finish(rows),
      offsets: this.#offsets.subarray(0, rows + 1),
      bytes: this.#bytes.subarray(0, this.#length),
    }
  }
}

/** Writes maps from text to text; a row without a map has no pairs. */
export class TagsWriter implements Writer {
  readonly #keys: DictWriter
  readonly #values: TextWriter
  #offsets = NO_OFFSETS
  #pairs = 0
  #next = 0

  constructor(first: number) {
    this.#keys = new DictWriter(first)
    this.#values = new TextWriter(first)
  }

  /** Adds one pair to `row`. Rows ascend; a key comes at most once per row. */
  add(row: number, key: string, value: string): void {
    if (row + 1 >= this.#offsets.length) {
      const grown = new Uint32Array(grownCapacity(this.#offsets.length, row + 2))
      grown.set(this.#offsets)
      this.#offsets = grown
    }
    if (row >= this.#next) {
      for (let next = this.#next; next <= row; next++) this.#offsets[next] = this.#pairs
      this.#next = row + 1
    }
    this.#keys.set(this.#pairs, key)
    this.#values.set(this.#pairs, value)
    this.#pairs++
  }

  finish(rows: number): Column | null {
    if (this.#pairs === 0) return null
    const keys = this.#keys.finish(this.#pairs)
    if (keys === null || keys.type !== 'dict') return null
    const offsets = new Uint32Array(rows + 1)
    offsets.set(this.#offsets.subarray(0, this.#next))
    offsets.fill(this.#pairs, this.#next)
    return {
      type: 'tags',
      offsets,
      keys: keys.codes,
      keyNames: keys.values,
      values: this.#values.finishAlways(this.#pairs),
    }
  }
}

function writerOf(
  type: BatchColumnType,
  first: number,
): NumberWriter | Int64Writer | DictWriter | TextWriter | TagsWriter {
  switch (type) {
    case 'f64':
    case 'i32':
    case 'i16':
    case 'bool':
      return new NumberWriter(type, first)
    case 'i64':
      return new Int64Writer(first)
    case 'dict':
      return new DictWriter(first)
    case 'text':
      return new TextWriter(first)
    case 'tags':
      return new TagsWriter(first)
  }
}

export class BatchBuilder {
  readonly #writers = new Map<string, ReturnType<typeof writerOf>>()
  #rows = 0

  /** With room for `rows` from the first value of a column on; more are welcome. */
  constructor(specs: readonly BatchColumnSpec[], rows: number = FIRST_ROWS) {
    const first = Math.max(FIRST_ROWS, rows)
    for (const spec of specs) this.#writers.set(spec.name, writerOf(spec.type, first))
  }

  get rows(): number {
    return this.#rows
  }

  /** Adds a row of nulls and answers its number. */
  addRow(): number {
    return this.#rows++
  }

  number(name: string): NumberWriter {
    return this.#writer(name, NumberWriter)
  }

  int64(name: string): Int64Writer {
    return this.#writer(name, Int64Writer)
  }

  dict(name: string): DictWriter {
    return this.#writer(name, DictWriter)
  }

  text(name: string): TextWriter {
    return this.#writer(name, TextWriter)
  }

  tags(name: string): TagsWriter {
    return this.#writer(name, TagsWriter)
  }

  #writer<W>(name: string, type: new (...args: never[]) => W): W {
    const writer = this.#writers.get(name)
    if (writer instanceof type) return writer
    throw new StreamError(
      'invalid_input',
      `there is no column '${name}' of the type that a ${type.name} writes; there are ${[...this.#writers.keys()].join(', ')}`,
      name,
    )
  }

  /** The batch of the rows so far. The builder must not be used afterwards. */
  finish(): Batch {
    const columns = new Map<string, Column>()
    for (const [name, writer] of this.#writers) {
      const column = writer.finish(this.#rows)
      if (column !== null) columns.set(name, column)
    }
    return { rows: this.#rows, columns }
  }
}
