import { SliceTable } from './slice-table.ts'
import type { Slots } from './slots.ts'

/** With fewer slices in a window, merging them each time is as good. */
const FEW_SLICES = 32

/**
 * Merged slices of blocks, so that a window of k slices is made of about 3 √k tables rather than k. A block is
 * merged when a window first needs it and dropped when a slice of it changes or is forgotten: it is a cache.
 */
export class SliceBlocks {
  readonly #slots: Slots
  /** Duration of a block; 0 for no blocks. */
  readonly #length: number
  readonly #blocks = new Map<number, SliceTable>()

  /** For windows of up to `longest`, slices of `slice`. */
  constructor(slots: Slots, slice: number, longest: number) {
    this.#slots = slots
    const slices = longest / slice
    this.#length = slices > FEW_SLICES ? Math.round(Math.sqrt(slices)) * slice : 0
  }

  /**
   * Tells the tables that together are the slices from index `from` on within [start, end), in order. Slices of
   * blocks that lie whole within the window come merged.
   */
  tables(
    slices: readonly SliceTable[],
    from: number,
    start: number,
    end: number,
    tell: (table: SliceTable) => void,
  ): void {
    const length = this.#length
    let at = from
    for (let slice = slices[at]; slice !== undefined && slice.start < end; slice = slices[at]) {
      const block = length === 0 ? 0 : Math.floor(slice.start / length) * length
      // A block of one slice, with others missing, is not worth a table.
      const next = slices[at + 1]
      const isWhole = length > 0 && block >= start && block + length <= end
      if (!isWhole || next === undefined || next.start >= block + length) {
        tell(slice)
        at++
        continue
      }
      let to = at
      while ((slices[to]?.start ?? Number.POSITIVE_INFINITY) < block + length) to++
      tell(this.#blocks.get(block) ?? this.#merge(block, slices, at, to))
      at = to
    }
  }

  #merge(block: number, slices: readonly SliceTable[], from: number, to: number): SliceTable {
    const end = block + this.#length
    const merged = new SliceTable(block, end, end, end)
    for (let i = from; i < to; i++) {
      const slice = slices[i]
      if (slice !== undefined) mergeInto(merged, slice, this.#slots)
    }
    this.#blocks.set(block, merged)
    return merged
  }

  /** A slice that begins at `start` changes. */
  changed(start: number): void {
    if (this.#blocks.size === 0) return
    const block = Math.floor(start / this.#length) * this.#length
    const merged = this.#blocks.get(block)
    if (merged === undefined) return
    this.#blocks.delete(block)
    releaseAll(merged, this.#slots)
  }

  bytes(): number {
    let bytes = 0
    for (const block of this.#blocks.values()) bytes += block.bytes()
    return bytes
  }
}

/** Adds the states of a table to those of another, which gets slots for keys that it has not. */
export function mergeInto(into: SliceTable, from: SliceTable, slots: Slots): void {
  for (let i = 0; i < from.count; i++) {
    const key = from.keyAt(i)
    let slot = into.slotOf(key)
    if (slot < 0) {
      slot = slots.take()
      into.set(key, slot)
    }
    slots.merge(slot, from.slotAt(i))
  }
}

export function releaseAll(table: SliceTable, slots: Slots): void {
  for (let i = 0; i < table.count; i++) slots.release(table.slotAt(i))
}
