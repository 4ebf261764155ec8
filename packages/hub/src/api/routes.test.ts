import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ApiClient } from '../../test/api-client.ts'
import { apiClient } from '../../test/api-client.ts'
import type { ServiceFixture } from '../../test/service-fixture.ts'
import { READY_STATUS, startService } from '../../test/service-fixture.ts'
import type { HubStatus } from '../core/status.ts'
import { MEASURES } from '../query/measures.ts'

let service: ServiceFixture
let call: ApiClient
let admin: string

beforeAll(async () => {
  service = await startService()
  call = apiClient(service)
  admin = service.key(['admin'])
})
afterAll(() => service.close())

describe('operations', () => {
  test('health and version are public and bare', async () => {
    expect((await call('GET', '/health')).json).toEqual({ status: 'ok' })
    expect((await call('GET', '/version')).json).toEqual({ name: 'llmhub', version: '0.0.0' })
    expect((await call('GET', '/ready')).json).toMatchObject({ ready: true })
  })

  test('ready says what is not, and recovers at once', async () => {
    let status: HubStatus = {
      ...READY_STATUS,
      dependencies: [{ name: 'store', ready: false, reason: 'being rebuilt: 40 %' }],
    }
    let asked = 0
    const other = await startService({
      status: () => {
        asked += 1
        return status
      },
    })
    const ask = apiClient(other)
    const refused = await ask('GET', '/ready')
    expect(refused.status).toBe(503)
    expect(refused.json['dependencies']).toEqual(status.dependencies)
    status = READY_STATUS
    await expect.poll(async () => (await ask('GET', '/ready')).status).toBe(200)
    const before = asked
    await Promise.all(Array.from({ length: 50 }, () => ask('GET', '/ready')))
    expect(asked).toBe(before)
    await other.close()
  })

  test('stats and metrics need ops:read, or a caller on this machine that came directly', async () => {
    for (const path of ['/stats', '/metrics']) {
      expect((await call('GET', path)).status).toBe(200)
      for (const headers of [
        { 'x-forwarded-for': '198.51.100.1' },
        { forwarded: 'for=198.51.100.1' },
        { via: '1.1 proxy' },
        { 'x-real-ip': '198.51.100.1' },
      ]) {
        expect((await call('GET', path, { headers })).status).toBe(401)
      }
      const headers = { 'x-forwarded-for': '198.51.100.1' }
      expect((await call('GET', path, { headers, key: service.key(['ops:read']) })).status).toBe(
        200,
      )
      expect((await call('GET', path, { key: service.key(['query:read']) })).status).toBe(403)
      expect((await call('GET', path, { key: 'wrong' })).status).toBe(401)
    }
  })

  test('metrics have a prefix, a help line and a type, and carry the status', async () => {
    const { text } = await call('GET', '/metrics')
    const names = [...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)].map(([, name = '']) => name)
    expect(names.length).toBeGreaterThanOrEqual(25)
    for (const name of names) {
      expect(name).toMatch(/^llmhub_[a-z][a-z0-9_]*$/)
      expect(text).toContain(`# HELP ${name} `)
    }
    for (const line of [
      'llmhub_events_total{outcome="accepted"} 3',
      'llmhub_events_total{outcome="duplicate"} 2',
      'llmhub_events_rejected_total{code="bad_time"} 1',
      'llmhub_journal_bytes 1000',
      'llmhub_journal_commits_total 7',
      'llmhub_journal_fsync_seconds_total 0.25',
      'llmhub_apply_lag_seconds 0.5',
      'llmhub_store_rows 3',
      'llmhub_store_bytes 4096',
      'llmhub_store_recoveries_total 0',
      'llmhub_dedup_entries 3',
      'llmhub_dependency_ready{dependency="store"} 1',
      'llmhub_http_body_bytes_in_flight 0',
      'llmhub_journal_pending_bytes 10',
      'llmhub_ingest_refused_total{code="overloaded"} 4',
      'llmhub_ingest_pending_rows 11',
      'llmhub_dead_letters_not_kept_total 5',
      'llmhub_events_suppressed_total 1',
      'llmhub_events_unpriced_total 2',
      'llmhub_content_fields_dropped_total 8',
      'llmhub_alias_conflicts_total 9',
      'llmhub_queries_running 1',
      'llmhub_queries_waiting 12',
      'llmhub_disk_free_bytes 1000000',
    ]) {
      expect(text.split('\n')).toContain(line)
    }
    expect(text).toMatch(
      /^llmhub_http_request_duration_seconds_count\{.*route="\/health".*\} \d+$/m,
    )
    expect(text).toMatch(/^llmhub_nodejs_eventloop_lag_seconds /m)
    expect((await call('GET', '/metrics')).text).toContain(
      'llmhub_events_total{outcome="accepted"} 3\n',
    )
  })
})

describe('addresses and methods', () => {
  test.each(['/nothing', '/api/v1', '/api/v1/events/a/b', '/API/v1/events', '/schemas/x.json'])(
    '%s is not there',
    async (path) => {
      const { json, status } = await call('GET', path)
      expect(status).toBe(404)
      expect(json['code']).toBe('not_found')
    },
  )

  test.each([
    ['PUT', '/api/v1/events', 'POST, GET, HEAD'],
    ['DELETE', '/health', 'GET, HEAD'],
    ['PUT', '/api/v1/keys', 'GET, POST, HEAD'],
    ['PATCH', '/api/v1/keys/abc', 'DELETE'],
    ['OPTIONS', '/api/v1/query', 'POST'],
  ])('%s %s is answered with what is allowed', async (method, path, allow) => {
    const answer = await call(method, path, { key: admin })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe(allow)
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('HEAD is GET without a body', async () => {
    const response = await fetch(`${service.url}/health`, { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
  })

  test('a wrong query parameter names the right one', async () => {
    const answer = await call('POST', '/api/v1/events?dryrun=true&x=1&dryRun=maybe', {
      key: admin,
      json: {},
    })
    expect(answer.status).toBe(400)
    expect(answer.json['errors']).toEqual([
      { path: 'dryrun', message: expect.any(String), hint: 'Did you mean dryRun?' },
      { path: 'x', message: expect.any(String) },
      { path: 'dryRun', message: 'is one of true, false' },
    ])
    const twice = await call('POST', '/api/v1/events?dryRun=true&dryRun=true', {
      key: admin,
      json: {},
    })
    expect(twice.status).toBe(400)
  })
})

describe('keys', () => {
  test('a key is made, used, listed without its secret, and revoked', async () => {
    const made = await call('POST', '/api/v1/keys', {
      key: admin,
      json: {
        name: 'writer',
        project: 'shop',
        permissions: ['ingest:write'],
        expires_at: '2999-01-01',
      },
    })
    expect(made.status).toBe(201)
    const secret = String(made.json['key'])
    expect((await call('POST', '/api/v1/events', { key: secret, json: {} })).status).toBe(200)
    expect(service.intakes.at(-1)?.project).toBe('shop')
    const listed = await call('GET', '/api/v1/keys', { key: admin })
    expect(listed.text).toContain(String(made.json['id']))
    expect(listed.text).not.toContain(secret.slice(-50))
    expect(listed.text).not.toContain('hash')
    const revoked = await call('DELETE', `/api/v1/keys/${String(made.json['id'])}`, { key: admin })
    expect(revoked.json['revoked_at']).toEqual(expect.any(String))
    expect((await call('POST', '/api/v1/events', { key: secret, json: {} })).status).toBe(401)
    expect((await call('DELETE', '/api/v1/keys/none', { key: admin })).status).toBe(404)
  })

  test('nobody gives away more than they have', async () => {
    const keyring = service.key(['keys:write', 'query:read'], 'shop')
    const make = (json: unknown) => call('POST', '/api/v1/keys', { key: keyring, json })
    const own = await make({ name: 'a', permissions: ['query:read'] })
    expect([own.status, own.json['project']]).toEqual([201, 'shop'])
    expect((await make({ name: 'a', permissions: ['admin'] })).status).toBe(403)
    expect((await make({ name: 'a', permissions: ['ingest:write'] })).status).toBe(403)
    const elsewhere = { name: 'a', permissions: ['query:read'], project: 'other' }
    expect((await make(elsewhere)).status).toBe(403)
    expect((await make({ ...elsewhere, project: null })).status).toBe(403)
    const foreign = await call('POST', '/api/v1/keys', {
      key: admin,
      json: { name: 'b', permissions: ['query:read'], project: 'other' },
    })
    const id = String(foreign.json['id'])
    expect((await call('DELETE', `/api/v1/keys/${id}`, { key: keyring })).status).toBe(404)
    expect((await call('GET', '/api/v1/keys', { key: keyring })).text).not.toContain(id)
  })

  test.each([
    [{}],
    [{ name: '', permissions: ['admin'] }],
    [{ name: 'a', permissions: [] }],
    [{ name: 'a', permissions: ['root'] }],
    [{ name: 'a', permissions: ['admin'], project: 'No Such Name' }],
    [{ name: 'a', permissions: ['admin'], expires_at: '2001-01-01' }],
    [{ name: 'a', permissions: ['admin'], expires_at: 'tomorrow' }],
    [{ name: 'a', permissions: ['admin'], expires_at: '2999-13-01T00:00Z' }],
    [{ name: 'a', permissions: ['admin'], role: 'x' }],
    [[]],
    ['text'],
  ])('%j is no key', async (json) => {
    const answer = await call('POST', '/api/v1/keys', { key: admin, json })
    expect([answer.status, answer.json['code']]).toEqual([400, 'invalid_request'])
    expect(answer.json['errors']).not.toHaveLength(0)
  })

  test('the last key that may do everything stays', async () => {
    const other = await startService()
    const only = other.key(['admin'])
    const [record] = other.control.keys()
    const answer = await apiClient(other)('DELETE', `/api/v1/keys/${record?.id}`, { key: only })
    expect([answer.status, answer.json['code']]).toEqual([409, 'conflict'])
    await other.close()
  })
})

describe('projects', () => {
  test('a project gets a limit; beyond it 429 says when to come back', async () => {
    const put = await call('PUT', '/api/v1/projects/small', {
      key: admin,
      json: { events_per_second: 1 },
    })
    expect(put.json).toMatchObject({ name: 'small', events_per_second: 1 })
    const headers = { 'x-llmhub-project': 'small' }
    const send = () =>
      call('POST', '/api/v1/events', { key: admin, headers, json: [1, 2, 3, 4, 5, 6] })
    expect((await send()).status).toBe(200)
    const limited = await send()
    expect([limited.status, limited.json['code']]).toEqual([429, 'rate_limited'])
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect((await call('POST', '/api/v1/events', { key: admin, json: [1] })).status).toBe(200)
  })

  test('a project that does not exist takes nothing, and its name has a form', async () => {
    const send = (name: string) =>
      call('POST', '/api/v1/events', {
        key: admin,
        headers: { 'x-llmhub-project': name },
        json: {},
      })
    expect((await send('nowhere')).status).toBe(404)
    expect((await send('No Where')).status).toBe(400)
    const put = { key: admin, json: { events_per_second: null } }
    expect((await call('PUT', '/api/v1/projects/..x', put)).status).toBe(400)
    const bound = { ...put, key: service.key(['keys:write'], 'shop') }
    expect((await call('PUT', '/api/v1/projects/shop', bound)).status).toBe(403)
    const listed = await call('GET', '/api/v1/projects', { key: bound.key })
    expect(listed.json['projects']).toMatchObject([{ name: 'shop' }])
  })
})

describe('imports', () => {
  const file = 'ab'.repeat(32)
  const post = (range: string, json: unknown, key = admin) =>
    call('POST', `/api/v1/imports/${file}?${range}`, { key, json })
  const progress = async (key = admin) =>
    (await call('GET', `/api/v1/imports/${file}`, { key })).json

  test('ranges go to the backfill partition and are recorded in order, per project', async () => {
    expect(await progress()).toEqual({ rows: 0, done: false })
    expect((await post('from=0&next=3&last=false', [{}, {}])).status).toBe(200)
    expect(service.intakes.at(-1)).toMatchObject({ receiver: 'import', partition: 1 })
    expect(await progress()).toEqual({ rows: 3, done: false })
    expect((await post('from=9&next=12', [{}])).status).toBe(409)
    // A range sent again, because its answer was lost, takes nothing back.
    expect((await post('from=0&next=2&last=false', [{}, {}])).status).toBe(200)
    expect(await progress()).toEqual({ rows: 3, done: false })
    expect((await post('from=3&next=3&last=true', [])).status).toBe(200)
    expect(await progress()).toEqual({ rows: 3, done: true })
    expect(await progress(service.key(['ingest:write'], 'shop'))).toEqual({ rows: 0, done: false })
  })

  test.each([
    '',
    'from=0',
    'from=-1&next=1',
    'from=5&next=4',
    'from=1e3&next=2000',
    'from=a&next=b',
  ])('the range "%s" is refused', async (range) => {
    expect((await post(range, [{}])).status).toBe(400)
  })

  test('nothing is recorded when nothing was taken in', async () => {
    const other = await startService({
      intake: () => Promise.resolve({ ok: false, code: 'disk_full', message: 'no space' }),
    })
    const ask = apiClient(other)
    const key = other.key(['ingest:write'])
    const path = `/api/v1/imports/${file}`
    const answer = await ask('POST', `${path}?from=0&next=1`, { key, json: [{}] })
    expect([answer.status, answer.json['code']]).toEqual([503, 'disk_full'])
    expect(answer.headers.get('retry-after')).toBe('3')
    expect((await ask('GET', path, { key })).json).toEqual({ rows: 0, done: false })
    await other.close()
  })
})

describe('questions', () => {
  const question = { kind: 'table', measures: ['requests.count'] }

  test('an answer comes as JSON, CSV and NDJSON', async () => {
    const key = service.key(['query:read'])
    const json = await call('POST', '/api/v1/query', { key, json: question })
    expect(json.json['rows']).toEqual([[1]])
    const csv = await call('POST', '/api/v1/query?format=csv', { key, json: question })
    expect([csv.text, csv.headers.get('content-type')]).toEqual([
      'n\r\n1\r\n',
      'text/csv; charset=utf-8',
    ])
    const lines = await call('POST', '/api/v1/query?format=ndjson', { key, json: question })
    expect(lines.text).toBe('{"n":1}\n')
    expect((await call('POST', '/api/v1/query?format=xml', { key, json: question })).status).toBe(
      400,
    )
  })

  test.each([
    ['invalid_question', 400],
    ['not_supported', 400],
    ['too_many_buckets', 400],
    ['result_too_large', 400],
    ['query_timeout', 504],
    ['too_many_queries', 503],
    ['store_rebuilding', 503],
  ] as const)('%s is a problem with status %i', async (code, status) => {
    const issues = [{ path: '/measures/0', message: 'is unknown' }]
    const other = await startService({
      ask: () => Promise.resolve({ ok: false, code, message: 'no', issues }),
    })
    const key = other.key(['query:read'])
    const answer = await apiClient(other)('POST', '/api/v1/query', { key, json: question })
    expect(answer.json).toMatchObject({ code, status, errors: issues })
    expect(answer.headers.has('retry-after')).toBe(status === 503)
    await other.close()
  })

  test.each([
    ['no JSON', 'nonsense', 'application/json', 400, 'invalid_json'],
    ['empty', '', 'application/json', 400, 'invalid_json'],
    ['a list', '[]', 'application/json', 400, 'invalid_question'],
    ['a key twice', '{"kind":"table","kind":"list"}', 'application/json', 400, 'invalid_json'],
    ['a prototype', '{"__proto__":{}}', 'application/json', 400, 'invalid_json'],
    ['too deep', '['.repeat(5000), 'application/json', 400, 'invalid_json'],
    ['a form', 'a=1', 'application/x-www-form-urlencoded', 415, 'unsupported_media_type'],
    ['text', '{}', 'text/plain', 415, 'unsupported_media_type'],
    ['too large', `"${'x'.repeat(1_100_000)}"`, 'application/json', 413, 'body_too_large'],
  ])('a body that is %s', async (_name, body, type, status, code) => {
    const answer = await call('POST', '/api/v1/query', {
      key: admin,
      body,
      headers: { 'content-type': type },
    })
    expect([answer.status, answer.json['code']]).toEqual([status, code])
  })

  test('a question is cancelled when the caller goes away', async () => {
    const { promise: cancelled, resolve: cancel } = Promise.withResolvers<void>()
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
    const other = await startService({
      ask: (_question, _scope, signal) => {
        ask()
        return new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            cancel()
            resolve({ ok: false, code: 'query_timeout', message: 'cancelled', issues: [] })
          })
        })
      },
    })
    const controller = new AbortController()
    const gone = fetch(`${other.url}/api/v1/query`, {
      method: 'POST',
      body: '{}',
      headers: {
        authorization: `Bearer ${other.key(['query:read'])}`,
        'content-type': 'application/json',
      },
      signal: controller.signal,
    }).catch((error: unknown) => (error as Error).name)
    await asked
    controller.abort()
    expect(await gone).toBe('AbortError')
    await cancelled
    await other.close()
  })

  test('an exception is an internal error: logged, and nothing of it in the answer', async () => {
    const other = await startService({
      ask: () => Promise.reject(new Error('SELECT secret FROM /var/lib/llmhub/store.db')),
    })
    const key = other.key(['query:read'])
    const answer = await apiClient(other)('POST', '/api/v1/query', { key, json: question })
    expect([answer.status, answer.json['code']]).toEqual([500, 'internal'])
    expect(answer.text).not.toMatch(/secret|llmhub\/store/)
    expect(other.log.join('')).toContain('SELECT secret')
    await other.close()
  })
})

describe('documents', () => {
  test('schemas are listed and served', async () => {
    const listed = await call('GET', '/schemas')
    expect(listed.json).toEqual({ schemas: ['/schemas/event.json'] })
    expect((await call('GET', '/schemas/event.json')).json).toMatchObject({ title: 'Event' })
  })

  test('limits and catalogue', async () => {
    const limits = await call('GET', '/api/v1/limits')
    expect(limits.json).toMatchObject({
      server: { maxConnections: 4096 },
      content_encodings: ['identity', 'gzip', 'zstd'],
    })
    const catalogue = await call('GET', '/api/v1/semantic', { key: admin })
    expect(catalogue.json['measures']).toHaveLength(MEASURES.length)
    expect((await call('GET', '/api/v1/semantic')).status).toBe(401)
  })
})
