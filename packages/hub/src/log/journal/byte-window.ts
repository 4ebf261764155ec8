import type { ByteSource } from './byte-source.ts'

const INITIAL_BYTES = 256 * 1024

/**
 * A sliding view of a byte source. It grows to the largest run of bytes ever asked for, so its memory
 * is bounded by the largest frame of the segment.
 */
export class ByteWindow {
  readonly #source: ByteSource
  #buffer: Buffer = Buffer.allocUnsafe(INITIAL_BYTES)
  #start = 0
  #end = 0
  #position: number

  /** `position`: how many bytes of the source were passed before. */
  constructor(source: ByteSource, position = 0) {
    this.#source = source
    this.#position = position
  }

  /** Byte of the segment at which `bytes()` starts. */
  get position(): number {
    return this.#position
  }

  /** The bytes at hand. They are valid until the next `require`. */
  bytes(): Buffer {
    return this.#buffer.subarray(this.#start, this.#end)
  }

  /** Makes `n` bytes available; answers how many are, fewer only at the end of the source. */
  async require(n: number): Promise<number> {
    if (this.#end - this.#start >= n) return n
    if (this.#start + n > this.#buffer.length) {
      const kept = this.#end - this.#start
      const target = n > this.#buffer.length ? Buffer.allocUnsafe(n) : this.#buffer
      this.#buffer.copy(target, 0, this.#start, this.#end)
      this.#buffer = target
      this.#start = 0
      this.#end = kept
    }
    const free = this.#buffer.subarray(this.#end)
    this.#end += await this.#source.read(free)
    return Math.min(n, this.#end - this.#start)
  }

  /** Passes over `n` bytes, whether at hand or not. */
  async advance(n: number): Promise<void> {
    const held = Math.min(n, this.#end - this.#start)
    this.#start += held
    this.#position += n
    if (n > held) await this.#source.skip(n - held)
  }

  close(): Promise<void> {
    return this.#source.close()
  }
}
