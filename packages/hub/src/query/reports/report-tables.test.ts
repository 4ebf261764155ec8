import { expect, it } from 'vitest'
import type { Table, TableRow } from '../../core/table.ts'
import { reportTables } from './report-tables.ts'
import { arraySchema, objectSchema } from './shape.ts'

const META = {
  from: '2026-11-01T00:00:00.000Z',
  to: '2026-11-08T00:00:00.000Z',
  timezone: 'UTC',
  asOf: { position: { '0': '7' }, watermark: null },
  source: 'raw',
  partial: true,
  warnings: ['one is missing'],
}

async function rowsOf({ batches }: Table): Promise<readonly TableRow[]> {
  const rows: TableRow[] = []
  for await (const batch of batches) rows.push(...batch)
  return rows
}

it('makes a table of every part, with types by unit and content', async () => {
  const body = {
    granularity: 'hour',
    total: { cost: '1.5', tokens: { input: 3, output: null } },
    series: [
      {
        time: '2026-11-01T00:00:00.000Z',
        cost: '-0.000000000001',
        share: 0.5,
        done: true,
        top: ['a'],
      },
      { time: '2026-11-02T00:00:00.000Z', cost: null, share: null, done: false, top: [] },
    ],
    trends: { cost: { slope: 1, up: true }, calls: { slope: -2.5, up: false } },
    empty: [],
    units: {
      total: { cost: 'USD', tokens: { input: 'tokens', output: 'tokens' } },
      series: { cost: 'USD', share: 'ratio' },
    },
    meta: META,
  }
  const schema = objectSchema({
    empty: arraySchema(objectSchema({ key: {}, cost: objectSchema({ total: {} }) })),
  })
  const { tables, about } = reportTables(body, schema, 'costs')
  expect(tables.map(({ name }) => name)).toEqual(['total', 'series', 'trends', 'empty'])
  const [total, series, trends, empty] = tables as [Table, Table, Table, Table]
  expect(total.columns).toEqual([
    { name: 'cost', type: 'money', unit: 'USD' },
    { name: 'tokens.input', type: 'integer', unit: 'tokens' },
    { name: 'tokens.output', type: 'number', unit: 'tokens' },
  ])
  expect(await rowsOf(total)).toEqual([[1_500_000_000_000n, 3, null]])
  expect(series.columns.map(({ type }) => type)).toEqual([
    'time',
    'money',
    'number',
    'boolean',
    'text',
  ])
  expect(await rowsOf(series)).toEqual([
    [Date.parse('2026-11-01') * 1000, -1n, 0.5, true, '["a"]'],
    [Date.parse('2026-11-02') * 1000, null, null, false, '[]'],
  ])
  expect(await rowsOf(trends)).toEqual([
    ['cost', 1, true],
    ['calls', -2.5, false],
  ])
  expect(empty.columns.map(({ name }) => name)).toEqual(['key', 'cost.total'])
  expect(about).toContainEqual(['granularity', 'hour'])
  expect(about).toContainEqual(['as of position', '0:7'])
  expect(about).toContainEqual(['partial', 'yes'])
  expect(about).toContainEqual(['warning', 'one is missing'])
})
