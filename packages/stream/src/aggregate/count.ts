import { type Column, hasValue } from '../batch/batch.ts'
import type { ByteReader, ByteWriter } from '../bytes.ts'
import type { Aggregate, AggregateInput, States } from './aggregate.ts'
import { checkMembers, columnOf } from './parameters.ts'
import { isNumeric, valueRows } from './value-rows.ts'

/**
 * Number of rows, or with `of` of rows that have a value in the column. A number that is NaN or infinite
 * is none, so that sum / count is the mean. Exact to 2^53.
 */
export const count: Aggregate = {
  name: 'count',
  needs: 'any',
  invertible: true,
  prepare(spec) {
    checkMembers(spec, ['of'])
    if (spec.of !== undefined) columnOf(spec)
    return new CountStates(spec.of === undefined)
  },
}

class CountStates implements States {
  /** Counts every row, whatever is in it. */
  readonly #all: boolean
  #counts = new Float64Array(0)
  #invalid = 0

  constructor(all: boolean) {
    this.#all = all
  }

  get invalid(): number {
    return this.#invalid
  }

  reserve(slots: number): void {
    if (slots <= this.#counts.length) return
    const grown = new Float64Array(Math.max(slots, 2 * this.#counts.length))
    grown.set(this.#counts)
    this.#counts = grown
  }

  clear(slot: number): void {
    this.#counts[slot] = 0
  }

  addRows(slots: Int32Array, rows: Int32Array, count: number, input: AggregateInput): void {
    const counts = this.#counts
    const { column } = input
    if (this.#all) {
      for (let i = 0; i < count; i++) {
        const slot = slots[i] ?? 0
        counts[slot] = (counts[slot] ?? 0) + 1
      }
    } else if (column !== null && isNumeric(column)) {
      const found = valueRows(slots, rows, count, input)
      this.#invalid += found.invalid
      for (let i = 0; i < found.count; i++) {
        const slot = found.slots[i] ?? 0
        counts[slot] = (counts[slot] ?? 0) + 1
      }
    } else if (column !== null) {
      this.#countTexts(slots, rows, count, column)
    }
  }

  #countTexts(slots: Int32Array, rows: Int32Array, count: number, column: Column): void {
    for (let i = 0; i < count; i++) {
      if (!hasValue(column, rows[i] ?? 0)) continue
      const slot = slots[i] ?? 0
      this.#counts[slot] = (this.#counts[slot] ?? 0) + 1
    }
  }

  merge(into: number, from: States, slot: number): void {
    this.#counts[into] = (this.#counts[into] ?? 0) + countOf(from, slot)
  }

  retract(into: number, from: States, slot: number): void {
    this.#counts[into] = (this.#counts[into] ?? 0) - countOf(from, slot)
  }

  value(slot: number): number {
    return this.#counts[slot] ?? 0
  }

  write(slot: number, out: ByteWriter): void {
    out.varint(this.#counts[slot] ?? 0)
  }

  read(slot: number, from: ByteReader): void {
    this.#counts[slot] = from.varint()
  }

  bytes(): number {
    return this.#counts.byteLength
  }
}

function countOf(states: States, slot: number): number {
  if (states instanceof CountStates) return states.value(slot)
  throw new TypeError('states of one aggregate are merged with those of another')
}
