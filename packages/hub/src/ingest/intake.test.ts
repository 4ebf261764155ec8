import { numberAt, textAt } from '@llmhub/stream'
import { describe, expect, it } from 'vitest'
import { callEvent, IntakeHarness, LIMITS } from '../../test/intake-fixture.ts'
import { Undecodable } from '../core/intake.ts'
import { BACKFILL, LIVE } from '../log/log.ts'
import { withTombstones } from '../log/tombstone.ts'
import { createPriceRow } from './price-row.ts'
import { createPriceTable } from './price-table.ts'

const usage = { input_tokens: 1000, output_tokens: 100 }

describe('intake', () => {
  it('answers what became of every event', async () => {
    const hub = await new IntakeHarness().start()
    const outcome = await hub.send([
      callEvent('a'),
      callEvent('b'),
      callEvent('a'),
      callEvent('a', { latency_ms: 5 }),
      { common: {}, payload: { type: 'llm_request' } },
      new Undecodable('invalid_json_line', 'bad', '{"x": 1'),
    ])
    expect(outcome).toEqual({
      ok: true,
      answer: {
        accepted: 2,
        duplicates: 1,
        rejected: 3,
        position: '0:2',
        results: [
          { index: 2, outcome: 'duplicate' },
          expect.objectContaining({ index: 3, code: 'id_conflict', path: '/common/event_id' }),
          expect.objectContaining({ index: 4, code: 'missing_field' }),
          expect.objectContaining({ index: 5, code: 'invalid_json_line', message: 'bad' }),
        ],
      },
    })
    const { rows, rejects, kinds } = await hub.read()
    expect(kinds).toEqual(['events', 'rejects'])
    expect(rows.map((row) => row.eventId)).toEqual(['a', 'b'])
    expect(rejects.map((reject) => reject.code)).toEqual([
      'id_conflict',
      'missing_field',
      'invalid_json_line',
    ])
    expect(hub.stage.stats().total).toEqual({ received: 6, accepted: 2, duplicate: 1, rejected: 3 })
  })

  it('refuses what is older than its project and family keep', async () => {
    const hour = 3_600_000_000
    const retention = (project: string) => ({
      events: project === 'other' ? null : 24 * hour,
      families: new Map([['cost', hour]]),
    })
    const hub = await new IntakeHarness({ limits: { ...LIMITS, retention } }).start()
    const cost = { type: 'token_cost', model_id: 'gpt-4o', cost_usd: 1 }
    const at = (timestamp: string) => ({ timestamp })
    const outcome = await hub.send([
      callEvent('a', {}, at('2026-11-20T20:00:00Z')),
      callEvent('b', {}, at('2026-11-19T20:00:00Z')),
      callEvent('c', cost, at('2026-11-20T20:00:00Z')),
    ])
    expect(outcome).toMatchObject({
      answer: {
        accepted: 1,
        results: [
          { index: 1, code: 'expired', path: '/common/timestamp' },
          { index: 2, code: 'expired', path: '/common/timestamp' },
        ],
      },
    })
  })

  it('writes nothing for duplicates, and counts them after a restart too', async () => {
    const hub = await new IntakeHarness().start()
    await hub.send([callEvent('a')])
    await hub.start()
    const reordered = { payload: callEvent('a').payload, common: callEvent('a').common }
    expect(await hub.send([reordered])).toMatchObject({
      answer: { accepted: 0, duplicates: 1, rejected: 0, position: null },
    })
    expect((await hub.read()).rows.length).toBe(1)
  })

  it('takes nothing in of a request that ends in an error, nor of those in the same group', async () => {
    const price = createPriceRow(createPriceTable())
    let faults = 1
    const hub = await new IntakeHarness({
      price(event, receiver, costs) {
        if (event.extra?.['boom'] === true && faults-- > 0) throw new Error('a bug')
        price(event, receiver, costs)
      },
    }).start()
    const events = [callEvent('b'), callEvent('c', { boom: true }), callEvent('d')]
    const neighbour = hub.send([callEvent('a')])
    await expect(hub.send(events)).rejects.toThrow('a bug')
    expect(await neighbour).toMatchObject({ ok: false, code: 'overloaded' })
    expect(await hub.send([callEvent('a'), ...events])).toMatchObject({ answer: { accepted: 4 } })
    const { rows } = await hub.read()
    expect(rows.map(({ eventId }) => eventId)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('keeps projects apart', async () => {
    const hub = await new IntakeHarness().start()
    await hub.send([callEvent('a')])
    expect(await hub.send([callEvent('a', { latency_ms: 1 })], { project: 'q' })).toMatchObject({
      answer: { accepted: 1 },
    })
  })

  it('appends together what comes while the log is busy', async () => {
    const hub = await new IntakeHarness().start()
    hub.log.hold()
    const answers = [hub.send([callEvent('a')])]
    await Promise.resolve()
    for (const id of ['b', 'c', 'd']) answers.push(hub.send([callEvent(id)]))
    await Promise.resolve()
    expect(hub.log.waiting).toBe(1)
    hub.log.release()
    await Promise.all(answers)
    const { rows } = await hub.read()
    expect(rows.map((row) => row.position.offset)).toEqual(['0', '1', '1', '1'])
  })

  it('lets a duplicate of an event in flight wait for that event', async () => {
    const hub = await new IntakeHarness().start()
    hub.log.hold()
    let answered = 0
    const first = hub.send([callEvent('a')])
    await Promise.resolve()
    const again = hub.send([callEvent('a')]).then((outcome) => {
      answered++
      return outcome
    })
    const other = hub.send([callEvent('a')], { partition: BACKFILL })
    await new Promise((resolve) => setImmediate(resolve))
    expect(answered).toBe(0)
    hub.log.release()
    expect(await first).toMatchObject({ answer: { accepted: 1 } })
    expect(await again).toMatchObject({ answer: { duplicates: 1, position: null } })
    expect(await other).toMatchObject({ answer: { duplicates: 1 } })
  })

  it('takes a failed group back: nothing of it was taken in, and sending again works', async () => {
    const hub = await new IntakeHarness().start()
    hub.log.hold()
    const first = hub.send([callEvent('a', { request_id: 'r', type: 'token_cost' })])
    await Promise.resolve()
    const behind = hub.send([
      callEvent('a', { request_id: 'r', type: 'token_cost' }),
      callEvent('b'),
    ])
    await Promise.resolve()
    hub.log.fail('disk_full')
    for (const outcome of [await first, await behind]) {
      expect(outcome).toMatchObject({ ok: false, code: 'disk_full', retryAfterSeconds: 1 })
    }
    hub.log.release()
    expect(await hub.send([callEvent('a'), callEvent('b')])).toMatchObject({
      answer: { accepted: 2 },
    })
    expect(hub.stage.stats()).toMatchObject({
      total: { received: 2, accepted: 2 },
      pendingRows: 0,
    })
  })

  it('answers storage_failed once the log has failed for good', async () => {
    const hub = await new IntakeHarness().start()
    hub.log.hold()
    const waiting = hub.send([callEvent('a')])
    await Promise.resolve()
    hub.log.break(new Error('fsync failed'))
    expect(await waiting).toMatchObject({ ok: false, code: 'storage_failed' })
    expect(await hub.send([callEvent('b')])).toMatchObject({ ok: false, code: 'storage_failed' })
  })

  it('refuses under pressure and over the limits', async () => {
    let pressure:
      | ReturnType<() => null>
      | { code: 'overloaded'; message: string; retryAfterSeconds: number } = null
    const hub = await new IntakeHarness({ pressure: () => pressure }).start()
    expect(await hub.send(Array.from({ length: 1001 }, () => 1))).toMatchObject({
      code: 'too_many_events',
    })
    pressure = { code: 'overloaded', message: 'lag', retryAfterSeconds: 3 }
    expect(await hub.send([callEvent('a')])).toMatchObject({
      code: 'overloaded',
      retryAfterSeconds: 3,
    })
    pressure = null
    expect(await hub.send([callEvent('a')])).toMatchObject({ ok: true })
    expect(Object.fromEntries(hub.stage.stats().refused)).toEqual({
      too_many_events: 1,
      overloaded: 1,
    })
  })

  it('refuses when too much waits for the log', async () => {
    const hub = await new IntakeHarness({ limits: { ...LIMITS, maxPendingRows: 10 } }).start()
    hub.log.hold()
    const first = hub.send(Array.from({ length: 11 }, (_, i) => callEvent(`e${i}`)))
    await Promise.resolve()
    expect(await hub.send([callEvent('a')])).toMatchObject({ code: 'overloaded' })
    hub.log.release()
    expect(await first).toMatchObject({ ok: true })
  })

  it('tells with dryRun what is known already, in the log and on its way there', async () => {
    const hub = await new IntakeHarness().start()
    await hub.send([callEvent('logged')])
    hub.log.hold()
    const sending = hub.send([callEvent('flying')])
    await Promise.resolve()
    const events = [
      callEvent('logged'),
      callEvent('flying'),
      callEvent('flying', { latency_ms: 1 }),
      callEvent('new'),
    ]
    expect(await hub.send(events, { dryRun: true })).toMatchObject({
      answer: {
        accepted: 1,
        duplicates: 2,
        rejected: 1,
        results: [
          { index: 0, outcome: 'duplicate' },
          { index: 1, outcome: 'duplicate' },
          { index: 2, outcome: 'rejected', code: 'id_conflict' },
        ],
        preview: [{ event_id: 'new' }],
      },
    })
    hub.log.release()
    await sending
    expect((await hub.read()).rows.map(({ eventId }) => eventId)).toEqual(['logged', 'flying'])
  })

  it('shows with dryRun what would be stored, and stores nothing', async () => {
    const hub = await new IntakeHarness().start()
    const outcome = await hub.send([callEvent('a', { usage, tags: 1 }), {}], { dryRun: true })
    expect(outcome).toMatchObject({
      answer: {
        accepted: 1,
        rejected: 1,
        position: null,
        preview: [{ event_id: 'a', model: 'gpt-4o', input_tokens: 1000, price_source: 'package' }],
      },
    })
    expect((await hub.read()).kinds).toEqual([])
    expect(await hub.send([callEvent('a', { usage })])).toMatchObject({ answer: { accepted: 1 } })
  })

  it('derives ids from an Idempotency-Key', async () => {
    const hub = await new IntakeHarness().start()
    const events = [1, 2].map((latency_ms) =>
      callEvent('', { latency_ms }, { event_id: undefined }),
    )
    expect(await hub.send(events)).toMatchObject({ answer: { rejected: 2 } })
    expect(await hub.send(events, { idempotencyKey: 'k' })).toMatchObject({
      answer: { accepted: 2 },
    })
    expect(await hub.send(events, { idempotencyKey: 'k' })).toMatchObject({
      answer: { duplicates: 2 },
    })
    expect(await hub.send(events, { idempotencyKey: 'l' })).toMatchObject({
      answer: { accepted: 2 },
    })
  })

  it('asks the store for ids before the horizon', async () => {
    const asked: string[] = []
    const hub: IntakeHarness = await new IntakeHarness(
      {
        lookup: async (_project, events) => {
          const { rows } = await hub.read()
          return events.map(({ eventId }) => {
            asked.push(eventId)
            const row = rows.find((candidate) => candidate.eventId === eventId)
            const column = row?.batch.columns.get('content_hash')
            const hash = column?.type === 'i64' ? column.data[row?.position.index ?? 0] : undefined
            return hash === undefined ? null : { contentHash: hash }
          })
        },
      },
      { horizonSeconds: 3600, runKeys: 4 },
    ).start()
    const old = Array.from({ length: 8 }, (_, i) => callEvent(`old${i}`))
    await hub.send(old)
    await hub.ids.idle()
    hub.clock.advance(7_200_000)
    const fresh = { timestamp: '2026-11-21T13:59:00Z' }
    await hub.send(Array.from({ length: 8 }, (_, i) => callEvent(`new${i}`, {}, fresh)))
    await hub.ids.idle()
    expect(asked).toEqual([])
    expect(hub.stage.stats().ids.horizonStart).toBeGreaterThan(0)
    expect(
      await hub.send([callEvent('old1'), callEvent('old2', { latency_ms: 1 }), callEvent('late')]),
    ).toMatchObject({ answer: { accepted: 1, duplicates: 1, rejected: 1 } })
    expect(asked).toEqual(['old1', 'old2', 'late'])
    expect(await hub.send([callEvent('late'), callEvent('new1', {}, fresh)])).toMatchObject({
      answer: { duplicates: 2 },
    })
    expect(asked.length).toBe(3)
  })

  it('counts one row of a call: by flag, in flight, and by operation', async () => {
    const hub = await new IntakeHarness().start()
    const part = (id: string, type: string, more = {}) =>
      callEvent(id, { type, request_id: 'r', total_latency_ms: 3, ...more })
    await hub.send([part('latency', 'latency')])
    hub.log.hold()
    const sealed = hub.send([part('usage', 'token_usage', { usage })])
    await Promise.resolve()
    const open = hub.send([part('cost', 'token_cost', { usage })])
    const best = hub.send([part('call', 'llm_request', { usage, response_id: 'x' })])
    hub.log.release()
    await Promise.all([sealed, open, best])
    await hub.send([part('late', 'latency')], { partition: BACKFILL })
    const { rows, kinds } = await hub.read()
    expect(kinds).toEqual(['events', 'events', 'operation', 'events', 'operation', 'events'])
    expect(rows.filter((row) => !row.suppressed).map((row) => row.eventId)).toEqual(['call'])
    expect(hub.stage.stats().suppressed).toBe(4)
  })

  it('takes an erased event for a duplicate still, but no call to be reported by it', async () => {
    const hub = await new IntakeHarness().start()
    const call = callEvent('call', { usage, request_id: 'r' })
    await hub.send([call])
    await hub.send([callEvent('kept')])
    // What rewriting the segment of the log leaves; the indexes are lost too.
    const erased = new IntakeHarness()
    for await (const record of hub.log.read(LIVE, 0n)) {
      const payload = record.offset === 0n ? withTombstones(record, new Set([0])) : record.payload
      await erased.log.append(LIVE, [{ kind: record.kind, payload }])
    }
    await erased.start()
    expect(await erased.send([call])).toMatchObject({ answer: { duplicates: 1 } })
    await erased.send([
      callEvent('late', { type: 'latency', request_id: 'r', total_latency_ms: 3 }),
    ])
    const { rows } = await erased.read()
    expect(rows.map(({ eventId, suppressed }) => [eventId, suppressed])).toEqual([
      [null, false],
      ['kept', false],
      ['late', false],
    ])
    // Before the erasure the late report would have been suppressed.
    await hub.send([callEvent('late', { type: 'latency', request_id: 'r', total_latency_ms: 3 })])
    expect((await hub.read()).rows.at(-1)).toMatchObject({ eventId: 'late', suppressed: true })
  })

  it('keeps dead letters within their rate, and still answers that they were rejected', async () => {
    const hub = await new IntakeHarness({ limits: { ...LIMITS, maxLettersPerSecond: 2 } }).start()
    expect(await hub.send([1, 2, 3, 4])).toMatchObject({ answer: { rejected: 4 } })
    expect((await hub.read()).rejects.length).toBe(2)
    expect(hub.stage.stats()).toMatchObject({ lettersNotKept: 2, total: { rejected: 4 } })
    hub.clock.advance(1000)
    await hub.send([1])
    expect((await hub.read()).rejects.length).toBe(3)
  })

  it('rejects one event that is too large, and keeps the others', async () => {
    const hub = await new IntakeHarness().start()
    const large = callEvent('large', { a: 'x'.repeat(60_000), b: 'y'.repeat(60_000) })
    const outcome = await hub.send([large, callEvent('small')])
    expect(outcome).toMatchObject({
      answer: { accepted: 1, results: [{ index: 0, code: 'event_too_large' }] },
    })
  })

  it('takes duplicates in twice when sabotaged', async () => {
    const hub = await new IntakeHarness({ sabotage: { dedupOff: true } }).start()
    await hub.send([callEvent('a')])
    await hub.send([callEvent('a')])
    expect((await hub.read()).rows.length).toBe(2)
  })

  it('fills every column', async () => {
    const hub = await new IntakeHarness().start()
    const event = callEvent(
      'a',
      {
        request_id: 7,
        usage: { input_tokens: 1000, output_tokens: 100, cache_read_tokens: 400 },
        parameters: { temperature: 0.5, top_p: 0.9, top_k: 40, max_tokens: 100, seed: 1 },
        total_latency_ms: 120.5,
        status: 'ok',
        cost_usd: '0.5',
        prompt: 'secret text',
        unknown: { a: [1] },
      },
      { tags: { region: 'eu' } },
    )
    await hub.send([event])
    const { rows } = await hub.read()
    const columns = rows[0]?.batch.columns
    const text = (name: string) => textAt(columns?.get(name), 0)
    const number = (name: string) => numberAt(columns?.get(name), 0)
    expect(
      ['kind', 'family', 'request_id', 'severity', 'environment', 'source_module', 'status'].map(
        text,
      ),
    ).toEqual(['llm_request', 'telemetry', '7', 'info', 'production', 'unknown', 'ok'])
    expect(
      ['latency_ms', 'temperature', 'top_p', 'top_k', 'max_tokens', 'is_current', 'suppressed'].map(
        number,
      ),
    ).toEqual([120.5, 0.5, 0.9, 40, 100, 1, 0])
    expect(
      ['input_tokens', 'output_tokens', 'cache_read_tokens', 'cost_reported'].map(number),
    ).toEqual([1000, 100, 400, 5e11])
    expect(number('cost_total')).toBe(number('cost_computed'))
    expect(number('cost_total')).toBe(
      (number('cost_prompt') ?? 0) + (number('cost_completion') ?? 0),
    )
    expect(number('time')).toBe(Date.parse('2026-11-21T11:59:00Z') * 1000)
    expect(number('latency_bin')).toBeGreaterThan(16_384)
    expect(JSON.parse(text('extra') ?? '')).toMatchObject({
      unknown: { a: [1] },
      parameters: { seed: 1 },
    })
    expect(text('extra')).not.toContain('secret')
    expect(hub.stage.stats().droppedContent).toBe(1)
  })
})
