import { gzipSync, zstdCompressSync } from 'node:zlib'
import type { EventErrorCode } from '@llmhub/schema'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ApiClient, ClientRequest } from '../../test/api-client.ts'
import { apiClient } from '../../test/api-client.ts'
import type { ServiceFixture } from '../../test/service-fixture.ts'
import { startService } from '../../test/service-fixture.ts'
import type { IntakeOutcome } from '../core/intake.ts'
import { Undecodable } from '../core/intake.ts'

let service: ServiceFixture
let call: ApiClient
let key: string
/** What ingest answers next; null takes everything in. */
let outcome: IntakeOutcome | null = null

beforeAll(async () => {
  service = await startService({
    intake: (request) => {
      service.intakes.push(request)
      if (outcome !== null) return Promise.resolve(outcome)
      const rejected = request.events.filter((event) => event instanceof Undecodable).length
      const accepted = request.events.length - rejected
      const results = request.events.flatMap((event, index) =>
        event instanceof Undecodable
          ? [{ index, outcome: 'rejected' as const, code: event.code, message: event.message }]
          : [],
      )
      const answer = { accepted, duplicates: 0, rejected, results, position: '0:1' }
      return Promise.resolve({ ok: true, answer })
    },
  })
  call = apiClient(service)
  key = service.key(['ingest:write'])
})
afterAll(() => service.close())

const JSON_TYPE = { 'content-type': 'application/json' }
const LINES = { 'content-type': 'application/x-ndjson' }

function post(
  body: Exclude<ClientRequest['body'], undefined>,
  headers: Readonly<Record<string, string>> = JSON_TYPE,
  query = '',
) {
  return call('POST', `/api/v1/events${query}`, { key, body, headers })
}

test('one event, an array, NDJSON, gzip and zstd reach ingest', async () => {
  const event = { common: { event_id: 'a' }, payload: { type: 'latency' } }
  const text = JSON.stringify(event)
  const lines = `${text}\n\n${text}\r\n`
  const gzip = { 'content-encoding': 'gzip' }
  const zstd = { 'content-encoding': 'ZSTD' }
  for (const [body, headers, events] of [
    [text, JSON_TYPE, [event]],
    [text, { 'content-type': 'Application/JSON; charset="UTF-8"' }, [event]],
    [JSON.stringify([event, event]), JSON_TYPE, [event, event]],
    [lines, LINES, [event, event]],
    [new Uint8Array(gzipSync(text)), { ...JSON_TYPE, ...gzip }, [event]],
    [new Uint8Array(zstdCompressSync(lines)), { ...LINES, ...zstd }, [event, event]],
  ] as const) {
    const answer = await post(body, headers)
    expect(answer.status).toBe(200)
    expect(answer.json).toMatchObject({ accepted: events.length, position: '0:1' })
    expect(service.intakes.at(-1)).toMatchObject({ events, project: 'default', receiver: 'http' })
  }
})

test('dry run and idempotency key are handed on', async () => {
  await post('{}', { ...JSON_TYPE, 'idempotency-key': 'k-1' }, '?dryRun=true')
  expect(service.intakes.at(-1)).toMatchObject({ dryRun: true, idempotencyKey: 'k-1' })
  await post('{}', JSON_TYPE, '?dryRun=false')
  expect(service.intakes.at(-1)).not.toHaveProperty('dryRun')
  expect(service.intakes.at(-1)).not.toHaveProperty('idempotencyKey')
})

test('an empty batch is answered without asking ingest', async () => {
  const before = service.intakes.length
  const answer = await post('[]')
  expect([answer.status, answer.json['accepted']]).toEqual([200, 0])
  expect(service.intakes).toHaveLength(before)
})

test.each<[string, string | Uint8Array<ArrayBuffer>, Record<string, string>, number, string]>([
  ['empty', '', JSON_TYPE, 400, 'invalid_json'],
  ['malformed', '{"a":', JSON_TYPE, 400, 'invalid_json'],
  ['not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), JSON_TYPE, 400, 'invalid_json'],
  ['without a type', new Uint8Array([0x7b, 0x7d]), {}, 415, 'unsupported_media_type'],
  ['of another type', '{}', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
  ['of no type', '{}', { 'content-type': 'json' }, 415, 'unsupported_media_type'],
  [
    'in Latin-1',
    '{}',
    { 'content-type': 'application/json; charset=latin1' },
    415,
    'unsupported_media_type',
  ],
  ['in brotli', '{}', { ...JSON_TYPE, 'content-encoding': 'br' }, 415, 'unsupported_media_type'],
  [
    'packed twice',
    '{}',
    { ...JSON_TYPE, 'content-encoding': 'gzip, gzip' },
    415,
    'unsupported_media_type',
  ],
  ['not packed', '{}', { ...JSON_TYPE, 'content-encoding': 'gzip' }, 400, 'invalid_encoding'],
  [
    'a bomb',
    new Uint8Array(gzipSync(Buffer.alloc(50_000_000))),
    { ...JSON_TYPE, 'content-encoding': 'gzip' },
    413,
    'body_too_large',
  ],
  [
    'too many events',
    JSON.stringify(Array.from({ length: 20_001 }, () => 1)),
    JSON_TYPE,
    413,
    'too_many_events',
  ],
  ['keyed with a space', '{}', { ...JSON_TYPE, 'idempotency-key': 'a b' }, 400, 'invalid_request'],
  [
    'keyed too long',
    '{}',
    { ...JSON_TYPE, 'idempotency-key': 'k'.repeat(256) },
    400,
    'invalid_request',
  ],
])('a body that is %s is a problem of the request', async (_name, body, headers, status, code) => {
  const before = service.intakes.length
  const answer = await post(body, headers)
  expect([answer.status, answer.json['code']]).toEqual([status, code])
  expect(service.intakes).toHaveLength(before)
})

test('a body larger than the limit is refused while it comes in', async () => {
  const answer = await post(`"${'x'.repeat(10 * 1024 * 1024)}"`)
  expect([answer.status, answer.json['code']]).toEqual([413, 'body_too_large'])
})

test.each<[EventErrorCode, number]>([
  ['missing_field', 422],
  ['id_conflict', 409],
  ['event_too_large', 413],
])('when every event ends in %s the status is %i, with the same fields', async (code, status) => {
  outcome = {
    ok: true,
    answer: {
      accepted: 0,
      duplicates: 0,
      rejected: 2,
      results: [0, 1].map((index) => ({ index, outcome: 'rejected', code, path: '/common' })),
      position: '0:9',
    },
  }
  const answer = await post('[1,2]')
  expect([answer.status, answer.json['rejected']]).toEqual([status, 2])
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  outcome = null
})

test('different reasons are 422; one accepted event makes it 200', async () => {
  const bad = '{"a":1,"a":2}'
  const deep = `${'['.repeat(99)}${']'.repeat(99)}`
  expect((await post(`[${bad},${deep}]`)).status).toBe(422)
  const mixed = await post(`${bad}\n{}\n`, LINES)
  expect(mixed.status).toBe(200)
  expect(mixed.json).toMatchObject({
    accepted: 1,
    rejected: 1,
    results: [{ index: 0, code: 'forbidden_key' }],
  })
})

test.each([
  ['overloaded', 503],
  ['disk_full', 503],
  ['storage_failed', 503],
  ['rate_limited', 429],
  ['too_many_events', 413],
] as const)('%s of ingest is a problem with status %i', async (code, status) => {
  outcome = { ok: false, code, message: 'because', retryAfterSeconds: 7.2 }
  const answer = await post('{}')
  expect(answer.json).toMatchObject({ code, status, detail: 'because' })
  // 503 adds 0 to 4 s (here 2), 429 is exact, and what does not pass by itself says nothing.
  const waits: Record<number, string> = { 503: '10', 429: '8' }
  expect(answer.headers.get('retry-after')).toBe(waits[status] ?? null)
  outcome = null
})

test('whatever is sent, the answer is declared, never a 5xx, and takes no memory with it', async () => {
  const tokens = ['{', '}', '[', ']', ',', ':', '"a"', '"__proto__"', '1e400', '-', 'null', '\n']
  const odd = [
    '"\\ud800"',
    '"\\u0000"',
    '99999999999999999999',
    '{"common":{}}',
    '\u{1f600}',
    '\u0007',
  ]
  const token = fc.constantFrom(...tokens, ...odd)
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 100 }).map((bytes) => new Uint8Array(bytes)),
    fc.array(token, { maxLength: 30 }).map((tokens) => tokens.join('')),
    fc.json(),
    fc.json().map((text) => new Uint8Array(gzipSync(text))),
  )
  const headers = fc.record(
    {
      'content-type': fc.constantFrom(
        'application/json',
        'application/x-ndjson',
        'application/json;charset=x',
        'multipart/form-data',
        ';',
      ),
      'content-encoding': fc.constantFrom('gzip', 'zstd', 'identity', 'br', ''),
      'idempotency-key': fc.constantFrom('a', '', '\t', 'ä'),
      'x-llmhub-project': fc.constantFrom('default', 'nowhere', '..', '\t'),
    },
    { requiredKeys: ['content-type'] },
  )
  const query = fc.constantFrom('', '?dryRun=true', '?dryRun=1', '?__proto__=1', '?a=1&a=2', '?%')
  await fc.assert(
    fc.asyncProperty(body, headers, query, async (sent, form, parameters) => {
      const answer = await post(sent, form, parameters)
      expect(answer.status).toBeLessThan(500)
    }),
    { numRuns: 1500 },
  )
  const { text } = await call('GET', '/metrics')
  expect(text).toMatch(/^llmhub_http_body_bytes_in_flight 0$/m)
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})
