import type { ByteReader, ByteWriter } from '../bytes.ts'
import { TimerWheel } from '../state/timer-wheel.ts'
import { END_OF_TIME } from '../time/time.ts'
import type { Trigger, TriggerContext } from '../trigger/trigger.ts'
import { type OpenWindow, openWindow, readWindow, writeWindow } from './open-window.ts'
import { type KeyedRows, PendingRows } from './slots.ts'
import type { Assigner } from './window-assigner.ts'
import type { CoreContext, Pane, WindowCore } from './window-core.ts'

/**
 * Windows of any kind under any trigger: one record per key and window. An event goes into each of its
 * windows, then the trigger is asked; a watermark or clock wakes the windows that asked for it.
 *
 * A window lives from its first event until the watermark is `lateness` beyond its end. Three things
 * happen on the way: a pane is given (`#give`), the trigger finishes (`closed`: the state is gone, the record
 * stays so that later events are known to be too late), or the window is forgotten.
 */
export class GeneralCore implements WindowCore {
  readonly #context: CoreContext
  readonly #assigner: Assigner
  readonly #trigger: Trigger
  readonly #pending: PendingRows
  /** By key, ascending by start. */
  readonly #windows = new Map<number, OpenWindow[]>()
  readonly #timers: TimerWheel<OpenWindow>
  readonly #clockTimers: TimerWheel<OpenWindow>
  readonly #ask: TriggerContext = {
    end: 0,
    watermark: Number.NEGATIVE_INFINITY,
    clock: 0,
    time: 0,
    fresh: 0,
    periodic: false,
  }
  #touched: OpenWindow[] = []
  #open = 0

  constructor(context: CoreContext, assigner: Assigner, trigger: Trigger) {
    this.#context = context
    this.#assigner = assigner
    this.#trigger = trigger
    this.#pending = new PendingRows(context.slots)
    this.#timers = new TimerWheel(assigner.grain)
    this.#clockTimers = new TimerWheel(assigner.grain)
  }

  get open(): number {
    return this.#open
  }

  add(of: KeyedRows): void {
    const { rows, count, times } = of
    const isMerging = this.#assigner.merge !== null
    this.#pending.begin(of, count)
    this.#assigner.begin(of.batch)
    for (let i = 0; i < count; i++) {
      const row = rows[i] ?? 0
      const time = times[row] ?? 0
      const key = of.keys[row] ?? 0
      this.#ask.time = time
      if (isMerging) this.#addMerging(of, row, time, key)
      else this.#addAssigned(of, row, time, key)
    }
    for (const window of this.#touched) {
      window.touched = false
      if (!window.gone) this.#look(window)
    }
    this.#touched = []
    this.#pending.flush()
  }

  #addAssigned(of: KeyedRows, row: number, time: number, key: number): void {
    const assigner = this.#assigner
    const count = assigner.assign(time, row)
    if (count === 0) {
      this.#context.outside()
      return
    }
    let hit = false
    let closed = false
    for (let i = 0; i < count; i++) {
      const end = assigner.ends[i] ?? 0
      if (this.#isForgotten(end)) continue
      const window = this.#windowOf(key, assigner.starts[i] ?? 0, end)
      if (window.closed) closed = true
      else {
        hit = true
        this.#addTo(window, row, time)
      }
    }
    if (!hit) this.#context.late(of, row, closed ? 'closed' : 'late')
  }

  #isForgotten(end: number): boolean {
    return end + this.#context.windowing.lateness <= this.#ask.watermark
  }

  #windowOf(key: number, start: number, end: number): OpenWindow {
    const windows = this.#windows.get(key)
    if (windows !== undefined) {
      // From the back: most events belong to the newest windows.
      for (let i = windows.length - 1; i >= 0; i--) {
        const window = windows[i]
        if (window === undefined || window.end < end) break
        if (window.end === end && window.start === start) return window
      }
    }
    return this.#create(key, start, end)
  }

  #create(key: number, start: number, end: number): OpenWindow {
    const { slots, keys } = this.#context
    const window = openWindow(key, start, end, slots.take(), this.#trigger.create())
    keys.retain(key)
    this.#insert(window)
    return window
  }

  #insert(window: OpenWindow): void {
    const windows = this.#windows.get(window.key)
    this.#open++
    if (windows === undefined) {
      this.#windows.set(window.key, [window])
      return
    }
    let at = windows.length
    while (at > 0 && isBefore(window, windows[at - 1])) at--
    windows.splice(at, 0, window)
  }

  #addMerging(of: KeyedRows, row: number, time: number, key: number): void {
    const assigner = this.#assigner
    if (assigner.assign(time, row) === 0) {
      this.#context.outside()
      return
    }
    const start = assigner.starts[0] ?? 0
    const end = assigner.ends[0] ?? 0
    const parts = assigner.merge?.(this.#windows.get(key) ?? [], start, end) ?? []
    const open = parts.filter((part) => !part.closed)
    const [into] = open
    if (into !== undefined) {
      this.#merge(into, open, Math.min(start, into.start), end)
      this.#addTo(into, row, time)
    } else if (parts.length > 0) this.#context.late(of, row, 'closed')
    else if (this.#isForgotten(end)) this.#context.late(of, row, 'late')
    else this.#addTo(this.#create(key, start, end), row, time)
  }

  /** Makes `into` the window of all `parts`, which it is the first of, and of [start, end). */
  #merge(into: OpenWindow, parts: readonly OpenWindow[], start: number, end: number): void {
    const { slots, windowing } = this.#context
    const last = parts.reduce((most, part) => Math.max(most, part.end), end)
    const reopens = into.end <= this.#ask.watermark && last > this.#ask.watermark
    into.start = start
    into.end = last
    if (parts.length === 1 && !reopens) return
    this.#pending.flush()
    const states = parts.map((part) => part.trigger)
    const fresh = parts.map((part) => part.fresh)
    for (const part of parts) {
      if (part === into) continue
      slots.merge(into.slot, part.slot)
      into.fresh += part.fresh
      into.held += part.held
      into.stamp = earlierOrLater(windowing.stamp, into.stamp, part.stamp)
      into.timely ||= part.timely
      into.onTimeGiven ||= part.onTimeGiven
      into.panes = Math.max(into.panes, part.panes)
      into.onTimePanes = Math.max(into.onTimePanes, part.onTimePanes)
      into.given.push(...part.given)
      this.#remove(part)
    }
    if (last > this.#ask.watermark) into.onTimeGiven = false
    this.#ask.end = last
    this.#trigger.onMerge(into.trigger, states, fresh, this.#ask)
    this.#arm(into)
  }

  #addTo(window: OpenWindow, row: number, time: number): void {
    const { windowing } = this.#context
    const ask = this.#ask
    this.#pending.add(window.slot, row)
    window.fresh++
    window.held++
    if (window.end > ask.watermark) window.timely = true
    if (windowing.stamp !== 'end' && time >= ask.watermark) {
      window.stamp = earlierOrLater(windowing.stamp, window.stamp, time)
    }
    ask.end = window.end
    this.#trigger.onElement(window.trigger, ask)
    if (windowing.evaluation === 'event') this.#look(window)
    else if (!window.touched) {
      window.touched = true
      this.#touched.push(window)
    }
  }

  /** Asks the trigger. */
  #look(window: OpenWindow): void {
    const ask = this.#ask
    ask.end = window.end
    ask.fresh = window.fresh
    if (!window.closed && this.#trigger.shouldFire(window.trigger, ask)) {
      this.#trigger.onFire(window.trigger, ask)
      const finished = this.#trigger.finished(window.trigger)
      this.#give(window, finished || this.#isForgotten(window.end))
      if (finished) this.#close(window)
    }
    this.#arm(window)
  }

  /** Gives a pane, if it has anything to say. */
  #give(window: OpenWindow, last: boolean): void {
    const { slots, windowing } = this.#context
    const isPast = this.#ask.watermark >= window.end
    const isLate = isPast && (window.onTimeGiven || !window.timely)
    const timing = isPast ? (isLate ? 'late' : 'on_time') : 'early'
    const isDue =
      window.fresh > 0 ||
      (timing === 'on_time' && this.#trigger.hasWatermark) ||
      (last && windowing.closing === 'always') ||
      (this.#ask.periodic && window.held > 0)
    if (!isDue) return
    this.#pending.flush()
    for (const given of window.given) this.#context.emit({ ...given, retraction: true }, window.key)
    const pane: Pane = {
      index: window.panes,
      onTimeIndex: isPast ? window.onTimePanes : -1,
      timing,
      first: window.panes === 0,
      last,
    }
    const result = {
      window: { start: window.start, end: window.end },
      time: Number.isNaN(window.stamp) ? window.end - 1 : window.stamp,
      pane,
      retraction: false,
      values: slots.values(window.slot, window.start, window.end),
    }
    this.#context.emit(result, window.key)
    window.given = windowing.accumulation === 'retracting' ? [result] : []
    window.panes++
    if (isPast) {
      window.onTimePanes++
      window.onTimeGiven = true
    }
    window.fresh = 0
    window.stamp = Number.NaN
    if (windowing.accumulation === 'discarding') {
      slots.clear(window.slot)
      window.held = 0
    }
  }

  #close(window: OpenWindow): void {
    this.#pending.flush()
    this.#context.slots.release(window.slot)
    window.slot = -1
    window.closed = true
    window.given = []
  }

  /** Takes a window out, with its state. */
  #remove(window: OpenWindow): void {
    const { slots, keys } = this.#context
    const windows = this.#windows.get(window.key) ?? []
    windows.splice(windows.indexOf(window), 1)
    if (windows.length === 0) this.#windows.delete(window.key)
    if (window.slot >= 0) slots.release(window.slot)
    keys.release(window.key)
    window.gone = true
    this.#open--
  }

  /** Asks to be woken for whatever comes first. */
  #arm(window: OpenWindow): void {
    const { watermark } = this.#ask
    const forgotten = Math.min(window.end + this.#context.windowing.lateness, END_OF_TIME)
    let next = window.end > watermark ? window.end : forgotten
    if (!window.closed) {
      const time = this.#trigger.nextTime(window.trigger)
      if (time > watermark) next = Math.min(next, time)
      const clock = this.#trigger.nextClock(window.trigger)
      if (clock < window.wakeClock) {
        window.wakeClock = clock
        this.#clockTimers.set(clock, window)
      }
    }
    if (next < window.wake) {
      window.wake = next
      this.#timers.set(next, window)
    }
  }

  watermark(watermark: number): void {
    this.#ask.watermark = watermark
    const due: OpenWindow[] = []
    this.#timers.due(watermark, (window, time) => {
      if (window.gone || window.wake !== time) return
      window.wake = Number.POSITIVE_INFINITY
      due.push(window)
    })
    due.sort((a, b) => a.end - b.end)
    for (const window of due) {
      if (!this.#isForgotten(window.end)) this.#look(window)
      else {
        this.#ask.end = window.end
        this.#ask.fresh = window.fresh
        if (!window.closed) {
          // One pane, however far the watermark jumped; asked only whether a period is up.
          this.#trigger.shouldFire(window.trigger, this.#ask)
          this.#give(window, true)
        }
        this.#remove(window)
      }
    }
  }

  clock(clock: number): void {
    this.#ask.clock = clock
    const due: OpenWindow[] = []
    this.#clockTimers.due(clock, (window, time) => {
      if (window.gone || window.wakeClock !== time) return
      window.wakeClock = Number.POSITIVE_INFINITY
      due.push(window)
    })
    for (const window of due) this.#look(window)
  }

  hold(): number {
    let hold = Number.POSITIVE_INFINITY
    if (this.#context.windowing.stamp === 'end') return hold
    for (const windows of this.#windows.values()) {
      for (const { stamp } of windows) if (stamp < hold) hold = stamp
    }
    return hold
  }

  write(out: ByteWriter): void {
    out.f64(this.#ask.watermark)
    out.f64(this.#ask.clock)
    out.varint(this.#open)
    for (const windows of this.#windows.values()) {
      for (const window of windows) {
        writeWindow(window, out)
        if (!window.closed) this.#context.slots.write(window.slot, out)
      }
    }
  }

  read(from: ByteReader, idOf: (id: number) => number): void {
    const { slots, keys } = this.#context
    this.#ask.watermark = from.f64()
    this.#ask.clock = from.f64()
    for (let left = from.count(); left > 0; left--) {
      const window = readWindow(from, this.#trigger.length, idOf)
      if (!window.closed) {
        window.slot = slots.take()
        slots.read(window.slot, from)
      }
      if (window.key < 0) {
        if (window.slot >= 0) slots.release(window.slot)
        continue
      }
      keys.retain(window.key)
      this.#adopt(window)
    }
  }

  /** Takes in a window of a snapshot; that of the overflow key may be there from another instance. */
  #adopt(window: OpenWindow): void {
    const known = this.#windows.get(window.key) ?? []
    const { merge } = this.#assigner
    const same = known.filter((one) => one.start === window.start && one.end === window.end)
    this.#insert(window)
    const parts = merge === null ? same : merge(known, window.start, window.end)
    const open = parts.filter((part) => !part.closed && part !== window)
    if (open.length === 0 || window.closed) {
      this.#arm(window)
      return
    }
    const start = open.reduce((least, part) => Math.min(least, part.start), window.start)
    this.#merge(window, [window, ...open], start, window.end)
    this.#arm(window)
  }

  bytes(): number {
    return this.#open * WINDOW_BYTES
  }
}

/** What a record, its trigger's numbers and its timer take, about. */
const WINDOW_BYTES = 320

function isBefore(window: OpenWindow, other: OpenWindow | undefined): boolean {
  if (other === undefined) return false
  return window.end === other.end ? window.start < other.start : window.end < other.end
}

function earlierOrLater(stamp: 'end' | 'earliest' | 'latest', a: number, b: number): number {
  if (Number.isNaN(a)) return b
  if (Number.isNaN(b)) return a
  return stamp === 'earliest' ? Math.min(a, b) : Math.max(a, b)
}
