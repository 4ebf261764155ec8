import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LiveReader, readLive } from '../live-reader.ts'
import { WholeHub } from './whole-hub.ts'

/** Live windows of a whole hub: defined, counted, watched, and there again after a restart. */

const OWN = { name: 'own', windows: ['1h'], by: ['service'], measures: ['requests.count'] }

const call = (id: string): object => ({
  common: { event_id: id, timestamp: new Date().toISOString() },
  payload: { type: 'llm_request', model_id: 'gpt-4o', service: 'shop', latency_ms: 10 },
})

/** Reads until the calls of the service are so many, over however many hours they are. */
async function until(reader: LiveReader, calls: number): Promise<void> {
  const counts = new Map<string, number>()
  for (;;) {
    const { data } = await reader.next()
    for (const { key, start, values } of data.updates ?? []) {
      if (key['service'] === 'shop') counts.set(start, Number(values['requests.count']))
    }
    if ([...counts.values()].reduce((sum, count) => sum + count, 0) === calls) return
  }
}

describe('windows that people define', () => {
  let hub: WholeHub
  let key: string

  beforeAll(async () => {
    hub = await WholeHub.in()
    await hub.mustStart()
    key = hub.headers['authorization']?.replace('Bearer ', '') ?? ''
  })
  afterAll(() => hub.remove())

  const watch = (headers: Readonly<Record<string, string>> = {}): Promise<LiveReader> =>
    readLive(`${hub.url}/api/v1/live?definition=own`, key, headers)

  const own = async (): Promise<unknown> => {
    const { body } = await hub.call('/api/v1/windows')
    return (body['windows'] as { name: string }[]).find(({ name }) => name === 'own')
  }

  it('are counted, and go on after a restart as if nothing had happened', async () => {
    expect((await hub.call('/api/v1/windows', OWN)).status).toBe(201)
    const reader = await watch()
    await hub.send([call('a'), call('b')])
    await until(reader, 2)
    await hub.stop()
    expect((await reader.rest()).at(-1)?.data.reason).toBe('shutdown')

    await hub.mustStart()
    expect(await own()).toMatchObject({ origin: 'api', by: ['service'] })
    const again = await watch({ 'last-event-id': reader.lastId ?? '' })
    const snapshot = await again.next()
    expect([snapshot.event, snapshot.data.reason]).toEqual(['snapshot', 'gap'])
    await hub.send([call('b'), call('c')])
    again.close()
    const third = await watch()
    await until(third, 3)
    third.close()
    expect((await hub.call('/api/v1/windows/own', undefined, 'DELETE')).status).toBe(200)
    expect(await own()).toBeUndefined()
  })

  it('are in the configuration too, where they cannot be removed', async () => {
    await hub.stop()
    const file = join(hub.dir, 'windows.json')
    writeFileSync(file, JSON.stringify([OWN]))
    expect((await hub.start({ 'live.windows': file })).ok).toBe(true)
    expect(await own()).toMatchObject({ origin: 'config' })
    expect((await hub.call('/api/v1/windows/own', undefined, 'DELETE')).status).toBe(409)
    await hub.stop()
  })

  it.each([
    ['{', /windows\.json: .*JSON/],
    ['{}', /expected a list of windows/],
    [[OWN, OWN], /\/1\/name: "own" is there twice/],
    [[{ ...OWN, name: 'telemetry' }], /\/0\/name: "telemetry" is one of the hub's own/],
    [[{ ...OWN, by: ['modle'] }], /\/0\/by\/0: "modle" is no dimension\. Did you mean model\?/],
    [[{ ...OWN, windows: ['10m/7ms'] }], /\/0\/windows\/0: /],
  ])('that are wrong in the configuration end the start: %j', async (content, message) => {
    const file = join(hub.dir, 'windows.json')
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
    const start = await hub.start({ 'live.windows': file })
    expect(start).toMatchObject({ ok: false, reason: 'config' })
    expect(start).toHaveProperty('message', expect.stringMatching(message))
  })

  it('are refused while live windows are switched off', async () => {
    expect((await hub.start({ 'live.enabled': 'false' })).ok).toBe(true)
    const { body, status } = await hub.call('/api/v1/windows', OWN)
    expect([status, body['code']]).toEqual([503, 'overloaded'])
    expect(body['detail']).toContain('live.enabled')
    expect((await hub.call('/api/v1/live?definition=own')).status).toBe(400)
  })
})
