import type { ByteReader, ByteWriter } from '../bytes.ts'
import { type KeyedRows, PendingRows } from './slots.ts'
import type { CoreContext, Pane, WindowCore } from './window-core.ts'

interface CountWindow {
  readonly slot: number
  count: number
  earliest: number
  latest: number
}

interface KeyCount {
  /** Events since a window began, below `slide`. */
  since: number
  /** Oldest first. */
  readonly windows: CountWindow[]
}

const ONLY_PANE: Pane = { index: 0, onTimeIndex: 0, timing: 'on_time', first: true, last: true }

/**
 * Windows of `size` events of a key in order of arrival, one beginning with every `slide`-th event. A window
 * gives its result when it is full, or with what it has at the end of input. No event is late before that.
 */
export class CountCore implements WindowCore {
  readonly #context: CoreContext
  readonly #size: number
  readonly #slide: number
  readonly #pending: PendingRows
  readonly #keys = new Map<number, KeyCount>()
  #ended = false

  constructor(context: CoreContext, size: number, slide: number) {
    this.#context = context
    this.#size = size
    this.#slide = slide
    this.#pending = new PendingRows(context.slots)
  }

  get open(): number {
    let open = 0
    for (const { windows } of this.#keys.values()) open += windows.length
    return open
  }

  add(of: KeyedRows): void {
    const { rows, count, times } = of
    const { slots } = this.#context
    this.#pending.begin(of, count)
    for (let i = 0; i < count; i++) {
      const row = rows[i] ?? 0
      if (this.#ended) {
        this.#context.late(of, row, 'late')
        continue
      }
      const key = of.keys[row] ?? 0
      const time = times[row] ?? 0
      const state = this.#stateOf(key)
      if (state.since === 0) {
        const [earliest, latest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
        state.windows.push({ slot: slots.take(), count: 0, earliest, latest })
      }
      if (state.windows.length === 0) this.#context.outside()
      for (const window of state.windows) {
        this.#pending.add(window.slot, row)
        window.count++
        window.earliest = Math.min(window.earliest, time)
        window.latest = Math.max(window.latest, time)
      }
      state.since = (state.since + 1) % this.#slide
      const [oldest] = state.windows
      if (oldest?.count === this.#size) {
        state.windows.shift()
        this.#give(oldest, key)
      }
      if (state.since === 0 && state.windows.length === 0) this.#forget(key)
    }
    this.#pending.flush()
  }

  #stateOf(key: number): KeyCount {
    let state = this.#keys.get(key)
    if (state === undefined) {
      state = { since: 0, windows: [] }
      this.#keys.set(key, state)
      this.#context.keys.retain(key)
    }
    return state
  }

  #forget(key: number): void {
    this.#keys.delete(key)
    this.#context.keys.release(key)
  }

  #give(window: CountWindow, key: number): void {
    const { slots, windowing } = this.#context
    this.#pending.flush()
    const { slot, earliest, latest } = window
    const values = slots.values(slot, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
    const time = windowing.stamp === 'earliest' ? earliest : latest
    const bounds = { start: earliest, end: latest + 1 }
    this.#context.emit({ window: bounds, time, pane: ONLY_PANE, retraction: false, values }, key)
    slots.release(slot)
  }

  watermark(watermark: number): void {
    if (watermark !== Number.POSITIVE_INFINITY) return
    this.#ended = true
    for (const [key, { windows }] of this.#keys) {
      for (const window of windows) this.#give(window, key)
      this.#context.keys.release(key)
    }
    this.#keys.clear()
  }

  clock(): void {}

  write(out: ByteWriter): void {
    out.u8(this.#ended ? 1 : 0)
    out.varint(this.#keys.size)
    for (const [key, { since, windows }] of this.#keys) {
      out.varint(key)
      out.varint(since)
      out.varint(windows.length)
      for (const window of windows) {
        out.varint(window.count)
        out.f64(window.earliest)
        out.f64(window.latest)
        this.#context.slots.write(window.slot, out)
      }
    }
  }

  read(from: ByteReader, idOf: (id: number) => number): void {
    const { slots } = this.#context
    this.#ended = from.u8() === 1
    for (let keys = from.count(3); keys > 0; keys--) {
      const key = idOf(from.varint())
      const since = from.varint()
      // The overflow key of several instances: windows by order of arrival cannot be put together.
      const state = key < 0 || this.#keys.has(key) ? null : this.#stateOf(key)
      if (state !== null) state.since = since
      for (let left = from.count(17); left > 0; left--) {
        const slot = slots.take()
        const window = { slot, count: from.varint(), earliest: from.f64(), latest: from.f64() }
        slots.read(slot, from)
        if (state !== null) state.windows.push(window)
        else if (key < 0) slots.release(slot)
        else this.#give(window, key)
      }
    }
  }

  bytes(): number {
    return 64 * this.#keys.size + 64 * this.open
  }
}
