import { StreamError } from './stream-error.ts'

const FIRST_BYTES = 256
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Writes numbers and texts of a snapshot one after the other, little-endian. What `ByteReader` reads by
 * the same calls in the same order is the same, bit for bit: f64 keeps −0 and the infinities.
 */
export class ByteWriter {
  #bytes = new Uint8Array(FIRST_BYTES)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  /** Bytes written so far. */
  get length(): number {
    return this.#length
  }

  u8(value: number): void {
    const at = this.#take(1)
    this.#bytes[at] = value
  }

  i32(value: number): void {
    const at = this.#take(4)
    this.#view.setInt32(at, value, true)
  }

  f64(value: number): void {
    const at = this.#take(8)
    this.#view.setFloat64(at, value, true)
  }

  /** Elements `from` … `to` − 1 of an array of doubles. */
  f64s(values: Float64Array, from: number, to: number): void {
    for (let i = from; i < to; i++) this.f64(values[i] ?? 0)
  }

  /** A whole number from 0 to 2^53 − 1, seven bits per byte, least significant first. Else a StreamError. */
  varint(value: number): void {
    if (!(Number.isSafeInteger(value) && value >= 0)) {
      throw new StreamError('invalid_input', `${value} is not a whole number from 0 to 2^53 - 1`)
    }
    let rest = value
    while (rest >= 0x80) {
      this.u8((rest % 0x80) + 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.u8(rest)
  }

  /** A text as UTF-8 after its length. A lone surrogate becomes U+FFFD. */
  text(value: string): void {
    this.bytes(encoder.encode(value))
  }

  /** Bytes after their number. */
  bytes(value: Uint8Array): void {
    this.varint(value.length)
    const at = this.#take(value.length)
    this.#bytes.set(value, at)
  }

  /** Everything written so far, as a copy. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #take(count: number): number {
    const at = this.#length
    this.#length = at + count
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length))
      grown.set(this.#bytes)
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    }
    return at
  }
}

/**
 * Reads what a `ByteWriter` wrote. Every method throws a StreamError `bad_snapshot` when the bytes end
 * too early or cannot be what it is asked for.
 */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true)
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true)
  }

  /** Into elements `from` … `to` − 1 of an array of doubles. */
  f64s(into: Float64Array, from: number, to: number): void {
    for (let i = from; i < to; i++) into[i] = this.f64()
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      if (!Number.isSafeInteger(value)) throw this.bad('a whole number beyond 2^53')
      if (byte < 0x80) return value
      scale *= 0x80
    }
  }

  /**
   * A number of things that follow, each at least `bytesEach` bytes long: never more than there are bytes
   * for, so that a damaged length cannot make the reader reserve memory.
   */
  count(bytesEach = 1): number {
    const count = this.varint()
    if (count * bytesEach > this.left) throw this.bad(`${count} things in ${this.left} bytes`)
    return count
  }

  text(): string {
    const bytes = this.#section()
    try {
      return decoder.decode(bytes)
    } catch {
      throw this.bad('a text that is not UTF-8')
    }
  }

  /** A copy. */
  bytes(): Uint8Array {
    return this.#section().slice()
  }

  /** The error to throw when what was read makes no sense. */
  bad(what: string): StreamError {
    return new StreamError(
      'bad_snapshot',
      `the snapshot is damaged: ${what} before byte ${this.#at}`,
    )
  }

  #section(): Uint8Array {
    const length = this.varint()
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  #take(count: number): number {
    const at = this.#at
    if (count > this.#bytes.length - at) {
      throw new StreamError(
        'bad_snapshot',
        `the snapshot is cut short: ${count} bytes wanted at byte ${at} of ${this.#bytes.length}`,
      )
    }
    this.#at = at + count
    return at
  }
}
