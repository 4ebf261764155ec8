import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ApiClient } from '../../test/api-client.ts'
import { apiClient } from '../../test/api-client.ts'
import type { ServiceFixture } from '../../test/service-fixture.ts'
import { startService } from '../../test/service-fixture.ts'
import { createPriceBook } from '../ingest/price-book.ts'
import type { RepriceRequest } from '../maintenance/reprice.ts'

let service: ServiceFixture
let call: ApiClient
let admin: string
const asked: (RepriceRequest & { readonly by: string | null })[] = []
const file = { 'file-model': { litellm_provider: 'house', input_cost_per_token: 1e-6 } }

beforeAll(async () => {
  service = await startService({
    prices: createPriceBook(file, {}),
    reprice: async (request, by) => {
      asked.push({ ...request, by })
      if (request.model === 'full') return { ok: false, failure: 'disk_full', message: 'no space' }
      if (request.model === 'busy') return { ok: false, failure: 'rebuilding', message: 'not yet' }
      const model = {
        provider: null,
        model: 'm',
        seen: 3,
        changed: 2,
        before: 1n,
        after: 10n ** 20n,
      }
      const top = {
        eventId: 'e',
        project: 'default',
        time: 1_795_000_000_000_000,
        provider: null,
        model: 'm',
        before: null,
        after: 5n,
        ruleBefore: 'unknown_model',
        ruleAfter: 'm',
      }
      return {
        ok: true,
        report: {
          priceVersion: 'v',
          seen: 3,
          changed: 2,
          pricedBefore: 1,
          pricedAfter: 3,
          before: 1n,
          after: 10n ** 20n,
          models: [model],
          top: [top],
          operations: 1,
          applied: true,
        },
      }
    },
  })
  call = apiClient(service)
  admin = service.key(['admin'])
})
afterAll(() => service.close())

test('prices are listed at a time, filtered, and limited', async () => {
  const key = service.key(['query:read'])
  const all = await call('GET', '/api/v1/prices?limit=3', { key })
  expect(all.status).toBe(200)
  expect(Number(all.json['total'])).toBeGreaterThan(1000)
  expect(all.json['prices']).toHaveLength(3)
  expect(all.json['prices']).toMatchObject([{ model: 'file-model', source: 'override' }, {}, {}])
  const o3 = async (at: string): Promise<unknown> => {
    const listed = await call('GET', `/api/v1/prices?provider=openai&model=O3&at=${at}`, { key })
    const prices = listed.json['prices'] as { model: string; prices: { unit: string }[] }[]
    return prices.find(({ model }) => model === 'o3')?.prices.find((p) => p.unit === 'input_mtok')
  }
  expect(await o3('2025-06-09')).toMatchObject({ usd: '10' })
  expect(await o3('2025-06-10')).toMatchObject({ usd: '2' })
  for (const wrong of ['at=soon', 'limit=0', 'limit=x', 'colour=red']) {
    expect((await call('GET', `/api/v1/prices?${wrong}`, { key })).status).toBe(400)
  }
  expect((await call('GET', '/api/v1/prices')).status).toBe(401)
})

test('one price says which rule it is, why, and what comes', async () => {
  const at = '?at=2025-06-01'
  const shown = await call('GET', `/api/v1/prices/openai/o3${at}`, { key: admin })
  expect(shown.json).toMatchObject({
    entry: 'openai/o3',
    matched: 'exact_id',
    source: 'package',
    origin: null,
    tiers: [
      {
        tier: 'standard',
        now: { rule: 'openai/o3', from: null },
        scheduled: [{ rule: 'openai/o3@2025-06-10', from: '2025-06-10T00:00:00.000Z' }],
      },
    ],
  })
  const dated = await call('GET', '/api/v1/prices/anthropic/claude-sonnet-4-5-20250929', {
    key: admin,
  })
  expect(dated.json).toMatchObject({ matched: 'pattern', tiers: [{}, { tier: 'batch' }] })
  const slash = await call('GET', '/api/v1/prices/-/openai%2Fgpt-4o', { key: admin })
  expect(slash.json).toMatchObject({ provider: null, entry: 'openai/gpt-4o' })
  const none = await call('GET', '/api/v1/prices/openai/no-such-model', { key: admin })
  expect(none.status).toBe(404)
  expect(none.json['detail']).toBe('no price: unknown_model')
})

test('own prices are replaced as a whole, kept with their history, and removed', async () => {
  const path = '/api/v1/prices/overrides'
  const show = (model: string) => call('GET', `/api/v1/prices/house/${model}`, { key: admin })
  const before = await call('GET', path, { key: admin })
  expect(before.json).toMatchObject({ overrides: {}, history: [], at: null })
  const entry = (cost: number) => ({ litellm_provider: 'house', input_cost_per_token: cost })
  const json = { 'set-model': entry(1e-6), 'file-model': entry(5e-6) }
  const put = await call('PUT', path, { key: admin, json })
  expect(put.status).toBe(200)
  expect(put.json).toMatchObject({ overrides: json, history: [{ models: 2 }] })
  expect(put.json['version']).not.toBe(before.json['version'])
  expect((await show('set-model')).json).toMatchObject({ origin: 'set' })
  expect((await show('file-model')).json).toMatchObject({
    origin: 'set',
    version: put.json['version'],
    tiers: [{ now: { prices: [{ unit: 'input_mtok', usd: '5' }] } }],
  })
  expect(service.control.priceOverrides(5)).toHaveLength(1)

  const bad = { 'a/b': { input_cost_per_tokn: 1 }, c: { input_cost_per_token: -1 } }
  const refused = await call('PUT', path, { key: admin, json: bad })
  expect(refused.status).toBe(400)
  expect(refused.json['errors']).toMatchObject([
    { path: '/a~1b/input_cost_per_tokn' },
    { path: '/c/input_cost_per_token' },
  ])
  expect((await show('set-model')).status).toBe(200)

  const removed = await call('DELETE', path, { key: admin })
  expect(removed.json).toMatchObject({ overrides: {}, version: before.json['version'] })
  expect(removed.json['history']).toHaveLength(2)
  expect((await show('set-model')).status).toBe(404)
  expect((await show('file-model')).json).toMatchObject({ origin: 'file' })
})

test('only keys of no project that may do everything change prices', async () => {
  const path = '/api/v1/prices/overrides'
  const bound = service.key(['admin'], 'default')
  expect((await call('PUT', path, { key: bound, json: {} })).status).toBe(403)
  expect((await call('DELETE', path, { key: bound })).status).toBe(403)
  const reader = service.key(['query:read'])
  expect((await call('PUT', path, { key: reader, json: {} })).status).toBe(403)
  expect((await call('PUT', path, { key: admin, json: [] })).status).toBe(400)
  expect((await call('PUT', path, { key: admin, json: { m: 5 } })).status).toBe(400)
})

test('repricing takes a range and a project, and tells exact dollars', async () => {
  const path = '/api/v1/prices/reprice'
  const range = { from: '2026-10-01', to: '2026-11-01' }
  const bound = service.key(['admin'], 'default')
  const done = await call('POST', path, { key: bound, json: { ...range, dry_run: true } })
  expect(done.json).toMatchObject({
    dry_run: true,
    cost_before: '0.000000000001',
    cost_after: '100000000',
    top: [{ cost_before: null, rule_before: 'unknown_model' }],
  })
  expect(asked.at(-1)).toMatchObject({
    project: 'default',
    from: Date.parse('2026-10-01') * 1000,
    to: Date.parse('2026-11-01') * 1000,
    onlyUnpriced: false,
    dryRun: true,
  })
  expect(asked.at(-1)?.by).not.toBeNull()
  const json = { ...range, provider: 'p', only_unpriced: true }
  await call('POST', path, { key: admin, json })
  expect(asked.at(-1)).toMatchObject({ project: null, provider: 'p', onlyUnpriced: true })

  const before = asked.length
  for (const wrong of [
    { from: '2026-10-01' },
    { from: 'soon', to: 'now' },
    { from: '2026-11-01', to: '2026-10-01' },
    { ...range, colour: 'red' },
  ]) {
    expect((await call('POST', path, { key: admin, json: wrong })).status).toBe(400)
  }
  expect(asked).toHaveLength(before)
  const full = await call('POST', path, { key: admin, json: { ...range, model: 'full' } })
  expect([full.status, full.json['code']]).toEqual([503, 'disk_full'])
  const busy = await call('POST', path, { key: admin, json: { ...range, model: 'busy' } })
  expect([busy.status, busy.json['code']]).toEqual([503, 'store_rebuilding'])
  const reader = service.key(['query:read'])
  expect((await call('POST', path, { key: reader, json: range })).status).toBe(403)
})
