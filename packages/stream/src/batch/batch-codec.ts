/**
 * Encodes a batch into one buffer and back. All numbers are little-endian.
 *
 *     header     magic u32 'LHB1' · version u16 · columns u16 · rows u32 · directory bytes u32 ·
 *                check u32 · zero u32
 *     directory  per column: name length u8 · name UTF-8 · type u8 · per section of the type:
 *                packing u8 · length u32
 *     sections   in directory order, each starting at a multiple of 8
 *
 * Sections by type: numbers: validity, data · dict: codes, value offsets, value bytes · text:
 * validity, offsets, bytes · tags: offsets, key codes, key-name offsets, key-name bytes, values
 * validity, values offsets, values bytes. A validity section of length 0 means that no row is null.
 *
 * Numbers of rows are packed where that is shorter (`pack-numbers.ts`), offsets as lengths. The check
 * covers header and directory: a packed column of equal numbers has no bytes per row, so that nothing
 * else would contradict a damaged number of rows.
 */

import { StreamError } from '../stream-error.ts'
import type { Batch, BatchColumnType, Column, TextColumn, Validity } from './batch.ts'
import {
  BASE_BYTES,
  MOST_DIGITS,
  type Packed,
  packDecimals,
  packLengths,
  packSmall,
  packWords,
  unpackDecimals,
  unpackLengths,
  unpackSmall,
  unpackWords,
} from './pack-numbers.ts'

const MAGIC = 0x3142484c
/** Version of the layout (docs/formats/batch.md). */
export const BATCH_VERSION = 1
const HEADER_BYTES = 24
/** What a byte, and two, can count. */
const LONGEST_NAME = 255
const MOST_COLUMNS = 65_535
const CHECK_AT = 16
/** Packings of a section: as it is, or 1 + bytes of a distance + 16 × decimal digits. */
const PLAIN = 0
const TYPES: readonly BatchColumnType[] = [
  'dict',
  'text',
  'i64',
  'i32',
  'i16',
  'f64',
  'bool',
  'tags',
]
const NO_BYTES = new Uint8Array(0)
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

function padded(length: number): number {
  return (length + 7) & ~7
}

function packStrings(values: readonly string[]): { offsets: Uint32Array; bytes: Uint8Array } {
  const offsets = new Uint32Array(values.length + 1)
  const parts = values.map((value) => encoder.encode(value))
  let length = 0
  for (const [i, part] of parts.entries()) {
    length += part.length
    offsets[i + 1] = length
  }
  const bytes = new Uint8Array(length)
  for (const [i, part] of parts.entries()) bytes.set(part, offsets[i])
  return { offsets, bytes }
}

interface Section {
  readonly packing: number
  readonly bytes: Uint8Array
}

const NOTHING: Section = { packing: PLAIN, bytes: NO_BYTES }

function plain(view: ArrayBufferView): Section {
  return { packing: PLAIN, bytes: bytesOf(view) }
}

/** The packed form where there is one. */
function either(packed: Packed | null, view: ArrayBufferView): Section {
  if (packed === null) return plain(view)
  return { packing: 1 + packed.width + 16 * packed.digits, bytes: packed.bytes }
}

function validSection(valid: Validity): Section {
  return valid === null ? NOTHING : plain(valid)
}

function sectionsOf(column: Column): Section[] {
  switch (column.type) {
    case 'i64': {
      const { data } = column
      const words = new Int32Array(data.buffer, data.byteOffset, data.length * 2)
      return [validSection(column.valid), either(packWords(words), data)]
    }
    case 'f64':
      return [validSection(column.valid), either(packDecimals(column.data), column.data)]
    case 'i32':
    case 'i16':
    case 'bool':
      return [validSection(column.valid), either(packSmall(column.data), column.data)]
    case 'dict': {
      const names = packStrings(column.values)
      const codes = either(packSmall(column.codes), column.codes)
      return [codes, plain(names.offsets), plain(names.bytes)]
    }
    case 'text':
      return textSections(column)
    case 'tags': {
      const names = packStrings(column.keyNames)
      return [
        either(packLengths(column.offsets), column.offsets),
        either(packSmall(column.keys, 1), column.keys),
        plain(names.offsets),
        plain(names.bytes),
        ...textSections(column.values),
      ]
    }
  }
}

function textSections({ valid, offsets, bytes }: TextColumn): Section[] {
  return [validSection(valid), either(packLengths(offsets), offsets), plain(bytes)]
}

const SECTIONS: Record<BatchColumnType, number> = {
  i64: 2,
  f64: 2,
  i32: 2,
  i16: 2,
  bool: 2,
  dict: 3,
  text: 3,
  tags: 7,
}

/**
 * Encodes `batch` into a buffer of its own. Cost: one copy of every column. Throws a StreamError `invalid_input` for a
 * name of more than 255 bytes of UTF-8, and for more than 65,535 columns: the layout has no room for them.
 */
export function encodeBatch(batch: Batch): Uint8Array {
  if (batch.columns.size > MOST_COLUMNS) {
    const problem = `a batch of ${batch.columns.size} columns; at most ${MOST_COLUMNS} can be encoded`
    throw new StreamError('invalid_input', problem, 'columns')
  }
  const columns = [...batch.columns].map(([name, column]) => ({
    name: encodedName(name),
    type: TYPES.indexOf(column.type),
    sections: sectionsOf(column),
  }))
  let directory = 0
  let data = 0
  for (const column of columns) {
    directory += 2 + column.name.length + 5 * column.sections.length
    for (const { bytes } of column.sections) data += padded(bytes.length)
  }
  const start = padded(HEADER_BYTES + directory)
  const out = new Uint8Array(start + data)
  const view = new DataView(out.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint16(4, BATCH_VERSION, true)
  view.setUint16(6, columns.length, true)
  view.setUint32(8, batch.rows, true)
  view.setUint32(12, directory, true)
  let at = HEADER_BYTES
  let to = start
  for (const column of columns) {
    view.setUint8(at, column.name.length)
    out.set(column.name, at + 1)
    at += 1 + column.name.length
    view.setUint8(at, column.type)
    at += 1
    for (const { packing, bytes } of column.sections) {
      view.setUint8(at, packing)
      view.setUint32(at + 1, bytes.length, true)
      at += 5
      out.set(bytes, to)
      to += padded(bytes.length)
    }
  }
  view.setUint32(CHECK_AT, checkOf(out, HEADER_BYTES + directory), true)
  return out
}

function encodedName(name: string): Uint8Array {
  const bytes = encoder.encode(name)
  if (bytes.length <= LONGEST_NAME) return bytes
  const shown = name.length > 40 ? `${name.slice(0, 40)}…` : name
  const problem = `has a name of ${bytes.length} bytes; at most ${LONGEST_NAME} can be encoded`
  throw new StreamError('invalid_input', `column '${shown}' ${problem}`, name)
}

/** Fowler, Noll and Vo's hash 1a of header and directory, with zero in the place of the check. */
function checkOf(bytes: Uint8Array, end: number): number {
  let hash = 0x811c_9dc5
  for (let i = 0; i < end; i++) {
    const byte = i >= CHECK_AT && i < CHECK_AT + 4 ? 0 : (bytes[i] ?? 0)
    hash = Math.imul(hash ^ byte, 0x0100_0193)
  }
  return hash >>> 0
}

/** Why bytes are not a batch that this program reads. */
export class BatchFormatError extends Error {
  override readonly name = 'BatchFormatError'
  /** Whether a newer program wrote it; else it is damaged, or none. */
  readonly newerFormat: boolean

  constructor(message: string, newerFormat = false) {
    super(message)
    this.newerFormat = newerFormat
  }
}

function fail(message: string): never {
  throw new BatchFormatError(`not a readable batch: ${message}`)
}

function unpackStrings(offsets: Uint32Array, bytes: Uint8Array): string[] {
  const values: string[] = []
  for (let i = 0; i + 1 < offsets.length; i++) {
    values.push(decoder.decode(bytes.subarray(offsets[i], offsets[i + 1])))
  }
  return values
}

/**
 * Decodes a batch. Columns are views on `payload`'s buffer; where `payload` does not start at a
 * multiple of 8 it is copied once. Checks structure (magic, version, lengths, offsets, codes);
 * integrity of the bytes is the caller's (the journal carries checksums).
 * @param only the columns to decode; others are passed over, as if they were absent. Default all
 * @throws BatchFormatError
 */
export function decodeBatch(payload: Uint8Array, only?: ReadonlySet<string>): Batch {
  try {
    return decode(payload, only)
  } catch (error) {
    // Damaged lengths end in reads beyond the bytes, damaged text in a decoding error.
    if (error instanceof RangeError || error instanceof TypeError) fail(error.message)
    throw error
  }
}

function decode(payload: Uint8Array, only: ReadonlySet<string> | undefined): Batch {
  // Not `slice`: a Node Buffer answers that with a view, which stands no straighter.
  const source = payload.byteOffset % 8 === 0 ? payload : new Uint8Array(payload)
  const { buffer, byteOffset } = source
  if (source.length < HEADER_BYTES) fail('shorter than its header')
  const view = new DataView(buffer, byteOffset, source.length)
  if (view.getUint32(0, true) !== MAGIC) fail('wrong magic')
  const version = view.getUint16(4, true)
  const count = view.getUint16(6, true)
  const rows = view.getUint32(8, true)
  const directory = view.getUint32(12, true)
  let at = HEADER_BYTES
  const end = HEADER_BYTES + directory
  if (end > source.length) fail('directory cut off')
  if (view.getUint32(CHECK_AT, true) !== checkOf(source, end)) fail('wrong check')
  // After the check, so that a flipped bit of the version is not taken for a newer format.
  if (version !== BATCH_VERSION) {
    throw new BatchFormatError(
      `a batch of version ${version}, this program reads ${BATCH_VERSION}`,
      version > BATCH_VERSION,
    )
  }
  let from = padded(end)
  const columns = new Map<string, Column>()

  for (let c = 0; c < count; c++) {
    const nameLength = view.getUint8(at)
    const name = decoder.decode(source.subarray(at + 1, at + 1 + nameLength))
    at += 1 + nameLength
    const type = TYPES[view.getUint8(at)] ?? fail(`column ${name} has an unknown type`)
    at += 1
    const sections: Section[] = []
    for (let s = 0; s < SECTIONS[type]; s++) {
      const packing = view.getUint8(at)
      const length = view.getUint32(at + 1, true)
      at += 5
      if (from + length > source.length) fail(`column ${name} is cut off`)
      sections.push({ packing, bytes: source.subarray(from, from + length) })
      from += padded(length)
    }
    if (only?.has(name) === false) continue
    columns.set(name, columnFrom(name, type, rows, sections))
  }
  return { rows, columns }
}

const ELEMENT_BYTES = { i64: 8, f64: 8, i32: 4, i16: 2, bool: 1 } as const

/**
 * The bytes of a packed section of `count` numbers and the bytes of a distance, or null for a plain
 * section of `count` numbers of `size` bytes.
 */
function packingOf(
  name: string,
  { packing, bytes }: Section,
  count: number,
  size: number,
): { width: number; digits: number } | null {
  if (packing === PLAIN) {
    if (bytes.length !== count * size) fail(`column ${name} has a wrong length`)
    return null
  }
  const width = (packing & 15) - 1
  const digits = packing >> 4
  if (width < 0 || width >= size || digits > MOST_DIGITS) fail(`column ${name} has no such packing`)
  if (bytes.length !== BASE_BYTES + count * width) fail(`column ${name} has a wrong length`)
  return { width, digits }
}

function int32(name: string, section: Section, count: number): Int32Array {
  const { bytes } = section
  const packed = packingOf(name, section, count, 4)
  if (packed === null) {
    return new Int32Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, count)
  }
  const data = new Int32Array(count)
  unpackSmall(bytes, packed.width, data)
  return data
}

function plainBytes(name: string, { packing, bytes }: Section): Uint8Array {
  if (packing !== PLAIN) fail(`column ${name} has no such packing`)
  return bytes
}

function offsets32(name: string, section: Section, count: number, limit: number): Uint32Array {
  const { packing, bytes } = section
  const packed = packing === PLAIN ? null : packingOf(name, section, count, 4)
  if (packed === null && bytes.length !== 4 * (count + 1)) {
    fail(`column ${name} has a wrong number of offsets`)
  }
  const offsets =
    packed === null
      ? new Uint32Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, count + 1)
      : unpackLengths(bytes, packed.width, count)
  let last = 0
  for (const offset of offsets) {
    if (offset < last || offset > limit) fail(`column ${name} has offsets out of order`)
    last = offset
  }
  return offsets
}

function validity(name: string, section: Section, rows: number): Validity {
  const bytes = plainBytes(name, section)
  if (bytes.length === 0) return null
  if (bytes.length !== Math.ceil(rows / 64) * 8) fail(`column ${name} has a wrong validity`)
  return bytes
}

function textFrom(
  name: string,
  rows: number,
  valid: Section,
  offsets: Section,
  text: Section,
): TextColumn {
  const bytes = plainBytes(name, text)
  return {
    type: 'text',
    valid: validity(name, valid, rows),
    offsets: offsets32(name, offsets, rows, bytes.length),
    bytes,
  }
}

/** The texts of a dictionary. */
function namesFrom(name: string, offsets: Section, text: Section): string[] {
  const bytes = plainBytes(name, text)
  const count = plainBytes(name, offsets).length / 4 - 1
  return unpackStrings(offsets32(name, offsets, count, bytes.length), bytes)
}

/** Number of the key codes; they take at least a byte each, so that their length tells it. */
function pairsOf(name: string, { packing, bytes }: Section): number {
  if (packing === PLAIN) return bytes.length >> 2
  const width = (packing & 15) - 1
  if (width < 1) fail(`column ${name} has no such packing`)
  return Math.max(0, Math.floor((bytes.length - BASE_BYTES) / width))
}

function columnFrom(
  name: string,
  type: BatchColumnType,
  rows: number,
  sections: readonly Section[],
): Column {
  const section = (i: number): Section => sections[i] ?? NOTHING
  switch (type) {
    case 'i64':
    case 'f64':
    case 'i32':
    case 'i16':
    case 'bool':
      return numbersFrom(name, type, rows, validity(name, section(0), rows), section(1))
    case 'dict': {
      const codes = int32(name, section(0), rows)
      const values = namesFrom(name, section(1), section(2))
      for (const code of codes) {
        if (code < -1 || code >= values.length) fail(`column ${name} has a code without a value`)
      }
      return { type, codes, values }
    }
    case 'text':
      return textFrom(name, rows, section(0), section(1), section(2))
    case 'tags': {
      const pairs = pairsOf(name, section(1))
      const offsets = offsets32(name, section(0), rows, pairs)
      const keys = int32(name, section(1), pairs)
      const keyNames = namesFrom(name, section(2), section(3))
      for (const code of keys) {
        if (code < 0 || code >= keyNames.length) fail(`column ${name} has a key without a name`)
      }
      const values = textFrom(name, pairs, section(4), section(5), section(6))
      return { type, offsets, keys, keyNames, values }
    }
  }
}

function numbersFrom(
  name: string,
  type: 'i64' | 'f64' | 'i32' | 'i16' | 'bool',
  rows: number,
  valid: Validity,
  section: Section,
): Column {
  const { bytes } = section
  const packed = packingOf(name, section, rows, ELEMENT_BYTES[type])
  const buffer = packed === null ? bytes.buffer : new ArrayBuffer(rows * ELEMENT_BYTES[type])
  const at = packed === null ? bytes.byteOffset : 0
  switch (type) {
    case 'i64':
      if (packed !== null) unpackWords(bytes, packed.width, new Int32Array(buffer))
      return { type, valid, data: new BigInt64Array(buffer as ArrayBuffer, at, rows) }
    case 'f64': {
      const data = new Float64Array(buffer as ArrayBuffer, at, rows)
      if (packed !== null) unpackDecimals(bytes, packed.width, packed.digits, data)
      return { type, valid, data }
    }
    case 'i32': {
      const data = new Int32Array(buffer as ArrayBuffer, at, rows)
      if (packed !== null) unpackSmall(bytes, packed.width, data)
      return { type, valid, data }
    }
    case 'i16': {
      const data = new Int16Array(buffer as ArrayBuffer, at, rows)
      if (packed !== null) unpackSmall(bytes, packed.width, data)
      return { type, valid, data }
    }
    case 'bool': {
      const data = new Uint8Array(buffer as ArrayBuffer, at, rows)
      if (packed !== null) unpackSmall(bytes, packed.width, data)
      return { type, valid, data }
    }
  }
}
