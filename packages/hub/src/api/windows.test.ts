import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiClient, apiClient } from '../../test/api-client.ts'
import { type LiveReader, readLive } from '../../test/live-reader.ts'
import { type ManualClock, manualClock } from '../../test/manual-clock.ts'
import {
  CALLS,
  type MemoryLiveSource,
  memoryLiveSource,
  result,
} from '../../test/memory-live-source.ts'
import { type ServiceFixture, startService } from '../../test/service-fixture.ts'

/* Windows that people define, and what is wrong with those and with streams that are asked for. */

let clock: ManualClock
let source: MemoryLiveSource
let service: ServiceFixture
let call: ApiClient
let key: string

beforeAll(async () => {
  clock = manualClock()
  source = memoryLiveSource()
  service = await startService({ clock, live: source, maxWindows: 2 })
  call = apiClient(service)
  key = service.key(['query:read'])
})
afterAll(() => service.close())

const ONE = 'definition=calls&size=1m'

const watch = (query: string): Promise<LiveReader> =>
  readLive(`${service.url}/api/v1/live?${query}`, key)

describe('a request that is not valid', () => {
  const subs = (value: unknown): string => `subs=${encodeURIComponent(JSON.stringify(value))}`

  test.each([
    ['', 'definition', 'names a definition: calls', undefined],
    ['definition=cals', 'definition', 'there is no definition "cals"', 'Did you mean calls?'],
    [
      'definition=calls&size=2m',
      'size',
      'calls has no size "2m"; it has 1m, 1h',
      'Did you mean 1m?',
    ],
    [`${ONE}&where=modle:x`, 'where', '"modle" is no dimension of calls', 'Did you mean model?'],
    [`${ONE}&where=user:x`, 'where', '"user" is no dimension of calls', 'Define a window'],
    [`${ONE}&where=model>x`, 'where', 'filtered with : = != and ~ alone', undefined],
    [`${ONE}&where=model`, 'where', 'expected field=value', undefined],
    [`${ONE}&limit=0`, 'limit', 'from 1 to 10000', undefined],
    [`${ONE}&for=soon`, 'for', 'from 0 to', undefined],
    ['subs=[', 'subs', 'is not valid JSON', undefined],
    [subs([]), 'subs', 'at least one', undefined],
    [subs(Array.from({ length: 33 }, () => ({}))), 'subs', 'more than 32', undefined],
    [`${subs([{}])}&size=1m`, 'subs', 'goes without', undefined],
    [subs([{ definition: 'calls' }, {}]), 'subs/1/definition', 'names a definition', undefined],
    [subs([{ definition: 'calls', sise: '1m' }]), 'subs/0/sise', 'not known', 'Did you mean size?'],
    [subs([{ definition: 'calls', id: 'a b' }]), 'subs/0/id', 'has to match', undefined],
    [
      subs([{ definition: 'calls' }, { definition: 'calls' }]),
      'subs/1/id',
      'twice',
      '`id` of its own',
    ],
    [`${ONE}&dimension=model`, 'dimension', 'not a parameter', undefined],
  ])('%s', async (query, path, message, hint) => {
    const answer = await call('GET', `/api/v1/live?${query}`, { key })
    expect(answer.status).toBe(400)
    const errors = answer.json['errors'] as { path: string; message: string; hint?: string }[]
    expect(errors[0]?.path).toBe(path)
    expect(errors[0]?.message).toContain(path === 'dimension' ? '' : message)
    expect(errors[0]?.hint ?? '').toContain(hint ?? '')
  })
})

describe('windows', () => {
  const WINDOW = {
    name: 'errors-by-service',
    windows: [
      '1m',
      '10m/1m',
      'session 30m',
      { type: 'calendar', step: '1d', zone: 'Europe/Berlin' },
    ],
    by: ['service', 'tag.team'],
    measures: ['requests.errors', 'latency.p95'],
    where: { all: [{ field: 'environment', op: 'eq', value: 'production' }] },
    lateness: '5m',
    max_groups: 50,
  }
  let operator: string

  beforeAll(() => {
    operator = service.key(['query:read', 'ops:write'])
  })

  const names = async (as: string, headers = {}): Promise<unknown[]> => {
    const { json } = await call('GET', '/api/v1/windows', { key: as, headers })
    return (json['windows'] as { name: string }[]).map(({ name }) => name)
  }

  test('are defined, listed, watched and removed', async () => {
    const checked = await call('POST', '/api/v1/windows?dryRun=true', {
      key: operator,
      json: WINDOW,
    })
    expect([checked.status, await names(operator)]).toEqual([200, ['calls']])
    const added = await call('POST', '/api/v1/windows', { key: operator, json: WINDOW })
    expect([added.status, added.json]).toMatchObject([
      201,
      {
        ...WINDOW,
        origin: 'api',
        project: null,
        windows: [
          { type: 'calendar', step: '1m' },
          { type: 'hopping', size: '10m', slide: '1m' },
          { type: 'session', gap: '30m' },
          { type: 'calendar', step: '1d', zone: 'Europe/Berlin' },
        ],
        sizes: [
          { size: '1m', watermark: '2026-11-21T10:00:00.000Z' },
          { size: '10m/1m' },
          { size: 'session 30m' },
          { size: '1d Europe/Berlin' },
        ],
        created_at: '2026-11-21T10:00:00.000Z',
        created_by: expect.any(String),
      },
    ])
    expect(service.control.windows().map(({ name }) => name)).toEqual([WINDOW.name])
    expect(await names(operator)).toEqual(['calls', WINDOW.name])
    const again = await call('POST', '/api/v1/windows', { key: operator, json: WINDOW })
    expect([again.status, again.json]).toEqual([200, added.json])

    const query = subscribeTo([
      { definition: WINDOW.name, size: 'session 30m' },
      { definition: 'calls', size: '1m' },
    ])
    const [both, alone] = [await watch(query), await watch(`definition=${WINDOW.name}`)]
    await both.next('snapshot')
    await both.next('snapshot')
    await alone.next('snapshot')
    const removed = await call('DELETE', `/api/v1/windows/${WINDOW.name}`, { key: operator })
    expect([removed.status, await names(operator)]).toEqual([200, ['calls']])
    expect(service.control.windows()).toEqual([])
    expect((await both.next()).data).toEqual({
      reason: 'removed',
      sub: `${WINDOW.name}/session 30m`,
    })
    expect((await alone.rest()).map(({ data }) => data)).toEqual([
      { reason: 'removed', retryAfter: null },
    ])
    source.tell(result('gpt-4o', 1))
    clock.advance(100)
    expect((await both.next('delta')).data.updates).toMatchObject([{ key: { model: 'gpt-4o' } }])
    both.close()
    const gone = await call('DELETE', `/api/v1/windows/${WINDOW.name}`, { key: operator })
    expect(gone.status).toBe(404)
  })

  test('that go while their snapshot is on the way take nothing else with them', async () => {
    await call('POST', '/api/v1/windows', { key: operator, json: WINDOW })
    source.holdSnapshots(true)
    const asked = source.snapshots
    const reader = await watch(subscribeTo([{ definition: WINDOW.name }, { definition: 'calls' }]))
    await expect.poll(() => source.snapshots).toBe(asked + 1)
    await call('DELETE', `/api/v1/windows/${WINDOW.name}`, { key: operator })
    source.holdSnapshots(false)
    const events = [await reader.next(), await reader.next()]
    expect(events.map(({ event, data }) => [event, data.sub])).toEqual([
      ['snapshot', 'calls/1m'],
      ['notice', `${WINDOW.name}/1m`],
    ])
    reader.close()
  })

  test('belong to a project or to none, and a bound key has its own alone', async () => {
    service.control.putProject({ name: 'shop', createdAt: 0, eventsPerSecond: null })
    const shop = service.key(['query:read', 'ops:write'], 'shop')
    const other = service.key(['query:read', 'ops:write'], 'other')
    const added = await call('POST', '/api/v1/windows', { key: shop, json: WINDOW })
    expect([added.status, added.json['project']]).toEqual([201, 'shop'])
    expect([await names(shop), await names(other), await names(operator)]).toEqual([
      ['calls', WINDOW.name],
      ['calls'],
      ['calls', WINDOW.name],
    ])
    expect(await names(operator, { 'x-llmhub-project': 'other' })).toEqual(['calls'])
    const path = `/api/v1/windows/${WINDOW.name}`
    expect((await call('DELETE', path, { key: other })).status).toBe(404)
    const stream = `/api/v1/live?definition=${WINDOW.name}&for=0`
    expect((await call('GET', stream, { key: other })).status).toBe(400)
    const all = await call('POST', '/api/v1/windows', {
      key: shop,
      json: { ...WINDOW, name: 'all', project: null },
    })
    expect(all.status).toBe(403)
    const absent = await call('POST', '/api/v1/windows', {
      key: operator,
      json: { ...WINDOW, name: 'absent', project: 'absent' },
    })
    expect(absent.json['errors']).toMatchObject([{ path: '/project' }])
    expect((await call('DELETE', path, { key: shop })).status).toBe(200)
    expect((await call('POST', '/api/v1/windows', { key, json: WINDOW })).status).toBe(403)
  })

  test('that are there already, are too many, or are not ours to remove are conflicts', async () => {
    const add = (json: unknown) => call('POST', '/api/v1/windows', { key: operator, json })
    await add(WINDOW)
    const other = await add({ ...WINDOW, by: ['model'] })
    expect([other.status, other.json['code']]).toEqual([409, 'conflict'])
    expect((await add({ ...WINDOW, name: 'calls' })).status).toBe(409)
    expect((await add({ ...WINDOW, name: 'second' })).status).toBe(201)
    const third = await add({ ...WINDOW, name: 'third' })
    expect([third.status, third.json['code']]).toEqual([409, 'too_many_windows'])
    const own = await call('DELETE', '/api/v1/windows/calls', { key: operator })
    expect([own.status, own.json['code']]).toEqual([409, 'conflict'])
    for (const name of [WINDOW.name, 'second']) {
      await call('DELETE', `/api/v1/windows/${name}`, { key: operator })
    }
  })

  test.each([
    [{ name: 'No Name' }, '/name', 'has to match', undefined],
    [{ windows: undefined }, '/windows', 'is missing', 'For example'],
    [{ windows: [] }, '/windows', 'at least one', undefined],
    [
      { windows: ['1m', { type: 'calendar', step: '1m' }] },
      '/windows',
      '"1m" is there twice',
      undefined,
    ],
    [{ windows: ['1 minute'] }, '/windows/0', 'is no window', 'For example'],
    [{ windows: ['1m/0s'] }, '/windows/0', 'is no window', undefined],
    [{ windows: [5] }, '/windows/0', 'is a text', undefined],
    [
      { windows: [{ type: 'tumbeling', size: '1m' }] },
      '/windows/0/type',
      'no such type',
      'Did you mean tumbling?',
    ],
    [{ windows: [{ type: 'hopping', size: '1m' }] }, '/windows/0/slide', 'is missing', undefined],
    [
      { windows: [{ type: 'tumbling', size: '1m', slied: '1s' }] },
      '/windows/0/slied',
      'not known',
      undefined,
    ],
    [
      { windows: [{ type: 'tumbling', size: 'soon' }] },
      '/windows/0/size',
      'no duration',
      'For example',
    ],
    [
      { windows: [{ type: 'calendar', step: '2h' }] },
      '/windows/0/step',
      'is one of 1m',
      'tumbling',
    ],
    [
      { windows: [{ type: 'calendar', step: '1d', zone: 'Berlin' }] },
      '/windows/0/zone',
      'no time zone',
      undefined,
    ],
    [{ by: ['modle'] }, '/by/0', '"modle" is no dimension', 'Did you mean model?'],
    [{ by: ['event_id'] }, '/by/0', 'names single events', undefined],
    [{ by: ['model', 'model_id'] }, '/by', '"model" is there twice', undefined],
    [
      { measures: ['request.count'] },
      '/measures/0',
      'is no measure',
      'Did you mean requests.count?',
    ],
    [{ measures: ['users.count'] }, '/measures/0', 'counts distinct values', 'POST /api/v1/query'],
    [
      { where: { all: [{ field: 'modle', op: 'eq', value: 'x' }] } },
      '/where/all/0/field',
      'is not a field',
      undefined,
    ],
    [{ trigger: 'often' }, '/trigger', 'is an object', undefined],
    [{ trigger: { bad: true } }, '/trigger', 'trigger', undefined],
    [{ lateness: 'a while' }, '/lateness', 'no duration', undefined],
    [{ max_groups: 0 }, '/max_groups', 'from 1 to', undefined],
    [{ project: 'No' }, '/project', 'is the name of a project', undefined],
    [{ measure: ['requests.count'] }, '/measure', 'not known', 'Did you mean measures?'],
  ])('that are not valid say where: %j', async (part, path, message, hint) => {
    const answer = await call('POST', '/api/v1/windows', {
      key: operator,
      json: { ...WINDOW, ...part },
    })
    expect([answer.status, answer.json['code']]).toEqual([400, 'invalid_request'])
    const errors = answer.json['errors'] as { path: string; message: string; hint?: string }[]
    expect(errors).toContainEqual(
      expect.objectContaining({ path, message: expect.stringContaining(message) }),
    )
    expect(errors.find((each) => each.path === path)?.hint ?? '').toContain(hint ?? '')
    expect(source.definitions()).toEqual([CALLS])
  })

  test('are told of all their faults at once', async () => {
    const answer = await call('POST', '/api/v1/windows', {
      key: operator,
      json: { name: '', windows: ['x'], by: ['y'], measures: [] },
    })
    const errors = answer.json['errors'] as { path: string }[]
    expect(errors.map(({ path }) => path)).toEqual(['/name', '/windows/0', '/by/0', '/measures'])
  })
})

function subscribeTo(subs: readonly unknown[]): string {
  return `subs=${encodeURIComponent(JSON.stringify(subs))}`
}
