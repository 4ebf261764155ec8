import type { ByteReader, ByteWriter } from '../bytes.ts'
import { END_OF_TIME } from '../time/time.ts'
import { mergeInto, releaseAll, SliceBlocks } from './slice-blocks.ts'
import { SliceTable } from './slice-table.ts'
import { type KeyedRows, PendingRows } from './slots.ts'
import type { CoreContext, Pane, WindowCore } from './window-core.ts'
import type { WindowGrid } from './window-grid.ts'

/** Whether all windows of the current slice are still to come, some have fired, or all are forgotten. */
const OPEN = 0
const FIRED = 1
const GONE = 2

/**
 * Windows of a grid that fire at their end and with every late event, which nearly all do. Events go
 * into slices, once each however many windows overlap; a window is merged from its slices when it fires. Per event
 * there is one comparison of times, one look-up of the key and a place in the list of rows.
 */
export class AlignedCore implements WindowCore {
  readonly #context: CoreContext
  readonly #grid: WindowGrid
  readonly #pending: PendingRows
  readonly #blocks: SliceBlocks
  /** Ascending by start. */
  #slices: SliceTable[] = []
  #current: SliceTable | null = null
  #currentState = OPEN
  #watermark = Number.NEGATIVE_INFINITY
  /** End of window → key id → panes given, for windows that got a late event. */
  readonly #latePanes = new Map<number, Map<number, number>>()

  constructor(context: CoreContext, grid: WindowGrid) {
    this.#context = context
    this.#grid = grid
    grid.seek(0)
    const slice = grid.sliceEnd - grid.sliceStart
    const longest = grid.lastEnd - grid.startOf(grid.lastEnd)
    this.#blocks = new SliceBlocks(context.slots, slice, longest)
    this.#pending = new PendingRows(context.slots)
  }

  get open(): number {
    return this.#slices.reduce((sum, slice) => sum + slice.count, 0)
  }

  add(of: KeyedRows): void {
    const { slots, keys } = this.#context
    const { rows, count, times } = of
    const ids = of.keys
    const pending = this.#pending
    pending.begin(of, count)
    let slice = this.#current
    let start = slice?.start ?? Number.POSITIVE_INFINITY
    let end = slice?.end ?? Number.NEGATIVE_INFINITY
    let state = this.#currentState
    for (let i = 0; i < count; i++) {
      const row = rows[i] ?? 0
      const time = times[row] ?? 0
      if (!(time >= start && time < end)) {
        slice = this.#seek(time)
        start = slice?.start ?? Number.POSITIVE_INFINITY
        end = slice?.end ?? Number.NEGATIVE_INFINITY
        state = this.#currentState
      }
      if (slice === null) {
        if (state === GONE) this.#context.late(of, row, 'late')
        else this.#context.outside()
        continue
      }
      const key = ids[row] ?? 0
      let slot = slice.slotOf(key)
      if (state === FIRED) {
        this.#addLate(of, row, key, slice, slot)
        continue
      }
      if (slot < 0) {
        slot = slots.take()
        slice.set(key, slot)
        keys.retain(key)
      }
      pending.add(slot, row)
    }
    pending.flush()
  }

  /** Makes the slice around `time` the current one; null and its state when no live window holds it. */
  #seek(time: number): SliceTable | null {
    const grid = this.#grid
    grid.seek(time)
    this.#current = null
    const { sliceStart, sliceEnd, firstEnd, lastEnd } = grid
    if (Number.isNaN(firstEnd) || Number.isNaN(lastEnd)) {
      this.#currentState = OPEN
      return null
    }
    const { lateness } = this.#context.windowing
    if (lastEnd + lateness <= this.#watermark) {
      this.#currentState = GONE
      return null
    }
    // Without lateness windows that have fired are forgotten: an event counts for the others alone.
    this.#currentState = lateness === 0 || firstEnd > this.#watermark ? OPEN : FIRED
    const at = this.#indexFrom(sliceStart)
    let slice = this.#slices[at]
    if (slice?.start !== sliceStart) {
      slice = new SliceTable(sliceStart, sliceEnd, firstEnd, lastEnd)
      this.#slices.splice(at, 0, slice)
    }
    this.#blocks.changed(sliceStart)
    this.#current = slice
    return slice
  }

  /** Index of the first slice that begins at or after `start`. */
  #indexFrom(start: number): number {
    const slices = this.#slices
    let low = 0
    let high = slices.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((slices[middle]?.start ?? 0) < start) low = middle + 1
      else high = middle
    }
    return low
  }

  /** An event of which at least one window has fired: these give a pane each, at once. */
  #addLate(of: KeyedRows, row: number, key: number, slice: SliceTable, known: number): void {
    const { slots, keys, windowing } = this.#context
    this.#pending.flush()
    const ends: number[] = []
    for (let end = slice.firstEnd; end <= slice.lastEnd; end = this.#grid.endAfter(end)) {
      if (end <= this.#watermark && end + windowing.lateness > this.#watermark) ends.push(end)
    }
    const given = ends.map((end) => this.#panesGiven(end, key))

    let slot = known
    if (slot < 0) {
      slot = slots.take()
      slice.set(key, slot)
      keys.retain(key)
    }
    this.#pending.add(slot, row)
    this.#pending.flush()

    for (const [i, end] of ends.entries()) {
      const index = given[i] ?? 0
      this.#giveLate(row, key, end, index)
      let byKey = this.#latePanes.get(end)
      if (byKey === undefined) {
        byKey = new Map()
        this.#latePanes.set(end, byKey)
      }
      byKey.set(key, index + 1)
    }
  }

  /** Panes of a window that has fired: noted ones, or one if it had anything. */
  #panesGiven(end: number, key: number): number {
    const noted = this.#latePanes.get(end)?.get(key)
    if (noted !== undefined) return noted
    const start = this.#grid.startOf(end)
    for (let i = this.#indexFrom(start); i < this.#slices.length; i++) {
      const slice = this.#slices[i]
      if (slice === undefined || slice.start >= end) break
      if (slice.slotOf(key) >= 0) return 1
    }
    return 0
  }

  #giveLate(row: number, key: number, end: number, index: number): void {
    const { slots, windowing } = this.#context
    const start = this.#grid.startOf(end)
    const merged = slots.take()
    if (windowing.accumulation === 'discarding') {
      this.#pending.add(merged, row)
      this.#pending.flush()
    } else {
      for (let i = this.#indexFrom(start); i < this.#slices.length; i++) {
        const slice = this.#slices[i]
        if (slice === undefined || slice.start >= end) break
        const slot = slice.slotOf(key)
        if (slot >= 0) slots.merge(merged, slot)
      }
    }
    const isFirst = index === 0
    const pane = { index, onTimeIndex: index, timing: 'late', first: isFirst, last: false } as const
    this.#give(key, merged, start, end, pane)
    slots.release(merged)
  }

  watermark(watermark: number): void {
    const before = this.#watermark
    this.#watermark = watermark
    let fired = before
    for (;;) {
      const end = this.#nextEnd(fired)
      if (!(end <= watermark)) break
      this.#fire(end)
      fired = end
    }
    this.#forget()
    this.#current = null
    this.#currentState = OPEN
  }

  clock(): void {}

  /** Least end greater than `fired` of a window with events; NaN for none. */
  #nextEnd(fired: number): number {
    for (const slice of this.#slices) {
      if (slice.lastEnd <= fired) continue
      if (slice.firstEnd > fired) return slice.firstEnd
      const end = this.#grid.endAfter(fired)
      // Windows of a cumulating grid with this end may have begun behind the slice.
      if (end <= slice.lastEnd) return end
    }
    return Number.NaN
  }

  #fire(end: number): void {
    const { slots, windowing } = this.#context
    const start = this.#grid.startOf(end)
    const last = end + windowing.lateness <= this.#watermark
    const info: Pane = { index: 0, onTimeIndex: 0, timing: 'on_time', first: true, last }
    const from = this.#indexFrom(start)
    let to = from
    while ((this.#slices[to]?.start ?? Number.POSITIVE_INFINITY) < end) to++
    const only = this.#slices[from]
    if (only !== undefined && to - from === 1) {
      for (let i = 0; i < only.count; i++)
        this.#give(only.keyAt(i), only.slotAt(i), start, end, info)
      return
    }
    const merged = new SliceTable(start, end, end, end)
    this.#blocks.tables(this.#slices, from, start, end, (table) => {
      mergeInto(merged, table, slots)
    })
    for (let i = 0; i < merged.count; i++) {
      this.#give(merged.keyAt(i), merged.slotAt(i), start, end, info)
    }
    releaseAll(merged, slots)
  }

  #give(key: number, slot: number, start: number, windowEnd: number, pane: Pane): void {
    const end = Math.min(windowEnd, END_OF_TIME)
    const values = this.#context.slots.values(slot, start, end)
    const window = { start, end }
    this.#context.emit({ window, time: end - 1, pane, retraction: false, values }, key)
  }

  /** Gives back the slices whose windows are all forgotten. */
  #forget(): void {
    const { slots, keys, windowing } = this.#context
    const { lateness } = windowing
    let gone = 0
    for (const slice of this.#slices) {
      if (slice.lastEnd + lateness > this.#watermark) break
      gone++
      this.#blocks.changed(slice.start)
      for (let i = 0; i < slice.count; i++) {
        slots.release(slice.slotAt(i))
        keys.release(slice.keyAt(i))
      }
    }
    if (gone > 0) this.#slices.splice(0, gone)
    for (const end of this.#latePanes.keys()) {
      if (end + lateness <= this.#watermark) this.#latePanes.delete(end)
    }
  }

  write(out: ByteWriter): void {
    out.f64(this.#watermark)
    out.varint(this.#slices.length)
    for (const slice of this.#slices) {
      out.f64(slice.start)
      out.varint(slice.count)
      for (let i = 0; i < slice.count; i++) {
        out.varint(slice.keyAt(i))
        this.#context.slots.write(slice.slotAt(i), out)
      }
    }
    out.varint(this.#latePanes.size)
    for (const [end, byKey] of this.#latePanes) {
      out.f64(end)
      out.varint(byKey.size)
      for (const [key, given] of byKey) {
        out.varint(key)
        out.varint(given)
      }
    }
  }

  read(from: ByteReader, idOf: (id: number) => number): void {
    const { slots, keys } = this.#context
    this.#watermark = from.f64()
    for (let slices = from.count(9); slices > 0; slices--) {
      const start = from.f64()
      this.#seek(start)
      const slice = this.#current
      if (slice?.start !== start) throw from.bad(`a slice at ${start}`)
      for (let entries = from.count(); entries > 0; entries--) {
        const key = idOf(from.varint())
        const slot = slots.take()
        slots.read(slot, from)
        const known = key < 0 ? -1 : slice.slotOf(key)
        if (key >= 0 && known < 0) {
          slice.set(key, slot)
          keys.retain(key)
          continue
        }
        // The overflow key of several instances becomes one; what belongs elsewhere is read past.
        if (known >= 0) slots.merge(known, slot)
        slots.release(slot)
      }
    }
    for (let windows = from.count(9); windows > 0; windows--) {
      const end = from.f64()
      const byKey = this.#latePanes.get(end) ?? new Map<number, number>()
      this.#latePanes.set(end, byKey)
      for (let entries = from.count(2); entries > 0; entries--) {
        const key = idOf(from.varint())
        const given = from.varint()
        if (key >= 0) byKey.set(key, Math.max(given, byKey.get(key) ?? 0))
      }
    }
    this.#slices = this.#slices.filter((slice) => slice.count > 0)
    this.#current = null
    this.#currentState = OPEN
  }

  bytes(): number {
    return this.#slices.reduce((sum, slice) => sum + slice.bytes(), this.#blocks.bytes())
  }
}
