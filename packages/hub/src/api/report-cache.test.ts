import { parseTime } from '@llmhub/stream'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ApiClient } from '../../test/api-client.ts'
import { apiClient } from '../../test/api-client.ts'
import type { ManualClock } from '../../test/manual-clock.ts'
import { manualClock } from '../../test/manual-clock.ts'
import type { ServiceFixture } from '../../test/service-fixture.ts'
import { startService } from '../../test/service-fixture.ts'
import type { ReportSpec } from '../core/report.ts'

// A store in small: rows are times (epoch ms) per project; the report counts those of its range.

let rows: { project: string; time: number }[] = []
let runs = 0
let versions = 0
/** What runs wait for before they ask. */
let gate: Promise<void> = Promise.resolve()
/** Whether questions say that something is missing. */
let partial = false
let clock: ManualClock
let service: ServiceFixture
let call: ApiClient
let all: string
let own: string

const count: ReportSpec = {
  path: '/count',
  summary: 'Rows of the last hour, or of a range',
  parameters: [],
  response: { type: 'object', required: ['rows'] },
  async run(parameters, ask, scope, now, signal) {
    runs += 1
    if (parameters['start_time'] === 'bad') {
      const issues = [{ path: 'start_time', message: 'is not a time' }]
      return { ok: false, code: 'invalid_request', message: 'no', issues }
    }
    const at = (name: string, otherwise: number): string => {
      const time = parseTime(parameters[name] ?? otherwise, now * 1000)
      return time.ok ? new Date(time.micros / 1000).toISOString() : ''
    }
    const from = at('start_time', now - 3_600_000)
    const to = at('end_time', now)
    await gate
    const outcome = await ask({ kind: 'table', from, to }, scope, signal)
    if (!outcome.ok) return outcome
    return { ok: true, body: { rows: outcome.answer.rows[0]?.[0] } }
  },
}

const elapsed: ReportSpec = {
  path: '/elapsed',
  summary: 'How much of a range has passed, as rates have to know',
  parameters: [],
  response: { type: 'object', required: ['seconds'] },
  async run({ start_time: from = '', end_time: to = '' }, ask, scope, now, signal) {
    const outcome = await ask({ kind: 'table', from, to }, scope, signal)
    if (!outcome.ok) return outcome
    const end = Math.min(now, Date.parse(to))
    return { ok: true, body: { seconds: Math.max(0, end - Date.parse(from)) / 1000 } }
  },
}

beforeAll(async () => {
  clock = manualClock()
  service = await startService({
    clock,
    reports: [count, elapsed],
    ask: (question, scope) => {
      const from = Date.parse(String(question.from))
      const to = Date.parse(String(question.to))
      const n = rows.filter(({ project, time }) => {
        return (scope.project ?? project) === project && time >= from && time < to
      }).length
      return Promise.resolve({
        ok: true,
        answer: {
          columns: [{ name: 'n', role: 'measure' }],
          rows: [[n]],
          meta: {
            asOf: { position: {}, watermark: null },
            source: 'raw',
            partial,
            warnings: [],
            timezone: 'UTC',
            from: new Date(from).toISOString(),
            to: new Date(to).toISOString(),
          },
          next: null,
        },
      })
    },
    // As the store does it: a version per project and day.
    rangeVersion: (scope, from, to) => {
      versions += 1
      const day = (ms: number) => Math.floor(ms / 86_400_000)
      const inside = rows.filter(({ project, time }) => {
        const known = (scope.project ?? project) === project
        return known && day(time) >= day(from / 1000) && day(time) <= day((to - 1) / 1000)
      })
      return Promise.resolve(String(inside.length))
    },
  })
  call = apiClient(service)
  all = service.key(['query:read'])
  own = service.key(['query:read'], 'own')
})
afterAll(() => service.close())

beforeEach(() => {
  rows = []
  runs = 0
  clock.advance(7_200_000)
})

function get(query = '', key = all, headers: Record<string, string> = {}) {
  return call('GET', `/api/v1/count${query}`, { key, headers })
}

function add(time: number, project = 'default'): void {
  rows.push({ project, time })
}

test('the answer is always what a recount gives, however rows and time come along', async () => {
  for (let step = 0; step < 200; step += 1) {
    if (step % 3 === 0) add(clock.now() - (step % 7) * 60_000, step % 2 === 0 ? 'own' : 'default')
    if (step % 4 === 0) clock.advance((step % 5) * 900)
    if (step % 50 === 49) clock.advance(1_800_000)
    for (const [key, project] of [
      [all, null],
      [own, 'own'],
    ] as const) {
      const now = (Math.floor(clock.now() / 5000) + 1) * 5000
      const expected = rows.filter((row) => {
        const known = project === null || row.project === project
        return known && row.time >= now - 3_600_000 && row.time < now
      }).length
      expect((await get('', key)).json).toEqual({ rows: expected })
    }
  }
  expect(runs).toBeLessThan(400)
})

test('the second request is answered from the cache, the third with 304', async () => {
  add(clock.now())
  await get()
  await get()
  expect(runs).toBe(2)
  const hit = await get()
  expect([runs, hit.status, hit.json]).toEqual([2, 200, { rows: 1 }])
  const etag = hit.headers.get('etag') ?? ''
  expect(etag).toMatch(/^W\/"[\w-]{22}"$/)
  expect(hit.headers.get('cache-control')).toBe('private, no-cache')
  expect(hit.headers.get('vary')).toContain('Authorization')
  for (const sent of [etag, etag.slice(2), `"x", ${etag}`]) {
    const same = await get('', all, { 'if-none-match': sent })
    expect([same.status, same.text, same.headers.get('etag')]).toEqual([304, '', etag])
  }
  expect((await get('', all, { 'if-none-match': '"x"' })).status).toBe(200)
  add(clock.now())
  const changed = await get('', all, { 'if-none-match': etag })
  expect([changed.status, changed.json]).toEqual([200, { rows: 2 }])
})

test('rows of other days do not touch the answer to a fixed range, even after its time', async () => {
  const from = '2026-11-01T00:00:00.000Z'
  const range = `?start_time=${from}&end_time=2026-11-02T00:00:00.000Z`
  add(Date.parse(from))
  expect((await get(range)).json).toEqual({ rows: 1 })
  await get(range)
  const before = runs
  for (let i = 0; i < 5; i += 1) {
    add(clock.now())
    clock.advance(60_000)
    expect((await get(range)).json).toEqual({ rows: 1 })
  }
  expect(runs).toBe(before)
  add(Date.parse(from) + 1)
  expect((await get(range)).json).toEqual({ rows: 2 })
})

test('a range that moves with now is asked anew, however it is written', async () => {
  add(clock.now() - 7_000_000)
  for (const [from, to] of [
    ['now-2h', 'now-1h'],
    [' now-2h', ' now-1h'],
  ]) {
    const query = `?start_time=${encodeURIComponent(from ?? '')}&end_time=${encodeURIComponent(to ?? '')}`
    await get(query)
    expect((await get(query)).json).toEqual({ rows: 1 })
  }
  // Shorter than answers are kept.
  clock.advance(300_000)
  for (const from of ['now-2h', ' now-2h']) {
    const query = `?start_time=${encodeURIComponent(from)}&end_time=${encodeURIComponent(from.replace('2', '1'))}`
    expect((await get(query)).json).toEqual({ rows: 0 })
  }
})

test('a fixed range that has not ended is answered as of now', async () => {
  const from = new Date(clock.now() - 3_600_000).toISOString()
  const to = new Date(clock.now() + 20_000).toISOString()
  const path = `/api/v1/elapsed?start_time=${from}&end_time=${to}`
  const seconds: unknown[] = []
  for (let i = 0; i < 8; i += 1) {
    seconds.push((await call('GET', path, { key: all })).json['seconds'])
    clock.advance(5000)
  }
  expect(seconds).toEqual([3605, 3610, 3615, 3620, 3620, 3620, 3620, 3620])
})

test('projects and parameters never share an answer', async () => {
  // One row each on this day, so that the versions are equal; only one lies in the last hour.
  add(clock.now(), 'own')
  add(clock.now() - 3_700_000)
  for (let i = 0; i < 3; i += 1) {
    expect((await get('', own)).json).toEqual({ rows: 1 })
    expect((await get('', all)).json).toEqual({ rows: 1 })
    const named = await get('', all, { 'x-llmhub-project': 'default' })
    expect(named.json).toEqual({ rows: 0 })
  }
  await get('?a=1%26b%3D2')
  const before = runs
  await get('?a=1&b=2')
  expect(runs).toBe(before + 1)
})

test('callers who want the same at once wait for one run', async () => {
  const { promise, resolve: open } = Promise.withResolvers<void>()
  gate = promise
  const before = versions
  const answers = Array.from({ length: 20 }, () => get('?x=1'))
  await expect.poll(() => versions - before).toBe(20)
  open()
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(
    Array.from({ length: 20 }, () => 200),
  )
  expect(runs).toBe(1)
})

test('a failure is not kept, and names the parameter', async () => {
  const failed = await get('?start_time=bad')
  expect([failed.status, failed.json['errors']]).toEqual([
    400,
    [{ path: 'start_time', message: 'is not a time' }],
  ])
  await get('?start_time=bad')
  expect(runs).toBe(2)
})

test('an answer that waited in vain is not kept: what it says of itself may stop being true', async () => {
  partial = true
  // The first run learns the range, which is part of the key.
  await get('?after=0:9')
  await get('?after=0:9')
  partial = false
  await get('?after=0:9')
  expect(runs).toBe(3)
  await get('?after=0:9')
  expect(runs).toBe(3)
})
