import { binOf, quantileFromBins } from '@llmhub/stats'
import {
  type AggregateInput,
  type ByteReader,
  type ByteWriter,
  isValid,
  type States,
} from '@llmhub/stream'

/** Column that holds the sketch bin of a column, where ingest made it. */
export const BIN_COLUMNS: ReadonlyMap<string, string> = new Map([
  ['latency_ms', 'latency_bin'],
  ['ttft_ms', 'ttft_bin'],
  ['value', 'value_bin'],
])

/** What a bin costs in a map, about. */
const BIN_BYTES = 40

/**
 * Counts by sketch bin: quantiles within 1 %, by the same bins as the store's. A slot without rows holds nothing.
 */
export class BinStates implements States {
  readonly invalid = 0
  readonly #column: string
  readonly #qs: readonly number[]
  readonly #counts: (Map<number, number> | undefined)[] = []

  constructor(column: string, qs: readonly number[]) {
    this.#column = column
    this.#qs = qs
  }

  reserve(slots: number): void {
    while (this.#counts.length < slots) this.#counts.push(undefined)
  }

  clear(slot: number): void {
    this.#counts[slot] = undefined
  }

  addRows(slots: Int32Array, rows: Int32Array, count: number, input: AggregateInput): void {
    const bins = input.columns?.get(BIN_COLUMNS.get(this.#column) ?? '')
    if (bins?.type === 'i16') {
      const { valid, data } = bins
      for (let i = 0; i < count; i++) {
        const row = rows[i] ?? 0
        if (!isValid(valid, row)) continue
        this.#add(slots[i] ?? 0, data[row] ?? 0, 1)
      }
      return
    }
    const { column } = input
    if (column?.type !== 'f64') return
    const { valid, data } = column
    for (let i = 0; i < count; i++) {
      const row = rows[i] ?? 0
      if (!isValid(valid, row)) continue
      this.#add(slots[i] ?? 0, binOf(data[row] ?? 0), 1)
    }
  }

  #add(slot: number, bin: number, count: number): void {
    let counts = this.#counts[slot]
    if (counts === undefined) {
      counts = new Map()
      this.#counts[slot] = counts
    }
    counts.set(bin, (counts.get(bin) ?? 0) + count)
  }

  merge(into: number, from: States, slot: number): void {
    if (!(from instanceof BinStates)) {
      throw new TypeError('states of one part are merged with those of another')
    }
    for (const [bin, count] of from.#counts[slot] ?? []) this.#add(into, bin, count)
  }

  /** The quantiles at the shares, in their order. */
  value(slot: number): readonly (number | null)[] {
    const counts = this.#counts[slot]
    if (counts === undefined) return this.#qs.map(() => null)
    const bins = Int16Array.from(counts.keys()).sort()
    const n = Float64Array.from(bins, (bin) => counts.get(bin) ?? 0)
    return this.#qs.map((q) => quantileFromBins(bins, n, q))
  }

  write(slot: number, out: ByteWriter): void {
    const counts = this.#counts[slot]
    out.varint(counts?.size ?? 0)
    for (const [bin, count] of counts ?? []) {
      out.i32(bin)
      out.varint(count)
    }
  }

  read(slot: number, from: ByteReader): void {
    this.#counts[slot] = undefined
    for (let left = from.varint(); left > 0; left--) this.#add(slot, from.i32(), from.varint())
  }

  bytes(): number {
    return this.#counts.reduce(
      (sum, counts) => sum + 8 + (counts === undefined ? 0 : counts.size * BIN_BYTES),
      0,
    )
  }
}
