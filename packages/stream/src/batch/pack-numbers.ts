/**
 * Packs the numbers of a section as distances from the least of them, each in as few bytes as the
 * greatest needs (frame of reference):
 *
 *     base i64 · byte 0 of every distance · byte 1 of every distance · …
 *
 * Numbers of a batch lie close together (times, counts, codes of a dictionary), so that most take one
 * to four bytes and a column of equal numbers none. Bytes of equal weight stand together because a
 * compressor finds the upper ones alike.
 *
 * Answers are null where packing would not be shorter; the section is then kept as it is. Cost: about
 * a nanosecond a byte written.
 */

export interface Packed {
  /** Bytes of a distance, 0 to 7. */
  readonly width: number
  /** Decimal digits by which numbers were shifted to be whole. */
  readonly digits: number
  readonly bytes: Uint8Array
}

export const BASE_BYTES = 8
const WORD = 0x1_0000_0000
/** Greatest number below which every whole number is a double. */
const MOST_EXACT = 2 ** 53
const POWERS = [1, 10, 100, 1000, 10_000] as const
export const MOST_DIGITS: number = POWERS.length - 1

function widthOf(range: number): number {
  let width = 0
  for (let left = range; left >= 1; left = Math.floor(left / 256)) width++
  return width
}

function isShorter(width: number, count: number, size: number): boolean {
  return BASE_BYTES + width * count < size * count
}

function withBase(base: number, width: number, count: number): Uint8Array {
  const bytes = new Uint8Array(BASE_BYTES + width * count)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, base >>> 0, true)
  view.setInt32(4, Math.floor(base / WORD), true)
  return bytes
}

/** The base of a packed section; exact for what `packSmall`, `packLengths` and `packDecimals` made. */
function baseOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return view.getInt32(4, true) * WORD + view.getUint32(0, true)
}

/** Packs numbers of at most 32 bits, in no fewer than `leastWidth` bytes each. */
export function packSmall(
  data: Int32Array | Int16Array | Uint8Array,
  leastWidth = 0,
): Packed | null {
  let least = data[0] ?? 0
  let most = least
  for (let i = 1; i < data.length; i++) {
    const value = data[i] ?? 0
    if (value < least) least = value
    else if (value > most) most = value
  }
  const width = Math.max(leastWidth, widthOf(most - least))
  const count = data.length
  if (!isShorter(width, count, data.BYTES_PER_ELEMENT)) return null
  const bytes = withBase(least, width, count)
  for (let plane = 0, to = BASE_BYTES; plane < width; plane++, to += count) {
    const shift = plane * 8
    for (let i = 0; i < count; i++) bytes[to + i] = ((data[i] ?? 0) - least) >>> shift
  }
  return { width, digits: 0, bytes }
}

export function unpackSmall(
  bytes: Uint8Array,
  width: number,
  data: Int32Array | Int16Array | Uint8Array,
): void {
  const count = data.length
  data.fill(baseOf(bytes))
  for (let plane = 0, from = BASE_BYTES; plane < width; plane++, from += count) {
    const shift = plane * 8
    for (let i = 0; i < count; i++) data[i] = (data[i] ?? 0) + ((bytes[from + i] ?? 0) << shift)
  }
}

/** Packs ascending offsets that begin at 0 as the lengths between them. */
export function packLengths(offsets: Uint32Array): Packed | null {
  if (offsets[0] !== 0) return null
  const lengths = new Int32Array(offsets.length - 1)
  for (let i = 0; i < lengths.length; i++) lengths[i] = (offsets[i + 1] ?? 0) - (offsets[i] ?? 0)
  return packSmall(lengths)
}

export function unpackLengths(bytes: Uint8Array, width: number, count: number): Uint32Array {
  const lengths = new Int32Array(count)
  unpackSmall(bytes, width, lengths)
  const offsets = new Uint32Array(count + 1)
  let end = 0
  for (let i = 0; i < count; i++) offsets[i + 1] = end += lengths[i] ?? 0
  return offsets
}

/** Packs 64-bit numbers, given as pairs of words because a BigInt64Array makes an object per read. */
export function packWords(words: Int32Array): Packed | null {
  const count = words.length >> 1
  let low = (words[0] ?? 0) >>> 0
  let high = words[1] ?? 0
  let mostLow = low
  let mostHigh = high
  for (let i = 2; i < words.length; i += 2) {
    const wordLow = (words[i] ?? 0) >>> 0
    const wordHigh = words[i + 1] ?? 0
    if (wordHigh < high || (wordHigh === high && wordLow < low)) {
      low = wordLow
      high = wordHigh
    } else if (wordHigh > mostHigh || (wordHigh === mostHigh && wordLow > mostLow)) {
      mostLow = wordLow
      mostHigh = wordHigh
    }
  }
  const highRange = mostHigh - high - (mostLow < low ? 1 : 0)
  const width = highRange === 0 ? widthOf((mostLow - low) >>> 0) : 4 + widthOf(highRange)
  if (!isShorter(width, count, 8)) return null
  const bytes = new Uint8Array(BASE_BYTES + width * count)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, low, true)
  view.setInt32(4, high, true)
  for (let plane = 0, to = BASE_BYTES; plane < width; plane++, to += count) {
    const shift = (plane & 3) * 8
    if (plane < 4) {
      for (let i = 0; i < count; i++) bytes[to + i] = ((words[i * 2] ?? 0) - low) >>> shift
      continue
    }
    for (let i = 0; i < count; i++) {
      const borrow = (words[i * 2] ?? 0) >>> 0 < low ? 1 : 0
      bytes[to + i] = ((words[i * 2 + 1] ?? 0) - high - borrow) >>> shift
    }
  }
  return { width, digits: 0, bytes }
}

export function unpackWords(bytes: Uint8Array, width: number, words: Int32Array): void {
  const count = words.length >> 1
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const low = view.getUint32(0, true)
  const high = view.getInt32(4, true)
  for (let plane = 0, from = BASE_BYTES; plane < width; plane++, from += count) {
    const shift = (plane & 3) * 8
    const word = plane >> 2
    for (let i = 0; i < count; i++) {
      const at = i * 2 + word
      words[at] = (words[at] ?? 0) | ((bytes[from + i] ?? 0) << shift)
    }
  }
  for (let i = 0; i < words.length; i += 2) {
    const sum = ((words[i] ?? 0) >>> 0) + low
    words[i] = sum
    words[i + 1] = (words[i + 1] ?? 0) + high + (sum >= WORD ? 1 : 0)
  }
}

/**
 * Packs doubles that are decimal fractions of few digits, such as milliseconds with two: as the whole
 * numbers that divided by a power of ten are exactly these doubles. Null where there are others.
 */
export function packDecimals(data: Float64Array): Packed | null {
  for (let digits = 0; digits <= MOST_DIGITS; digits++) {
    const whole = wholeNumbers(data, POWERS[digits] ?? 1)
    if (whole === null) continue
    let least = whole[0] ?? 0
    let most = least
    for (let i = 1; i < whole.length; i++) {
      const value = whole[i] ?? 0
      if (value < least) least = value
      else if (value > most) most = value
    }
    const width = widthOf(most - least)
    const count = whole.length
    if (!isShorter(width, count, 8)) return null
    const bytes = withBase(least, width, count)
    for (let i = 0; i < count; i++) {
      const distance = (whole[i] ?? 0) - least
      for (let plane = 0, to = BASE_BYTES + i; plane < width; plane++, to += count) {
        bytes[to] = plane < 4 ? distance >>> (plane * 8) : (distance / WORD) >>> (plane * 8 - 32)
      }
    }
    return { width, digits, bytes }
  }
  return null
}

function wholeNumbers(data: Float64Array, power: number): Float64Array | null {
  const whole = new Float64Array(data.length)
  for (let i = 0; i < data.length; i++) {
    const value = data[i] ?? 0
    const shifted = Math.round(value * power)
    // Zero has a sign, which a whole number does not keep.
    if (shifted / power !== value || shifted > MOST_EXACT / 4 || shifted < -MOST_EXACT / 4) {
      return null
    }
    if (value === 0 && 1 / value < 0) return null
    whole[i] = shifted
  }
  return whole
}

export function unpackDecimals(
  bytes: Uint8Array,
  width: number,
  digits: number,
  data: Float64Array,
): void {
  const count = data.length
  const base = baseOf(bytes)
  const power = POWERS[digits] ?? 1
  for (let i = 0; i < count; i++) {
    let distance = 0
    let weight = 1
    for (let plane = 0, from = BASE_BYTES + i; plane < width; plane++, from += count) {
      distance += (bytes[from] ?? 0) * weight
      weight *= 256
    }
    data[i] = (base + distance) / power
  }
}
