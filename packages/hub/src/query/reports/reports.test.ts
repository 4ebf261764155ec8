import type { Question } from '@llmhub/schema'
import { expect, test } from 'vitest'
import { conforms } from '../../../test/conforms.ts'
import type { Ask } from '../../core/ask.ts'
import { projectScope } from '../../core/scope.ts'
import { call, HOUR, NOW, START } from '../ask.fixture.ts'
import { executeQuestion } from '../execute.ts'
import type { MemoryRow } from '../memory-store.fixture.ts'
import { memoryStore } from '../memory-store.fixture.ts'
import { parseQuestion } from '../parse-question.ts'
import { REPORTS } from './reports.ts'

const scope = projectScope('default')
const signal = new AbortController().signal

function asking(rows: readonly MemoryRow[], asked: Question[] = []): Ask {
  return async (question) => {
    asked.push(question)
    const parsed = parseQuestion(question, NOW)
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
    const store = memoryStore(rows)
    return executeQuestion(parsed.question, (plan) => store.query(plan, scope, signal))
  }
}

function reportAt(path: string) {
  const report = REPORTS.find((each) => each.path === path)
  if (report === undefined) throw new Error(`no report ${path}`)
  return report
}

async function body(
  path: string,
  rows: readonly MemoryRow[],
  parameters: Readonly<Record<string, string>> = {},
): Promise<Readonly<Record<string, unknown>>> {
  const report = reportAt(path)
  const outcome = await report.run(parameters, asking(rows), scope, NOW / 1000, signal)
  if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.message}`)
  expect(conforms(outcome.body, report.response)).toEqual([])
  return outcome.body
}

const PATHS = REPORTS.map((report) => report.path)
const USD = 10n ** 12n

/** Ten hours of calls of two models, with users, sessions, tags, failures and other families. */
const ROWS: readonly MemoryRow[] = [
  ...Array.from({ length: 20 }, (_, index) =>
    call(index / 2 + 1, index % 4 === 0 ? 'big' : 'small', {
      provider: 'openai',
      user_id: `u${index % 3}`,
      session_id: `s${index % 5}`,
      tags: index % 2 === 0 ? { team: 'red' } : {},
      cost_total: index % 4 === 0 ? 3n * USD : USD,
      cost_computed: index % 4 === 0 ? 3n * USD : USD,
      latency_ms: 100 + index,
      ttft_ms: 10,
      tokens_per_second: 50,
      status: index === 7 ? 'error' : 'ok',
    }),
  ),
  { time: START + HOUR, kind: 'threat', family: 'security', status: 'high', project: 'default' },
  {
    time: START + HOUR,
    kind: 'consent',
    family: 'governance',
    status: 'withdrawn',
    project: 'default',
  },
]

test.each(PATHS)('%s of data and of nothing conforms to its schema', async (path) => {
  const full = await body(path, ROWS)
  const empty = await body(path, [])
  for (const each of [full, empty]) {
    expect(each['meta']).toMatchObject({ source: 'raw', partial: false, warnings: [] })
    expect(each['units']).toBeDefined()
  }
  expect(JSON.parse(JSON.stringify(full))).toEqual(full)
})

test.each(PATHS)('%s refuses unknown and wrong parameters', async (path) => {
  const report = reportAt(path)
  const refused = async (parameters: Record<string, string>) => {
    const outcome = await report.run(parameters, asking([]), scope, NOW / 1000, signal)
    return outcome.ok ? null : [outcome.code, outcome.issues.map((issue) => issue.message).join()]
  }
  expect(await refused({ modle: 'x' })).toEqual([
    'invalid_request',
    expect.stringContaining('"model"'),
  ])
  for (const { name } of report.parameters.filter((each) => each.type !== 'string')) {
    const outcome = await refused({ [name]: '?' })
    expect(outcome?.[0]).toBe('invalid_request')
  }
})

test.each(PATHS)('%s asks all its questions after the position it is given', async (path) => {
  const asked: Question[] = []
  const run = (after: string) =>
    reportAt(path).run({ after }, asking(ROWS, asked), scope, NOW / 1000, signal)
  expect((await run('0:42')).ok).toBe(true)
  expect(asked.length).toBeGreaterThan(0)
  expect(new Set(asked.map((question) => question.after))).toEqual(new Set(['0:42']))
  expect(await run('yesterday')).toMatchObject({
    code: 'invalid_request',
    issues: [{ path: 'after' }],
  })
})

test('/costs', async () => {
  const found = await body('/costs', ROWS, {
    start_time: '2026-11-20T00:00:00Z',
    granularity: '6hour',
  })
  expect(found['total']).toMatchObject({
    total: '30',
    computed: '30',
    reported: null,
    per_request: '1.5',
    per_1k_tokens: '100',
    unpriced_requests: 0,
    requests: 20,
    tokens: { input: 200, output: 100, total: 300 },
  })
  expect(found['series']).toMatchObject([
    { time: '2026-11-20T00:00:00.000Z', total: '16', requests: 10, complete: true },
    { time: '2026-11-20T06:00:00.000Z', total: '14', requests: 10, complete: true },
  ])
  expect(found['by_day']).toMatchObject([{ time: '2026-11-20T00:00:00.000Z', total: '30' }])
})

test('/costs/breakdown by model, by tag, and with a rest', async () => {
  const models = await body('/costs/breakdown', ROWS)
  expect(models['items']).toMatchObject([
    { key: 'big', rest: false, cost: { total: '15' }, requests: 5, share: 0.5 },
    { key: 'small', rest: false, cost: { total: '15' }, requests: 15, share: 0.5 },
  ])
  const tags = await body('/costs/breakdown', ROWS, { by: 'tag.team' })
  expect(tags['items']).toMatchObject([
    { key: 'red', cost: { total: '20' }, share: 0.666666666667 },
    { key: null, rest: false, cost: { total: '10' } },
  ])
  const users = await body('/costs/breakdown', ROWS, { by: 'user_id', limit: '1' })
  expect(users['by']).toBe('user')
  expect(users['items']).toMatchObject([
    { key: 'u0', rest: false },
    { key: null, rest: true },
  ])
  const outcome = await reportAt('/costs/breakdown').run(
    { by: 'tema' },
    asking([]),
    scope,
    NOW / 1000,
    signal,
  )
  expect(outcome).toMatchObject({ ok: false, code: 'invalid_request', issues: [{ path: 'by' }] })
})

test('/performance', async () => {
  const found = await body('/performance', ROWS, { start_time: '2026-11-20T00:00:00Z' })
  expect(found['overall']).toMatchObject({
    throughput: { requests: 20, errors: 1, error_rate: 0.05, tokens_per_second: 50 },
    latency: { count: 19, min: 100, max: 119, p50: 110, p99: 119 },
    ttft: { p95: 10, stddev: 0 },
  })
  expect(found['series']).toHaveLength(10)
})

test('/metrics of a model over the trailing window', async () => {
  const found = await body('/metrics', ROWS, { model: 'big', window: '1d' })
  expect(found).toMatchObject({
    model: 'big',
    window: '1d',
    requests: { count: 5 },
    cost: { total: '15' },
    meta: { from: '2026-11-20T00:00:00.000Z', to: '2026-11-21T00:00:00.000Z' },
  })
  expect((await body('/metrics', ROWS))['requests']).toMatchObject({ count: 0 })
})

test('/metrics/summary', async () => {
  expect(await body('/metrics/summary', ROWS)).toMatchObject({
    users: 3,
    sessions: 5,
    security: { threats: 1, threats_high: 1, threats_low: 0 },
    governance: { consents: 1, consents_withdrawn: 1 },
    events: { count: 22, first: '2026-11-20T01:00:00.000Z' },
    kinds: [
      { family: 'telemetry', kind: 'llm_request', count: 20 },
      { family: 'governance', kind: 'consent', count: 1 },
      { family: 'security', kind: 'threat', count: 1 },
    ],
  })
})

test('/metrics/conversations: a conversation belongs to the range of its first event, and counts whole', async () => {
  const rows = [
    call(0.5, 'a', { session_id: 'before', cost_total: USD }),
    call(3, 'a', { session_id: 'before', cost_total: USD }),
    call(3, 'a', { session_id: 'inside', cost_total: USD }),
    call(9, 'a', { session_id: 'inside', cost_total: 2n * USD }),
    call(4, 'a', { session_id: 'free', cost_total: null }),
    call(9, 'a', { session_id: 'after', cost_total: USD }),
    call(4, 'a'),
  ]
  const found = await body('/metrics/conversations', rows, {
    start_time: '2026-11-20T02:00:00Z',
    end_time: '2026-11-20T06:00:00Z',
  })
  expect(found).toMatchObject({
    count: 2,
    avg_turns: 1.5,
    avg_duration_seconds: 10_800,
    avg_cost: '3',
    total_cost: '3',
  })
  expect(found['top']).toMatchObject([
    { session: 'inside', turns: 2, cost: '3' },
    { session: 'free', turns: 1, cost: null },
  ])
})

test('/metrics/models', async () => {
  expect((await body('/metrics/models', ROWS))['models']).toMatchObject([
    {
      provider: 'openai',
      model: 'small',
      requests: { count: 15, errors: 1 },
      cost: { total: '15' },
    },
    { provider: 'openai', model: 'big', requests: { count: 5, errors: 0 }, cost: { total: '15' } },
  ])
})

test('/metrics/trends: slope per bucket with its interval; cut and open buckets are left out', async () => {
  // Hour h has h calls; the hour in progress has one, which must not bend the line.
  const rows = Array.from({ length: 9 }, (_, hour) =>
    Array.from({ length: hour }, () => call(hour + 0.1, 'a', { latency_ms: 100 })),
  ).flat()
  const found = await body('/metrics/trends', [...rows, call(9.1, 'a')], {
    start_time: '2026-11-20T00:00:00Z',
    end_time: '2026-11-20T09:30:00Z',
  })
  expect(found['trends']).toMatchObject({
    requests: { points: 9, slope: 1, slope_low: 1, p_value: 0, significant: true, direction: 'up' },
    cost: { points: 9, slope: 0.0015, direction: 'up' },
    latency_p95: { points: 8, slope: 0, p_value: 1, significant: false, direction: 'flat' },
    error_rate: { points: 8, mean: 0 },
  })
  const none = await body('/metrics/trends', [])
  expect(none['trends']).toMatchObject({ latency_p95: { points: 0, slope: null, p_value: null } })
})

test('filters, zone and range reach every question', async () => {
  const asked: Question[] = []
  const parameters = {
    start_time: '2026-11-01T00:00:00Z',
    end_time: '2026-11-02T00:00:00Z',
    model: 'big',
    user_id: 'u1',
    timezone: 'Europe/Berlin',
    granularity: '1day',
  }
  await reportAt('/costs').run(parameters, asking([], asked), scope, NOW / 1000, signal)
  expect(asked).toHaveLength(3)
  for (const question of asked) {
    expect(question).toMatchObject({
      from: '2026-11-01T00:00:00.000Z',
      to: '2026-11-02T00:00:00.000Z',
      timezone: 'Europe/Berlin',
      filters: [
        { field: 'model', op: 'eq', value: 'big' },
        { field: 'user', op: 'eq', value: 'u1' },
      ],
    })
  }
})

test('too fine a granularity is refused in the words of the report', async () => {
  const outcome = await reportAt('/performance').run(
    { start_time: '2025-01-01T00:00:00Z', end_time: '2026-11-01T00:00:00Z', granularity: '1min' },
    asking([]),
    scope,
    NOW / 1000,
    signal,
  )
  expect(outcome).toMatchObject({
    ok: false,
    code: 'too_many_buckets',
    issues: [{ path: 'granularity', message: expect.stringContaining('6hour') }],
  })
})

test('a failure of a question is the failure of the report', async () => {
  const ask: Ask = () =>
    Promise.resolve({ ok: false, code: 'store_rebuilding', message: 'wait', issues: [] })
  const outcome = await reportAt('/costs').run({}, ask, scope, NOW / 1000, signal)
  expect(outcome).toEqual({ ok: false, code: 'store_rebuilding', message: 'wait', issues: [] })
})
