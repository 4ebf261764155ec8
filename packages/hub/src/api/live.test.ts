import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ApiClient, apiClient } from '../../test/api-client.ts'
import { type LiveData, type LiveReader, readLive } from '../../test/live-reader.ts'
import { type ManualClock, manualClock } from '../../test/manual-clock.ts'
import { type MemoryLiveSource, memoryLiveSource, result } from '../../test/memory-live-source.ts'
import { type ServiceFixture, startService } from '../../test/service-fixture.ts'
import { DEFAULT_STREAM_LIMITS } from '../live/sse-hub.ts'

/* Live streams over real connections; only time is made by hand. */

let clock: ManualClock
let source: MemoryLiveSource
let service: ServiceFixture
let call: ApiClient
let key: string
let readers: LiveReader[]

beforeEach(async () => {
  clock = manualClock()
  source = memoryLiveSource()
  service = await startService({
    clock,
    live: source,
    liveLimits: { ...DEFAULT_STREAM_LIMITS, clients: 6, clientsPerKey: 4 },
  })
  call = apiClient(service)
  key = service.key(['query:read'])
  readers = []
})
afterEach(async () => {
  for (const reader of readers) reader.close()
  await service.close()
})

const ONE = 'definition=calls&size=1m'

async function open(
  query = ONE,
  headers: Readonly<Record<string, string>> = {},
  as = key,
): Promise<LiveReader> {
  const reader = await readLive(`${service.url}/api/v1/live?${query}`, as, headers)
  readers.push(reader)
  return reader
}

const countsOf = (updates: LiveData['updates']): unknown[] =>
  updates.map(({ values }) => values['requests.count'])

/** A metric's value. */
async function metric(name: string): Promise<number> {
  const { text } = await call('GET', '/metrics')
  return Number(new RegExp(`^llmhub_${name} (.+)$`, 'm').exec(text)?.[1])
}

describe('a stream', () => {
  test('begins with a snapshot and goes on with deltas', async () => {
    source.tell(result('gpt-4o', 3), result(null, 1))
    const reader = await open()
    expect(reader.status).toBe(200)
    expect(reader.headers).toMatchObject({
      'content-type': expect.stringMatching(/^text\/event-stream/),
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    const snapshot = await reader.next()
    expect(snapshot).toEqual({
      event: 'snapshot',
      id: expect.stringMatching(/^[0-9a-f]{12}-1$/),
      data: {
        sub: 'calls/1m',
        reason: 'opened',
        definition: 'calls',
        size: '1m',
        by: ['model'],
        measures: [
          { name: 'requests.count', unit: 'count' },
          { name: 'cost.total', unit: 'USD' },
        ],
        position: '0:2',
        watermark: '2026-11-21T10:00:00.000Z',
        updates: [
          {
            start: '2026-11-21T10:00:00.000Z',
            end: '2026-11-21T10:01:00.000Z',
            project: 'default',
            key: { model: 'gpt-4o' },
            values: { 'requests.count': 3, 'cost.total': '0.25' },
            closed: false,
            pane: { index: 0, timing: 'early' },
            source: 'live',
          },
          expect.objectContaining({ key: { model: null } }),
        ],
      },
    })
    source.tell(
      result('gpt-4o', 4, { index: 1, pane: { index: 1, timing: 'on_time', closed: true } }),
      result('claude', 1, { removed: true }),
    )
    const delta = await reader.next()
    expect([delta.event, delta.data.sub, countsOf(delta.data.updates)]).toEqual([
      'delta',
      'calls/1m',
      [4, 1],
    ])
    expect(delta.data.updates).toMatchObject([{ closed: true }, { removed: true }])
    expect(delta.id).toMatch(/-3$/)
  })

  test('leaves out what is of other sizes, keys and projects', async () => {
    const bound = service.key(['query:read'], 'shop')
    const filtered = await open(`${ONE}&where=model:gpt-4o`)
    const others = await open(`${ONE}&where=model!=gpt-4o&where=model~laude`)
    const shop = await open(ONE, {}, bound)
    for (const reader of [filtered, others, shop]) await reader.next('snapshot')
    source.tell(
      result('gpt-4o', 1),
      result('claude', 2),
      result(null, 3),
      result('gpt-4o', 4, { size: '1h' }),
      result('mistral', 5, { project: 'shop' }),
    )
    expect(countsOf((await filtered.next('delta')).data.updates)).toEqual([1])
    expect(countsOf((await others.next('delta')).data.updates)).toEqual([2])
    expect(countsOf((await shop.next('delta')).data.updates)).toEqual([5])
    const later = await open(ONE, { 'x-llmhub-project': 'default' })
    expect(countsOf((await later.next('snapshot')).data.updates)).toEqual([1, 2, 3])
    const few = await open(`${ONE}&limit=1&where=model~t-4`)
    expect(countsOf((await few.next('snapshot')).data.updates)).toEqual([1])
  })

  test('has several subscriptions, and an id only where all of them are up to date', async () => {
    const subs = [
      { definition: 'calls', size: '1m' },
      { id: 'hours', definition: 'calls', size: '1h', where: ['model:gpt-4o'], limit: 5 },
    ]
    const reader = await open(`subs=${encodeURIComponent(JSON.stringify(subs))}`)
    const [minutes, hours] = [await reader.next(), await reader.next()]
    expect([minutes.data.sub, minutes.id]).toEqual(['calls/1m', null])
    expect([hours.data.sub, hours.id]).toEqual(['hours', expect.stringMatching(/-2$/)])
    source.tell(result('gpt-4o', 1), result('gpt-4o', 2, { size: '1h' }))
    const first = await reader.next()
    const second = await reader.next()
    expect([first.data.sub, first.id]).toEqual(['calls/1m', null])
    expect([second.data.sub, second.id]).toEqual(['hours', expect.stringMatching(/-4$/)])
  })

  test('tells what is told while its snapshot is on the way once', async () => {
    source.tell(result('gpt-4o', 1), result('claude', 1))
    source.holdSnapshots(true)
    const reader = await open()
    await expect.poll(() => source.snapshots).toBe(1)
    source.tell(result('gpt-4o', 2, { index: 1 }))
    source.holdSnapshots(false)
    expect(countsOf((await reader.next()).data.updates)).toEqual([2, 1])
    source.tell(result('claude', 3))
    clock.advance(100)
    expect(countsOf((await reader.next()).data.updates)).toEqual([3])
  })

  test('is alive every 15 seconds, and says where it is even when nothing is for it', async () => {
    const reader = await open(`${ONE}&where=model:none`)
    await reader.next('snapshot')
    source.tell(result('gpt-4o', 1), result('gpt-4o', 2, { index: 1 }))
    clock.advance(15_000)
    await expect.poll(() => reader.text).toContain(': heartbeat\nid: ')
    expect(reader.lastId).toMatch(/-3$/)
  })

  test('says when results are behind, and when no longer', async () => {
    const reader = await open()
    await reader.next('snapshot')
    source.lagMs = 12_000
    clock.advance(15_000)
    expect((await reader.next('notice')).data).toEqual({
      reason: 'lagging',
      sub: 'calls/1m',
      lagMs: 12_000,
    })
    source.lagMs = 0
    clock.advance(15_000)
    expect((await reader.next('notice')).data.reason).toBe('caught_up')
  })

  test('ends by itself when it is asked to', async () => {
    source.tell(result('gpt-4o', 1))
    const answer = await call('GET', `/api/v1/live?${ONE}&for=0`, { key })
    expect(answer.text).toMatch(
      /^retry: \d+\n\nid: \S+\nevent: snapshot\ndata: .*\n\nevent: bye\ndata: {"reason":"done","retryAfter":null}\n\n$/,
    )
    const reader = await open(`${ONE}&for=2`)
    await reader.next('snapshot')
    clock.advance(2000)
    expect((await reader.rest()).map(({ data }) => data.reason)).toEqual(['done'])
  })

  test('is not opened by HEAD', async () => {
    const response = await fetch(`${service.url}/api/v1/live?${ONE}`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${key}` },
    })
    expect([response.status, await response.text()]).toEqual([200, ''])
    await expect.poll(() => metric('live_clients')).toBe(0)
  })
})

describe('a client that comes back', () => {
  test('gets what it has missed, the newest of each, and no snapshot', async () => {
    const reader = await open()
    await reader.next('snapshot')
    source.tell(result('gpt-4o', 1))
    const { id } = await reader.next('delta')
    reader.close()
    await expect.poll(() => metric('live_clients')).toBe(0)
    source.tell(result('gpt-4o', 2, { index: 1 }), result('claude', 1))
    source.tell(result('gpt-4o', 3, { index: 2 }))
    const again = await open(ONE, { 'last-event-id': id ?? '' })
    expect((await again.next()).data).toEqual({ reason: 'resumed', sub: 'calls/1m', missed: 2 })
    expect(countsOf((await again.next()).data.updates)).toEqual([1, 3])
    const idle = await open(ONE, { 'last-event-id': again.lastId ?? '' })
    expect((await idle.next()).data).toEqual({ reason: 'resumed', sub: 'calls/1m', missed: 0 })
    expect(source.snapshots).toBe(1)
  })

  test.each([
    ['of another run', () => '0123456789ab-1'],
    ['from the future', (own: string) => own.replace(/\d+$/, '99')],
    ['that is none', () => 'nonsense; drop'],
    ['from before anybody watched', (own: string) => own.replace(/\d+$/, '0')],
  ])('with an id %s gets a snapshot', async (_name, made) => {
    const reader = await open()
    const { id } = await reader.next('snapshot')
    const again = await open(ONE, { 'last-event-id': made(id ?? '') })
    expect(await again.next()).toMatchObject({ event: 'snapshot', data: { reason: 'gap' } })
  })

  test('too late gets a snapshot; the source is left alone once nobody comes back', async () => {
    const reader = await open()
    await reader.next('snapshot')
    const id = reader.lastId ?? ''
    reader.close()
    await expect.poll(() => metric('live_clients')).toBe(0)
    source.tell(result('gpt-4o', 1))
    clock.advance(290_000)
    expect(source.listeners).toBe(1)
    const inTime = await open(ONE, { 'last-event-id': id })
    expect((await inTime.next()).data.reason).toBe('resumed')
    inTime.close()
    await expect.poll(() => metric('live_clients')).toBe(0)
    clock.advance(330_000)
    expect(source.listeners).toBe(0)
    const late = await open(ONE, { 'last-event-id': id })
    expect((await late.next()).data.reason).toBe('gap')
  })
})

describe('a client that is slow', () => {
  test('gets a thousand results a second as ten deltas of the newest', async () => {
    const reader = await open()
    await reader.next('snapshot')
    const SECONDS = 3
    let told = 0
    for (let tick = 0; tick < SECONDS * 100; tick++) {
      // Ten results every ten milliseconds, of ten models.
      for (let model = 0; model < 10; model++) {
        told++
        source.tell(result(`model-${model}`, told, { index: tick }))
      }
      clock.advance(10)
      await new Promise((resolve) => setImmediate(resolve))
    }
    clock.advance(100)
    const last = new Map<string | null | undefined, unknown>()
    let deltas = 0
    while (last.get('model-9') !== told) {
      const { data } = await reader.next('delta')
      deltas++
      for (const { key: of, values } of data.updates)
        last.set(of['model'], values['requests.count'])
    }
    expect(new Set(last.values())).toEqual(
      new Set(Array.from({ length: 10 }, (_, model) => told - 9 + model)),
    )
    expect(deltas).toBeLessThanOrEqual(SECONDS * 10 + 2)
    const [coalesced, queued] = [
      await metric('live_coalesced_total'),
      await metric('live_queue_bytes'),
    ]
    expect(coalesced).toBeGreaterThanOrEqual(told - deltas * 10)
    expect(queued).toBe(0)
  })

  test('and takes nothing is cut off after 30 seconds; what waits for it is bounded', async () => {
    const reader = await open()
    await reader.next('snapshot')
    reader.pause()
    let index = 0
    const tell = (): void => {
      index++
      const long = 'x'.repeat(200)
      source.tell(
        ...Array.from({ length: 200 }, (_, at) => result(`${long}${at}`, index, { index })),
      )
    }
    // The system holds some megabytes of a connection before it takes no more.
    while ((await metric('live_queue_bytes')) === 0 && index < 2000) {
      for (let many = 0; many < 20; many++) {
        tell()
        clock.advance(100)
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    const stuck = clock.now()
    for (let more = 0; more < 200; more++) tell()
    expect(await metric('live_queue_bytes')).toBeGreaterThan(0)
    expect(await metric('live_queue_bytes')).toBeLessThan(
      2 * (DEFAULT_STREAM_LIMITS.queueChars + DEFAULT_STREAM_LIMITS.bufferBytes),
    )
    expect(await metric('live_coalesced_total')).toBeGreaterThan(30_000)
    clock.advance(stuck + 30_000 - clock.now())
    clock.advance(DEFAULT_STREAM_LIMITS.graceMs)
    await expect.poll(() => metric('live_clients')).toBe(0)
    expect(await metric('live_ended_total{reason="slow"}')).toBe(1)
    reader.resume()
    await reader.closed
  })

  test('and comes to itself in time is told why it was cut off', async () => {
    const reader = await open()
    await reader.next('snapshot')
    reader.pause()
    let index = 0
    while ((await metric('live_queue_bytes')) === 0 && index < 2000) {
      for (let many = 0; many < 20; many++) {
        index++
        const long = 'x'.repeat(200)
        source.tell(
          ...Array.from({ length: 200 }, (_, at) => result(`${long}${at}`, index, { index })),
        )
        clock.advance(100)
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    clock.advance(30_000)
    reader.resume()
    const events = await reader.rest()
    expect(events.at(-1)).toEqual({
      event: 'bye',
      id: null,
      data: { reason: 'slow', retryAfter: expect.any(Number) },
    })
  })
})

describe('access', () => {
  test('is asked for when the stream is opened', async () => {
    expect((await call('GET', `/api/v1/live?${ONE}`)).status).toBe(401)
    const writer = service.key(['ingest:write'])
    expect((await call('GET', `/api/v1/live?${ONE}`, { key: writer })).status).toBe(403)
    const bound = service.key(['query:read'], 'shop')
    const headers = { 'x-llmhub-project': 'default' }
    expect((await call('GET', `/api/v1/live?${ONE}`, { key: bound, headers })).status).toBe(403)
    const unknown = { 'x-llmhub-project': 'absent' }
    expect((await call('GET', `/api/v1/live?${ONE}`, { key, headers: unknown })).status).toBe(404)
  })

  test('that is revoked ends the stream within a minute', async () => {
    const { record, secret } = service.authenticator.create({
      name: 'to be revoked',
      project: null,
      permissions: ['query:read'],
      expiresAt: null,
    })
    const [reader, other] = [await open(ONE, {}, secret), await open()]
    await reader.next('snapshot')
    await other.next('snapshot')
    clock.advance(61_000)
    source.tell(result('gpt-4o', 1))
    await reader.next('delta')
    service.authenticator.revoke(record.id)
    clock.advance(60_000)
    expect((await reader.rest()).map(({ data }) => data)).toEqual([
      { reason: 'unauthorized', retryAfter: null },
    ])
    source.tell(result('gpt-4o', 2, { index: 1 }))
    expect(countsOf((await other.next('delta')).data.updates)).toEqual([1])
    expect(await metric('live_clients')).toBe(1)
  })

  test('is for so many streams of a key and of all keys', async () => {
    for (let at = 0; at < 4; at++) await open()
    const refused = await call('GET', `/api/v1/live?${ONE}`, { key })
    expect([refused.status, refused.json['code']]).toEqual([429, 'too_many_streams'])
    expect(refused.headers.get('retry-after')).not.toBeNull()
    const another = service.key(['query:read'])
    await open(ONE, {}, another)
    await open(ONE, {}, another)
    const full = await call('GET', `/api/v1/live?${ONE}`, { key: another })
    expect(full.json['detail']).toContain('6 live streams')
    readers[0]?.close()
    await expect.poll(() => metric('live_clients')).toBe(5)
    await open(ONE, {}, another)
  })
})

test('a stop says bye to everybody, also where a reader takes nothing', async () => {
  const own = await startService({ live: source })
  const [reader, stuck] = await Promise.all(
    [0, 1].map(() => readLive(`${own.url}/api/v1/live?${ONE}`, own.key(['query:read']))),
  )
  await reader?.next('snapshot')
  await own.close()
  for (const each of [reader, stuck]) {
    const events = (await each?.rest()) ?? []
    expect(events.at(-1)).toMatchObject({ event: 'bye', data: { reason: 'shutdown' } })
    expect(events.at(-1)?.data.retryAfter).toBeGreaterThanOrEqual(1)
  }
  expect(source.listeners).toBe(0)
})
