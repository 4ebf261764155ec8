import { PaneTable } from './pane-table.ts'
import type { Slots } from './slots.ts'

/** With fewer panes in a window, merging them each time is as good. */
const FEW_PANES = 32

/**
 * Merged panes of blocks, so that a window of k panes is made of about 3 √k tables rather than k. A block is
 * merged when a window first needs it and dropped when a pane of it changes or is forgotten: it is a cache.
 */
export class PaneBlocks {
  readonly #slots: Slots
  /** Duration of a block; 0 for no blocks. */
  readonly #length: number
  readonly #blocks = new Map<number, PaneTable>()

  /** For windows of up to `longest`, panes of `pane`. */
  constructor(slots: Slots, pane: number, longest: number) {
    this.#slots = slots
    const panes = longest / pane
    this.#length = panes > FEW_PANES ? Math.round(Math.sqrt(panes)) * pane : 0
  }

  /**
   * Tells the tables that together are the panes from index `from` on within [start, end), in order. Panes of
   * blocks that lie whole within the window come merged.
   */
  tables(
    panes: readonly PaneTable[],
    from: number,
    start: number,
    end: number,
    tell: (table: PaneTable) => void,
  ): void {
    const length = this.#length
    let at = from
    for (let pane = panes[at]; pane !== undefined && pane.start < end; pane = panes[at]) {
      const block = length === 0 ? 0 : Math.floor(pane.start / length) * length
      // A block of one pane, with others missing, is not worth a table.
      const next = panes[at + 1]
      const isWhole = length > 0 && block >= start && block + length <= end
      if (!isWhole || next === undefined || next.start >= block + length) {
        tell(pane)
        at++
        continue
      }
      let to = at
      while ((panes[to]?.start ?? Number.POSITIVE_INFINITY) < block + length) to++
      tell(this.#blocks.get(block) ?? this.#merge(block, panes, at, to))
      at = to
    }
  }

  #merge(block: number, panes: readonly PaneTable[], from: number, to: number): PaneTable {
    const end = block + this.#length
    const merged = new PaneTable(block, end, end, end)
    for (let i = from; i < to; i++) {
      const pane = panes[i]
      if (pane !== undefined) mergeInto(merged, pane, this.#slots)
    }
    this.#blocks.set(block, merged)
    return merged
  }

  /** A pane that begins at `start` changes. */
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
export function mergeInto(into: PaneTable, from: PaneTable, slots: Slots): void {
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

export function releaseAll(table: PaneTable, slots: Slots): void {
  for (let i = 0; i < table.count; i++) slots.release(table.slotAt(i))
}
