import { type Column, isValid, textAt } from '../batch/batch.ts'
import { IdPool } from './id-pool.ts'
import { IdTable } from './id-table.ts'

/** What one key column can hold. */
export type KeyPart = string | number | boolean | null

/** Stands for every key beyond the limit. */
export const OVERFLOW = -1
/** What the overflow key is called in results; in every part of a composite key. */
export const OVERFLOW_KEY = '__other__'
const UNSEEN = -2

/**
 * Small numbers for the values of one key column. A dictionary column is looked up once per value of
 * the dictionary, not per row; while batches share a dictionary, not even that.
 */
export class ValueIds {
  readonly pool: IdPool
  readonly #limit: number
  readonly #texts = new Map<string, number>()
  readonly #numbers = new IdTable('numbers')
  /** Ids of true, false and null. */
  readonly #others = new Map<boolean | null, number>()
  #values: (KeyPart | undefined)[] = []
  /** The dictionary seen last and the ids of its codes; void after an id was given back. */
  #dictionary: readonly string[] | null = null
  #idOfCode = new Int32Array(0)

  /**
   * Ids begin at `first`; beyond `limit` of them at a time, new values are `OVERFLOW`. With `whole`, the
   * values are whole keys: a value called as the overflow key is that key.
   */
  constructor(limit: number, first: number, whole: boolean) {
    this.#limit = limit
    this.pool = new IdPool(first)
    if (whole) this.#texts.set(OVERFLOW_KEY, OVERFLOW)
  }

  /** The value of an id. */
  value(id: number): KeyPart {
    return this.#values[id] ?? null
  }

  /** Id of a value, a new one where it has none. NaN counts as null, −0 as 0. */
  idOf(value: KeyPart): number {
    if (typeof value === 'string') {
      const known = this.#texts.get(value)
      if (known !== undefined) return known
      const id = this.#add(value)
      if (id !== OVERFLOW) this.#texts.set(value, id)
      return id
    }
    if (typeof value === 'number' && !Number.isNaN(value)) {
      const known = this.#numbers.get(value)
      if (known >= 0) return known
      const id = this.#add(value === 0 ? 0 : value)
      if (id !== OVERFLOW) this.#numbers.set(value === 0 ? 0 : value, 0, id)
      return id
    }
    const other = typeof value === 'number' ? null : value
    const known = this.#others.get(other)
    if (known !== undefined) return known
    const id = this.#add(other)
    if (id !== OVERFLOW) this.#others.set(other, id)
    return id
  }

  #add(value: KeyPart): number {
    if (this.pool.live >= this.#limit) return OVERFLOW
    const id = this.pool.take()
    this.#values[id] = value
    return id
  }

  /** Ids of the rows `rows[0 … count)` of a column, by row. An absent column is null in every row. */
  resolve(column: Column | undefined, rows: Int32Array, count: number, out: Int32Array): void {
    if (column === undefined) {
      const id = this.idOf(null)
      for (let i = 0; i < count; i++) out[rows[i] ?? 0] = id
      return
    }
    switch (column.type) {
      case 'dict':
        this.#resolveDict(column.codes, column.values, rows, count, out)
        return
      case 'i64':
        for (let i = 0; i < count; i++) {
          const row = rows[i] ?? 0
          out[row] = this.idOf(
            isValid(column.valid, row) ? keyOfInt64(column.data[row] ?? 0n) : null,
          )
        }
        return
      case 'f64':
      case 'i32':
      case 'i16':
        this.#resolveNumbers(column.data, column.valid, rows, count, out)
        return
      case 'bool':
        for (let i = 0; i < count; i++) {
          const row = rows[i] ?? 0
          out[row] = this.idOf(isValid(column.valid, row) ? column.data[row] === 1 : null)
        }
        return
      case 'text':
        for (let i = 0; i < count; i++) {
          const row = rows[i] ?? 0
          out[row] = this.idOf(textAt(column, row))
        }
        return
      case 'tags':
        throw new TypeError('tags are no key')
    }
  }

  #resolveNumbers(
    data: Float64Array | Int32Array | Int16Array,
    valid: Uint8Array | null,
    rows: Int32Array,
    count: number,
    out: Int32Array,
  ): void {
    const numbers = this.#numbers
    for (let i = 0; i < count; i++) {
      const row = rows[i] ?? 0
      const value = data[row] ?? 0
      if (!isValid(valid, row)) {
        out[row] = this.idOf(null)
        continue
      }
      const known = numbers.get(value)
      if (known >= 0) out[row] = known
      else if (this.pool.live >= this.#limit && !Number.isNaN(value)) out[row] = OVERFLOW
      else out[row] = this.idOf(value)
    }
  }

  #resolveDict(
    codes: Int32Array,
    values: readonly string[],
    rows: Int32Array,
    count: number,
    out: Int32Array,
  ): void {
    if (this.#dictionary !== values || this.#idOfCode.length < values.length) {
      this.#dictionary = values
      // As long as it has to be and not shorter than before: dictionaries of one source are alike.
      if (this.#idOfCode.length < values.length) this.#idOfCode = new Int32Array(values.length)
      this.#idOfCode.fill(UNSEEN)
    }
    const idOfCode = this.#idOfCode
    for (let i = 0; i < count; i++) {
      const row = rows[i] ?? 0
      const code = codes[row] ?? -1
      if (code < 0) {
        out[row] = this.idOf(null)
        continue
      }
      let id = idOfCode[code] ?? UNSEEN
      if (id === UNSEEN) {
        id = this.idOf(values[code] ?? null)
        idOfCode[code] = id
      }
      out[row] = id
    }
  }

  /** Gives back the ids that nothing refers to. */
  sweep(): void {
    const swept = this.pool.sweep((id) => {
      const value = this.#values[id]
      this.#values[id] = undefined
      if (typeof value === 'string') this.#texts.delete(value)
      else if (typeof value === 'number') this.#numbers.delete(id)
      else if (value !== undefined) this.#others.delete(value)
    })
    if (swept > 0) this.#dictionary = null
  }

  /** Memory held, in bytes; texts and the map of them are estimated. */
  bytes(): number {
    let texts = 0
    for (const text of this.#texts.keys()) texts += 64 + text.length
    return (
      texts +
      8 * this.#values.length +
      this.pool.bytes() +
      this.#numbers.bytes() +
      this.#idOfCode.byteLength
    )
  }
}

/** A number where it is exact, else its digits: two great numbers never become one key. */
function keyOfInt64(value: bigint): number | string {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}
