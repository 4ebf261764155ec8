import type { ByteReader, ByteWriter } from '../bytes.ts'
import type { AggregateInput, States } from './aggregate.ts'
import { pairRows, type ValueRows, valueRows } from './value-rows.ts'

/**
 * An aggregate of numbers whose state is a few doubles. The states of all slots lie in one array, the
 * record of slot s from s · width on, so that a million of them are no burden to the collector.
 */
export interface RecordKernel {
  readonly width: number
  /** The empty record; all zero when left out. */
  readonly empty?: readonly number[]
  /** Whether records hold arrival numbers, so that a snapshot must say where to go on. */
  readonly arrivals?: boolean
  /** As in `States`; the second column is added to it. */
  readonly shared?: string
  /** A second column, which rows must have a number in, too. */
  readonly second?: string
  /** Adds `rows.values[i]` to the record of `rows.slots[i]` for i in 0 … rows.count − 1. */
  add(records: Float64Array, rows: ValueRows): void
  /** Adds the record of `from` at `fromAt` to that of `into` at `at`. */
  merge(into: Float64Array, at: number, from: Float64Array, fromAt: number): void
  /** Takes it back. */
  readonly retract?: (into: Float64Array, at: number, from: Float64Array, fromAt: number) => void
  value(records: Float64Array, at: number, seconds: number | undefined): unknown
}

export class RecordStates implements States {
  readonly #kernel: RecordKernel
  readonly #empty: readonly number[]
  readonly shared?: string
  readonly retract?: (into: number, from: States, slot: number) => void
  #records = new Float64Array(0)
  #invalid = 0
  #arrivals = 0

  constructor(kernel: RecordKernel) {
    this.#kernel = kernel
    this.#empty = kernel.empty ?? Array<number>(kernel.width).fill(0)
    const { retract, second, shared, width } = kernel
    if (shared !== undefined)
      this.shared = second === undefined ? shared : `${shared} and ${second}`
    if (retract !== undefined) {
      this.retract = (into, from, slot) =>
        retract(this.#records, into * width, RecordStates.recordsOf(from), slot * width)
    }
  }

  get invalid(): number {
    return this.#invalid
  }

  reserve(slots: number): void {
    const { width } = this.#kernel
    const before = this.#records.length
    if (slots * width <= before) return
    const grown = new Float64Array(Math.max(slots * width, 2 * before))
    grown.set(this.#records)
    this.#records = grown
    if (this.#empty.some((value) => value !== 0)) {
      for (let at = before; at < grown.length; at += width) grown.set(this.#empty, at)
    }
  }

  clear(slot: number): void {
    this.#records.set(this.#empty, slot * this.#kernel.width)
  }

  addRows(slots: Int32Array, rows: Int32Array, count: number, input: AggregateInput): void {
    const { second } = this.#kernel
    const found =
      second === undefined
        ? valueRows(slots, rows, count, input, this.#arrivals)
        : pairRows(slots, rows, count, input, second)
    this.#arrivals += input.times.length
    this.#invalid += found.invalid
    this.#kernel.add(this.#records, found)
  }

  merge(into: number, from: States, slot: number): void {
    const { width } = this.#kernel
    this.#kernel.merge(this.#records, into * width, RecordStates.recordsOf(from), slot * width)
  }

  value(slot: number, seconds?: number): unknown {
    return this.#kernel.value(this.#records, slot * this.#kernel.width, seconds)
  }

  valueFrom(states: States, slot: number, seconds?: number): unknown {
    return this.#kernel.value(RecordStates.recordsOf(states), slot * this.#kernel.width, seconds)
  }

  write(slot: number, out: ByteWriter): void {
    const { width } = this.#kernel
    if (this.#kernel.arrivals === true) out.varint(this.#arrivals)
    out.f64s(this.#records, slot * width, (slot + 1) * width)
  }

  read(slot: number, from: ByteReader): void {
    const { width } = this.#kernel
    if (this.#kernel.arrivals === true) this.#arrivals = Math.max(this.#arrivals, from.varint())
    from.f64s(this.#records, slot * width, (slot + 1) * width)
  }

  bytes(): number {
    return this.#records.byteLength
  }

  static recordsOf(states: States): Float64Array {
    if (states instanceof RecordStates) return states.#records
    throw new TypeError('states of one aggregate are merged with those of another')
  }
}
