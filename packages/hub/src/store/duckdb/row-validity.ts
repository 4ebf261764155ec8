import duckdb from '@duckdb/node-bindings'
import { isValid, type Validity } from '@llmhub/stream'

/** Rows of a data chunk: DuckDB's vector size. */
export const CHUNK_ROWS = 2048

/**
 * Which rows of a chunk's column have a value: one bit per row, least significant first, as both the
 * column batch and DuckDB keep it.
 */
export class RowValidity {
  readonly #bits = new Uint8Array(CHUNK_ROWS / 8).fill(0xff)
  #anyNull = false

  /** Every row has a value again. */
  clear(): void {
    this.#bits.fill(0xff)
    this.#anyNull = false
  }

  /** Rows [at, at + count) have no value. */
  nulls(at: number, count: number): void {
    this.#anyNull = true
    const end = at + count
    let row = at
    while (row < end && (row & 7) !== 0) this.#drop(row++)
    while (row + 8 <= end) {
      this.#bits[row >> 3] = 0
      row += 8
    }
    while (row < end) this.#drop(row++)
  }

  #drop(row: number): void {
    this.#bits[row >> 3] = (this.#bits[row >> 3] ?? 0) & ~(1 << (row & 7))
  }

  /** Takes bits [start, start + count) of a batch's validity for rows [at, at + count). */
  copy(valid: Validity, start: number, count: number, at: number): void {
    if (valid === null) return
    let i = 0
    if ((start & 7) === 0 && (at & 7) === 0) {
      const whole = count >> 3
      this.#bits.set(valid.subarray(start >> 3, (start >> 3) + whole), at >> 3)
      i = whole << 3
      this.#anyNull = true
    }
    for (; i < count; i++) {
      const row = start + i
      if (!isValid(valid, row)) {
        this.#drop(at + i)
        this.#anyNull = true
      }
    }
  }

  /**
   * Hands the first `rows` bits to `vector`. Nothing needs to be done when every row has a value,
   * unless an earlier call may have marked rows of the vector (`always`).
   */
  apply(vector: duckdb.Vector, rows: number, always = false): void {
    if (!this.#anyNull && !always) return
    duckdb.vector_ensure_validity_writable(vector)
    const bytes = Math.ceil(rows / 64) * 8
    duckdb.copy_data_to_vector_validity(vector, 0, this.#bits.buffer, 0, bytes)
  }
}
