import type { AggregateInput, ByteReader, ByteWriter, Column, States } from '@llmhub/stream'
import type { PartValue } from './part.ts'

/** A part whose state is a record of doubles; all zero is the empty one, unless `empty` says otherwise. */
export interface RecordKernel {
  readonly width: number
  readonly empty?: number
  /** For i in 0 … count − 1: adds row `rows[i]` of the column to the record of `slots[i]`. Nulls are skipped. */
  add(
    records: Float64Array,
    slots: Int32Array,
    rows: Int32Array,
    count: number,
    column: Column | null,
  ): void
  merge(into: Float64Array, at: number, from: Float64Array, fromAt: number): void
  value(records: Float64Array, at: number): PartValue
}

/** States side by side in one array. */
export class RecordStates implements States {
  readonly invalid = 0
  readonly #kernel: RecordKernel
  readonly #width: number
  readonly #empty: number
  #records = new Float64Array(0)

  constructor(kernel: RecordKernel) {
    this.#kernel = kernel
    this.#width = kernel.width
    this.#empty = kernel.empty ?? 0
  }

  reserve(slots: number): void {
    const length = slots * this.#width
    if (length <= this.#records.length) return
    const grown = new Float64Array(length)
    if (this.#empty !== 0) grown.fill(this.#empty)
    grown.set(this.#records)
    this.#records = grown
  }

  clear(slot: number): void {
    this.#records.fill(this.#empty, slot * this.#width, (slot + 1) * this.#width)
  }

  addRows(slots: Int32Array, rows: Int32Array, count: number, input: AggregateInput): void {
    this.#kernel.add(this.#records, slots, rows, count, input.column)
  }

  merge(into: number, from: States, slot: number): void {
    const { records } = RecordStates.of(from)
    this.#kernel.merge(this.#records, into * this.#width, records, slot * this.#width)
  }

  value(slot: number): PartValue {
    return this.#kernel.value(this.#records, slot * this.#width)
  }

  write(slot: number, out: ByteWriter): void {
    out.f64s(this.#records, slot * this.#width, (slot + 1) * this.#width)
  }

  read(slot: number, from: ByteReader): void {
    from.f64s(this.#records, slot * this.#width, (slot + 1) * this.#width)
  }

  bytes(): number {
    return this.#records.byteLength
  }

  get records(): Float64Array {
    return this.#records
  }

  private static of(states: States): RecordStates {
    if (states instanceof RecordStates) return states
    throw new TypeError('states of one part are merged with those of another')
  }
}
