import type { Aggregate, AggregateSpec } from '../aggregate/aggregate.ts'
import {
  type PreparedAggregates,
  type PreparedStates,
  prepareAggregates,
} from '../aggregate/prepare-aggregates.ts'
import type { Batch, Column } from '../batch/batch.ts'
import type { ByteReader, ByteWriter } from '../bytes.ts'
import { isList } from '../check-options.ts'
import { StreamError } from '../stream-error.ts'
import { BEGINNING_OF_TIME, END_OF_TIME, type TimeUnit } from '../time/time.ts'

const FIRST_SLOTS = 64
const NO_ROWS = new Int32Array(0)
const NO_TIMES = new Float64Array(0)

/** Values of a window by the names of its aggregates. */
export type Values = Readonly<Record<string, unknown>>

/** Rows of one batch: which, when and of which key, the last two by row. */
export interface KeyedRows {
  readonly batch: Batch
  readonly rows: Int32Array
  readonly count: number
  readonly times: Float64Array
  readonly keys: Int32Array
}

/**
 * States of all aggregates side by side: slot i of each belongs to the same key and window. Slots are
 * handed out from 0, given back, and empty when handed out again.
 */
export class Slots {
  readonly #prepared: PreparedAggregates
  readonly #states: readonly PreparedStates[]
  readonly #ticksPerSecond: number
  #next = 0
  #capacity = FIRST_SLOTS
  #free = new Int32Array(FIRST_SLOTS)
  #freeCount = 0

  /** Throws a StreamError `invalid_aggregate` or `unknown_aggregate`. */
  constructor(
    specs: readonly AggregateSpec[],
    unit: TimeUnit,
    others: Readonly<Record<string, Aggregate>>,
  ) {
    if (!isList(specs) || specs.some((spec) => typeof spec !== 'object' || spec === null)) {
      const problem = "is a list such as [{ as: 'n', aggregate: 'count' }]"
      throw new StreamError('invalid_aggregate', `aggregates: ${problem}`, 'aggregates')
    }
    const names = specs.map((spec) => spec.as)
    const twice = names.find((one, i) => names.indexOf(one) !== i)
    if (twice !== undefined) {
      throw new StreamError('invalid_aggregate', `two aggregates are named '${twice}'`, twice)
    }
    if (specs.length === 0) {
      throw new StreamError('invalid_aggregate', 'there is no aggregate', 'aggregates')
    }
    this.#prepared = prepareAggregates(specs, unit, others)
    this.#states = this.#prepared.states
    this.#ticksPerSecond = unit === 'ms' ? 1000 : 1_000_000
    for (const { states } of this.#states) states.reserve(this.#capacity)
  }

  /** Slots in use. */
  get used(): number {
    return this.#next - this.#freeCount
  }

  /** Numbers skipped because they were NaN or infinite. */
  get invalid(): number {
    let invalid = 0
    for (const { states } of this.#states) invalid += states.invalid
    return invalid
  }

  take(): number {
    if (this.#freeCount > 0) return this.#free[--this.#freeCount] ?? 0
    if (this.#next === this.#capacity) {
      this.#capacity *= 2
      for (const { states } of this.#states) states.reserve(this.#capacity)
      const grown = new Int32Array(this.#capacity)
      grown.set(this.#free)
      this.#free = grown
    }
    return this.#next++
  }

  release(slot: number): void {
    this.clear(slot)
    this.#free[this.#freeCount++] = slot
  }

  clear(slot: number): void {
    for (const { states } of this.#states) states.clear(slot)
  }

  /** For i in 0 … count − 1: adds row `rows[i]` to slot `slots[i]`. */
  addRows(slots: Int32Array, rows: Int32Array, count: number, of: KeyedRows): void {
    if (count === 0) return
    const columns = of.batch.columns
    for (const { of: name, states } of this.#states) {
      const column: Column | null = name === null ? null : (columns.get(name) ?? null)
      states.addRows(slots, rows, count, { times: of.times, sequence: null, column, columns })
    }
  }

  /**
   * Whether every aggregate can read its column of the batch. To be called before anything of a batch is counted,
   * so that a batch is taken whole or not at all. Throws a StreamError `invalid_input` that names the column.
   */
  check({ columns }: Batch): void {
    for (const { of: name, states } of this.#states) {
      const column: Column | null = name === null ? null : (columns.get(name) ?? null)
      try {
        // Of no rows, an aggregate looks at the type of its column alone.
        states.addRows(NO_ROWS, NO_ROWS, 0, { times: NO_TIMES, sequence: null, column, columns })
      } catch (error) {
        if (!(error instanceof StreamError)) throw error
        throw new StreamError(error.code, `column '${name}': ${error.message}`, name ?? undefined)
      }
    }
  }

  /** Adds what `slot` holds to `into`. */
  merge(into: number, slot: number): void {
    for (const { states } of this.#states) states.merge(into, states, slot)
  }

  /** Values of a slot, for the window [start, end). */
  values(slot: number, start: number, end: number): Values {
    const isFinite = start > BEGINNING_OF_TIME && end < END_OF_TIME
    const seconds = isFinite ? (end - start) / this.#ticksPerSecond : undefined
    return this.#prepared.values(slot, seconds)
  }

  write(slot: number, out: ByteWriter): void {
    for (const { states } of this.#states) states.write(slot, out)
  }

  read(slot: number, from: ByteReader): void {
    for (const { states } of this.#states) states.read(slot, from)
  }

  /** Memory held by states, in bytes. */
  bytes(): number {
    return this.#states.reduce((sum, { states }) => sum + states.bytes(), this.#free.byteLength)
  }
}

/** Rows that wait to be added, so that aggregates get them in one go. */
export class PendingRows {
  readonly #slots: Slots
  #ids = new Int32Array(1024)
  #rows = new Int32Array(1024)
  #count = 0
  #of: KeyedRows | null = null

  constructor(slots: Slots) {
    this.#slots = slots
  }

  /** Begins with the rows of a batch; `most` is how many will come before the next flush. */
  begin(of: KeyedRows, most: number): void {
    this.#of = of
    if (this.#ids.length >= most) return
    this.#ids = new Int32Array(most)
    this.#rows = new Int32Array(most)
  }

  add(slot: number, row: number): void {
    if (this.#count === this.#ids.length) this.flush()
    this.#ids[this.#count] = slot
    this.#rows[this.#count++] = row
  }

  /** Adds all that wait. To be called before any slot is read, merged, cleared or given back. */
  flush(): void {
    if (this.#count === 0 || this.#of === null) return
    const count = this.#count
    this.#count = 0
    this.#slots.addRows(this.#ids, this.#rows, count, this.#of)
  }
}
