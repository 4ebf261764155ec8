import { isUtf8 } from 'node:buffer'
import { Undecodable } from '../../core/intake.ts'
import { countMembers, scanJson } from './json-scan.ts'
import type { ReceiverLimits } from './limits.ts'

/**
 * Bytes to wire events. A body that is not JSON at all ends the request; whatever can be blamed on
 * one event (a bad line, too deep, too large, a forbidden or repeated key) becomes an `Undecodable`
 * in its place, so that the others go on and it reaches the dead letters with its index.
 *
 * The common case is one scan, one `JSON.parse` and one count of members. Only when these three
 * disagree or a limit is passed is the array cut into its elements and each looked at alone.
 */
export type Decoded =
  | { readonly ok: true; readonly events: readonly unknown[] }
  | {
      readonly ok: false
      readonly code: 'invalid_json' | 'too_many_events'
      readonly message: string
    }

export type DecodeLimits = Pick<ReceiverLimits, 'maxEvents' | 'maxEventBytes' | 'maxDepth'>

/** Bytes of the original kept with an element that could not be decoded. */
const KEPT_BYTES = 64 * 1024

/** One event, or an array of events. */
export function decodeJson(body: Buffer, limits: DecodeLimits): Decoded {
  const bytes = withoutByteOrderMark(body)
  if (bytes.length === 0) return invalid('the body is empty')
  if (!isUtf8(bytes)) return invalid(`byte ${invalidUtf8Offset(bytes)} is not UTF-8`)
  const scan = scanJson(bytes)
  const longest = firstByte(bytes) === 0x5b ? scan.longestElement : bytes.length
  if (scan.depth > limits.maxDepth + 1 || longest > limits.maxEventBytes) {
    return decodeCarefully(bytes, limits)
  }
  const parsed = parse(bytes)
  if (!parsed.ok) return parsed
  if (Array.isArray(parsed.value) && parsed.value.length > limits.maxEvents) {
    return tooMany(parsed.value.length, limits)
  }
  if (countMembers(parsed.value) !== scan.members) return decodeCarefully(bytes, limits)
  return { ok: true, events: Array.isArray(parsed.value) ? parsed.value : [parsed.value] }
}

/** One event per line; blank lines are skipped and have no index. */
export function decodeNdjson(body: Buffer, limits: DecodeLimits): Decoded {
  const bytes = withoutByteOrderMark(body)
  if (bytes.length === 0) return invalid('the body is empty')
  const events: unknown[] = []
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start)
    const end = newline === -1 ? bytes.length : newline
    const line = bytes.subarray(start, end)
    start = end + 1
    if (isBlank(line)) continue
    if (events.length === limits.maxEvents) return tooMany(null, limits)
    events.push(decodeLine(line, limits))
  }
  return { ok: true, events }
}

function decodeLine(line: Buffer, limits: DecodeLimits): unknown {
  if (!isUtf8(line)) {
    return undecodable('invalid_json_line', `byte ${invalidUtf8Offset(line)} is not UTF-8`, line)
  }
  const refused = refuse(line, limits)
  if (refused !== null) return refused
  const parsed = parse(line)
  if (!parsed.ok) return undecodable('invalid_json_line', parsed.message, line)
  return inspectMembers(parsed.value, line)
}

/** Cuts the array into elements and decodes each alone. */
function decodeCarefully(bytes: Buffer, limits: DecodeLimits): Decoded {
  if (firstByte(bytes) !== 0x5b) {
    const refused = refuse(bytes, limits)
    if (refused !== null) {
      return isBalanced(bytes) ? { ok: true, events: [refused] } : invalid('brackets do not match')
    }
    const parsed = parse(bytes)
    return parsed.ok ? { ok: true, events: [inspectMembers(parsed.value, bytes)] } : parsed
  }
  const { elements } = scanJson(bytes, true)
  if (elements.length / 2 > limits.maxEvents) return tooMany(elements.length / 2, limits)
  const slices: Buffer[] = []
  const refusals: (Undecodable | null)[] = []
  for (let i = 0; i < elements.length; i += 2) {
    const slice = bytes.subarray(elements[i], elements[i + 1])
    slices.push(slice)
    refusals.push(refuse(slice, limits))
  }
  // What is refused cannot be parsed, but the text around it still has to be JSON.
  const rest = withRefusedAsNull(bytes, elements, refusals)
  const parsed = parse(rest)
  if (!parsed.ok) return parsed
  if (!Array.isArray(parsed.value) || parsed.value.length !== slices.length) {
    return invalid('the body is not one JSON array')
  }
  const events = parsed.value.map((value: unknown, index) => {
    const slice = slices[index]
    return refusals[index] ?? (slice === undefined ? value : inspectMembers(value, slice))
  })
  return { ok: true, events }
}

function withRefusedAsNull(
  bytes: Buffer,
  elements: readonly number[],
  refusals: readonly (Undecodable | null)[],
): Buffer {
  const parts: Buffer[] = []
  let copied = 0
  refusals.forEach((refusal, index) => {
    if (refusal === null) return
    parts.push(bytes.subarray(copied, elements[2 * index]), Buffer.from('null'))
    copied = elements[2 * index + 1] ?? copied
  })
  parts.push(bytes.subarray(copied))
  return Buffer.concat(parts)
}

/** Why an element must not even be parsed. */
function refuse(slice: Buffer, limits: DecodeLimits): Undecodable | null {
  if (slice.length > limits.maxEventBytes) {
    const message = `an event may have at most ${limits.maxEventBytes} bytes`
    return undecodable('event_too_large', message, slice)
  }
  if (scanJson(slice).depth > limits.maxDepth) {
    return undecodable('too_deep', `JSON may be nested at most ${limits.maxDepth} deep`, slice)
  }
  return null
}

function inspectMembers(value: unknown, slice: Buffer): unknown {
  const members = countMembers(value)
  if (members === scanJson(slice).members) return value
  const message =
    members < 0
      ? 'a key is `__proto__`, `constructor` or `prototype`'
      : 'an object has the same key twice'
  return undecodable('forbidden_key', message, slice)
}

function undecodable(code: Undecodable['code'], message: string, slice: Buffer): Undecodable {
  return new Undecodable(code, message, slice.subarray(0, KEPT_BYTES).toString('utf8').trim())
}

type Parsed =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: 'invalid_json'; readonly message: string }

/** The parser's own message quotes the body; only the position is taken from it. */
function parse(bytes: Buffer): Parsed {
  try {
    return { ok: true, value: JSON.parse(bytes.toString('utf8')) as unknown }
  } catch (error) {
    const position = error instanceof SyntaxError ? /at position (\d+)/.exec(error.message) : null
    if (position !== null) return invalid(`not JSON at character ${position[1]}`)
    return invalid('the text is not JSON or ends too early')
  }
}

function invalid(message: string): Parsed & { readonly ok: false } {
  return { ok: false, code: 'invalid_json', message }
}

function tooMany(count: number | null, limits: DecodeLimits): Decoded {
  const sent = count === null ? '' : `, this one has ${count}`
  const message = `a request may have at most ${limits.maxEvents} events${sent}`
  return { ok: false, code: 'too_many_events', message }
}

function withoutByteOrderMark(bytes: Buffer): Buffer {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  return marked ? bytes.subarray(3) : bytes
}

function isBlank(line: Buffer): boolean {
  for (const byte of line) if (!isSpace(byte)) return false
  return true
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === 0x0a
}

function firstByte(bytes: Buffer): number {
  for (const byte of bytes) if (!isSpace(byte)) return byte
  return 0
}

function isBalanced(bytes: Buffer): boolean {
  const open = scanJson(Buffer.concat([Buffer.from('['), bytes, Buffer.from(']')]), true)
  return open.elements.length === 2 && open.elements[1] === bytes.length + 1
}

/** Offset of the first byte that is not UTF-8: where decoding first puts a replacement character. */
function invalidUtf8Offset(bytes: Buffer): number {
  const text = bytes.toString('utf8')
  let offset = 0
  let from = 0
  for (;;) {
    const at = text.indexOf('\ufffd', from)
    if (at === -1) return bytes.length
    offset += Buffer.byteLength(text.slice(from, at))
    const genuine =
      bytes[offset] === 0xef && bytes[offset + 1] === 0xbf && bytes[offset + 2] === 0xbd
    if (!genuine) return offset
    offset += 3
    from = at + 1
  }
}
