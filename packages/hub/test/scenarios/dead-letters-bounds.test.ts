import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WholeHub } from './whole-hub.ts'

/** Whose letters they are, how long they stay, how much is rejected, and input that means no good. */

type Json = Readonly<Record<string, unknown>>

const API = '/api/v1/dead-letters'

const wrong = (id: string): Json => ({
  common: { event_id: id, timestamp: '2026-11-20T10:00:00Z' },
  payload: { type: 'latency', model_id: 'm' },
})

describe('dead letters', () => {
  let hub: WholeHub
  const keys = new Map<string, string>()
  const letters = new Map<string, string>()

  /** Calls with the key of a project. */
  const as = async (
    project: string,
    method: string,
    path: string,
    json?: unknown,
  ): Promise<{ status: number; body: Json }> => {
    const response = await fetch(`${hub.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${keys.get(project)}`,
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: json === undefined ? null : JSON.stringify(json),
    })
    return { status: response.status, body: (await response.json()) as Json }
  }

  beforeAll(async () => {
    hub = await WholeHub.in({ 'dead_letters.max_per_second': '3' })
    await hub.mustStart()
    const permissions = ['ingest:write', 'query:read', 'ops:write']
    for (const project of ['ours', 'theirs']) {
      const made = await hub.call('/api/v1/keys', { name: project, project, permissions })
      keys.set(project, String(made.body['key']))
      await as(project, 'POST', '/api/v1/events', [wrong(project)])
      const { body } = await as(project, 'GET', API)
      letters.set(project, String((body['letters'] as readonly Json[])[0]?.['id']))
    }
  })

  afterAll(async () => {
    await hub.remove()
  })

  it('of another project are not there', async () => {
    for (const project of ['ours', 'theirs']) {
      const { body } = await as(project, 'GET', API)
      expect(body).toMatchObject({ total: 1, letters: [{ project, event_id: project }] })
    }
    const id = letters.get('theirs') ?? ''
    expect(await as('ours', 'GET', `${API}/${id}`)).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    })
    const event = { ...wrong('theirs'), payload: { type: 'latency', model_id: 'm', latency_ms: 1 } }
    expect((await as('ours', 'POST', `${API}/${id}/replay`, event)).status).toBe(404)
    for (const act of ['replay', 'dismiss']) {
      const { body } = await as('ours', 'POST', `${API}/${act}`, { ids: [id] })
      expect(body).toMatchObject({ counts: {}, results: [] })
    }
    expect((await as('theirs', 'GET', `${API}/${id}`)).body).toMatchObject({ status: 'open' })
    const summary = (await as('ours', 'GET', `${API}/summary`)).body
    expect(Object.keys(summary['by_project'] as Json)).toEqual(['ours'])
  })

  it.each([
    'x',
    '00000000-0000-4000-8000-000000000000',
    '..%2f..%2fkeys',
    '%27%20OR%201=1--',
    'summaries',
    '%00',
    'a'.repeat(100),
  ])('with the id %j are not there', async (id) => {
    expect((await as('ours', 'GET', `${API}/${id}`)).status).toBe(404)
    expect((await as('ours', 'POST', `${API}/${id}/replay`)).status).toBe(404)
  })

  it.each([
    [{}],
    [{ ids: [], filter: {} }],
    [{ ids: ['a'], filter: {} }],
    [{ ids: ['a b'] }],
    [{ ids: Array.from({ length: 1001 }, () => 'a') }],
    [{ filter: { code: 'no_such_code' } }],
    [{ filter: { from: 'yesterday' } }],
    [{ filter: { text: 'x'.repeat(3000) } }],
    [{ filter: { nested: {} } }],
    [{ filter: {}, limit: 0 }],
    [{ filter: {}, cursor: 'bm90IG91cnM' }],
    [{ filter: {}, set: { payload: 1 } }],
    [{ filter: {}, set: { '/payload/constructor/prototype/x': 1 } }],
    [{ filter: {}, unset: ['/__proto__'] }],
    [{ filter: {}, set: { '/payload/note': 'x'.repeat(20_000) } }],
    [{ filter: {}, set: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`/a${i}`, 1])) }],
    [{ filter: {}, set: { [`/${'a/'.repeat(40)}`]: 1 } }],
  ])('are not chosen or changed by %j', async (body) => {
    const answer = await as('ours', 'POST', `${API}/replay`, body)
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    expect(JSON.stringify(answer.body)).not.toMatch(/SELECT|\.ts/)
  })

  it.each(['limit=0', 'limit=1001', 'cursor=x', 'code=x', 'status=lost', 'from=x', 'page=2'])(
    'are not listed by %s',
    async (query) => {
      expect((await as('ours', 'GET', `${API}?${query}`)).status).toBe(400)
    },
  )

  it('are for keys that may', async () => {
    const made = await hub.call('/api/v1/keys', { name: 'sender', permissions: ['ingest:write'] })
    keys.set('sender', String(made.body['key']))
    expect((await as('sender', 'GET', API)).status).toBe(403)
    const body = { filter: {} }
    expect((await as('sender', 'POST', `${API}/dismiss`, body)).status).toBe(403)
    expect((await as('sender', 'POST', `${API}/replay`, body)).status).toBe(403)
  })

  it('are counted as a share of what came in', async () => {
    const events = [1, 2, 3].map((n) => ({
      ...wrong(`good${n}`),
      payload: { type: 'latency', model_id: 'm', total_latency_ms: n },
    }))
    const sent = await as('ours', 'POST', '/api/v1/events', events)
    expect(sent.body).toMatchObject({ accepted: 3 })
    const after = String(sent.body['position'])
    await hub.call('/api/v1/query', { kind: 'table', measures: ['requests.count'], after })
    const query = 'granularity=1hour&from=now-2h&timezone=Asia/Kolkata'
    const { status, body } = await as('ours', 'GET', `${API}/summary?${query}`)
    expect(status).toBe(200)
    const total = { rejected: 1, taken_in: 3, rate: 0.25 }
    expect(body).toMatchObject({
      total,
      by_code: { missing_field: 1 },
      by_receiver: { http: total },
      by_project: { ours: total },
    })
    const buckets = body['buckets'] as readonly Json[]
    expect(buckets).toHaveLength(3)
    expect(buckets[0]).toMatchObject({ rejected: 0, taken_in: 0, rate: null })
    expect(buckets[0]?.['start']).toMatch(/:30:00/)
    expect(buckets.reduce((sum, bucket) => sum + Number(bucket['rejected']), 0)).toBe(1)
    const all = await hub.call(`${API}/summary`)
    expect(all.body['total']).toEqual({ rejected: 2, taken_in: 3, rate: 0.4 })
    for (const bad of [
      'granularity=1s',
      'from=now&to=now-1d',
      'timezone=Mars/Base',
      'from=2000-01-01&granularity=1min',
    ]) {
      expect((await hub.call(`${API}/summary?${bad}`)).status, bad).toBe(400)
    }
  })

  it('beyond the limit of a second are counted, and not kept', async () => {
    const storm = Array.from({ length: 50 }, (_, i) => wrong(`storm${i}`))
    const sent = await as('theirs', 'POST', '/api/v1/events', storm)
    expect(sent.body).toMatchObject({ rejected: 50 })
    const kept = Number((await as('theirs', 'GET', `${API}?text=storm`)).body['total'])
    const stats = await hub.call('/stats')
    expect(kept + Number((stats.body['ingest'] as Json)['deadLettersNotKept'])).toBe(50)
    // A second may begin while the events are looked at.
    expect(kept).toBeLessThanOrEqual(6)
  })
})
