import type { ByteReader, ByteWriter } from '../bytes.ts'
import { TimerWheel } from '../state/timer-wheel.ts'
import { END_OF_TIME } from '../time/time.ts'
import { type KeyedRows, PendingRows } from './slots.ts'
import type { CoreContext, Pane, WindowCore } from './window-core.ts'

const NONE = -1
const ONLY_PANE: Pane = { index: 0, onTimeIndex: 0, timing: 'on_time', first: true, last: true }

/**
 * Sessions of a fixed gap that fire at their end and are forgotten then. A session is its slot: bounds,
 * key and the next session of the key are columns by slot. Most keys have one session, so that an event
 * costs a look at it and two comparisons.
 *
 * A session has one timer. It is set for the end that the session has when it begins; when it is due and the
 * session has grown, it is set again.
 */
export class SessionCore implements WindowCore {
  readonly #context: CoreContext
  readonly #gap: number
  readonly #pending: PendingRows
  readonly #timers: TimerWheel<number>
  /** First session by key id: the earliest. */
  #heads = new Int32Array(64).fill(NONE)
  #starts = new Float64Array(64)
  #ends = new Float64Array(64)
  #nexts = new Int32Array(64)
  #keys = new Int32Array(64)
  /** Time of the timer by slot; NaN for no session. */
  #armed = new Float64Array(64).fill(Number.NaN)
  #watermark = Number.NEGATIVE_INFINITY
  #open = 0

  constructor(context: CoreContext, gap: number) {
    this.#context = context
    this.#gap = gap
    this.#pending = new PendingRows(context.slots)
    this.#timers = new TimerWheel(gap / 16)
  }

  get open(): number {
    return this.#open
  }

  add(of: KeyedRows): void {
    const { rows, count, times, keys } = of
    const gap = this.#gap
    const pending = this.#pending
    pending.begin(of, count)
    for (let i = 0; i < count; i++) {
      const row = rows[i] ?? 0
      const time = times[row] ?? 0
      const key = keys[row] ?? 0
      const slot = key < this.#heads.length ? (this.#heads[key] ?? NONE) : NONE
      if (slot !== NONE && this.#nexts[slot] === NONE) {
        const end = this.#ends[slot] ?? 0
        const start = this.#starts[slot] ?? 0
        if (time <= end && time + gap >= start) {
          if (time + gap > end) this.#ends[slot] = Math.min(time + gap, END_OF_TIME)
          if (time < start) this.#starts[slot] = time
          pending.add(slot, row)
          continue
        }
      }
      this.#place(of, row, time, key)
    }
    pending.flush()
  }

  /** An event that begins a session, or belongs to a key with several. */
  #place(of: KeyedRows, row: number, time: number, key: number): void {
    const end = Math.min(time + this.#gap, END_OF_TIME)
    let into = NONE
    let before = NONE
    for (let slot = this.#headOf(key); slot !== NONE; ) {
      const next = this.#nexts[slot] ?? NONE
      if ((this.#starts[slot] ?? 0) > end) break
      if ((this.#ends[slot] ?? 0) < time) before = slot
      else if (into === NONE) {
        into = slot
        this.#starts[slot] = Math.min(this.#starts[slot] ?? 0, time)
        this.#ends[slot] = Math.max(this.#ends[slot] ?? 0, end)
      } else this.#join(into, slot)
      slot = next
    }
    if (into === NONE) {
      if (end <= this.#watermark) {
        this.#context.late(of, row, 'late')
        return
      }
      into = this.#begin(key, time, end, before)
    }
    this.#pending.add(into, row)
  }

  #headOf(key: number): number {
    return key < this.#heads.length ? (this.#heads[key] ?? NONE) : NONE
  }

  /** Makes `slot`, which comes right behind `into`, part of it. */
  #join(into: number, slot: number): void {
    this.#pending.flush()
    this.#context.slots.merge(into, slot)
    this.#ends[into] = Math.max(this.#ends[into] ?? 0, this.#ends[slot] ?? 0)
    this.#nexts[into] = this.#nexts[slot] ?? NONE
    this.#release(slot)
  }

  #release(slot: number): void {
    this.#context.slots.release(slot)
    this.#context.keys.release(this.#keys[slot] ?? 0)
    this.#armed[slot] = Number.NaN
    this.#open--
  }

  #begin(key: number, start: number, end: number, before: number): number {
    const slot = this.#context.slots.take()
    this.#context.keys.retain(key)
    this.#reserve(key, slot)
    this.#keys[slot] = key
    this.#starts[slot] = start
    this.#ends[slot] = end
    if (before === NONE) {
      this.#nexts[slot] = this.#heads[key] ?? NONE
      this.#heads[key] = slot
    } else {
      this.#nexts[slot] = this.#nexts[before] ?? NONE
      this.#nexts[before] = slot
    }
    this.#armed[slot] = end
    this.#timers.set(end, slot)
    this.#open++
    return slot
  }

  #reserve(key: number, slot: number): void {
    if (key >= this.#heads.length) {
      const heads = new Int32Array(Math.max(2 * this.#heads.length, key + 1)).fill(NONE)
      heads.set(this.#heads)
      this.#heads = heads
    }
    if (slot < this.#starts.length) return
    const length = Math.max(2 * this.#starts.length, slot + 1)
    const armed = new Float64Array(length).fill(Number.NaN)
    armed.set(this.#armed)
    this.#armed = armed
    this.#starts = grown(this.#starts, new Float64Array(length))
    this.#ends = grown(this.#ends, new Float64Array(length))
    this.#nexts = grown(this.#nexts, new Int32Array(length))
    this.#keys = grown(this.#keys, new Int32Array(length))
  }

  watermark(watermark: number): void {
    this.#watermark = watermark
    const due: number[] = []
    const grown: number[] = []
    this.#timers.due(watermark, (slot, time) => {
      if (this.#armed[slot] !== time) return
      this.#armed[slot] = Number.NaN
      if ((this.#ends[slot] ?? 0) <= watermark) due.push(slot)
      else grown.push(slot)
    })
    for (const slot of grown) {
      const end = this.#ends[slot] ?? 0
      this.#armed[slot] = end
      this.#timers.set(end, slot)
    }
    due.sort((a, b) => (this.#ends[a] ?? 0) - (this.#ends[b] ?? 0))
    for (const slot of due) this.#fire(slot)
  }

  clock(): void {}

  #fire(slot: number): void {
    const key = this.#keys[slot] ?? 0
    const start = this.#starts[slot] ?? 0
    const end = this.#ends[slot] ?? 0
    const values = this.#context.slots.values(slot, start, end)
    const result = {
      window: { start, end },
      time: end - 1,
      pane: ONLY_PANE,
      retraction: false,
      values,
    }
    this.#context.emit(result, key)
    this.#unlink(slot, key)
    this.#release(slot)
  }

  #unlink(slot: number, key: number): void {
    const next = this.#nexts[slot] ?? NONE
    if (this.#heads[key] === slot) {
      this.#heads[key] = next
      return
    }
    let before = this.#heads[key] ?? NONE
    while (this.#nexts[before] !== slot) before = this.#nexts[before] ?? NONE
    this.#nexts[before] = next
  }

  write(out: ByteWriter): void {
    out.f64(this.#watermark)
    out.varint(this.#open)
    for (let key = 0; key < this.#heads.length; key++) {
      for (let slot = this.#headOf(key); slot !== NONE; slot = this.#nexts[slot] ?? NONE) {
        out.varint(key)
        out.f64(this.#starts[slot] ?? 0)
        out.f64(this.#ends[slot] ?? 0)
        this.#context.slots.write(slot, out)
      }
    }
  }

  read(from: ByteReader, idOf: (id: number) => number): void {
    const { slots } = this.#context
    this.#watermark = from.f64()
    for (let left = from.count(17); left > 0; left--) {
      const key = idOf(from.varint())
      const start = from.f64()
      const end = from.f64()
      const spare = slots.take()
      slots.read(spare, from)
      if (key >= 0) this.#adopt(key, start, end, spare)
      slots.release(spare)
    }
  }

  /** Takes in a session; those of the overflow key may touch one from another instance. */
  #adopt(key: number, start: number, end: number, spare: number): void {
    let before = NONE
    let into = NONE
    for (let slot = this.#headOf(key); slot !== NONE; ) {
      const next = this.#nexts[slot] ?? NONE
      if ((this.#starts[slot] ?? 0) > end) break
      if ((this.#ends[slot] ?? 0) < start) before = slot
      else if (into === NONE) into = slot
      else this.#join(into, slot)
      slot = next
    }
    if (into === NONE) into = this.#begin(key, start, end, before)
    this.#starts[into] = Math.min(this.#starts[into] ?? 0, start)
    this.#ends[into] = Math.max(this.#ends[into] ?? 0, end)
    this.#context.slots.merge(into, spare)
  }

  bytes(): number {
    return this.#heads.byteLength + 32 * this.#starts.length + 16 * this.#timers.size
  }
}

function grown<A extends Float64Array | Int32Array>(from: A, to: A): A {
  to.set(from)
  return to
}
