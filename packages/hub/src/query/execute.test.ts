import { expect, test } from 'vitest'
import { answer, call, HOUR, NOW, records, START } from './ask.fixture.ts'

const DAY = { from: '2026-11-20T00:00:00Z', to: '2026-11-21T00:00:00Z' } as const
const THREE = { from: '2026-11-20T00:00:00Z', to: '2026-11-20T03:00:00Z' } as const

test('a series by model', async () => {
  const { columns, rows, meta, plans } = await answer(
    {
      kind: 'series',
      measures: ['requests.count', 'cost.total', 'latency.p95'],
      by: ['time:1h', 'model'],
      ...THREE,
    },
    [
      call(0, 'a'),
      call(0.5, 'a', { latency_ms: 300 }),
      call(0.2, 'b'),
      call(2, 'a', { status: 'error', latency_ms: 9000 }),
    ],
  )
  expect(columns.map(({ name, role, unit }) => [name, role, unit])).toEqual([
    ['time', 'time', undefined],
    ['model', 'dimension', undefined],
    ['requests.count', 'measure', 'count'],
    ['cost.total', 'measure', 'USD'],
    ['latency.p95', 'measure', 'ms'],
    ['complete', 'meta', undefined],
  ])
  expect(rows).toEqual([
    ['2026-11-20T00:00:00.000Z', 'a', 2, '0.003', 300, true],
    ['2026-11-20T00:00:00.000Z', 'b', 1, '0.0015', 100, true],
    ['2026-11-20T02:00:00.000Z', 'a', 1, '0.0015', null, true],
  ])
  expect(meta).toEqual({
    asOf: { position: { '0': '4' }, watermark: '2026-11-20T02:00:00.000Z' },
    source: 'raw',
    partial: false,
    warnings: [],
    timezone: 'UTC',
    from: '2026-11-20T00:00:00.000Z',
    to: '2026-11-20T03:00:00.000Z',
  })
  expect(plans).toHaveLength(1)
})

test('aggregates that measures share are asked once', async () => {
  const { plans } = await answer(
    {
      kind: 'table',
      measures: [
        'requests.count',
        'requests.error_rate',
        'requests.rate',
        'latency.avg',
        'latency.count',
      ],
      ...DAY,
    },
    [],
  )
  const [plan] = plans
  // All calls; failed calls; sum and count of the latency of successful ones.
  expect(plan?.type === 'aggregate' && plan.aggregates).toHaveLength(4)
})

test('failed calls are left out of latencies unless status is asked for', async () => {
  const rows = [
    call(0, 'a'),
    call(1, 'a', { status: 'timeout', latency_ms: 900 }),
    call(2, 'a', { status: null, latency_ms: 200 }),
  ]
  const base = { kind: 'table', measures: ['latency.max'], ...DAY } as const
  expect((await answer(base, rows)).rows).toEqual([[200]])
  const filters = [{ field: 'status', op: 'in', value: ['ok', 'timeout'] }] as const
  expect((await answer({ ...base, filters }, rows)).rows).toEqual([[900]])
  expect((await answer({ ...base, by: ['status'] }, rows)).rows).toEqual([
    ['timeout', 900],
    [null, 200],
    ['ok', 100],
  ])
  const own = [{ as: 'late', measure: 'latency.max', where: { status: 'timeout' } }]
  expect((await answer({ ...base, measures: own }, rows)).rows).toEqual([[900]])
})

test('top and the rest; an unlisted group is not lost', async () => {
  const rows = [
    call(0, 'a', { cost_total: 5n * 10n ** 12n }),
    call(1, 'b', { cost_total: 3n * 10n ** 12n }),
    call(2, 'c', { cost_total: 2n * 10n ** 12n }),
    call(3, 'd', { cost_total: 1n * 10n ** 12n, status: 'error' }),
  ]
  const base = {
    kind: 'table',
    measures: ['cost.total', 'requests.error_rate'],
    by: ['model'],
    ...DAY,
  } as const
  const ranked = await answer({ ...base, top: { by: 'cost.total', n: 2, other: true } }, rows)
  expect(ranked.rows).toEqual([
    ['a', '5', 0],
    ['b', '3', 0],
    ['__other__', '3', 0.5],
  ])
  expect(ranked.plans).toHaveLength(2)
  // A derived measure cannot be ranked by the store, and is ranked all the same.
  const derived = await answer({ ...base, top: { by: 'requests.error_rate', n: 1 } }, rows)
  expect(derived.rows).toEqual([['d', '1', 1]])
  const whole = { ...base, measures: ['cost.total'], kind: 'table', by: ['model'] } as const
  const alone = await answer({ ...whole, top: { by: 'cost.total', n: 1 } }, rows)
  expect(alone.plans).toHaveLength(1)
  const both = await answer({ ...whole, top: { by: 'cost.total', n: 1, other: true } }, rows)
  expect(both.plans).toHaveLength(2)
  expect(both.rows.slice(0, 1)).toEqual(alone.rows)

  const none = await answer({ ...base, top: { by: 'cost.total', n: 2 } }, [])
  expect(none.rows).toEqual([])
})

test('compare: value, previous, delta and change; groups of either range', async () => {
  const rows = [call(-2, 'a'), call(-1, 'b'), call(1, 'a'), call(2, 'a'), call(2.5, 'c')]
  const { columns, rows: found } = await answer(
    {
      kind: 'table',
      measures: ['requests.count', 'latency.avg'],
      by: ['model'],
      compare: 'previous',
      ...THREE,
    },
    rows,
  )
  expect(columns.slice(1, 5).map((column) => column.name)).toEqual([
    'requests.count',
    'requests.count.previous',
    'requests.count.delta',
    'requests.count.change',
  ])
  expect(found).toEqual([
    ['a', 2, 1, 1, 1, 100, 100, 0, 0],
    ['c', 1, 0, 1, null, 100, null, null, null],
    ['b', 0, 1, -1, -1, null, 100, null, null],
  ])
})

test('compare of a series puts bucket beside bucket', async () => {
  const rows = [call(-3, 'a'), call(-0.5, 'a'), call(0, 'a'), call(0.1, 'a')]
  const found = await answer(
    { kind: 'series', measures: ['requests.count'], compare: 'previous', fill: 'zero', ...THREE },
    rows,
  )
  expect(
    records(found).map((row) => [row['requests.count'], row['requests.count.previous']]),
  ).toEqual([
    [2, 1],
    [0, 0],
    [0, 1],
  ])
})

test('fill', async () => {
  const rows = [call(0, 'a', { latency_ms: 100 }), call(2, 'a', { latency_ms: 300 })]
  const base = {
    kind: 'series',
    measures: ['requests.count', 'latency.avg', 'cost.total'],
    from: '2026-11-20T00:00:00Z',
    to: '2026-11-20T04:00:00Z',
  } as const
  const filled = async (fill: 'none' | 'null' | 'zero' | 'previous' | 'linear') =>
    (await answer({ ...base, fill }, rows)).rows.map((row) => row.slice(1, 4))
  expect(await filled('none')).toEqual([
    [1, 100, '0.0015'],
    [1, 300, '0.0015'],
  ])
  expect(await filled('null')).toEqual([
    [1, 100, '0.0015'],
    [null, null, null],
    [1, 300, '0.0015'],
    [null, null, null],
  ])
  expect((await filled('zero'))[1]).toEqual([0, null, '0'])
  expect((await filled('previous')).slice(1)).toEqual([
    [1, 100, '0.0015'],
    [1, 300, '0.0015'],
    [1, 300, '0.0015'],
  ])
  expect((await filled('linear')).slice(1)).toEqual([
    [1, 200, '0.0015'],
    [1, 300, '0.0015'],
    [null, null, null],
  ])
})

test('an empty range is an empty series, an empty table without dimensions is one row of nothing', async () => {
  expect((await answer({ kind: 'series', measures: ['cost.total'] }, [])).rows).toEqual([])
  const at = { from: START / 1e6, to: START / 1e6 }
  expect((await answer({ kind: 'series', measures: ['cost.total'], ...at }, [])).rows).toEqual([])
  const table = {
    kind: 'table',
    measures: ['requests.count', 'latency.p95', 'requests.rate'],
  } as const
  expect((await answer({ ...table, ...DAY }, [])).rows).toEqual([[0, null, 0]])
})

test('unknown prices stay unknown', async () => {
  const rows = [
    call(0, 'a', { cost_total: null }),
    call(1, 'b'),
    call(1, 'b', { cost_total: null }),
  ]
  const found = await answer(
    {
      kind: 'table',
      measures: ['cost.total', 'cost.unpriced.count', 'cost.per_request', 'cost.per_1k_tokens'],
      by: ['model'],
      order: [{ by: 'model' }],
      ...DAY,
    },
    rows,
  )
  expect(found.rows).toEqual([
    ['a', null, 1, null, null],
    ['b', '0.0015', 1, '0.0015', '0.1'],
  ])
})

test('formulas see money in dollars and give null for a division by zero', async () => {
  const measures = [
    { as: 'bad', measure: 'requests.count', where: { status: 'error' } },
    { as: 'share', formula: 'bad / requests.count' },
    { as: 'dollars', formula: 'cost.total * 1000' },
    { as: 'none', formula: '1 / bad' },
  ]
  const rows = [call(0, 'a'), call(1, 'a', { status: 'error' }), call(2, 'a'), call(2, 'a')]
  const found = await answer({ kind: 'table', measures, ...DAY }, rows)
  expect(records(found)).toEqual([{ bad: 1, share: 0.25, dollars: 6, none: 1 }])
  expect((await answer({ kind: 'table', measures, ...DAY }, [call(0, 'a')])).rows).toEqual([
    [0, 0, 1.5, null],
  ])
})

test('a table keeps its first rows and says when there are more', async () => {
  const rows = ['a', 'b', 'b', 'c', 'c', 'c'].map((model) => call(1, model))
  const base = { kind: 'table', measures: ['requests.count'], by: ['model'], ...DAY } as const
  const cut = await answer({ ...base, limit: 2 }, rows)
  expect(cut.rows).toEqual([
    ['c', 3],
    ['b', 2],
  ])
  expect(cut.meta.warnings).toHaveLength(1)
  const [plan] = cut.plans
  expect(plan?.type === 'aggregate' && plan.topGroups).toMatchObject({ dir: 'desc', limit: 3 })
  const whole = await answer(
    { ...base, order: [{ by: 'requests.count', dir: 'asc' }], limit: 3 },
    rows,
  )
  expect(whole.rows.map((row) => row[0])).toEqual(['a', 'b', 'c'])
  expect(whole.meta.warnings).toEqual([])
})

test('tags as dimensions, and kinds of different measures side by side', async () => {
  const rows = [
    call(0, 'a', { tags: { team: 'x' } }),
    call(0, 'a', { tags: {} }),
    { time: START, kind: 'threat', family: 'security', status: 'high', tags: { team: 'x' } },
  ]
  const found = await answer(
    {
      kind: 'table',
      measures: ['events.count', 'requests.count', 'security.threats.high'],
      by: ['tag.team'],
      ...DAY,
    },
    rows,
  )
  expect(found.rows).toEqual([
    ['x', 2, 1, 1],
    [null, 1, 1, 0],
  ])
})

test('the open bucket is not complete and its rate is over the time that has passed', async () => {
  const now = NOW - HOUR / 2
  const found = await answer(
    { kind: 'series', measures: ['requests.rate'], from: START / 1e6, to: 'now' },
    Array.from({ length: 18 }, () => call(23.2, 'a')),
    now,
  )
  expect(found.rows).toEqual([['2026-11-20T23:00:00.000Z', 0.01, false]])
})

test('a list: newest first, fields by name, pages without gaps while time goes on', async () => {
  const rows = Array.from({ length: 7 }, (_, index) =>
    call(index % 3, 'a', {
      event_id: `e${index}`,
      partition: 0,
      offset: BigInt(index),
      index: 0,
      tags: { team: `t${index}` },
    }),
  )
  const question = {
    kind: 'list',
    by: ['event_id', 'cost', 'tag.team', 'input_tokens'],
    from: 'now-1d',
    limit: 3,
  } as const
  const seen: unknown[] = []
  let cursor: string | null = null
  let now = NOW
  do {
    const page: Awaited<ReturnType<typeof answer>> = await answer(
      { ...question, cursor },
      rows,
      now,
    )
    seen.push(...page.rows)
    cursor = page.next
    now += HOUR
  } while (cursor !== null)
  expect(seen).toHaveLength(7)
  expect(seen.slice(0, 3)).toEqual([
    ['2026-11-20T02:00:00.000Z', 'e5', '0.0015', 't5', 10],
    ['2026-11-20T02:00:00.000Z', 'e2', '0.0015', 't2', 10],
    ['2026-11-20T01:00:00.000Z', 'e4', '0.0015', 't4', 10],
  ])
})

test('a cursor of another question, and a broken one, are refused', async () => {
  const rows = [call(0, 'a'), call(1, 'a')]
  const { next } = await answer({ kind: 'list', limit: 1 }, rows)
  const filters = [{ field: 'model', op: 'eq', value: 'a' }] as const
  await expect(answer({ kind: 'list', limit: 1, cursor: next, filters }, rows)).rejects.toThrow(
    'cursor',
  )
  await expect(answer({ kind: 'list', cursor: 'abc' }, rows)).rejects.toThrow('cursor')
})

test('an empty answer says which value of a filter no event has', async () => {
  const events = [call(0, 'gpt-4o'), call(1, 'gpt-4o'), call(1, 'claude')]
  const asked = (...filters: readonly (readonly [field: string, value: string])[]) =>
    answer(
      {
        kind: 'table',
        measures: ['cost.total'],
        filters: filters.map(([field, value]) => ({ field, op: 'eq', value })),
        ...DAY,
      },
      events,
    )
  const misspelt = await asked(['model', 'gtp-4o'])
  expect(misspelt.rows).toEqual([['0']])
  expect(misspelt.meta.source).toBe('raw')
  expect(misspelt.meta.warnings).toEqual([
    'No event of this range has model "gtp-4o". Did you mean "gpt-4o"?',
  ])
  expect((await asked(['model', 'gpt-4o'])).meta.warnings).toEqual([])
  const both = await asked(['model', 'gpt-4o'], ['tag.team', 'search'])
  expect(both.meta.warnings).toEqual(['No event of this range has tag.team "search".'])
})
