import type { ByteReader, ByteWriter } from '../bytes.ts'
import type { AggregateInput, States } from './aggregate.ts'
import { columnNamed } from './value-rows.ts'

/** States of a part, and the column it reads: by name, or the one of the input, or none. */
export interface DerivedPart {
  readonly states: States
  readonly column: { readonly named: string } | 'of the input' | 'none'
}

/** States whose value is computed from those of other aggregates. */
export class DerivedStates implements States {
  readonly retract?: (into: number, from: States, slot: number) => void
  readonly #parts: readonly DerivedPart[]
  readonly #compute: (values: readonly unknown[], seconds: number | undefined) => unknown

  constructor(
    parts: readonly DerivedPart[],
    compute: (values: readonly unknown[], seconds: number | undefined) => unknown,
  ) {
    this.#parts = parts
    this.#compute = compute
    if (parts.every((part) => part.states.retract !== undefined)) {
      this.retract = (into, from, slot) => {
        const others = DerivedStates.partsOf(from)
        for (const [i, part] of parts.entries()) {
          const other = others[i]
          if (other !== undefined) part.states.retract?.(into, other.states, slot)
        }
      }
    }
  }

  get invalid(): number {
    return this.#parts.reduce((sum, part) => sum + part.states.invalid, 0)
  }

  reserve(slots: number): void {
    for (const { states } of this.#parts) states.reserve(slots)
  }

  clear(slot: number): void {
    for (const { states } of this.#parts) states.clear(slot)
  }

  addRows(slots: Int32Array, rows: Int32Array, count: number, input: AggregateInput): void {
    for (const { states, column } of this.#parts) {
      if (column === 'of the input') states.addRows(slots, rows, count, input)
      else {
        const found = column === 'none' ? null : columnNamed(input, column.named)
        states.addRows(slots, rows, count, { ...input, column: found })
      }
    }
  }

  merge(into: number, from: States, slot: number): void {
    const others = DerivedStates.partsOf(from)
    for (const [i, part] of this.#parts.entries()) {
      const other = others[i]
      if (other !== undefined) part.states.merge(into, other.states, slot)
    }
  }

  value(slot: number, seconds?: number): unknown {
    return this.#compute(
      this.#parts.map((part) => part.states.value(slot, seconds)),
      seconds,
    )
  }

  write(slot: number, out: ByteWriter): void {
    for (const { states } of this.#parts) states.write(slot, out)
  }

  read(slot: number, from: ByteReader): void {
    for (const { states } of this.#parts) states.read(slot, from)
  }

  bytes(): number {
    return this.#parts.reduce((sum, part) => sum + part.states.bytes(), 0)
  }

  static partsOf(states: States): readonly DerivedPart[] {
    if (states instanceof DerivedStates) return states.#parts
    throw new TypeError('states of one aggregate are merged with those of another')
  }
}
