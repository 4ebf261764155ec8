import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rawHttp, statusesOf } from '../../test/raw-http.ts'
import type { ServiceFixture } from '../../test/service-fixture.ts'
import { startService } from '../../test/service-fixture.ts'
import { DEFAULT_RECEIVER_LIMITS } from '../receivers/http/limits.ts'
import { connectionsWithin } from './server.ts'

describe('over bare sockets', () => {
  let service: ServiceFixture
  let key: string

  beforeAll(async () => {
    service = await startService(
      { receiverLimits: { ...DEFAULT_RECEIVER_LIMITS, maxBodyBytes: 100_000 } },
      {
        requestTimeoutMs: 400,
        headersTimeoutMs: 200,
        checkIntervalMs: 20,
        keepAliveTimeoutMs: 100,
      },
    )
    key = service.key(['ingest:write'])
  })
  afterAll(() => service.close())

  const head = (...headers: string[]): string =>
    ['POST /api/v1/events HTTP/1.1', 'Host: localhost', `Authorization: Bearer ${key}`]
      .concat('Content-Type: application/json', headers, '', '')
      .join('\r\n')

  const closing = (...headers: string[]): string => head('Connection: close', ...headers)

  test('a body in many packets and chunks is one body', async () => {
    const raw = await rawHttp(
      service.port,
      closing('Transfer-Encoding: chunked'),
      '3\r\n[{"',
      '\r\n4\r\na":',
      '1\r\n3',
      '\r\n}]\n\r\n0\r\n\r\n',
    )
    expect(statusesOf(raw)).toEqual([200])
    expect(service.intakes.at(-1)?.events).toEqual([{ a: 1 }])
  })

  test('pipelined requests are answered in order', async () => {
    const one = (body: string) => `${head(`Content-Length: ${body.length}`)}${body}`
    const last = `${closing('Content-Length: 2')}{}`
    const raw = await rawHttp(service.port, `${one('[1]')}${one('nonsense')}${one('[1,2]')}${last}`)
    expect(statusesOf(raw)).toEqual([200, 400, 200, 200])
  })

  test('headers that do not end in time are cut off with 408', async () => {
    const raw = await rawHttp(service.port, 'GET /health HTTP/1.1\r\nHost: localhost\r\nX-A:')
    expect(statusesOf(raw)).toEqual([408])
  })

  test('a body that does not end in time is cut off and its bytes are given back', async () => {
    const raw = await rawHttp(service.port, head('Content-Length: 5000'), '[{"a":1},', '{"a":')
    expect(statusesOf(raw)).toEqual([408])
    expect(raw).toContain('"code":"request_timeout"')
    const metrics = await (await fetch(`${service.url}/metrics`)).text()
    expect(metrics).toMatch(/^llmhub_http_body_bytes_in_flight 0$/m)
  })

  test('fewer bytes than declared never count as a request', async () => {
    const before = service.intakes.length
    const socket = connect(service.port, '127.0.0.1')
    socket.end(`${head('Content-Length: 500')}[{"a":1}]`)
    socket.resume()
    await once(socket, 'close')
    expect(service.intakes).toHaveLength(before)
  })

  test('more bytes than declared are not part of the body', async () => {
    const raw = await rawHttp(service.port, `${head('Content-Length: 3')}[1][2]`)
    expect(statusesOf(raw).at(-1)).toBe(400)
    expect(service.intakes.at(-1)?.events).toEqual([1])
  })

  test('an endless chunked body gets its answer and is cut off', async () => {
    const chunk = `8000\r\n${'['.repeat(0x8000)}\r\n`
    const raw = await rawHttp(
      service.port,
      head('Transfer-Encoding: chunked'),
      ...Array.from({ length: 20 }, () => chunk),
    )
    expect(statusesOf(raw)[0]).toBe(413)
    expect(raw).toContain('"code":"body_too_large"')
  })

  test('a body declared too large is refused without being read', async () => {
    const raw = await rawHttp(service.port, closing('Content-Length: 100001'), '[')
    expect(statusesOf(raw)[0]).toBe(413)
  })

  test.each([
    ['both lengths', 'Content-Length: 3\r\nTransfer-Encoding: chunked'],
    ['two lengths', 'Content-Length: 3\r\nContent-Length: 4'],
    ['a negative length', 'Content-Length: -1'],
    ['a length that is no number', 'Content-Length: 3x'],
    ['an unknown transfer coding', 'Transfer-Encoding: xchunked'],
    ['a folded header', 'X-A: 1\r\n 2'],
    ['a space before the colon', 'X-A : 1'],
    ['a bare carriage return', 'X-A: 1\rX-B: 2'],
  ])('%s: 400 and the connection is closed', async (_name, header) => {
    const before = service.intakes.length
    const raw = await rawHttp(service.port, `${head(header)}[1]`)
    expect(statusesOf(raw)).toEqual([400])
    expect(service.intakes).toHaveLength(before)
  })

  test('headers beyond the limit are refused with 431', async () => {
    const raw = await rawHttp(service.port, head(`X-A: ${'a'.repeat(20_000)}`))
    expect(statusesOf(raw)).toEqual([431])
    expect(raw).toContain('"code":"headers_too_large"')
    const id = /\r\nX-Request-Id: (\S+)\r\n/.exec(raw)?.[1]
    expect(raw).toContain(`"instance":"${id}"`)
  })

  test.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['TLS', Buffer.from('16030100a5010000a10303', 'hex')],
    ['no Host', 'GET /health HTTP/1.1\r\n\r\n'],
    ['a method unknown to HTTP', 'FETCH /health HTTP/1.1\r\nHost: a\r\n\r\n'],
  ])('%s: 400', async (_name, bytes) => {
    expect(statusesOf(await rawHttp(service.port, bytes))).toEqual([400])
  })

  test.each([
    ['a bad escape', '/api/v1/keys/%zz', 400],
    ['a parameter too long', `/schemas/${'a'.repeat(500)}`, 404],
    ['dots', '/schemas/../../etc/passwd', 404],
    ['escaped dots', '/schemas/..%2f..%2fetc%2fpasswd', 404],
    ['a name of Object.prototype', '/schemas/constructor', 404],
  ])('%s in the path', async (_name, path, status) => {
    const raw = await rawHttp(
      service.port,
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\nConnection: close\r\n\r\n`,
    )
    expect(statusesOf(raw)).toEqual([status])
    expect(raw).toContain('application/problem+json')
    expect(raw).not.toContain('passwd')
  })
})

test('closing lets a request in flight finish and takes no new ones', async () => {
  const { promise: entered, resolve: enter } = Promise.withResolvers<void>()
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const service = await startService({
    intake: async () => {
      enter()
      await released
      const answer = { accepted: 1, duplicates: 0, rejected: 0, results: [], position: '0:1' }
      return { ok: true, answer }
    },
  })
  const key = service.key(['ingest:write'])
  const answer = fetch(`${service.url}/api/v1/events`, {
    method: 'POST',
    body: '{}',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  })
  await entered
  const closed = service.close()
  await expect(fetch(`${service.url}/health`)).rejects.toThrow(/fetch failed/)
  release()
  const response = await answer
  expect(response.status).toBe(200)
  expect(response.headers.get('connection')).toBe('close')
  await closed
})

test('connections beyond the limit are refused; those there go on', async () => {
  const service = await startService({}, { maxConnections: 2 })
  const open = [connect(service.port, '127.0.0.1'), connect(service.port, '127.0.0.1')]
  await Promise.all(open.map((socket) => once(socket, 'connect')))
  const request = 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
  expect(await rawHttp(service.port, request)).toBe('')
  const [first, second] = open
  first?.write(request)
  const [answer] = (await once(first as Socket, 'data')) as [Buffer]
  expect(statusesOf(answer.toString())).toEqual([200])
  second?.destroy()
  first?.destroy()
  await service.close()
})

test.each([
  [null, 4096],
  [1_048_576, 4096],
  [1024, 896],
  [64, 8],
])('of %s descriptors, %s are for connections', (descriptors, connections) => {
  expect(connectionsWithin(descriptors)).toBe(connections)
})

test('requests that outlive the deadline are cut off', async () => {
  const { promise: entered, resolve: enter } = Promise.withResolvers<void>()
  const service = await startService(
    {
      intake: () => {
        enter()
        return new Promise(() => undefined)
      },
    },
    { closeDeadlineMs: 50 },
  )
  const answer = fetch(`${service.url}/api/v1/events`, {
    method: 'POST',
    body: '{}',
    headers: {
      authorization: `Bearer ${service.key(['ingest:write'])}`,
      'content-type': 'application/json',
    },
  })
  const failure = answer.catch((error: unknown) => String(error))
  await entered
  await service.close()
  expect(await failure).toContain('fetch failed')
})

test('the log has one line per request with its id, and no secret, address or body', async () => {
  const service = await startService()
  const key = service.key(['ingest:write'])
  const response = await fetch(`${service.url}/api/v1/events?dryRun=true`, {
    method: 'POST',
    body: '{"private":"words"}',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'x-request-id': 'from-the-client-1',
    },
  })
  expect(response.headers.get('x-request-id')).toBe('from-the-client-1')
  const evil = await fetch(`${service.url}/health`, { headers: { 'x-request-id': 'a b"c{}' } })
  expect(evil.headers.get('x-request-id')).toMatch(/^[0-9a-f]{10}-\w+$/)
  await service.close()
  const lines = service.log.map((line) => JSON.parse(line) as Record<string, unknown>)
  const [line] = lines.filter((one) => one['reqId'] === 'from-the-client-1')
  expect(line).toMatchObject({ method: 'POST', route: '/api/v1/events', status: 200 })
  expect(service.log.join('')).not.toMatch(/private|words|lah_|dryRun/)
})
