import type { ByteReader, ByteWriter } from '../bytes.ts'
import type { AggregateInput, States } from './aggregate.ts'
import { noScalars } from './scalar.ts'

/** An aggregate whose state is an object, made when the first row of a slot comes. */
export interface ObjectKernel<S> {
  /** Whether states hold arrival numbers, so that a snapshot must say where to go on. */
  readonly arrivals?: boolean
  /** As in `States`. */
  readonly shared?: string
  create(): S
  /**
   * Adds rows; `at` gives the state of a slot. Answers how many rows were invalid. `arrival` is the number
   * to take as the arrival of row 0 where the input has no sequence.
   */
  add(
    at: (slot: number) => S,
    slots: Int32Array,
    rows: Int32Array,
    count: number,
    input: AggregateInput,
    arrival: number,
  ): number
  /** Adds `from` to `into` and answers the result, which may be `into`; `from` is left alone. */
  merge(into: S, from: S): S
  /** Of the empty state: that of a fresh object. */
  value(state: S, seconds: number | undefined): unknown
  write(state: S, out: ByteWriter): void
  read(from: ByteReader): S
  /** Estimated memory of one state. */
  bytes(state: S): number
}

/** States that are objects. A slot without rows holds none, so that sparse slots cost eight bytes. */
export class ObjectStates<S> implements States {
  readonly shared?: string
  readonly #kernel: ObjectKernel<S>
  readonly #states: (S | undefined)[] = []
  readonly #at: (slot: number) => S
  #invalid = 0
  #arrivals = 0

  constructor(kernel: ObjectKernel<S>) {
    this.#kernel = kernel
    if (kernel.shared !== undefined) this.shared = kernel.shared
    this.#at = (slot) => {
      const found = this.#states[slot]
      if (found !== undefined) return found
      const made = kernel.create()
      this.#states[slot] = made
      return made
    }
  }

  get invalid(): number {
    return this.#invalid
  }

  reserve(slots: number): void {
    // Filled, so that the array stays dense and is read without a look-up by name.
    while (this.#states.length < slots) this.#states.push(undefined)
  }

  clear(slot: number): void {
    this.#states[slot] = undefined
  }

  addRows(slots: Int32Array, rows: Int32Array, count: number, input: AggregateInput): void {
    if (input.column?.type === 'tags') throw noScalars()
    this.#invalid += this.#kernel.add(this.#at, slots, rows, count, input, this.#arrivals)
    this.#arrivals += input.times.length
  }

  merge(into: number, from: States, slot: number): void {
    const other = ObjectStates.statesOf<S>(from)[slot]
    if (other !== undefined) this.#states[into] = this.#kernel.merge(this.#at(into), other)
  }

  value(slot: number, seconds?: number): unknown {
    return this.#kernel.value(this.#states[slot] ?? this.#kernel.create(), seconds)
  }

  valueFrom(states: States, slot: number, seconds?: number): unknown {
    return this.#kernel.value(
      ObjectStates.statesOf<S>(states)[slot] ?? this.#kernel.create(),
      seconds,
    )
  }

  write(slot: number, out: ByteWriter): void {
    const state = this.#states[slot]
    out.u8(state === undefined ? 0 : 1)
    if (state === undefined) return
    if (this.#kernel.arrivals === true) out.varint(this.#arrivals)
    this.#kernel.write(state, out)
  }

  read(slot: number, from: ByteReader): void {
    const held = from.u8()
    if (held > 1) throw from.bad(`the mark ${held} of a state`)
    if (held === 1 && this.#kernel.arrivals === true) {
      this.#arrivals = Math.max(this.#arrivals, from.varint())
    }
    this.#states[slot] = held === 0 ? undefined : this.#kernel.read(from)
  }

  bytes(): number {
    let bytes = 8 * this.#states.length
    for (const state of this.#states) if (state !== undefined) bytes += this.#kernel.bytes(state)
    return bytes
  }

  static statesOf<S>(states: States): readonly (S | undefined)[] {
    if (states instanceof ObjectStates) return (states as ObjectStates<S>).#states
    throw new TypeError('states of one aggregate are merged with those of another')
  }
}

/** Calls `make`, whose RangeError means that the snapshot is damaged. */
export function restored<T>(from: ByteReader, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (error instanceof RangeError) throw from.bad(error.message)
    throw error
  }
}
