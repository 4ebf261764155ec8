import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../../test/api-client.ts'
import { apiClient } from '../../test/api-client.ts'
import type { ServiceFixture } from '../../test/service-fixture.ts'
import { startService } from '../../test/service-fixture.ts'
import type { UserSqlOutcome, UserSqlRequest } from '../store/sql.ts'
import { SQL_VIEWS } from '../store/sql-views.ts'

let service: ServiceFixture
let call: ApiClient
let asked: UserSqlRequest[] = []
let outcome: UserSqlOutcome
let key: string

const ROWS: UserSqlOutcome = {
  ok: true,
  columns: [
    { name: 'model', type: 'VARCHAR' },
    { name: 'n', type: 'DECIMAL(38,12)' },
    { name: 'n', type: 'VARCHAR[]' },
  ],
  rows: [
    ['=cmd()', '-0.5', ['a', null]],
    ['gpt-4o', null, null],
  ],
  truncated: true,
  position: new Map([[0, 7n]]),
  watermark: 1_793_577_600_000_000,
}

beforeAll(async () => {
  service = await startService({
    sql: {
      run: (request) => {
        asked.push(request)
        return Promise.resolve(outcome)
      },
      maxRows: 5000,
      maxTimeoutMs: 2000,
    },
  })
  call = apiClient(service)
  key = service.key(['sql:read'])
})

afterAll(() => service.close())

function post(
  body: object,
  how: { key?: string; query?: string; headers?: Record<string, string> } = {},
) {
  asked = []
  return call('POST', `/api/v1/sql${how.query ?? ''}`, {
    key: how.key ?? key,
    json: body,
    headers: how.headers ?? {},
  })
}

describe('POST /api/v1/sql', () => {
  it('runs a statement with its values, within the limits', async () => {
    outcome = ROWS
    const { status, json } = await post({
      sql: 'SELECT ?',
      params: ['x', null],
      limit: 10_000,
      timeoutMs: 5,
    })
    expect(status).toBe(200)
    expect(asked).toEqual([
      {
        sql: 'SELECT ?',
        parameters: { 1: 'x', 2: null },
        maxRows: 5000,
        maxBytes: 33_554_432,
        deadlineMs: 5,
      },
    ])
    expect(json).toMatchObject({
      columns: ROWS.ok ? ROWS.columns : [],
      rows: ROWS.ok ? ROWS.rows : [],
      meta: {
        asOf: { position: { '0': '7' }, watermark: '2026-11-02T00:00:00.000Z' },
        truncated: true,
        elapsedMs: expect.any(Number) as number,
      },
    })
    await post({ sql: 'SELECT $a', params: { a: 1 } })
    expect(asked[0]).toMatchObject({ parameters: { a: 1 }, maxRows: 1000, deadlineMs: 2000 })
  })

  it('gives rows as CSV that a spreadsheet may open, and as lines', async () => {
    outcome = ROWS
    const csv = await post({ sql: 'SELECT 1' }, { query: '?format=csv' })
    expect(csv.text).toBe(`model,n,n\r\n'=cmd(),-0.5,"[""a"",null]"\r\ngpt-4o,,\r\n`)
    expect(csv.headers.get('x-llmhub-truncated')).toBe('true')
    const lines = await post({ sql: 'SELECT 1' }, { query: '?format=ndjson' })
    expect(
      lines.text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { model: '=cmd()', n: '-0.5', n_2: ['a', null] },
      { model: 'gpt-4o', n: null, n_2: null },
    ])
  })

  it('is for keys that may see all projects', async () => {
    outcome = ROWS
    for (const permission of ['sql:read', 'admin'] as const) {
      const bound = await post({ sql: 'SELECT 1' }, { key: service.key([permission], 'default') })
      expect(bound.status).toBe(403)
      expect(bound.json['detail']).toContain('bound to one')
    }
    const named = await post({ sql: 'SELECT 1' }, { headers: { 'x-llmhub-project': 'default' } })
    expect([named.status, named.json['code']]).toEqual([400, 'invalid_request'])
    expect((await post({ sql: 'SELECT 1' }, { key: service.key(['query:read']) })).status).toBe(403)
    expect(asked).toEqual([])
  })

  it('says what is wrong and where', async () => {
    const issue = { message: 'no column x', at: 7, hint: 'Did you mean y?' }
    outcome = { ok: false, failure: 'invalid', message: issue.message, issue }
    const { status, json } = await post({ sql: 'SELECT x' })
    expect(status).toBe(400)
    expect(json).toMatchObject({
      code: 'invalid_sql',
      errors: [{ path: '/sql', message: 'no column x', hint: 'Did you mean y?', position: 7 }],
    })
    expect((await post({ sql: 1 })).json['code']).toBe('invalid_request')
    expect((await post({ sql: 'SELECT 1', nothing: 1 })).json['code']).toBe('invalid_request')
  })

  it.each([
    ['busy', 503, 'too_many_queries'],
    ['timeout', 504, 'query_timeout'],
    ['too_much_memory', 400, 'too_much_memory'],
    ['rebuilding', 503, 'store_rebuilding'],
  ] as const)('%s is %i %s', async (failure, status, code) => {
    outcome = { ok: false, failure, message: 'why' }
    const answer = await post({ sql: 'SELECT 1' })
    expect([answer.status, answer.json['code']]).toEqual([status, code])
    expect(answer.headers.has('retry-after')).toBe(status === 503)
  })

  it('is counted', async () => {
    const ops = service.key(['ops:read'])
    const { text } = await call('GET', '/metrics', { key: ops })
    expect(text).toMatch(/llmhub_query_duration_seconds_count\{name="sql"\} [1-9]/)
    expect(text).toMatch(/llmhub_queries_total\{outcome="invalid_sql"\} 1/)
  })
})

it('GET /api/v1/sql/schema lists views, columns and functions', async () => {
  const { json } = await call('GET', '/api/v1/sql/schema', { key })
  expect(json['views']).toMatchObject(SQL_VIEWS.map(({ name }) => ({ name })))
  expect(json['functions']).toContain('quantile_cont')
  expect(json['functions']).not.toContain('+')
})
