import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WholeHub } from './whole-hub.ts'

/** Rejected events through the whole hub: seen, put right, taken in again, put aside. */

type Json = Readonly<Record<string, unknown>>

const call = (id: string | undefined, payload: Json = {}): Json => ({
  common: { ...(id === undefined ? {} : { event_id: id }), timestamp: '2026-11-20T10:00:00Z' },
  payload: { type: 'llm_request', model_id: 'gpt-4o', ...payload },
})

const API = '/api/v1/dead-letters'

describe('dead letters', () => {
  let hub: WholeHub

  beforeAll(async () => {
    hub = await WholeHub.in()
    await hub.mustStart()
  })

  afterAll(async () => {
    await hub.remove()
  })

  const letters = async (query: string): Promise<readonly Json[]> => {
    const { status, body } = await hub.call(`${API}?${query}`)
    expect(status, JSON.stringify(body)).toBe(200)
    return body['letters'] as readonly Json[]
  }

  /** What was sent when letters are asked for is in the answer. */
  const reject = async (events: readonly Json[]): Promise<void> => {
    expect((await hub.send(events)).status).toBe(422)
  }

  const requests = async (): Promise<unknown> => {
    const question = {
      kind: 'table',
      measures: ['requests.count'],
      from: '2026-11-20',
      to: '2026-11-21',
    }
    const { body } = await hub.call('/api/v1/query', question)
    return (body['rows'] as readonly unknown[][])[0]?.[0]
  }

  it('are listed, searched and counted by code, newest first, in pages', async () => {
    await reject([
      call('a1', { model_id: 7 }),
      call('a2', { model_id: undefined }),
      call('a3', { latency_ms: 'SLOW' }),
    ])
    const all = await letters('')
    expect(all.map((letter) => [letter['event_id'], letter['code']])).toEqual([
      ['a3', 'wrong_type'],
      ['a2', 'missing_field'],
      ['a1', 'wrong_type'],
    ])
    const { body } = await hub.call(`${API}?code=wrong_type&limit=1`)
    expect(body).toMatchObject({ total: 2, by_code: { wrong_type: 2 } })
    const next = String(body['next'])
    const second = await letters(`code=wrong_type&limit=1&cursor=${next}`)
    expect(second.map((letter) => letter['event_id'])).toEqual(['a1'])
    for (const [query, found] of [
      ['text=slow', ['a3']],
      ['text=/PAYLOAD/model_id', ['a2', 'a1']],
      ['event_id=a2', ['a2']],
      ['code=missing_field,bad_time', ['a2']],
      ['receiver=import', []],
      ['to=now-1h', []],
      ['from=now-1h&status=open&receiver=http', ['a3', 'a2', 'a1']],
      ['status=replayed', []],
    ] as const) {
      expect(
        (await letters(query)).map((letter) => letter['event_id']),
        query,
      ).toEqual(found)
    }
  })

  it('tell why, where, and what to do', async () => {
    const [letter] = await letters('event_id=a1')
    const { body } = await hub.call(`${API}/${String(letter?.['id'])}`)
    expect(body).toMatchObject({
      code: 'wrong_type',
      path: '/payload/model_id',
      hint: 'Send the type named in the message; values are not converted.',
      replayable: true,
      body_form: 'event',
      event: call('a1', { model_id: 7 }),
      text: null,
      status: 'open',
    })
  })

  it('are taken in again with one correction for many, once', async () => {
    const before = await requests()
    const correction = {
      filter: { text: '/payload/model_id' },
      set: { '/payload/model_id': 'gpt-4o' },
    }
    const trial = await hub.call(`${API}/replay`, { ...correction, dry_run: true })
    expect(trial.body).toMatchObject({ dry_run: true, counts: { accepted: 2 }, position: null })
    expect(await requests()).toBe(before)
    const done = await hub.call(`${API}/replay`, correction)
    expect(done.body).toMatchObject({ counts: { accepted: 2 } })
    expect(String(done.body['position'])).toMatch(/^1:/)
    const replayed = await letters('status=replayed')
    expect(replayed.map((letter) => letter['replayed_as'])).toEqual(['a2', 'a1'])
    expect((await hub.call(`${API}/replay`, correction)).body).toMatchObject({ counts: {} })
    const ids = replayed.map((letter) => letter['id'])
    const again = await hub.call(`${API}/replay`, { ids, set: correction.set })
    expect(again.body).toMatchObject({ counts: { unchanged: 2 } })
  })

  it('that are rejected still stay open, and make no further letters', async () => {
    const [letter] = await letters('event_id=a3')
    const total = (await letters('')).length
    const id = String(letter?.['id'])
    const asKept = await hub.call(`${API}/${id}/replay`, undefined, 'POST')
    expect(asKept.status).toBe(422)
    expect(asKept.body).toMatchObject({
      counts: { rejected: 1 },
      results: [{ outcome: 'rejected', code: 'wrong_type', path: '/payload/latency_ms' }],
    })
    expect((await letters('')).length).toBe(total)
    const fixed = await hub.call(`${API}/${id}/replay`, call('a3', { latency_ms: 12 }))
    expect(fixed).toMatchObject({
      status: 200,
      body: { results: [{ outcome: 'accepted', event_id: 'a3' }] },
    })
  })

  it('without an id get that of the letter, so that twice counts once', async () => {
    await reject([call(undefined)])
    const [letter] = await letters('code=missing_event_id')
    const id = String(letter?.['id'])
    const { body } = await hub.call(`${API}/replay`, { ids: [id] })
    expect(body).toMatchObject({ results: [{ outcome: 'accepted', event_id: `letter:${id}` }] })
  })

  it('that are not the event as sent need a corrected one', async () => {
    const long = 'x'.repeat(20_000)
    await reject([
      call('b1', { model_id: 1, api_key: 'k' }),
      call('b2', { model_id: 1, note: long }),
      call('b3', { model_id: 1, prompt: 'words' }),
    ])
    const found = await letters('text=b')
    const forms = new Map<unknown, Json>()
    for (const letter of found) {
      forms.set(letter['event_id'], (await hub.call(`${API}/${String(letter['id'])}`)).body)
    }
    expect(forms.get('b1')).toMatchObject({ replayable: false, body_form: 'redacted' })
    expect(forms.get('b2')).toMatchObject({ replayable: false, body_form: 'cut', event: null })
    expect(forms.get('b3')).toMatchObject({ replayable: true, body_form: 'event' })
    const { body } = await hub.call(`${API}/replay`, {
      filter: { text: 'b' },
      set: { '/payload/model_id': 'gpt-4o' },
      dry_run: true,
    })
    expect(body).toMatchObject({ counts: { not_replayable: 2, accepted: 1 } })
    const id = String(forms.get('b2')?.['id'])
    const refused = await hub.call(`${API}/${id}/replay?dryRun=true`, undefined, 'POST')
    expect(refused).toMatchObject({ status: 409, body: { code: 'not_replayable' } })
    const corrected = await hub.call(`${API}/${id}/replay`, call('b2', { note: 'short' }))
    expect(corrected.body).toMatchObject({ counts: { accepted: 1 } })
  })

  it('are put aside, and can be taken in all the same', async () => {
    const dismissed = await hub.call(`${API}/dismiss`, { filter: { event_id: 'b3' } })
    expect(dismissed.body).toMatchObject({ counts: { dismissed: 1 } })
    const [letter] = await letters('event_id=b3&status=dismissed')
    const ids = [letter?.['id']]
    expect((await hub.call(`${API}/dismiss`, { ids })).body).toMatchObject({
      counts: { unchanged: 1 },
    })
    const { body } = await hub.call(`${API}/replay`, {
      ids,
      set: { '/payload/model_id': 'gpt-4o' },
    })
    expect(body).toMatchObject({ counts: { accepted: 1 } })
    expect((await letters('event_id=b3'))[0]).toMatchObject({ status: 'replayed' })
  })

  it('are the same after the store is made again', async () => {
    const before = (await hub.call(`${API}?limit=1000`)).body
    await hub.rebuild()
    expect((await hub.call(`${API}?limit=1000`)).body).toEqual(before)
  })
})
