import { type Column, isValid, textAt } from '../batch/batch.ts'
import type { ByteReader, ByteWriter } from '../bytes.ts'
import type { Aggregate, AggregateInput, States } from './aggregate.ts'
import { checkMembers, columnOf } from './parameters.ts'
import { compareScalars, noScalars, readScalar, type Scalar, writeScalar } from './scalar.ts'
import { columnNamed, isNumeric, type Numbers, numbersOf } from './value-rows.ts'

/**
 * Which of two rows is kept: by `key` first (1 the greater, −1 the less, 0 there is none), then by
 * event time and arrival (1 the later, −1 the earlier).
 */
interface Preference {
  readonly key: -1 | 0 | 1
  readonly time: -1 | 1
}

/** What a slot holds. */
const NOTHING = 0
const NUMBER = 1
const TEXT = 2

/** [key, time, arrival, value] of the row kept; texts beside it. */
const WIDTH = 4

/** Keeps the value of one row per slot. */
class PickStates implements States {
  readonly #prefer: Preference
  /** Column of the key. */
  readonly #by: string | null
  #kinds = new Uint8Array(0)
  #records = new Float64Array(0)
  /** Empty until the first text comes. */
  readonly #texts: (string | undefined)[] = []
  #arrivals = 0
  #invalid = 0

  constructor(prefer: Preference, by: string | null) {
    this.#prefer = prefer
    this.#by = by
  }

  get invalid(): number {
    return this.#invalid
  }

  reserve(slots: number): void {
    if (slots <= this.#kinds.length) return
    const capacity = Math.max(slots, 2 * this.#kinds.length)
    const kinds = new Uint8Array(capacity)
    kinds.set(this.#kinds)
    const records = new Float64Array(WIDTH * capacity)
    records.set(this.#records)
    this.#kinds = kinds
    this.#records = records
  }

  clear(slot: number): void {
    this.#kinds[slot] = NOTHING
    if (slot < this.#texts.length) this.#texts[slot] = undefined
  }

  addRows(slots: Int32Array, rows: Int32Array, count: number, input: AggregateInput): void {
    const arrival = this.#arrivals
    this.#arrivals += input.times.length
    const { column, times, sequence } = input
    const keyColumn = this.#by === null ? null : columnNamed(input, this.#by)
    if (column === null || (this.#by !== null && keyColumn === null)) return
    if (column.type === 'tags') throw noScalars()
    const keys = keyColumn === null ? null : numbersOf(keyColumn)
    const numbers = isNumeric(column) ? numbersOf(column) : null
    for (let i = 0; i < count; i++) {
      const row = rows[i] ?? 0
      const slot = slots[i] ?? 0
      if (!this.#isValid(column, numbers, keys, row)) continue
      const key = keys === null ? 0 : (keys.data[row] ?? 0)
      const time = times[row] ?? 0
      const arrived = sequence === null ? arrival + row : (sequence[row] ?? 0)
      const order = this.#order(slot, key, time, arrived)
      if (order < 0) continue
      if (numbers !== null) {
        const value = numbers.data[row] ?? 0
        if (order > 0 || this.#isLess(slot, value)) this.#keep(slot, key, time, arrived, value)
      } else {
        const text = textAt(column, row)
        if (text === null) continue
        if (order > 0 || this.#isLess(slot, text)) this.#keep(slot, key, time, arrived, text)
      }
    }
  }

  merge(into: number, from: States, slot: number): void {
    if (!(from instanceof PickStates)) {
      throw new TypeError('states of one aggregate are merged with those of another')
    }
    const value = from.value(slot)
    if (value === null) return
    const at = slot * WIDTH
    const key = from.#records[at] ?? 0
    const time = from.#records[at + 1] ?? 0
    const arrival = from.#records[at + 2] ?? 0
    const order = this.#order(into, key, time, arrival)
    if (order > 0 || (order === 0 && this.#isLess(into, value))) {
      this.#keep(into, key, time, arrival, value)
    }
  }

  value(slot: number): Scalar | null {
    const kind = this.#kinds[slot]
    if (kind === NOTHING) return null
    if (kind === TEXT) return this.#texts[slot] ?? null
    return this.#records[slot * WIDTH + 3] ?? null
  }

  write(slot: number, out: ByteWriter): void {
    const value = this.value(slot)
    out.u8(value === null ? 0 : 1)
    if (value === null) return
    out.varint(this.#arrivals)
    out.f64s(this.#records, slot * WIDTH, slot * WIDTH + 3)
    writeScalar(value, out)
  }

  read(slot: number, from: ByteReader): void {
    const held = from.u8()
    if (held > 1) throw from.bad(`the mark ${held} of a state`)
    this.clear(slot)
    if (held === 0) return
    this.#arrivals = Math.max(this.#arrivals, from.varint())
    const [key, time, arrival] = [from.f64(), from.f64(), from.f64()]
    this.#keep(slot, key, time, arrival, readScalar(from))
  }

  bytes(): number {
    const texts = this.#texts.reduce((sum, text) => sum + 8 + 2 * (text?.length ?? 0), 0)
    return this.#kinds.byteLength + this.#records.byteLength + texts
  }

  /** Counts a number that is NaN or infinite where a value or key is needed. */
  #isValid(column: Column, numbers: Numbers | null, keys: Numbers | null, row: number): boolean {
    if (keys !== null && !isValid(keys.valid, row)) return false
    if (numbers !== null && !isValid(numbers.valid, row)) return false
    if (column.type === 'dict' && (column.codes[row] ?? -1) < 0) return false
    const key = keys === null ? 0 : (keys.data[row] ?? 0)
    const value = numbers === null ? 0 : (numbers.data[row] ?? 0)
    if (key - key === 0 && value - value === 0) return true
    this.#invalid++
    return false
  }

  /** Above 0 when a row is preferred to the one kept, 0 when nothing but the value decides. */
  #order(slot: number, key: number, time: number, arrival: number): number {
    if (this.#kinds[slot] === NOTHING) return 1
    const at = slot * WIDTH
    const byKey = (key - (this.#records[at] ?? 0)) * this.#prefer.key
    if (byKey !== 0) return byKey
    const byTime = time - (this.#records[at + 1] ?? 0) || arrival - (this.#records[at + 2] ?? 0)
    return byTime * this.#prefer.time
  }

  /** Between rows that are equal in all else the lesser value is kept, so that order does not matter. */
  #isLess(slot: number, value: Scalar): boolean {
    const kept = this.value(slot)
    return kept === null || compareScalars(value, kept) < 0
  }

  #keep(slot: number, key: number, time: number, arrival: number, value: Scalar): void {
    const at = slot * WIDTH
    this.#records[at] = key
    this.#records[at + 1] = time
    this.#records[at + 2] = arrival
    if (typeof value === 'number') {
      this.#kinds[slot] = NUMBER
      this.#records[at + 3] = value
    } else {
      while (this.#texts.length <= slot) this.#texts.push(undefined)
      this.#kinds[slot] = TEXT
      this.#texts[slot] = value
    }
  }
}

function pickAggregate(name: string, prefer: Preference): Aggregate {
  const keyed = prefer.key !== 0
  return {
    name,
    needs: 'any',
    invertible: false,
    columns: keyed ? ['of', 'by'] : ['of'],
    prepare(spec) {
      checkMembers(spec, keyed ? ['of', 'by'] : ['of'])
      columnOf(spec)
      return new PickStates(prefer, keyed ? columnOf(spec, 'by') : null)
    },
  }
}

/** Value of the earliest row that has one, by event time, ties by arrival. */
export const first: Aggregate = pickAggregate('first', { key: 0, time: -1 })

/** Value of the latest row that has one, by event time, ties by arrival. */
export const last: Aggregate = pickAggregate('last', { key: 0, time: 1 })

/** Value of `of` in the row with the least number in `by`; of several such rows the earliest. */
export const argMin: Aggregate = pickAggregate('arg_min', { key: -1, time: -1 })

/** Value of `of` in the row with the greatest number in `by`; of several such rows the earliest. */
export const argMax: Aggregate = pickAggregate('arg_max', { key: 1, time: -1 })
