import type { ByteReader, ByteWriter } from '../bytes.ts'
import { readValue, writeValue } from '../snapshot/json-value.ts'
import type { TriggerState } from '../trigger/trigger.ts'
import type { WindowResult } from './window-core.ts'

/** A result as its window gave it, without the key. */
export type Given = Omit<WindowResult, 'key'>

/** A window of one key, where windows are kept one by one. */
export interface OpenWindow {
  readonly key: number
  start: number
  end: number
  /** -1 once its trigger has finished. */
  slot: number
  /** Events since the last pane, and those that the slot holds. */
  fresh: number
  held: number
  /** Stamp of the next pane by the events so far, NaN for the end of the window. */
  stamp: number
  /** Whether any event came before the watermark reached the end. */
  timely: boolean
  /** Whether the on-time pane, or a late one in its place, was given. */
  onTimeGiven: boolean
  /** Panes given, and those not early. */
  panes: number
  onTimePanes: number
  trigger: TriggerState
  closed: boolean
  /** Results to withdraw before the next one. */
  given: Given[]
  /** When it asked to be looked at, by watermark and by clock; +∞ for never. */
  wake: number
  wakeClock: number
  /** Merged into another window, or forgotten. */
  gone: boolean
  /** Waits for the end of the batch. */
  touched: boolean
}

export function openWindow(
  key: number,
  start: number,
  end: number,
  slot: number,
  trigger: TriggerState,
): OpenWindow {
  return {
    key,
    start,
    end,
    slot,
    fresh: 0,
    held: 0,
    stamp: Number.NaN,
    timely: false,
    onTimeGiven: false,
    panes: 0,
    onTimePanes: 0,
    trigger,
    closed: false,
    given: [],
    wake: Number.POSITIVE_INFINITY,
    wakeClock: Number.POSITIVE_INFINITY,
    gone: false,
    touched: false,
  }
}

/** All but the slot's states and what follows from the rest. */
export function writeWindow(window: OpenWindow, out: ByteWriter): void {
  out.varint(window.key)
  out.f64(window.start)
  out.f64(window.end)
  out.u8((window.closed ? 1 : 0) + (window.timely ? 2 : 0) + (window.onTimeGiven ? 4 : 0))
  out.varint(window.fresh)
  out.varint(window.held)
  out.f64(window.stamp)
  out.varint(window.panes)
  out.varint(window.onTimePanes)
  for (const number of window.trigger) out.f64(number)
  out.varint(window.given.length)
  for (const given of window.given) writeValue(given, out)
}

/** A window as written, without slot, of key `idOf(id)`. */
export function readWindow(
  from: ByteReader,
  triggerLength: number,
  idOf: (id: number) => number,
): OpenWindow {
  const key = idOf(from.varint())
  const start = from.f64()
  const end = from.f64()
  const window = openWindow(key, start, end, -1, [])
  const flags = from.u8()
  window.closed = (flags & 1) !== 0
  window.timely = (flags & 2) !== 0
  window.onTimeGiven = (flags & 4) !== 0
  window.fresh = from.varint()
  window.held = from.varint()
  window.stamp = from.f64()
  window.panes = from.varint()
  window.onTimePanes = from.varint()
  for (let i = 0; i < triggerLength; i++) window.trigger.push(from.f64())
  for (let left = from.count(); left > 0; left--) window.given.push(readValue(from) as Given)
  return window
}
