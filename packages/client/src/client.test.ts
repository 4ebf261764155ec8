import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Client } from './client.ts'
import { createClient } from './client.ts'
import { PageError, pages } from './pages.ts'
import { sendEvents } from './send-events.ts'

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

interface Scripted {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Ends the connection in place of an answer. */
  readonly hangUp?: true
}

let server: Server
let url: string
let seen: Seen[]
let script: Scripted[]
let waits: number[]

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (bytes: Buffer) => {
      body += bytes.toString()
    })
    request.on('end', () => {
      seen.push({
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body,
      })
      const answer = script.shift() ?? { status: 200, body: '{}' }
      if (answer.hangUp === true) {
        request.socket.destroy()
        return
      }
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
      response.end(answer.body ?? '{}')
    })
  })
  await new Promise<void>((resume) => {
    server.listen(0, '127.0.0.1', resume)
  })
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(
  () =>
    new Promise((resume) => {
      server.close(resume)
    }),
)
beforeEach(() => {
  seen = []
  script = []
  waits = []
})

function client(options: Partial<Parameters<typeof createClient>[0]> = {}): Client {
  const wait = (ms: number): Promise<void> => {
    waits.push(ms)
    return Promise.resolve()
  }
  return createClient({ url, key: 'k-1', project: 'shop', wait, ...options })
}

const BUSY: Scripted = {
  status: 503,
  headers: { 'content-type': 'application/problem+json', 'retry-after': '2' },
  body: '{"code":"overloaded","title":"Too much at once","detail":"try again","hint":"Wait."}',
}

it('puts parameters, query, key, project and body where they belong', async () => {
  const hub = client({ url: `${url}/base/` })
  await hub.request('DELETE /api/v1/keys/{id}', { params: { id: 'a/b c' } })
  await hub.request('GET /api/v1/events', { query: { limit: '2', where: ['model=a', 'x=1'] } })
  await hub.request('POST /api/v1/query', { body: { kind: 'table' }, headers: {} })
  expect(seen.map(({ method, url: path }) => `${method} ${path}`)).toEqual([
    'DELETE /base/api/v1/keys/a%2Fb%20c',
    'GET /base/api/v1/events?limit=2&where=model%3Da&where=x%3D1',
    'POST /base/api/v1/query',
  ])
  expect(seen[2]?.headers).toMatchObject({
    authorization: 'Bearer k-1',
    'x-llmhub-project': 'shop',
    'content-type': 'application/json',
  })
  expect(seen[2]?.body).toBe('{"kind":"table"}')
})

it('answers problems as values, with the code of the hub', async () => {
  script = [
    { ...BUSY, status: 409, body: '{"code":"conflict","title":"T","detail":"D","hint":"H"}' },
  ]
  const outcome = await client().request('POST /api/v1/backups', { body: {} })
  expect(outcome).toMatchObject({
    ok: false,
    status: 409,
    problem: { code: 'conflict', detail: 'D' },
  })
})

it('sends again what may be sent twice, as long after as the hub says', async () => {
  script = [BUSY, { hangUp: true, status: 0 }, { status: 200, body: '{"keys":[]}' }]
  const outcome = await client().request('GET /api/v1/keys')
  expect(outcome).toMatchObject({ ok: true, data: { keys: [] } })
  expect([seen.length, waits]).toEqual([3, [2000, 500]])
})

it('sends once what is not known to be harmless twice, but for what the hub refused outright', async () => {
  script = [BUSY]
  const body = { name: 'n', permissions: ['admin'] as const }
  const busy = await client().request('POST /api/v1/keys', { body })
  script = [{ hangUp: true, status: 0 }]
  const lost = await client().request('POST /api/v1/keys', { body })
  script = [{ ...BUSY, status: 429 }, { status: 201 }]
  const limited = await client().request('POST /api/v1/keys', { body })
  expect([busy, lost, limited].map(({ ok, status }) => [ok, status])).toEqual([
    [false, 503],
    [false, null],
    [true, 201],
  ])
  expect(lost).toMatchObject({ problem: { code: 'unreachable' } })
  expect(seen).toHaveLength(4)
})

it('gives up after the tries it was given, and before a wait that is too long', async () => {
  script = Array.from({ length: 9 }, () => BUSY)
  expect(await client({ retries: 2 }).request('GET /api/v1/keys')).toMatchObject({ status: 503 })
  expect(seen).toHaveLength(3)
  expect(await client({ maxWaitMs: 1000 }).request('GET /api/v1/keys')).toMatchObject({
    retryAfterSeconds: 2,
  })
  expect(seen).toHaveLength(4)
})

it('follows no redirect: events sent anew as a GET would be answered and not taken in', async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    seen = []
    script = [{ status, headers: { location: `${url}/elsewhere`, 'content-type': 'text/html' } }]
    const outcome = await client().request('POST /api/v1/query', { body: { kind: 'table' } })
    expect(outcome).toMatchObject({
      ok: false,
      status,
      problem: { code: 'not_a_hub', detail: `HTTP ${status}, a redirect to ${url}/elsewhere` },
    })
    expect(seen.map(({ method }) => method)).toEqual(['POST'])
  }
})

it('ends when its caller does not want it any more', async () => {
  const stop = new AbortController()
  stop.abort()
  const outcome = await client().request('GET /api/v1/keys', { signal: stop.signal })
  expect(outcome).toMatchObject({ ok: false, status: null, problem: { code: 'aborted' } })
  expect(seen).toEqual([])
})

it('has a deadline for each try', async () => {
  const never: typeof fetch = (_input, init) =>
    new Promise((_resolve, reject) => {
      init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error))
    })
  const outcome = await client({ fetch: never, timeoutMs: 1, retries: 0 }).request('GET /health')
  expect(outcome).toMatchObject({ ok: false, problem: { code: 'timed_out' } })
})

it('says when something else than a hub answers, and refuses an address that is none', async () => {
  script = [{ status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad gateway' }]
  const proxy = await client({ retries: 0 }).request('GET /api/v1/keys')
  script = [{ status: 200, body: 'no JSON' }]
  const broken = await client().request('GET /api/v1/keys')
  for (const outcome of [proxy, broken]) {
    expect(outcome).toMatchObject({ ok: false, problem: { code: 'not_a_hub' } })
  }
  expect(() => createClient({ url: 'localhost' })).toThrow('localhost is no URL')
})

it('goes through the pages of an answer, and throws where one is refused', async () => {
  const page = (next: string | null): Scripted => ({
    status: 200,
    body: JSON.stringify({ letters: [], total: 3, by_code: {}, next }),
  })
  script = [page('c1'), page('c2'), page(null), page('c1'), { ...BUSY, status: 400 }]
  const turn = async (): Promise<number> => {
    let turned = 0
    for await (const each of pages(client(), 'GET /api/v1/dead-letters', {
      query: { limit: '1' },
    })) {
      turned += each.letters.length + 1
    }
    return turned
  }
  expect(await turn()).toBe(3)
  expect(seen.map(({ url: path }) => path.split('?')[1])).toEqual([
    'limit=1',
    'limit=1&cursor=c1',
    'limit=1&cursor=c2',
  ])
  await expect(turn()).rejects.toThrow(PageError)
})

function event(id: number) {
  return {
    common: { event_id: `e-${id}`, timestamp: '2025-11-20T00:00:00Z' },
    payload: { type: 'gauge' as const },
  }
}

function taken(accepted: number, rejected = 0): Scripted {
  const results = rejected === 0 ? [] : [{ index: 1, outcome: 'rejected' }]
  return {
    status: accepted === 0 ? 422 : 200,
    body: JSON.stringify({ accepted, duplicates: 0, rejected, results, position: `0:${accepted}` }),
  }
}

it('sends events in requests of bounded size, again where no answer came, and counts them all', async () => {
  script = [taken(2), { hangUp: true, status: 0 }, taken(1, 1), taken(0, 1)]
  const sent = await sendEvents(client(), [0, 1, 2, 3, 4].map(event), { batchEvents: 2 })
  expect(seen.map(({ body }) => body.split('\n').length - 1)).toEqual([2, 2, 2, 1])
  expect(seen[0]?.headers['content-type']).toBe('application/x-ndjson')
  expect(sent).toMatchObject({ accepted: 3, rejected: 2, stopped: null, position: '0:0' })
  expect(sent.results.map(({ index }) => index)).toEqual([3, 5])
  seen = []
  script = [taken(1), taken(1), taken(1)]
  await sendEvents(client(), [0, 1, 2].map(event), { batchBytes: 1 })
  expect(seen).toHaveLength(3)
})

it('stops sending where a request fails for good, and says how far it got', async () => {
  script = [taken(2), { ...BUSY, status: 401 }]
  const sent = await sendEvents(client(), [0, 1, 2, 3].map(event), { batchEvents: 2 })
  expect(sent).toMatchObject({ accepted: 2, stopped: { at: 2, failure: { status: 401 } } })
})
