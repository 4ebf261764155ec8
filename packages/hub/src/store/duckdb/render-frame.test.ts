import { expect, test } from 'vitest'
import type { AggregatePlan } from '../store.ts'
import { Dictionary } from './dictionary.ts'
import type { ResultCell } from './read-result.ts'
import { frameOf } from './render-frame.ts'

const plan: AggregatePlan = {
  type: 'aggregate',
  from: 0,
  to: 10,
  edges: null,
  where: null,
  groupBy: [{ type: 'column', column: 'model' }],
  aggregates: [
    { id: 'n', fn: 'rows' },
    { id: 'p50', fn: 'quantile', column: 'latency_ms', q: 0.5 },
    { id: 'p100', fn: 'quantile', column: 'latency_ms', q: 1 },
  ],
  maxRows: 3,
}
const COLUMNS = ['k0', 'a0', 'a1_bins', 'a1_counts']
const row = (key: string, ...bins: number[]): ResultCell[] => [
  key,
  1_000_000n,
  bins.length === 0 ? null : Int16Array.from(bins),
  bins.length === 0 ? null : Float64Array.from(bins, () => 1),
]
const ROWS = [row('a', 3, 1, 2), row('b'), row('c', 5, 5), row('d', 2, 9)]
const frame = (change: Partial<AggregatePlan>) =>
  frameOf({ ...plan, ...change }, COLUMNS, ROWS, (bin) => bin * 10, new Map())

test('quantiles of one column read the lists of the first of them', () => {
  expect(frame({ maxRows: 4 })).toEqual({
    columns: ['key0', 'n', 'p50', 'p100'],
    rows: [
      ['a', 1, 20, 30],
      ['b', 1, null, null],
      ['c', 1, 50, 50],
      ['d', 1, 20, 90],
    ],
  })
})

test('the first groups by a quantile: ties by key, nulls last, in the order of keys', () => {
  const keys = (by: string, dir: 'asc' | 'desc', limit: number) => {
    const found = frame({ topGroups: { by, dir, limit } })
    return found === 'too_many_rows' ? found : found.rows.map(([key]) => key)
  }
  expect(keys('p50', 'desc', 2)).toEqual(['a', 'c'])
  expect(keys('p50', 'asc', 1)).toEqual(['a'])
  expect(keys('p50', 'asc', 3)).toEqual(['a', 'c', 'd'])
  expect(keys('p100', 'desc', 1)).toEqual(['d'])
  expect(keys('p100', 'desc', 4)).toBe('too_many_rows')
  expect(frame({})).toBe('too_many_rows')
})

test('a list shows texts in place of ids, and an id without a text is a fault', () => {
  const list = { type: 'list', from: 0, to: 1, where: null, columns: ['model'], limit: 2 } as const
  const texts = new Map([['model', new Dictionary(['x', 'y'])]])
  const read = (id: number | null) => frameOf(list, [], [[id, 7n, 0, 1n, 2]], (bin) => bin, texts)
  expect(read(1)).toMatchObject({ rows: [['y', 7, 0, 1n, 2]] })
  expect(read(null)).toMatchObject({ rows: [[null, 7, 0, 1n, 2]] })
  expect(() => read(2)).toThrow('no text of the id 2')
})
