import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutText, describeBody, describeText, eventIdOf, MAX_BODY_BYTES } from './dead-letter.ts'

describe('describeBody', () => {
  it('takes out content and secrets at every depth', () => {
    const event = {
      common: { event_id: 'a', tags: { 'X-Api-Key': 'k1' } },
      payload: {
        prompt: 'words',
        headers: { Authorization: 'Bearer k2', cookie: ['k3'] },
        list: [{ password: 'k4', messages: ['words'], model_id: 'm' }],
      },
    }
    const body = describeBody(event, false)
    expect(JSON.parse(body)).toEqual({
      common: { event_id: 'a', tags: { 'X-Api-Key': '[redacted]' } },
      payload: {
        headers: { Authorization: '[redacted]', cookie: '[redacted]' },
        list: [{ password: '[redacted]', model_id: 'm' }],
      },
    })
    expect(describeBody(event, true)).toContain('words')
    expect(describeBody(event, true)).not.toMatch(/k[1-4]/)
  })

  it('is the JSON of a harmless value', () => {
    const value = fc.jsonValue().map((json) => JSON.parse(JSON.stringify(json)) as unknown)
    fc.assert(
      fc.property(value, (json) => {
        const text = JSON.stringify(json)
        fc.pre(text.length < 4000 && !/"[^"]*(secret|cookie|input|output)[^"]*":/i.test(text))
        expect(JSON.parse(describeBody(json, true))).toEqual(json)
      }),
    )
  })

  it('is at most 16 KiB of valid UTF-8, whatever the event', () => {
    const text = fc.string({ unit: 'binary', minLength: 0, maxLength: 6000 })
    fc.assert(
      fc.property(fc.array(text, { maxLength: 8 }), text, (list, key) => {
        const body = describeBody({ [key]: list, list }, true)
        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MAX_BODY_BYTES)
        expect(body.isWellFormed()).toBe(true)
      }),
      { numRuns: 50 },
    )
    let deep: unknown = 1
    for (let i = 0; i < 100_000; i++) deep = { a: deep }
    expect(describeBody(deep, false)).toContain('[nested]')
    expect(describeBody(undefined, false)).toBe('null')
  })
})

describe('describeText', () => {
  it('keeps raw text up to the first key that may hide something', () => {
    expect(describeText('{"a": 1, "b', false)).toBe('{"a": 1, "b')
    expect(describeText('{"a": 1, "prompt": "words', false)).toBe('{"a": 1, [redacted]')
    expect(describeText('{"a": 1, "prompt": "words', true)).toContain('words')
    expect(describeText('{"api_key" : "k', true)).toBe('{[redacted]')
  })
})

describe('cutText', () => {
  it('cuts between characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(60), (text, limit) => {
        const cut = cutText(text, limit)
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(limit)
        expect(text.startsWith(cut)).toBe(true)
        expect(cut === text).toBe(Buffer.byteLength(text) <= limit)
      }),
    )
  })
})

describe('eventIdOf', () => {
  it('finds the id where there is one', () => {
    expect(eventIdOf({ common: { event_id: 'a' } })).toBe('a')
    expect(eventIdOf({ common: { event_id: 5 } })).toBe('5')
    for (const event of [null, 1, {}, { common: null }, { common: { event_id: {} } }]) {
      expect(eventIdOf(event)).toBe(null)
    }
  })
})
