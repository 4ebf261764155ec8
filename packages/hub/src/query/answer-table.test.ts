import type { Answer } from '@llmhub/schema'
import { expect, it } from 'vitest'
import { answerTable } from './answer-table.ts'

it('gives the columns of an answer their types, by the catalogue and by what is there', async () => {
  const columns: Answer['columns'] = [
    { name: 'time', role: 'time' },
    { name: 'model', role: 'dimension' },
    { name: 'cost.total', role: 'measure', unit: 'USD' },
    { name: 'tokens.total', role: 'measure', unit: 'tokens' },
    { name: 'mine', role: 'measure', unit: 'USD' },
    { name: 'rate', role: 'measure' },
    { name: 'events.last', role: 'measure' },
    { name: 'cost.total.delta', role: 'comparison', unit: 'USD' },
    { name: 'cost.total.change', role: 'comparison', unit: 'ratio' },
    { name: 'complete', role: 'meta' },
  ]
  const time = '2026-11-01T00:00:00.000Z'
  const row = [time, 'm', '0.1', '9007199254740993', '2', 0.25, time, '-1', 0.5, true]
  const table = answerTable({ columns, rows: [row, columns.map(() => null)] })
  expect(table.columns.map(({ type }) => type)).toEqual([
    'time',
    'text',
    'money',
    'integer',
    'money',
    'number',
    'time',
    'money',
    'number',
    'boolean',
  ])
  const micros = Date.parse(time) * 1000
  for await (const [first, second] of table.batches) {
    expect(first).toEqual([
      micros,
      'm',
      100_000_000_000n,
      9_007_199_254_740_993n,
      2_000_000_000_000n,
      0.25,
      micros,
      -1_000_000_000_000n,
      0.5,
      true,
    ])
    expect(second).toEqual(columns.map(() => null))
  }
})
