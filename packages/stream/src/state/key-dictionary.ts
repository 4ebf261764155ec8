import type { Batch } from '../batch/batch.ts'
import type { ByteReader, ByteWriter } from '../bytes.ts'
import { StreamError } from '../stream-error.ts'
import { IdPool } from './id-pool.ts'
import { IdTable } from './id-table.ts'
import { type KeyPart, OVERFLOW, OVERFLOW_KEY, ValueIds } from './value-ids.ts'

/** No key column: null; one: its value; several: an array in their order. */
export type Key = KeyPart | readonly KeyPart[]

/** Throws a StreamError `invalid_input` where a column of the key has no one value in a row. */
export function checkKeyColumns({ columns }: Batch, names: readonly string[]): void {
  const tags = names.find((name) => columns.get(name)?.type === 'tags')
  if (tags === undefined) return
  throw new StreamError('invalid_input', `column '${tags}' is of tags, which are no key`, tags)
}

/** Id of the key of all events whose own key was beyond the limit. Other ids begin behind it. */
export const OVERFLOW_ID = 0

/** Pairs of ids of two levels as ids of the next. */
interface Level {
  readonly pool: IdPool
  readonly table: IdTable
}

/**
 * Keys as small numbers, so that no text and no array is touched per event. Every column has its own ids;
 * columns are combined from the left, pair by pair: the ids of (a, b, c) are those of ((a, b), c).
 *
 * States refer to keys (`retain`, `release`). A key without state gives its id back in `sweep`, so that
 * the limit counts the keys that are held, not those ever seen.
 */
export class KeyDictionary {
  /** Key columns. */
  readonly #width: number
  readonly #limit: number
  readonly #parts: readonly ValueIds[]
  readonly #levels: readonly Level[]
  readonly #last: IdPool
  /** Ids by row of the columns but the last level's. */
  #scratch: Int32Array[]
  #overflowed = 0

  /** For keys of `width` columns, at most `limit` of them at a time. */
  constructor(width: number, limit: number) {
    this.#width = width
    this.#limit = limit
    // Without key columns one value stands for all rows.
    const parts = Math.max(width, 1)
    const whole = parts === 1
    this.#parts = Array.from({ length: parts }, () => new ValueIds(limit, whole ? 1 : 0, whole))
    this.#levels = Array.from({ length: parts - 1 }, (_, i) => ({
      pool: new IdPool(i === parts - 2 ? 1 : 0),
      table: new IdTable('pairs'),
    }))
    const last = this.#levels.at(-1)?.pool ?? this.#parts[0]?.pool
    if (last === undefined) throw new TypeError('a dictionary has at least one part')
    this.#last = last
    this.#scratch = this.#parts.map(() => new Int32Array(0))
  }

  /** Keys held, the overflow key apart. */
  get live(): number {
    return this.#last.live
  }

  /** Rows so far that went to the overflow key. */
  get overflowed(): number {
    return this.#overflowed
  }

  /** Ids of the keys that have state, and that of the overflow key. */
  held(): number[] {
    return [OVERFLOW_ID, ...this.#last.referred()]
  }

  retain(id: number): void {
    if (id !== OVERFLOW_ID) this.#last.retain(id)
  }

  release(id: number): void {
    if (id !== OVERFLOW_ID) this.#last.release(id)
  }

  /** Ids of the rows `rows[0 … count)` by these key columns, by row. */
  resolve(
    batch: Batch,
    columns: readonly string[],
    rows: Int32Array,
    count: number,
    out: Int32Array,
  ): void {
    const [first] = this.#parts
    if (first === undefined) return
    if (columns.length <= 1) {
      const name = columns[0]
      const column = name === undefined ? undefined : batch.columns.get(name)
      first.resolve(column, rows, count, out)
      this.#countOverflow(rows, count, out)
      return
    }
    for (const [i, part] of this.#parts.entries()) {
      let ids = this.#scratch[i] ?? out
      if (ids.length < batch.rows) {
        ids = new Int32Array(batch.rows)
        this.#scratch[i] = ids
      }
      part.resolve(batch.columns.get(columns[i] ?? ''), rows, count, ids)
    }
    let left = this.#scratch[0] ?? out
    for (const [i, level] of this.#levels.entries()) {
      const right = this.#scratch[i + 1] ?? out
      const into = i === this.#levels.length - 1 ? out : left
      this.#pair(level, i, left, right, rows, count, into)
      left = into
    }
    this.#countOverflow(rows, count, out)
  }

  #pair(
    level: Level,
    index: number,
    left: Int32Array,
    right: Int32Array,
    rows: Int32Array,
    count: number,
    out: Int32Array,
  ): void {
    let lastLeft = OVERFLOW
    let lastRight = OVERFLOW
    let last = OVERFLOW
    for (let i = 0; i < count; i++) {
      const row = rows[i] ?? 0
      const a = left[row] ?? 0
      const b = right[row] ?? 0
      if (a !== lastLeft || b !== lastRight) {
        lastLeft = a
        lastRight = b
        last = a === OVERFLOW || b === OVERFLOW ? OVERFLOW : this.#idOfPair(level, index, a, b)
      }
      out[row] = last
    }
  }

  #idOfPair(level: Level, index: number, a: number, b: number): number {
    const known = level.table.get(a, b)
    if (known >= 0) return known
    if (level.pool.live >= this.#limit) return OVERFLOW
    const id = level.pool.take()
    level.table.set(a, b, id)
    this.#poolBelow(index).retain(a)
    this.#parts[index + 1]?.pool.retain(b)
    return id
  }

  #poolBelow(level: number): IdPool {
    return this.#levels[level - 1]?.pool ?? (this.#parts[0] as ValueIds).pool
  }

  #countOverflow(rows: Int32Array, count: number, out: Int32Array): void {
    for (let i = 0; i < count; i++) {
      const row = rows[i] ?? 0
      if (out[row] !== OVERFLOW) continue
      out[row] = OVERFLOW_ID
      this.#overflowed++
    }
  }

  key(id: number): Key {
    const [first] = this.#parts
    if (first === undefined || this.#width === 0) return null
    if (id === OVERFLOW_ID) {
      return this.#width === 1 ? OVERFLOW_KEY : this.#parts.map(() => OVERFLOW_KEY)
    }
    if (this.#levels.length === 0) return first.value(id)
    const parts: KeyPart[] = []
    let rest = id
    for (let i = this.#levels.length - 1; i >= 0; i--) {
      const level = this.#levels[i]
      if (level === undefined) continue
      parts.unshift(this.#parts[i + 1]?.value(level.table.secondOf(rest)) ?? null)
      rest = level.table.firstOf(rest)
    }
    parts.unshift(first.value(rest))
    return parts
  }

  /** Id of a key read from a snapshot; the overflow key's beyond the limit. */
  idOf(key: Key): number {
    const [first] = this.#parts
    if (first === undefined || this.#width === 0) return first?.idOf(null) ?? OVERFLOW_ID
    const parts = this.#width === 1 ? [key as KeyPart] : (key as readonly KeyPart[])
    // A composite key of a snapshot; a single one is known to its column.
    if (parts.every((part) => part === OVERFLOW_KEY)) return OVERFLOW_ID
    let id = first.idOf(parts[0] ?? null)
    for (const [i, level] of this.#levels.entries()) {
      const right = this.#parts[i + 1]?.idOf(parts[i + 1] ?? null) ?? OVERFLOW
      id = id === OVERFLOW || right === OVERFLOW ? OVERFLOW : this.#idOfPair(level, i, id, right)
    }
    return id === OVERFLOW ? OVERFLOW_ID : id
  }

  /** Gives back the ids of keys without state. Not while ids of a batch are in use. */
  sweep(): void {
    for (let i = this.#levels.length - 1; i >= 0; i--) {
      const level = this.#levels[i]
      level?.pool.sweep((id) => {
        this.#poolBelow(i).release(level.table.firstOf(id))
        this.#parts[i + 1]?.pool.release(level.table.secondOf(id))
        level.table.delete(id)
      })
    }
    for (const part of this.#parts) part.sweep()
  }

  bytes(): number {
    let bytes = 0
    for (const part of this.#parts) bytes += part.bytes()
    for (const level of this.#levels) bytes += level.pool.bytes() + level.table.bytes()
    return bytes
  }
}

const NULL = 0
const TEXT = 1
const NUMBER = 2
const FALSE = 3
const TRUE = 4

/** Writes a key; arrays by their length, which the reader knows. */
export function writeKey(key: Key, out: ByteWriter): void {
  for (const part of Array.isArray(key) ? (key as readonly KeyPart[]) : [key as KeyPart]) {
    if (part === null) out.u8(NULL)
    else if (typeof part === 'string') {
      out.u8(TEXT)
      out.text(part)
    } else if (typeof part === 'number') {
      out.u8(NUMBER)
      out.f64(part)
    } else out.u8(part ? TRUE : FALSE)
  }
}

/** Reads a key of `columns` columns. */
export function readKey(columns: number, from: ByteReader): Key {
  const parts: KeyPart[] = []
  for (let i = 0; i < Math.max(columns, 1); i++) parts.push(readPart(from))
  return columns > 1 ? parts : (parts[0] ?? null)
}

function readPart(from: ByteReader): KeyPart {
  const type = from.u8()
  switch (type) {
    case NULL:
      return null
    case TEXT:
      return from.text()
    case NUMBER:
      return from.f64()
    case FALSE:
      return false
    case TRUE:
      return true
    default:
      throw from.bad(`a key of type ${type}`)
  }
}
