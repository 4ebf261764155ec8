import type { ByteReader, ByteWriter } from '../bytes.ts'
import { TimerWheel } from '../state/timer-wheel.ts'
import { END_OF_TIME } from '../time/time.ts'
import { type KeyedRows, PendingRows } from './slots.ts'
import type { CoreContext, Pane, WindowCore } from './window-core.ts'

interface KeyTimes {
  /** Distinct event times, ascending, and the state of the events of each. */
  readonly times: number[]
  readonly slots: number[]
  /** Start of window → panes given, for windows that have fired and are not forgotten. */
  readonly given: Map<number, number>
  /** When the key asked to be woken. */
  wake: number
}

/**
 * Windows that the events define: [t − difference, t] and [t + 1, t + 1 + difference] for each event time t, as
 * far as they hold events. Every event time of a key is a slice; a window is merged from its slices when the
 * watermark reaches its end, and again for a late event.
 */
export class SlidingCore implements WindowCore {
  readonly #context: CoreContext
  readonly #difference: number
  readonly #pending: PendingRows
  readonly #keys = new Map<number, KeyTimes>()
  readonly #timers: TimerWheel<number>
  #watermark = Number.NEGATIVE_INFINITY
  #open = 0

  constructor(context: CoreContext, difference: number) {
    this.#context = context
    this.#difference = difference
    this.#pending = new PendingRows(context.slots)
    this.#timers = new TimerWheel((difference + 1) / 4)
  }

  get open(): number {
    return this.#open
  }

  add(of: KeyedRows): void {
    const { rows, count, times } = of
    this.#pending.begin(of, count)
    for (let i = 0; i < count; i++) {
      const row = rows[i] ?? 0
      const time = times[row] ?? 0
      const key = of.keys[row] ?? 0
      if (time < this.#watermark && !this.#isWanted(key, time)) {
        this.#context.late(of, row, 'late')
        continue
      }
      this.#insert(of, row, time, key)
    }
    this.#pending.flush()
  }

  #isForgotten(start: number): boolean {
    const end = start + this.#difference + 1
    return end + this.#context.windowing.lateness <= this.#watermark
  }

  /** Whether a window that holds the time is alive, if only by this event. */
  #isWanted(key: number, time: number): boolean {
    if (!this.#isForgotten(time - this.#difference)) return true
    const known = this.#keys.get(key)?.times ?? []
    // The latest window that holds it begins at it or before: behind the time right before, or ends with another.
    return this.#startsAround(known, time).some((start) => !this.#isForgotten(start))
  }

  /** Starts of the windows of a key that hold a time. */
  #startsAround(times: readonly number[], time: number): number[] {
    const starts = new Set<number>()
    for (const other of times) {
      const left = other - this.#difference
      if (left <= time && other >= time) starts.add(left)
      if (other + 1 <= time && other + 1 + this.#difference >= time) starts.add(other + 1)
    }
    return [...starts].sort((a, b) => a - b)
  }

  #insert(of: KeyedRows, row: number, time: number, key: number): void {
    const { slots, keys, windowing } = this.#context
    let state = this.#keys.get(key)
    if (state === undefined) {
      state = { times: [], slots: [], given: new Map(), wake: Number.POSITIVE_INFINITY }
      this.#keys.set(key, state)
      keys.retain(key)
    }
    let at = state.times.length
    while (at > 0 && (state.times[at - 1] ?? 0) >= time) at--
    if (state.times[at] !== time) {
      state.times.splice(at, 0, time)
      state.slots.splice(at, 0, slots.take())
      this.#open++
    }
    this.#pending.add(state.slots[at] ?? 0, row)
    this.#arm(key, state)
    if (time >= this.#watermark) return
    // Windows that hold it, and the one behind it if it holds anything.
    const starts = this.#startsAround(state.times, time)
    if (this.#holdsAny(state, time + 1)) starts.push(time + 1)
    for (const start of starts) {
      const end = start + this.#difference + 1
      const isNew = start === time + 1
      if (end > this.#watermark || this.#isForgotten(start)) continue
      if (isNew && state.given.has(start)) continue
      this.#pending.flush()
      const only = windowing.accumulation === 'discarding' && !isNew ? row : null
      this.#give(key, state, start, only, 'late')
    }
  }

  #holdsAny(state: KeyTimes, start: number): boolean {
    const time = state.times[firstFrom(state.times, start)]
    return time !== undefined && time <= start + this.#difference
  }

  /** The first watermark at which something happens to a key, from now on. */
  #dueOf({ times }: KeyTimes): number {
    const [oldest] = times
    if (oldest === undefined) return Number.POSITIVE_INFINITY
    const { lateness } = this.#context.windowing
    const behind = this.#difference + 2
    // A window ends right behind the time, another begins there; both in the order of the times.
    const ending = times[firstFrom(times, this.#watermark)]
    const begun = times[firstFrom(times, this.#watermark - behind + 1)]
    const dues = [oldest + behind + lateness]
    if (ending !== undefined) dues.push(ending + 1)
    if (begun !== undefined) dues.push(begun + behind)
    return Math.min(...dues, END_OF_TIME)
  }

  #arm(key: number, state: KeyTimes): void {
    const time = this.#dueOf(state)
    if (time >= state.wake) return
    state.wake = time
    this.#timers.set(time, key)
  }

  #give(
    key: number,
    state: KeyTimes,
    start: number,
    only: number | null,
    timing: 'on_time' | 'late',
  ): void {
    const { slots, windowing } = this.#context
    const windowEnd = start + this.#difference + 1
    const merged = slots.take()
    if (only !== null) {
      this.#pending.add(merged, only)
      this.#pending.flush()
    } else {
      const upTo = firstFrom(state.times, windowEnd)
      for (let i = firstFrom(state.times, start); i < upTo; i++) {
        slots.merge(merged, state.slots[i] ?? 0)
      }
    }
    const index = state.given.get(start) ?? 0
    state.given.set(start, index + 1)
    const end = Math.min(windowEnd, END_OF_TIME)
    const last = windowEnd + windowing.lateness <= this.#watermark
    const pane: Pane = { index, onTimeIndex: index, timing, first: index === 0, last }
    const values = slots.values(merged, start, end)
    const window = { start, end }
    this.#context.emit({ window, time: end - 1, pane, retraction: false, values }, key)
    slots.release(merged)
  }

  watermark(watermark: number): void {
    const before = this.#watermark
    this.#watermark = watermark
    const due: number[] = []
    this.#timers.due(watermark, (key, time) => {
      const state = this.#keys.get(key)
      if (state === undefined || state.wake !== time) return
      state.wake = Number.POSITIVE_INFINITY
      due.push(key)
    })
    const fires: { key: number; state: KeyTimes; start: number }[] = []
    for (const key of due) {
      const state = this.#keys.get(key)
      if (state === undefined) continue
      for (const start of this.#startsBetween(state, before, watermark)) {
        fires.push({ key, state, start })
      }
    }
    fires.sort((a, b) => a.start - b.start)
    for (const { key, state, start } of fires) this.#give(key, state, start, null, 'on_time')
    for (const key of due) this.#forget(key)
  }

  clock(): void {}

  /** Starts of windows with events whose end is in (before, watermark], ascending. */
  #startsBetween(state: KeyTimes, before: number, watermark: number): number[] {
    const { times, given } = state
    const starts = new Set<number>()
    // A window [start, start + difference] ends behind one of the times, or begins there.
    const upTo = firstFrom(times, watermark)
    for (let i = firstFrom(times, before); i < upTo; i++) {
      starts.add((times[i] ?? 0) - this.#difference)
    }
    const behind = this.#difference + 2
    const begunUpTo = firstFrom(times, watermark - behind + 1)
    for (let i = firstFrom(times, before - behind + 1); i < begunUpTo; i++) {
      const start = (times[i] ?? 0) + 1
      if (this.#holdsAny(state, start)) starts.add(start)
    }
    return [...starts].filter((start) => !given.has(start)).sort((a, b) => a - b)
  }

  #forget(key: number): void {
    const { slots, keys, windowing } = this.#context
    const state = this.#keys.get(key)
    if (state === undefined) return
    let gone = 0
    for (const time of state.times) {
      if (time + this.#difference + 2 + windowing.lateness > this.#watermark) break
      slots.release(state.slots[gone++] ?? 0)
    }
    state.times.splice(0, gone)
    state.slots.splice(0, gone)
    this.#open -= gone
    for (const start of state.given.keys()) if (this.#isForgotten(start)) state.given.delete(start)
    if (state.times.length === 0) {
      this.#keys.delete(key)
      keys.release(key)
      return
    }
    this.#arm(key, state)
  }

  write(out: ByteWriter): void {
    out.f64(this.#watermark)
    out.varint(this.#keys.size)
    for (const [key, state] of this.#keys) {
      out.varint(key)
      out.varint(state.times.length)
      for (const [i, time] of state.times.entries()) {
        out.f64(time)
        this.#context.slots.write(state.slots[i] ?? 0, out)
      }
      out.varint(state.given.size)
      for (const [start, given] of state.given) {
        out.f64(start)
        out.varint(given)
      }
    }
  }

  read(from: ByteReader, idOf: (id: number) => number): void {
    const { keys } = this.#context
    this.#watermark = from.f64()
    for (let left = from.count(3); left > 0; left--) {
      const key = idOf(from.varint())
      const state = this.#keys.get(key) ?? {
        times: [],
        slots: [],
        given: new Map<number, number>(),
        wake: Number.POSITIVE_INFINITY,
      }
      if (key >= 0 && !this.#keys.has(key)) {
        this.#keys.set(key, state)
        keys.retain(key)
      }
      for (let times = from.count(9); times > 0; times--) this.#adopt(state, key, from)
      for (let windows = from.count(9); windows > 0; windows--) {
        const start = from.f64()
        state.given.set(start, Math.max(from.varint(), state.given.get(start) ?? 0))
      }
      if (key >= 0) this.#arm(key, state)
    }
  }

  #adopt(state: KeyTimes, key: number, from: ByteReader): void {
    const { slots } = this.#context
    const time = from.f64()
    const slot = slots.take()
    slots.read(slot, from)
    let at = state.times.length
    while (at > 0 && (state.times[at - 1] ?? 0) >= time) at--
    if (key >= 0 && state.times[at] !== time) {
      state.times.splice(at, 0, time)
      state.slots.splice(at, 0, slot)
      this.#open++
      return
    }
    if (key >= 0) slots.merge(state.slots[at] ?? 0, slot)
    slots.release(slot)
  }

  bytes(): number {
    return 96 * this.#keys.size + 32 * this.#open
  }
}

/** Index of the first of ascending times that is not before `time`. */
function firstFrom(times: readonly number[], time: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] ?? 0) < time) low = middle + 1
    else high = middle
  }
  return low
}
