/**
 * What can be known of JSON text without parsing it. One pass over the bytes, about a nanosecond
 * each, made before `JSON.parse` so that a bomb of brackets never becomes objects. The text need
 * not be valid: the parser decides that afterwards.
 */
export interface JsonScan {
  /** Deepest nesting of arrays and objects. */
  readonly depth: number
  /** Members of all objects: colons outside of strings. */
  readonly members: number
  /** Elements of the outermost array, by start and end offset in turn; empty unless asked for. */
  readonly elements: readonly number[]
  /** Bytes of the longest element of the outermost array, white space included. */
  readonly longestElement: number
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const COMMA = 0x2c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** Scans `bytes`; with `split`, also notes where the elements of the outermost array lie. */
export function scanJson(bytes: Uint8Array, split = false): JsonScan {
  const length = bytes.length
  const elements: number[] = []
  let depth = 0
  let deepest = 0
  let members = 0
  let start = 0
  let longestElement = 0
  for (let i = 0; i < length; i += 1) {
    const byte = bytes[i] ?? 0
    // White space and digits, quotes and commas are all below the colon.
    if (byte < COLON) {
      if (byte === QUOTE) {
        i += 1
        let inside = bytes[i]
        while (inside !== QUOTE && i < length) {
          i += inside === BACKSLASH ? 2 : 1
          inside = bytes[i]
        }
        continue
      }
      if (byte !== COMMA) continue
    } else if (byte === COLON) {
      members += 1
      continue
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1
      if (depth > deepest) deepest = depth
      if (depth === 1) start = i + 1
      continue
    } else if (byte !== CLOSE_BRACE && byte !== CLOSE_BRACKET) {
      continue
    }
    if (depth === 1) {
      if (i - start > longestElement) longestElement = i - start
      if (split) elements.push(start, i)
      start = i + 1
    }
    if (byte !== COMMA) depth -= 1
  }
  return { depth: deepest, members, elements, longestElement }
}

/**
 * Members of all objects in a parsed value, or −1 when one is named `__proto__`, `constructor` or
 * `prototype`. Fewer than the text had means that some object had the same key twice.
 */
export function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let members = 0
  if (Array.isArray(value)) {
    for (const element of value) {
      if (typeof element !== 'object' || element === null) continue
      const inside = countMembers(element)
      if (inside < 0) return -1
      members += inside
    }
    return members
  }
  const object = value as Readonly<Record<string, unknown>>
  for (const key in object) {
    if (key === '__proto__' || key === 'constructor' || key === 'prototype') return -1
    members += 1
    const member = object[key]
    if (typeof member !== 'object' || member === null) continue
    const inside = countMembers(member)
    if (inside < 0) return -1
    members += inside
  }
  return members
}
