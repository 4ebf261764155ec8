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
    expect(body.form).toBe('redacted')
    expect(JSON.parse(body.text)).toEqual({
      common: { event_id: 'a', tags: { 'X-Api-Key': '[redacted]' } },
      payload: {
        headers: { Authorization: '[redacted]', cookie: '[redacted]' },
        list: [{ password: '[redacted]', model_id: 'm' }],
      },
    })
    expect(describeBody(event, true).text).toContain('words')
    expect(describeBody(event, true).text).not.toMatch(/k[1-4]/)
  })

  it('is the JSON of a harmless value', () => {
    const value = fc.jsonValue().map((json) => JSON.parse(JSON.stringify(json)) as unknown)
    fc.assert(
      fc.property(value, (json) => {
        const text = JSON.stringify(json)
        fc.pre(text.length < 4000 && !/"[^"]*(secret|cookie|input|output)[^"]*":/i.test(text))
        const { text: kept, form } = describeBody(json, true)
        expect(JSON.parse(kept)).toEqual(json)
        expect(form).toBe('event')
      }),
    )
  })

  it('is at most 16 KiB of valid UTF-8, whatever the event', () => {
    const text = fc.string({ unit: 'binary', minLength: 0, maxLength: 6000 })
    fc.assert(
      fc.property(fc.array(text, { maxLength: 8 }), text, (list, key) => {
        const { text: body } = describeBody({ [key]: list, list }, true)
        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MAX_BODY_BYTES)
        expect(body.isWellFormed()).toBe(true)
      }),
      { numRuns: 50 },
    )
    let deep: unknown = 1
    for (let i = 0; i < 100_000; i++) deep = { a: deep }
    expect(describeBody(deep, false).text).toContain('[nested]')
    expect(describeBody(undefined, false).text).toBe('null')
  })
})

describe('the form of a kept body', () => {
  const event = (payload: Record<string, unknown>): unknown => ({
    common: { event_id: 'a', messages: 'words' },
    payload,
    prompt: 'words',
  })

  it('is the event where only what intake drops as well is missing', () => {
    expect(describeBody(event({ type: 'latency', prompt: 'words' }), false)).toEqual({
      form: 'event',
      text: '{"common":{"event_id":"a"},"payload":{"type":"latency"}}',
    })
  })

  it.each([
    ['content below a field', { metadata: { prompt: 'words' } }],
    ['a secret', { api_key: 'k' }],
    ['a long key', { ['k'.repeat(3000)]: 1 }],
    ['a number that JSON cannot write', { value: Number.POSITIVE_INFINITY }],
  ])('is redacted with %s', (_, payload) => {
    expect(describeBody(event(payload), false).form).toBe('redacted')
  })

  it('is cut from the first character that is missing', () => {
    const overhead = JSON.stringify({ common: {}, payload: { a: '' } }).length
    for (const [more, form] of [
      [0, 'event'],
      [1, 'cut'],
    ] as const) {
      const a = 'x'.repeat(MAX_BODY_BYTES - overhead + more)
      expect(describeBody({ common: {}, payload: { a } }, false).form).toBe(form)
    }
    const many = Array.from({ length: 9000 }, (_, i) => i)
    expect(describeBody({ common: {}, payload: { many } }, false).form).toBe('cut')
    expect(describeBody({ common: {}, payload: { a: 'ü'.repeat(9000) } }, false).form).toBe('cut')
  })

  it('that is an event reads back as what intake would see', () => {
    const payload = fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }))
    fc.assert(
      fc.property(payload, (sent) => {
        const json = JSON.parse(JSON.stringify({ common: {}, payload: sent })) as unknown
        const { text, form } = describeBody(json, true)
        fc.pre(form === 'event')
        expect(JSON.parse(text)).toEqual(json)
      }),
    )
  })
})

describe('describeText', () => {
  it('keeps raw text up to the first key that may hide something', () => {
    expect(describeText('{"a": 1, "b', false).text).toBe('{"a": 1, "b')
    expect(describeText('{"a": 1, "prompt": "words', false).text).toBe('{"a": 1, [redacted]')
    expect(describeText('{"a": 1, "prompt": "words', true).text).toContain('words')
    expect(describeText('{"api_key" : "k', true).text).toBe('{[redacted]')
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
