import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiClient, apiClient } from '../../../test/api-client.ts'
import { type ServiceFixture, startService } from '../../../test/service-fixture.ts'
import { MaintenanceError } from '../../maintenance/operations.ts'

let service: ServiceFixture
let call: ApiClient
let admin: string
let shop: string
/** What the store knows; null while it cannot be asked. */
let known: readonly string[] | null = ['bank', 'shop']

beforeAll(async () => {
  service = await startService({
    retention: {
      defaults: { events: 0, letters: 0 },
      last: null,
      run: async (_by, dryRun) => {
        if (!dryRun) throw new MaintenanceError('disk_full', 'no space')
        return { dryRun, at: 0, cuts: [], log: null }
      },
      preview: async (_by, policy) => ({
        dryRun: true,
        at: 0,
        cuts: [{ ...policy, from: null, before: 0, found: true, rows: 7 }],
        log: null,
      }),
      projects: async () => known,
      changed: () => {},
    },
    compaction: {
      start: async () => ({
        ok: false,
        failure: 'no_space',
        message: 'the new file needs about 20 bytes, 10 are free',
      }),
      status: async () => ({
        deadBytes: 5,
        running: { since: 0, tables: 3, copied: 1 },
        last: { at: 0, seconds: 2, bytesBefore: 9, bytesAfter: 4, problem: 'a file: /secret' },
      }),
    },
  })
  call = apiClient(service)
  admin = service.key(['admin'])
  shop = service.key(['admin'], 'shop')
})
afterAll(() => service.close())

test('policies are put, listed and removed, each key within its project', async () => {
  const put = (key: string, json: unknown) => call('PUT', '/api/v1/retention', { key, json })
  expect((await put(admin, { days: 90 })).json).toEqual({ project: null, family: null, days: 90 })
  expect((await put(shop, { project: 'shop', family: 'cost', days: 5 })).status).toBe(200)
  expect((await put(shop, { days: 5 })).status).toBe(403)
  expect((await put(shop, { project: 'bank', days: 5 })).status).toBe(403)
  expect((await put(admin, { project: 'bank', days: 5 })).status).toBe(200)
  expect((await put(admin, { days: -1 })).status).toBe(400)
  expect((await put(admin, { family: 'nonsense', days: 1 })).status).toBe(400)
  const list = async (key: string) => (await call('GET', '/api/v1/retention', { key })).json
  expect((await list(admin))['policies']).toHaveLength(3)
  expect((await list(shop))['policies']).toEqual([
    { project: null, family: null, days: 90 },
    { project: 'shop', family: 'cost', days: 5 },
  ])
  const remove = (key: string, query: string) =>
    call('DELETE', `/api/v1/retention${query}`, { key })
  expect((await remove(shop, '')).status).toBe(403)
  expect((await remove(admin, '')).status).toBe(204)
  expect((await remove(admin, '')).status).toBe(404)
  expect((await call('POST', '/api/v1/retention/run', { key: shop, json: {} })).status).toBe(403)
  const run = await call('POST', '/api/v1/retention/run', { key: admin, json: { dry_run: true } })
  expect(run.json).toMatchObject({ dry_run: true, cuts: [], log: null })
  const full = await call('POST', '/api/v1/retention/run', { key: admin, json: {} })
  expect([full.status, full.json['code']]).toEqual([503, 'disk_full'])
  expect(Number(full.headers.get('retry-after'))).toBeGreaterThan(0)
})

test('a rule about an unknown project is refused, and says which there are', async () => {
  const policy = { project: 'shpo', days: 5 }
  const hold = { project: 'shpo', reason: 'a case' }
  const preview = { dry_run: true, policy }
  const send = [
    () => call('PUT', '/api/v1/retention', { key: admin, json: policy }),
    () => call('POST', '/api/v1/retention/run', { key: admin, json: preview }),
    () => call('PUT', '/api/v1/holds/case-9', { key: admin, json: hold }),
  ]
  for (const attempt of send) {
    const refused = await attempt()
    expect([refused.status, refused.json['code']]).toEqual([400, 'invalid_request'])
    expect(refused.text).toContain('there is no project shpo')
    expect(refused.text).toContain('known are: bank, shop')
    known = null
    const unsure = await attempt()
    known = ['bank', 'shop']
    expect([unsure.status, unsure.json['code']]).toEqual([503, 'store_rebuilding'])
    expect(Number(unsure.headers.get('retry-after'))).toBeGreaterThan(0)
  }
  const set = await call('PUT', '/api/v1/retention', {
    key: admin,
    json: { ...policy, project: 'default' },
  })
  expect(set.status).toBe(200)
  await call('DELETE', '/api/v1/retention?project=default', { key: admin })
})

test('a policy can be looked at before it is in force', async () => {
  const run = (json: unknown) => call('POST', '/api/v1/retention/run', { key: admin, json })
  const policy = { project: 'shop', days: null }
  expect((await run({ dry_run: true, policy })).json['cuts']).toMatchObject([
    { project: 'shop', family: null, rows: 7 },
  ])
  const refused = await run({ policy })
  expect([refused.status, refused.json['code']]).toEqual([400, 'invalid_request'])
  expect(refused.text).toContain('dry_run')
})

test('holds are put, listed and released, each key within its project', async () => {
  const put = (key: string, name: string, json: unknown) =>
    call('PUT', `/api/v1/holds/${name}`, { key, json })
  const body = { project: 'shop', reason: 'a case', from: '2026-03-01T00:00:00Z' }
  expect((await put(shop, 'case-1', body)).json).toMatchObject({
    name: 'case-1',
    project: 'shop',
    family: null,
    from: '2026-03-01T00:00:00.000Z',
    to: null,
    released_at: null,
  })
  expect((await put(shop, 'case-2', { ...body, project: 'bank' })).status).toBe(403)
  expect((await put(admin, 'case-2', { ...body, project: 'bank' })).status).toBe(200)
  // Nobody takes over the hold of another project by its name.
  expect((await put(shop, 'case-2', body)).status).toBe(403)
  expect((await put(admin, 'UPPER', body)).status).toBe(400)
  expect((await put(admin, 'case-3', { ...body, to: '2026-02-01T00:00:00Z' })).status).toBe(400)
  expect((await put(admin, 'case-3', { ...body, from: 'yesterday' })).status).toBe(400)
  const names = async (key: string) => (await call('GET', '/api/v1/holds', { key })).json['holds']
  expect(await names(admin)).toHaveLength(2)
  expect(await names(shop)).toHaveLength(1)
  const release = (key: string, name: string) => call('DELETE', `/api/v1/holds/${name}`, { key })
  expect((await release(shop, 'case-2')).status).toBe(404)
  expect((await release(shop, 'case-1')).json['released_at']).toBeTypeOf('string')
  expect((await release(shop, 'case-1')).status).toBe(404)
})

test('a compaction without room says how much is missing, and its state names no files', async () => {
  const refused = await call('POST', '/api/v1/maintenance/compact', { key: admin })
  expect(refused.status).toBe(503)
  expect(refused.json['code']).toBe('disk_full')
  expect(refused.json['detail']).toContain('20 bytes, 10 are free')
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await call('POST', '/api/v1/maintenance/compact', { key: shop })).status).toBe(403)
  const state = await call('GET', '/api/v1/maintenance/compact', { key: admin })
  expect(state.json).toMatchObject({ running: { copied: 1 }, last: { succeeded: false } })
  expect(state.text).not.toContain('secret')
})
