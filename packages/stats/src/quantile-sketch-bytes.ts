import type { QuantileSketchState } from './quantile-sketch.ts'
import { SKETCH_MAX_BIN } from './sketch-bins.ts'
import { StatsError } from './stats-error.ts'

/**
 * Bytes of a quantile sketch, little-endian:
 *
 *     version u8 = 1 · form u8 · number of entries varint · min f64 · max f64 (neither when empty) ·
 *     entries: key · count
 *
 * Form bit 0: entries are bins (key = zigzag varint of the distance from the bin before), else values (key
 * = f64). Bit 1: counts are f64, else varint. Bit 2: collapsed.
 */
const VERSION = 1
const BINS = 1
const FRACTIONS = 2
const COLLAPSED = 4

export function encodeSketch(state: QuantileSketchState): Uint8Array {
  const binned = state.bins.length > 0
  const keys = binned ? state.bins : state.values
  const counts = binned ? state.counts : state.weights
  const fractions = counts.some((count) => !Number.isSafeInteger(count))
  const form =
    (binned ? BINS : 0) | (fractions ? FRACTIONS : 0) | (state.collapsed === true ? COLLAPSED : 0)
  // At most 8 bytes of a key and 8 of a count, and what comes before.
  const view = new DataView(new ArrayBuffer(32 + 16 * keys.length))
  let at = 0
  const f64 = (value: number) => {
    view.setFloat64(at, value, true)
    at += 8
  }
  const varint = (value: number) => {
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) view.setUint8(at++, (rest % 0x80) + 0x80)
    view.setUint8(at++, rest)
  }
  view.setUint8(at++, VERSION)
  view.setUint8(at++, form)
  varint(keys.length)
  if (keys.length > 0) {
    f64(state.min ?? 0)
    f64(state.max ?? 0)
  }
  let before = 0
  for (const [i, key] of keys.entries()) {
    if (binned) varint(key >= before ? 2 * (key - before) : 2 * (before - key) - 1)
    else f64(key)
    before = key
    if (fractions) f64(counts[i] ?? 0)
    else varint(counts[i] ?? 0)
  }
  return new Uint8Array(view.buffer, 0, at)
}

/** Throws a StatsError for bytes that `encodeSketch` did not give. */
export function decodeSketch(bytes: Uint8Array): QuantileSketchState {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const take = (count: number) => {
    at += count
    if (at > bytes.length) throw damaged(`a sketch cut short at byte ${bytes.length}`)
    return at - count
  }
  const u8 = () => view.getUint8(take(1))
  const f64 = () => view.getFloat64(take(8), true)
  const varint = () => {
    let value = 0
    for (let scale = 1; ; scale *= 0x80) {
      const byte = u8()
      value += (byte & 0x7f) * scale
      if (!Number.isSafeInteger(value)) throw damaged('a sketch with a number beyond 2^53')
      if (byte < 0x80) return value
    }
  }
  const version = u8()
  if (version !== VERSION) throw damaged(`a sketch of version ${version}`)
  const form = u8()
  const length = varint()
  if (2 * length > bytes.length) throw damaged(`a sketch of ${length} entries is cut short`)
  const [min, max] = length > 0 ? [f64(), f64()] : [null, null]
  const binned = (form & BINS) !== 0
  const keys: number[] = []
  const counts: number[] = []
  let before = 0
  for (let i = 0; i < length; i++) {
    if (binned) {
      const step = varint()
      before += step % 2 === 0 ? step / 2 : -(step + 1) / 2
      if (Math.abs(before) > SKETCH_MAX_BIN) throw damaged(`a sketch with the bin ${before}`)
    }
    keys.push(binned ? before : f64())
    counts.push((form & FRACTIONS) !== 0 ? f64() : varint())
  }
  if (at !== bytes.length) throw damaged(`a sketch with ${bytes.length - at} bytes too many`)
  if (!counts.every((count) => count > 0)) throw damaged('a sketch with a count of nothing')
  return {
    values: binned ? [] : keys,
    weights: binned ? [] : counts,
    bins: binned ? keys : [],
    counts: binned ? counts : [],
    min,
    max,
    ...((form & COLLAPSED) !== 0 && { collapsed: true }),
  }
}

function damaged(problem: string): StatsError {
  return new StatsError('bad_state', 'bytes', problem)
}
