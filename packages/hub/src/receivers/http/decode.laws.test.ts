import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Undecodable } from '../../core/intake.ts'
import { decodeJson, decodeNdjson } from './decode.ts'
import { countMembers, scanJson } from './json-scan.ts'

const limits = { maxEvents: 1000, maxEventBytes: 100_000, maxDepth: 64 }

const forbidden = new Set(['__proto__', 'constructor', 'prototype'])
const key = fc.string({ unit: 'binary' }).filter((text) => !forbidden.has(text))
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.string({ unit: 'binary' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  ),
}))
const batch = fc.array(value, { minLength: 1, maxLength: 8 })

function depthOf(of: unknown): number {
  if (typeof of !== 'object' || of === null) return 0
  return 1 + Math.max(0, ...Object.values(of).map(depthOf))
}

test('well-formed batches decode to what was written, in both forms', () => {
  fc.assert(
    fc.property(batch, fc.constantFrom(undefined, 1, '\t'), (events, indent) => {
      const text = JSON.stringify(events, null, indent)
      const expected = { ok: true, events: JSON.parse(text) as unknown }
      expect(decodeJson(Buffer.from(text), limits)).toEqual(expected)
      const lines = events.map((event) => JSON.stringify(event)).join('\n')
      expect(decodeNdjson(Buffer.from(lines), limits)).toEqual(expected)
    }),
  )
})

test('the scan counts members and depth as the parsed value has them', () => {
  fc.assert(
    fc.property(value, (of) => {
      const parsed = JSON.parse(JSON.stringify(of)) as unknown
      const scan = scanJson(Buffer.from(JSON.stringify(of)))
      expect(scan.depth).toBe(depthOf(parsed))
      expect(scan.members).toBe(countMembers(parsed))
    }),
  )
})

/** What the scan answers, said byte by byte with nothing skipped. */
function scanSlowly(bytes: Uint8Array): ReturnType<typeof scanJson> {
  const scan = { depth: 0, members: 0, elements: [] as number[], longestElement: 0 }
  let depth = 0
  let start = 0
  let isText = false
  let isEscaped = false
  bytes.forEach((byte, i) => {
    const character = String.fromCharCode(byte)
    if (isText) {
      if (isEscaped) isEscaped = false
      else if (character === '\\') isEscaped = true
      else if (character === '"') isText = false
      return
    }
    if (character === '"') isText = true
    if (character === ':') scan.members += 1
    if ('{['.includes(character)) {
      depth += 1
      scan.depth = Math.max(scan.depth, depth)
      if (depth === 1) start = i + 1
    }
    if (!',]}'.includes(character)) return
    if (depth === 1) {
      scan.longestElement = Math.max(scan.longestElement, i - start)
      scan.elements.push(start, i)
      start = i + 1
    }
    if (character !== ',') depth -= 1
  })
  return scan
}

test('the scan says the same of any bytes, JSON or not', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    // Characters of JSON alone: what the scan looks at, and some that it passes over.
    fc
      .array(fc.constantFrom('{', '}', '[', ']', ':', ',', '"', '\\', ' ', '1', 'a', '\u00ff'), {
        maxLength: 60,
      })
      .map((characters) => Buffer.from(characters.join(''), 'latin1')),
  )
  fc.assert(
    fc.property(bytes, (of) => {
      expect(scanJson(of, true)).toEqual(scanSlowly(of))
    }),
    { numRuns: 2000 },
  )
})

test('an escaped quote does not end a text', () => {
  const text = Buffer.from(String.raw`[{"a\":,":1},"\\",{"b":[]}]`)
  expect(scanJson(text).members).toBe(2)
  expect(scanJson(text, true)).toEqual(scanSlowly(text))
})

test('the scan cuts a batch exactly where its elements are', () => {
  fc.assert(
    fc.property(batch, (events) => {
      const bytes = Buffer.from(JSON.stringify(events))
      const { elements } = scanJson(bytes, true)
      const cut = events.map((_, index) => {
        return bytes.subarray(elements[2 * index], elements[2 * index + 1]).toString()
      })
      expect(cut).toEqual(events.map((event) => JSON.stringify(event)))
    }),
  )
})

test('one spoiled event is refused in its place and changes no other', () => {
  const spoiled = fc.constantFrom(
    '{"a":1,"a":2}',
    '{"b":[{"__proto__":null}]}',
    '{"constructor":1}',
    `${'['.repeat(70)}${']'.repeat(70)}`,
    `"${'x'.repeat(100_001)}"`,
  )
  fc.assert(
    fc.property(batch, spoiled, fc.nat(), (events, bad, place) => {
      const at = place % events.length
      const texts = events.map((event, index) => (index === at ? bad : JSON.stringify(event)))
      for (const decoded of [
        decodeJson(Buffer.from(`[${texts.join(',')}]`), limits),
        decodeNdjson(Buffer.from(texts.join('\n')), limits),
      ]) {
        if (!decoded.ok) throw new Error(decoded.code)
        expect(decoded.events).toHaveLength(events.length)
        const { body } = decoded.events[at] as Undecodable
        expect(body.slice(0, 9)).toBe(bad.slice(0, 9))
        const others = JSON.parse(JSON.stringify(events)) as unknown[]
        expect(decoded.events.with(at, null)).toEqual(others.with(at, null))
      }
    }),
  )
})

test('any bytes end in a value, never in an exception', () => {
  const noise = fc.array(fc.constantFrom(...'[]{}",:\\ \n01ae-tfn'.split('')), { maxLength: 60 })
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array)),
    noise.map((characters) => Buffer.from(characters.join(''))),
  )
  fc.assert(
    fc.property(bytes, (body) => {
      const decoded = decodeJson(body, { ...limits, maxDepth: 3, maxEventBytes: 20 })
      expect(typeof decoded.ok).toBe('boolean')
      expect(decodeNdjson(body, { ...limits, maxDepth: 3 }).ok).toBe(body.length > 0)
      // What is taken in is what the platform's parser takes in.
      const taken = decoded.ok && !decoded.events.some((event) => event instanceof Undecodable)
      expect(!taken || isJson(body)).toBe(true)
    }),
    { numRuns: 2000 },
  )
})

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(body.toString().replace('\ufeff', ''))
    return true
  } catch {
    return false
  }
}
