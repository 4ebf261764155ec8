import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN_KEY, HubProcess } from '../support/hub-process.ts'
import { runCommand } from '../support/llmhub-command.ts'
import { residentMb } from '../support/process-measures.ts'
import { Seeded } from '../support/seeded.ts'
import { fuzzWhere } from './fuzz-requests.ts'
import { sendRaw } from './raw-connection.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'llmhub-bad-input-'))
let hub: HubProcess

beforeAll(async () => {
  hub = await HubProcess.start({ dataDir: path.join(folder, 'hub') })
})

afterAll(async () => {
  await hub.stop()
  rmSync(folder, { recursive: true, force: true })
})

const JSON_TYPE = { 'content-type': 'application/json' }
const AUTHORIZED = { authorization: `Bearer ${ADMIN_KEY}` }

interface Outcome {
  readonly status: number
  readonly code: string | null
  /** Code of the first event that was rejected. */
  readonly event: string | null
}

async function post(
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
  url = '/api/v1/events',
  method = 'POST',
): Promise<Outcome> {
  const response = await fetch(`${hub.url}${url}`, {
    method,
    headers: { ...AUTHORIZED, ...JSON_TYPE, ...headers },
    ...(method === 'GET' ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
  })
  const text = await response.text()
  const answer = JSON.parse(text) as { code?: string; results?: { code?: string }[] }
  return {
    status: response.status,
    code: answer.code ?? null,
    event: answer.results?.[0]?.code ?? null,
  }
}

let ids = 0
function event(payload: object = {}, common: object = {}): object {
  ids++
  return {
    common: { event_id: `bad-${ids}`, timestamp: '2025-06-01T00:00:00Z', ...common },
    payload: { type: 'llm_request', model_id: 'gpt-4o', ...payload },
  }
}
/** An event whose JSON holds `literal` where the payload says "HERE". */
const literal = (text: string): string =>
  JSON.stringify(event({ latency_ms: 'HERE' })).replace('"HERE"', text)

const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`

describe('a body that is not what it should be', () => {
  const cases: readonly (readonly [
    name: string,
    body: () => string | Buffer,
    right: Partial<Outcome>,
  ])[] = [
    ['nothing', () => '', { status: 400, code: 'invalid_json' }],
    ['a cut object', () => '{"common":', { status: 400, code: 'invalid_json' }],
    ['a number', () => '7', { status: 422, event: 'not_an_object' }],
    ['null', () => 'null', { status: 422, event: 'not_an_object' }],
    ['NaN', () => literal('NaN'), { status: 400, code: 'invalid_json' }],
    ['Infinity', () => literal('-Infinity'), { status: 400, code: 'invalid_json' }],
    ['"NaN" as text', () => literal('"NaN"'), { status: 422, event: 'wrong_type' }],
    ['a number beyond a double', () => literal('1e999'), { status: 422, event: 'wrong_type' }],
    [
      'a number with 10,000 digits',
      () => literal('9'.repeat(10_000)),
      { status: 422, event: 'wrong_type' },
    ],
    ['a negative duration', () => literal('-1'), { status: 422, event: 'out_of_range' }],
    ['deep nesting', () => literal(deep(100_000)), { status: 422, event: 'too_deep' }],
    [
      '__proto__',
      () => literal('1,"__proto__":{"admin":true}'),
      { status: 422, event: 'forbidden_key' },
    ],
    [
      'constructor',
      () => literal('1,"constructor":{"prototype":{}}'),
      { status: 422, event: 'forbidden_key' },
    ],
    [
      'a text that is too long',
      () => JSON.stringify(event({ user_id: 'x'.repeat(70_000) })),
      { status: 422, event: 'string_too_long' },
    ],
    [
      'too many tags',
      () => JSON.stringify(event({}, { tags: Array.from({ length: 65 }, (_, at) => `t${at}`) })),
      { status: 422, event: 'too_many_tags' },
    ],
    [
      'a day that is not',
      () => JSON.stringify(event({}, { timestamp: '2025-02-30T00:00:00Z' })),
      { status: 422, event: 'bad_time' },
    ],
    [
      'tomorrow',
      () => JSON.stringify(event({}, { timestamp: Date.now() + 86_400_000 })),
      { status: 422, event: 'future' },
    ],
    [
      'no id',
      () => JSON.stringify(event({}, { event_id: undefined })),
      { status: 422, event: 'missing_event_id' },
    ],
    [
      'invalid UTF-8',
      () => Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]),
      { status: 400, code: 'invalid_json' },
    ],
    ['UTF-16', () => Buffer.from(JSON.stringify(event()), 'utf16le'), { status: 400 }],
    ['11 MB', () => `[${' '.repeat(11 * 1024 * 1024)}]`, { status: 413, code: 'body_too_large' }],
  ]
  for (const [name, body, right] of cases) {
    test(`${name}`, async () => {
      expect(await post(body())).toMatchObject(right)
    })
  }

  test('a lone surrogate is a text like any other', async () => {
    expect((await post(JSON.stringify(event({ user_id: '\ud800' })))).status).toBeLessThan(500)
  })

  test('one bad event leaves the others of its batch alone', async () => {
    const batch = JSON.stringify([event(), event({ latency_ms: 'slow' }), event()])
    expect(await post(batch)).toEqual({ status: 200, code: null, event: 'wrong_type' })
  })
})

describe('bombs', () => {
  const zeros = Buffer.alloc(64 * 1024 * 1024, ' ')

  test('64 MB in a few kilobytes are refused, many at once, in little memory', async () => {
    const bombs = {
      gzip: gzipSync(zeros),
      zstd: zstdCompressSync(zeros),
      twice: gzipSync(gzipSync(zeros)),
    }
    const before = residentMb(hub.pid)
    for (let round = 0; round < 4; round++) {
      const sent = Array.from({ length: 8 }, (_, at) => {
        const encoding = at % 2 === 0 ? 'gzip' : 'zstd'
        return post(bombs[encoding], { 'content-encoding': encoding })
      })
      for (const outcome of await Promise.all(sent)) {
        expect(outcome).toMatchObject({ status: 413, code: 'body_too_large' })
      }
    }
    const inner = await post(bombs.twice, { 'content-encoding': 'gzip' })
    expect(inner.status).toBe(413)
    expect(residentMb(hub.pid) - before).toBeLessThan(150)
  })

  test('what is not compressed as declared', async () => {
    for (const encoding of ['gzip', 'zstd']) {
      const plain = await post(JSON.stringify(event()), { 'content-encoding': encoding })
      expect(plain).toMatchObject({ status: 400, code: 'invalid_encoding' })
    }
    const cut = gzipSync(JSON.stringify(event())).subarray(0, 40)
    expect(await post(cut, { 'content-encoding': 'gzip' })).toMatchObject({
      code: 'invalid_encoding',
    })
  })
})

describe('requests that are not what they should be', () => {
  test('method, type, key and address', async () => {
    const body = JSON.stringify(event())
    expect(await post(body, {}, '/api/v1/events', 'PUT')).toMatchObject({
      status: 405,
      code: 'method_not_allowed',
    })
    expect(await post(body, { 'content-type': 'text/plain' })).toMatchObject({
      status: 415,
      code: 'unsupported_media_type',
    })
    expect(await post(body, { 'content-encoding': 'br' })).toMatchObject({ status: 415 })
    expect(await post(body, { authorization: '' })).toMatchObject({
      status: 401,
      code: 'unauthenticated',
    })
    expect(await post(body, { authorization: 'Bearer nope' })).toMatchObject({ status: 401 })
    expect(await post(body, { authorization: `Basic ${ADMIN_KEY}` })).toMatchObject({ status: 401 })
    expect(await post(body, {}, '/api/v1/event')).toMatchObject({ status: 404, code: 'not_found' })
    expect(await post(body, { 'idempotency-key': 'a b' })).toMatchObject({
      status: 400,
      code: 'invalid_request',
    })
    expect(await post(body, {}, '/api/v1/events?dryrun=true')).toMatchObject({
      status: 400,
      code: 'invalid_request',
    })
    expect(await post('{}', {}, '/api/v1/query')).toMatchObject({
      status: 400,
      code: 'invalid_question',
    })
  })

  const head = (length: number): string =>
    `POST /api/v1/events HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer ${ADMIN_KEY}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`

  test('bytes that are no HTTP, headers that are too large, lengths that contradict', async () => {
    const statusOf = async (text: string): Promise<number | undefined> =>
      (await sendRaw(hub.url, [text])).statuses[0]
    expect(await statusOf('\u0016\u0003\u0001 hello\r\n\r\n')).toBe(400)
    expect(await statusOf('GET / HTTP/9.9\r\n\r\n')).toBe(400)
    expect(await statusOf('GET /health HTTP/1.1\r\n\r\n')).toBe(400)
    expect(
      await statusOf(`GET /health HTTP/1.1\r\nHost: hub\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`),
    ).toBe(431)
    expect(await statusOf(`GET /${'x'.repeat(40_000)} HTTP/1.1\r\nHost: hub\r\n\r\n`)).toBe(431)
    const both = `POST /api/v1/events HTTP/1.1\r\nHost: hub\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`
    expect(await statusOf(both)).toBe(400)
    const chunked = `POST /api/v1/events HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer ${ADMIN_KEY}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n`
    expect(await statusOf(chunked)).toBe(400)
  })

  test('requests sent ahead of their answers are answered in order', async () => {
    const bodies = Array.from({ length: 5 }, (_, at) => JSON.stringify(event({ latency_ms: at })))
    const bytes = bodies.map((body) => head(Buffer.byteLength(body)) + body)
    const answer = await sendRaw(
      hub.url,
      [bytes.join(''), 'GET /health HTTP/1.1\r\nHost: hub\r\n\r\n'],
      { answers: 6 },
    )
    expect(answer.statuses).toEqual([200, 200, 200, 200, 200, 200])
    expect(answer.text.lastIndexOf('"accepted":1')).toBeLessThan(
      answer.text.indexOf('"status":"ok"'),
    )
  })

  test('a sender that closes its side first may get no answer, and its event counts once', async () => {
    const body = JSON.stringify(event())
    const bytes = head(Buffer.byteLength(body)) + body
    const { statuses } = await sendRaw(hub.url, [bytes], { halfClose: true })
    expect(statuses.filter((status) => status !== 200)).toEqual([])
    expect((await post(body)).status).toBe(200)
    const { statuses: again, text } = await sendRaw(hub.url, [bytes])
    expect(again).toEqual([200])
    expect(text).toContain('"duplicates":1')
  })

  test('a body that never comes is given up, and holds nobody else up', async () => {
    const before = performance.now()
    const slow = Array.from({ length: 50 }, () => sendRaw(hub.url, [head(1000), '{"com']))
    expect((await post(JSON.stringify(event()))).status).toBe(200)
    expect(performance.now() - before).toBeLessThan(20_000)
    for (const { statuses } of await Promise.all(slow)) expect(statuses).toEqual([408])
  })

  test('a body cut off by a half-closed socket is nobody’s event', async () => {
    const { statuses } = await sendRaw(hub.url, [head(1000), '{"com'], { halfClose: true })
    expect(statuses.every((status) => status >= 400 && status < 500)).toBe(true)
  })
})

describe('the command line', () => {
  test('filters of every kind end with an exit code that is documented', async () => {
    const random = new Seeded(7)
    const filters = Array.from({ length: 12 }, () => fuzzWhere(random).replaceAll('\u0000', ''))
    for (const filter of filters) {
      const { code, stderr } = await runCommand(hub.url, [
        'query',
        'requests.count',
        '--where',
        filter,
      ])
      expect([filter, code, stderr]).toEqual([filter, expect.toBeOneOf([0, 2]), stderr])
      expect(stderr).not.toMatch(/\n\s+at /)
    }
  })
})

test('after all this the hub is as it was', async () => {
  expect(hub.hasEnded).toBe(false)
  expect((await hub.get('/ready')).status).toBe(200)
  const { ingest } = JSON.parse((await hub.get('/stats')).text) as {
    ingest: Record<string, number>
  }
  expect(ingest['accepted']).toBeGreaterThan(5)
  expect(hub.stdout).not.toContain('unexpectedly')
})
