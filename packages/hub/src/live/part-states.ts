import { EVENT_COLUMNS } from '@llmhub/schema'
import type { Aggregate, AggregateInput, ByteReader, ByteWriter, States } from '@llmhub/stream'
import { BinStates } from './bin-states.ts'
import type { Part } from './part.ts'
import { kernelOf, rowsKernel } from './part-kernels.ts'
import { RecordStates } from './record-states.ts'

const WHOLE: ReadonlySet<string> = new Set(
  EVENT_COLUMNS.filter(({ type }) => type === 'i64').map(({ name }) => name),
)

/** Empty states of a part. */
export function createStates(part: Part): States {
  switch (part.fn) {
    case 'rows':
      return new RecordStates(rowsKernel)
    case 'quantile':
      return new BinStates(part.column, part.qs)
    case 'sum':
    case 'min':
    case 'max':
    case 'm2':
      return new RecordStates(kernelOf(part.fn, part.column, WHOLE.has(part.column)))
    default:
      return part satisfies never
  }
}

/**
 * The part as an aggregate of a window operator whose rows are sums already: a row names a slot of `sums` in
 * the column `slot`, and adding it is merging that slot.
 */
export function mergingAggregate(name: string, part: Part, sums: States): Aggregate {
  return {
    name,
    needs: 'number',
    invertible: false,
    prepare: () => new MergingStates(createStates(part), sums),
  }
}

class MergingStates implements States {
  readonly invalid = 0
  readonly #states: States
  readonly #sums: States

  constructor(states: States, sums: States) {
    this.#states = states
    this.#sums = sums
  }

  addRows(slots: Int32Array, rows: Int32Array, count: number, input: AggregateInput): void {
    const { column } = input
    if (column?.type !== 'i32') throw new TypeError('rows of sums have a column of slots')
    for (let i = 0; i < count; i++) {
      this.#states.merge(slots[i] ?? 0, this.#sums, column.data[rows[i] ?? 0] ?? 0)
    }
  }

  merge(into: number, from: States, slot: number): void {
    this.#states.merge(into, from instanceof MergingStates ? from.#states : from, slot)
  }

  reserve(slots: number): void {
    this.#states.reserve(slots)
  }

  clear(slot: number): void {
    this.#states.clear(slot)
  }

  value(slot: number): unknown {
    return this.#states.value(slot)
  }

  write(slot: number, out: ByteWriter): void {
    this.#states.write(slot, out)
  }

  read(slot: number, from: ByteReader): void {
    this.#states.read(slot, from)
  }

  bytes(): number {
    return this.#states.bytes()
  }
}
