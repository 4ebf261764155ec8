import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { COMMON_FIELDS, KINDS, type KindSpec } from './kinds.ts'
import {
  DEFAULT_FUTURE_TOLERANCE,
  DEFAULT_VALIDATION_LIMITS,
  type ValidationContext,
  type ValidEvent,
  validateEvent,
} from './validate.ts'

const NOW = 1_795_000_000_000_000

const context: ValidationContext = {
  now: NOW,
  futureTolerance: DEFAULT_FUTURE_TOLERANCE,
  oldest: null,
  requireEventId: true,
  limits: DEFAULT_VALIDATION_LIMITS,
}

const common = { event_id: 'e-1', timestamp: '2026-11-18T10:00:00.123456Z' }
const call = { type: 'llm_request', model_id: 'gpt-4o' }
const event = (payload: object, more: object = {}) => ({ common: { ...common, ...more }, payload })

function valid(value: unknown, ctx: ValidationContext = context): ValidEvent {
  const result = validateEvent(value, ctx)
  if (!result.ok) throw new Error(`${result.code} at ${result.path}: ${result.message}`)
  return result
}

function fieldOf(result: ValidEvent, name: string): unknown {
  return result.fields[result.kind.fields.findIndex((spec) => spec.name === name)]
}

describe('a valid event', () => {
  it('comes back taken apart', () => {
    const result = valid(
      event(
        { ...call, provider: 'openai', latency_ms: 12.5, request_id: 7, custom: { a: 1 } },
        { tags: { region: 'eu', retries: 2, beta: true }, environment: 'production' },
      ),
    )
    expect(result.kind.kind).toBe('llm_request')
    expect(result.time).toBe(Date.parse('2026-11-18T10:00:00.123Z') * 1000 + 456)
    expect(fieldOf(result, 'model_id')).toBe('gpt-4o')
    expect(fieldOf(result, 'request_id')).toBe('7')
    expect(result.tags).toEqual([
      ['region', 'eu'],
      ['retries', '2'],
      ['beta', 'true'],
    ])
    expect(result.extra).toEqual({ custom: { a: 1 } })
  })

  it('takes a list of tags as keys with empty values, once each', () => {
    expect(valid(event(call, { tags: ['a', 'b', 'a'] })).tags).toEqual([
      ['a', ''],
      ['b', ''],
    ])
  })

  it('resolves aliases; the canonical name wins and a contradiction is kept and counted', () => {
    const alias = valid(event({ type: 'llm_request', model: 'x', total_latency_ms: 5 }))
    expect(fieldOf(alias, 'model_id')).toBe('x')
    expect(fieldOf(alias, 'latency_ms')).toBe(5)
    const both = valid(event({ ...call, model: 'other', latency_ms: 5, duration_ms: 5 }))
    expect(fieldOf(both, 'model_id')).toBe('gpt-4o')
    expect(both.extra).toEqual({ model: 'other' })
    expect(both.aliasConflicts).toBe(1)
  })

  it('drops content and counts it, unless content is switched on', () => {
    const sent = event({ ...call, prompt: 'secret', messages: [{ role: 'user' }] })
    const dropped = valid(sent)
    expect(dropped.droppedContent).toBe(2)
    expect(dropped.extra).toBeNull()
    expect(valid(sent, { ...context, keepContent: true }).extra).toEqual({
      prompt: 'secret',
      messages: [{ role: 'user' }],
    })
  })

  it('takes token counts of the payload itself as usage', () => {
    const short = valid(event({ ...call, prompt_tokens: 3, completion_tokens: 4 }))
    expect(fieldOf(short, 'usage')).toEqual({ prompt_tokens: 3, completion_tokens: 4 })
    expect(short.extra).toBeNull()
    const detailed = valid(
      event({ ...call, usage: { input_tokens: 1, audio: { input_tokens: 1 } } }),
    )
    expect(detailed.extra).toEqual({ usage: { input_tokens: 1, audio: { input_tokens: 1 } } })
  })

  it('accepts null as absent and a schema version of the same major', () => {
    const result = valid(
      event({ ...call, latency_ms: null }, { schema_version: '1.7.2', tags: null }),
    )
    expect(fieldOf(result, 'latency_ms')).toBeUndefined()
  })

  it('needs no id when the request brings a key', () => {
    const anonymous = { common: { timestamp: 1_790_000_000 }, payload: call }
    expect(validateEvent(anonymous, context)).toMatchObject({ code: 'missing_event_id' })
    expect(valid(anonymous, { ...context, requireEventId: false }).time).toBe(1_790_000_000_000_000)
  })
})

describe('an invalid event is rejected with code and path', () => {
  const deep = JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`) as unknown
  const cases: readonly [why: string, value: unknown, code: string, path: string][] = [
    ['null', null, 'not_an_object', ''],
    ['array', [], 'not_an_object', ''],
    ['no common', { payload: call }, 'missing_field', '/common'],
    ['common a string', { common: 'x', payload: call }, 'wrong_type', '/common'],
    ['no payload', { common }, 'missing_field', '/payload'],
    ['no type', event({}), 'missing_field', '/payload/type'],
    ['numeric type', event({ type: 3 }), 'wrong_type', '/payload/type'],
    ['unknown kind', event({ type: 'llm_reqest' }), 'unknown_kind', '/payload/type'],
    ['no model', event({ type: 'llm_request' }), 'missing_field', '/payload/model_id'],
    [
      'null for required',
      event({ type: 'llm_request', model_id: null }),
      'missing_field',
      '/payload/model_id',
    ],
    ['text for number', event({ ...call, latency_ms: '5' }), 'wrong_type', '/payload/latency_ms'],
    [
      'infinite',
      event({ ...call, latency_ms: Number.POSITIVE_INFINITY }),
      'wrong_type',
      '/payload/latency_ms',
    ],
    ['negative', event({ ...call, latency_ms: -1 }), 'out_of_range', '/payload/latency_ms'],
    [
      'alias checked too',
      event({ ...call, duration_ms: 'x' }),
      'wrong_type',
      '/payload/duration_ms',
    ],
    ['bad enum', event({ ...call, status: 'great' }), 'not_allowed', '/payload/status'],
    ['quality above 1', event({ ...call, quality: 1.1 }), 'out_of_range', '/payload/quality'],
    ['fractional id', event({ ...call, request_id: 1.5 }), 'wrong_type', '/payload/request_id'],
    ['usage a number', event({ ...call, usage: 5 }), 'wrong_type', '/payload/usage'],
    [
      'negative tokens',
      event({ ...call, usage: { input_tokens: -1 } }),
      'out_of_range',
      '/payload/usage/input_tokens',
    ],
    [
      'tokens as text',
      event({ ...call, usage: { input_tokens: '9' } }),
      'wrong_type',
      '/payload/usage/input_tokens',
    ],
    [
      'shorthand as text',
      event({ ...call, prompt_tokens: '9' }),
      'wrong_type',
      '/payload/prompt_tokens',
    ],
    ['dollars as words', event({ ...call, cost_usd: 'five' }), 'wrong_type', '/payload/cost_usd'],
    ['negative dollars', event({ ...call, cost_usd: -1 }), 'out_of_range', '/payload/cost_usd'],
    [
      'no timestamp',
      { common: { event_id: 'x' }, payload: call },
      'missing_field',
      '/common/timestamp',
    ],
    ['a day is no time', event(call, { timestamp: '2026-11-18' }), 'bad_time', '/common/timestamp'],
    ['no zone', event(call, { timestamp: '2026-11-18T10:00:00' }), 'bad_time', '/common/timestamp'],
    [
      'no such day',
      event(call, { timestamp: '2026-02-30T10:00:00Z' }),
      'bad_time',
      '/common/timestamp',
    ],
    [
      'future',
      event(call, { timestamp: (NOW + 601_000_000) / 1000 }),
      'future',
      '/common/timestamp',
    ],
    ['family', event(call, { event_type: 'cost' }), 'family_mismatch', '/common/event_type'],
    ['unknown family', event(call, { event_type: 'x' }), 'not_allowed', '/common/event_type'],
    [
      'version',
      event(call, { schema_version: '2.0.0' }),
      'unsupported_version',
      '/common/schema_version',
    ],
    [
      'version 10',
      event(call, { schema_version: '10.0.0' }),
      'unsupported_version',
      '/common/schema_version',
    ],
    ['empty id', event(call, { event_id: '' }), 'missing_event_id', '/common/event_id'],
    ['severity', event(call, { severity: 'loud' }), 'not_allowed', '/common/severity'],
    ['tags a number', event(call, { tags: 5 }), 'wrong_type', '/common/tags'],
    ['tag an object', event(call, { tags: { a: {} } }), 'wrong_type', '/common/tags/a'],
    [
      '65 tags',
      event(call, { tags: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`t${i}`, 1])) }),
      'too_many_tags',
      '/common/tags',
    ],
    [
      'long tag',
      event(call, { tags: { a: 'x'.repeat(1025) } }),
      'string_too_long',
      '/common/tags/a',
    ],
    [
      'long text',
      event({ ...call, error_message: 'x'.repeat(65_537) }),
      'string_too_long',
      '/payload/error_message',
    ],
    [
      'long unknown',
      event({ ...call, note: ['x'.repeat(65_537)] }),
      'string_too_long',
      '/payload/note/0',
    ],
    ['deep', event({ ...call, note: deep }), 'too_deep', `/payload/note${'/a'.repeat(32)}`],
    [
      '__proto__',
      JSON.parse(
        '{"common":{"event_id":"a","timestamp":1790000000},"payload":{"type":"llm_request","model_id":"m","__proto__":{"x":1}}}',
      ),
      'forbidden_key',
      '/payload/__proto__',
    ],
    [
      'nested constructor',
      event({ ...call, a: { b: [{ constructor: 1 }] } }),
      'forbidden_key',
      '/payload/a/b/0/constructor',
    ],
    [
      'pointer escapes',
      event({ ...call, 'a/b~c': { prototype: 1 } }),
      'forbidden_key',
      '/payload/a~1b~0c/prototype',
    ],
  ]
  it.each(cases)('%s', (_why, value, code, path) => {
    expect(validateEvent(value, context)).toMatchObject({ ok: false, code, path })
  })

  it('suggests the kind that was meant', () => {
    const result = validateEvent(event({ type: 'llm_reqest' }), context)
    expect(result).toMatchObject({
      message: expect.stringContaining('did you mean llm_request?') as string,
    })
  })

  it('is older than the retention', () => {
    const oldest = NOW - 1
    expect(validateEvent(event(call), { ...context, oldest })).toMatchObject({ code: 'expired' })
  })
})

describe('laws', () => {
  it('never throws, and every rejection has a pointer into the event', () => {
    const json = fc.jsonValue({ maxDepth: 4 })
    const anything = fc.oneof(
      json,
      fc.record({ common: json, payload: json }),
      fc.record({
        common: fc.record(
          { event_id: json, timestamp: json, tags: json, severity: json },
          { requiredKeys: [] },
        ),
        payload: fc.record(
          {
            type: fc.constantFrom<string>(...KINDS.map((kind) => kind.kind)),
            model_id: json,
            usage: json,
            latency_ms: json,
            value: json,
          },
          { requiredKeys: ['type'] },
        ),
      }),
    )
    fc.assert(
      fc.property(anything, (value) => {
        const result = validateEvent(value, context)
        expect(result.ok || result.path === '' || result.path.startsWith('/')).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })
})

describe('the table of kinds', () => {
  it.each(KINDS.map((kind: KindSpec) => [kind.kind, kind] as const))(
    '%s is consistent',
    (_name, kind) => {
      const names = kind.fields.flatMap((spec) => [spec.name])
      expect(new Set(names).size).toBe(names.length)
      const columns = kind.fields.flatMap((spec) => spec.column ?? [])
      expect(new Set(columns).size, 'two fields in one column').toBe(columns.length)
      const all = kind.fields.flatMap((spec) => [spec.name, ...(spec.aliases ?? [])])
      expect(new Set(all).size, `a name is used twice: ${all.join(' ')}`).toBe(all.length)
      const enums = kind.fields.filter((spec) => spec.type === 'enum')
      expect(enums.filter((spec) => (spec.values?.length ?? 0) < 2)).toEqual([])
    },
  )

  it('has no kind twice and no common field that is also the type', () => {
    expect(new Set(KINDS.map((kind) => kind.kind)).size).toBe(KINDS.length)
    expect(COMMON_FIELDS.map((spec) => spec.name as string)).not.toContain('type')
  })
})
