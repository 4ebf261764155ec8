import { gzipSync } from 'node:zlib'
import type { Question } from '@llmhub/schema'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { conforms } from '../../test/conforms.ts'
import type { ServiceFixture } from '../../test/service-fixture.ts'
import { startService } from '../../test/service-fixture.ts'
import type { ProjectScope } from '../core/scope.ts'
import { RECONCILE_SCHEMA } from '../query/reconcile/reconcile.ts'

const asked: { readonly question: Question; readonly scope: ProjectScope }[] = []
let service: ServiceFixture
let key: string

beforeAll(async () => {
  service = await startService({
    ask: (question, scope) => {
      asked.push({ question, scope })
      const names = ['time', 'provider', 'model', 'cost.total', 'cost.computed']
      return Promise.resolve({
        ok: true,
        answer: {
          columns: names.map((name) => ({ name, role: 'measure' as const })),
          rows: [['2026-11-20T00:00:00.000Z', 'p', 'm', '2', '2']],
          meta: {
            asOf: { position: {}, watermark: null },
            source: 'raw',
            partial: false,
            warnings: [],
            timezone: 'UTC',
            from: '2026-11-20T00:00:00.000Z',
            to: '2026-11-21T00:00:00.000Z',
          },
          next: null,
        },
      })
    },
  })
  key = service.key(['query:read'])
})
afterAll(() => service.close())

const CSV = 'date,model,amount\n2026-11-20,m,2.5\n'

async function send(
  body: string | Uint8Array<ArrayBuffer>,
  options: { query?: string; type?: string; headers?: Readonly<Record<string, string>> } = {},
) {
  const { query = '', type = 'text/csv', headers = {} } = options
  const response = await fetch(`${service.url}/api/v1/costs/reconcile${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': type, ...headers },
    body,
  })
  return { status: response.status, json: (await response.json()) as Record<string, unknown> }
}

test('an invoice is answered with the differences, of the provider and in the zone that are named', async () => {
  const { status, json } = await send(CSV, { query: '?provider=p&timezone=Europe/Berlin' })
  expect([status, conforms(json, RECONCILE_SCHEMA)]).toEqual([200, []])
  expect(json).toMatchObject({ total: { invoiced: '2.5', total: '2', delta: '0.5' } })
  expect(json['models']).toMatchObject([{ model: 'p/m', names: { invoice: ['m'], hub: ['m'] } }])
  expect(asked.at(-1)?.question).toMatchObject({
    from: '2026-11-19T23:00:00.000Z',
    to: '2026-11-20T23:00:00.000Z',
    timezone: 'Europe/Berlin',
    filters: [{ field: 'provider', op: 'eq', value: 'p' }],
  })
})

test('columns by name, a charset, and compression', async () => {
  const named = 'tag,was,wieviel\n2026-11-20,m,2\n'
  const query = '?date=tag&model=was&amount=wieviel'
  expect((await send(named, { query, type: 'text/csv; charset=utf-8' })).status).toBe(200)
  const packed = await send(Uint8Array.from(gzipSync(CSV)), {
    headers: { 'content-encoding': 'gzip' },
  })
  expect(packed.json['total']).toMatchObject({ invoiced: '2.5' })
})

test('what is wrong is said by line or parameter, and nothing is asked', async () => {
  const before = asked.length
  const bad = await send('date,amount\n2026-11-20,1\n2026-11-21,x\n')
  expect(bad).toMatchObject({
    status: 400,
    json: {
      code: 'invalid_request',
      errors: [{ path: 'line 3', message: '"x" is not an amount of dollars' }],
    },
  })
  const cases: readonly (readonly [Parameters<typeof send>, number, string])[] = [
    [[CSV, { type: 'application/json' }], 415, 'unsupported_media_type'],
    [[CSV, { headers: { 'content-encoding': 'br' } }], 415, 'unsupported_media_type'],
    [[CSV, { headers: { 'content-encoding': 'gzip' } }], 400, 'invalid_encoding'],
    [[Uint8Array.of(0xff, 0xfe, 0xff)], 400, 'invalid_encoding'],
    [[CSV, { query: '?timezone=Mars' }], 400, 'invalid_request'],
    [[CSV, { query: '?after=then' }], 400, 'invalid_request'],
    [[CSV, { query: '?colour=red' }], 400, 'invalid_request'],
    [['x'.repeat(11 * 1024 * 1024)], 413, 'body_too_large'],
  ]
  for (const [args, status, code] of cases) {
    expect(await send(...args)).toMatchObject({ status, json: { code } })
  }
  expect(asked.length).toBe(before)
})

test('a key reads its own project alone', async () => {
  const other = key
  key = service.key(['query:read'], 'shop')
  await send(CSV)
  expect(asked.at(-1)?.scope.project).toBe('shop')
  key = service.key(['ingest:write'])
  expect((await send(CSV)).status).toBe(403)
  key = other
})
