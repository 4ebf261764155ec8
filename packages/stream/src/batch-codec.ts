/**
 * Encodes a batch into one buffer and back. All numbers are little-endian.
 *
 *     header     magic u32 'LHB1' · version u16 · columns u16 · rows u32 · directory bytes u32
 *     directory  per column: name length u8 · name UTF-8 · type u8 · section lengths u32 × sections of the type
 *     sections   in directory order, each starting at a multiple of 8
 *
 * Sections by type: numbers: validity, data · dict: codes, value offsets, value bytes · text:
 * validity, offsets, bytes · tags: offsets, key codes, key-name offsets, key-name bytes, values
 * validity, values offsets, values bytes. A validity section of length 0 means that no row is null.
 */

import type { Batch, BatchColumnType, Column, TextColumn, Validity } from './batch.ts'

const MAGIC = 0x3142484c
const VERSION = 1
const HEADER_BYTES = 16
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

function sectionsOf(column: Column): Uint8Array[] {
  switch (column.type) {
    case 'i64':
    case 'f64':
    case 'i32':
    case 'i16':
    case 'bool':
      return [column.valid ?? NO_BYTES, bytesOf(column.data)]
    case 'dict': {
      const names = packStrings(column.values)
      return [bytesOf(column.codes), bytesOf(names.offsets), names.bytes]
    }
    case 'text':
      return [column.valid ?? NO_BYTES, bytesOf(column.offsets), column.bytes]
    case 'tags': {
      const names = packStrings(column.keyNames)
      return [
        bytesOf(column.offsets),
        bytesOf(column.keys),
        bytesOf(names.offsets),
        names.bytes,
        column.values.valid ?? NO_BYTES,
        bytesOf(column.values.offsets),
        column.values.bytes,
      ]
    }
  }
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

/** Encodes `batch` into a buffer of its own. Cost: one copy of every column. */
export function encodeBatch(batch: Batch): Uint8Array {
  const columns = [...batch.columns].map(([name, column]) => ({
    name: encoder.encode(name),
    type: TYPES.indexOf(column.type),
    sections: sectionsOf(column),
  }))
  let directory = 0
  let data = 0
  for (const column of columns) {
    directory += 2 + column.name.length + 4 * column.sections.length
    for (const section of column.sections) data += padded(section.length)
  }
  const start = padded(HEADER_BYTES + directory)
  const out = new Uint8Array(start + data)
  const view = new DataView(out.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint16(4, VERSION, true)
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
    for (const section of column.sections) {
      view.setUint32(at, section.length, true)
      at += 4
      out.set(section, to)
      to += padded(section.length)
    }
  }
  return out
}

/** Why bytes are not a batch. */
export class BatchFormatError extends Error {
  override readonly name = 'BatchFormatError'
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
 * @throws BatchFormatError
 */
export function decodeBatch(payload: Uint8Array): Batch {
  try {
    return decode(payload)
  } catch (error) {
    // Damaged lengths end in reads beyond the bytes, damaged text in a decoding error.
    if (error instanceof RangeError || error instanceof TypeError) fail(error.message)
    throw error
  }
}

function decode(payload: Uint8Array): Batch {
  // Not `slice`: a Node Buffer answers that with a view, which stands no straighter.
  const source = payload.byteOffset % 8 === 0 ? payload : new Uint8Array(payload)
  const { buffer, byteOffset } = source
  if (source.length < HEADER_BYTES) fail('shorter than its header')
  const view = new DataView(buffer, byteOffset, source.length)
  if (view.getUint32(0, true) !== MAGIC) fail('wrong magic')
  const version = view.getUint16(4, true)
  if (version !== VERSION) fail(`version ${version}, this program reads ${VERSION}`)
  const count = view.getUint16(6, true)
  const rows = view.getUint32(8, true)
  const directory = view.getUint32(12, true)
  let at = HEADER_BYTES
  const end = HEADER_BYTES + directory
  if (end > source.length) fail('directory cut off')
  let from = padded(end)
  const columns = new Map<string, Column>()

  for (let c = 0; c < count; c++) {
    const nameLength = view.getUint8(at)
    const name = decoder.decode(source.subarray(at + 1, at + 1 + nameLength))
    at += 1 + nameLength
    const type = TYPES[view.getUint8(at)] ?? fail(`column ${name} has an unknown type`)
    at += 1
    const sections: Uint8Array[] = []
    for (let s = 0; s < SECTIONS[type]; s++) {
      const length = view.getUint32(at, true)
      at += 4
      if (from + length > source.length) fail(`column ${name} is cut off`)
      sections.push(source.subarray(from, from + length))
      from += padded(length)
    }
    columns.set(name, columnFrom(name, type, rows, sections))
  }
  return { rows, columns }
}

const ELEMENT_BYTES = { i64: 8, f64: 8, i32: 4, i16: 2, bool: 1 } as const

function int32(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length >> 2)
}

function offsets32(name: string, bytes: Uint8Array, count: number, limit: number): Uint32Array {
  if (bytes.length !== 4 * (count + 1)) fail(`column ${name} has a wrong number of offsets`)
  const offsets = new Uint32Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, count + 1)
  let last = 0
  for (const offset of offsets) {
    if (offset < last || offset > limit) fail(`column ${name} has offsets out of order`)
    last = offset
  }
  return offsets
}

function validity(name: string, bytes: Uint8Array, rows: number): Validity {
  if (bytes.length === 0) return null
  if (bytes.length !== Math.ceil(rows / 64) * 8) fail(`column ${name} has a wrong validity`)
  return bytes
}

function textFrom(
  name: string,
  rows: number,
  valid: Uint8Array,
  offsets: Uint8Array,
  bytes: Uint8Array,
): TextColumn {
  return {
    type: 'text',
    valid: validity(name, valid, rows),
    offsets: offsets32(name, offsets, rows, bytes.length),
    bytes,
  }
}

function columnFrom(
  name: string,
  type: BatchColumnType,
  rows: number,
  sections: Uint8Array[],
): Column {
  const section = (i: number): Uint8Array => sections[i] ?? NO_BYTES
  switch (type) {
    case 'i64':
    case 'f64':
    case 'i32':
    case 'i16':
    case 'bool': {
      const bytes = section(1)
      if (bytes.length !== rows * ELEMENT_BYTES[type]) fail(`column ${name} has a wrong length`)
      const buffer = bytes.buffer as ArrayBuffer
      const valid = validity(name, section(0), rows)
      if (type === 'i64')
        return { type, valid, data: new BigInt64Array(buffer, bytes.byteOffset, rows) }
      if (type === 'f64')
        return { type, valid, data: new Float64Array(buffer, bytes.byteOffset, rows) }
      if (type === 'i32') return { type, valid, data: int32(bytes) }
      if (type === 'i16')
        return { type, valid, data: new Int16Array(buffer, bytes.byteOffset, rows) }
      return { type, valid, data: bytes }
    }
    case 'dict': {
      const codes = int32(section(0))
      if (codes.length !== rows) fail(`column ${name} has a wrong length`)
      const count = section(1).length / 4 - 1
      const values = unpackStrings(
        offsets32(name, section(1), count, section(2).length),
        section(2),
      )
      for (const code of codes) {
        if (code < -1 || code >= values.length) fail(`column ${name} has a code without a value`)
      }
      return { type, codes, values }
    }
    case 'text':
      return textFrom(name, rows, section(0), section(1), section(2))
    case 'tags': {
      const keys = int32(section(1))
      const nameCount = section(2).length / 4 - 1
      const keyNames = unpackStrings(
        offsets32(name, section(2), nameCount, section(3).length),
        section(3),
      )
      for (const code of keys) {
        if (code < 0 || code >= keyNames.length) fail(`column ${name} has a key without a name`)
      }
      return {
        type,
        offsets: offsets32(name, section(0), rows, keys.length),
        keys,
        keyNames,
        values: textFrom(name, keys.length, section(4), section(5), section(6)),
      }
    }
  }
}
