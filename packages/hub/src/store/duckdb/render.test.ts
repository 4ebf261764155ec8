import { describe, expect, it } from 'vitest'
import { allProjects, projectScope } from '../../core/scope.ts'
import type { Aggregate, AggregatePlan, Predicate } from '../store.ts'
import { Dictionary } from './dictionary.ts'
import { renderRaw } from './render.ts'
import { frameOf } from './render-frame.ts'

const plan: AggregatePlan = {
  type: 'aggregate',
  from: 0,
  to: 10,
  edges: null,
  where: null,
  groupBy: [],
  aggregates: [{ id: 'n', fn: 'rows' }],
  maxRows: 2,
}
const TEXTS = new Map([
  ['kind', new Dictionary(['latency', 'span', 'score', 'threat'])],
  ['status', new Dictionary(['ok', 'error'])],
])
const render = (change: Partial<AggregatePlan>) =>
  renderRaw({ ...plan, ...change }, allProjects(), TEXTS)
const column = (name: string) => ({ type: 'column', column: name }) as const

describe('a rendered plan', () => {
  it('holds no text of the plan, only placeholders', () => {
    const evil = `"'; DROP TABLE event_rows; --$1`
    const { sql, values } = renderRaw(
      {
        ...plan,
        where: { op: 'in', field: { type: 'tag', key: evil }, values: [evil] },
        groupBy: [{ type: 'tag', key: evil }],
        groups: { keys: [[evil]], other: true },
        aggregates: [
          {
            id: evil,
            fn: 'rows',
            where: { op: 'contains', field: column('model'), value: evil },
          },
        ],
      },
      projectScope(evil),
      TEXTS,
    )
    expect(sql).not.toContain('DROP')
    expect(values.filter((value) => value === evil).length).toBeGreaterThanOrEqual(3)
    const numbers = [...sql.matchAll(/\$([0-9]+)/g)].map((match) => Number(match[1]))
    expect(new Set(numbers)).toEqual(new Set(values.map((_, i) => i + 1)))
  })

  it('compares ids, and reads no dictionary for it', () => {
    const kinds = ['latency', 'span', 'score', 'threat']
    const aggregates = kinds.flatMap((kind): Aggregate[] => {
      const ofKind: Predicate = { op: 'in', field: column('kind'), values: [kind] }
      const failed: Predicate = { op: 'in', field: column('status'), values: ['error'] }
      const where: Predicate = { op: 'and', parts: [ofKind, { op: 'not', part: failed }] }
      return [
        { id: `n ${kind}`, fn: 'rows', where: ofKind },
        { id: `cost ${kind}`, fn: 'sum', column: 'cost_total', where },
        { id: `p95 ${kind}`, fn: 'quantile', column: 'latency_ms', q: 0.95, where },
      ]
    })
    const { sql, values } = render({ aggregates })
    expect(sql).not.toContain('dict_')
    expect(values).not.toContain('error')
    expect(sql.match(/"status" IN \(1\)/g)).toHaveLength(kinds.length)
    expect(render({ where: { op: 'in', field: column('kind'), values: ['new'] } }).sql).toContain(
      'FALSE',
    )
  })

  it('compares the texts of a dictionary as the database would, and rows by the ids that pass', () => {
    const ids = {
      lt: ['span', '0, 2'],
      lte: ['span', '0, 1, 2'],
      gt: ['span', '3'],
      gte: ['span', '1, 3'],
      contains: ['e', '0, 2, 3'],
      starts_with: ['s', '1, 2'],
    } as const
    for (const [op, [value, list]] of Object.entries(ids)) {
      const where = { op, field: column('kind'), value } as Predicate
      expect(render({ where }).sql).toContain(`(e."kind" IN (${list}))`)
    }
    const both: Predicate = { op: 'in', field: column('kind'), values: ['threat', 'new', 'span'] }
    expect(render({ where: both }).sql).toContain('(e."kind" IN (3, 1))')
  })

  it('names stored columns only', () => {
    for (const name of ['nope', 'id_hi', 'log_offset', 'model" OR TRUE --', '__proto__']) {
      expect(() => render({ groupBy: [column(name)] })).toThrow(RangeError)
      const where: Predicate = { op: 'is_null', field: column(name) }
      expect(() => render({ where })).toThrow(RangeError)
      expect(() => render({ aggregates: [{ id: 'x', fn: 'sum', column: name }] })).toThrow(
        RangeError,
      )
      const list = { type: 'list', from: 0, to: 1, where: null, columns: [name], limit: 1 } as const
      expect(() => renderRaw(list, allProjects(), TEXTS)).toThrow(RangeError)
    }
  })

  it('compares like with like', () => {
    const wrong: Predicate[] = [
      { op: 'in', field: column('latency_ms'), values: ['1'] },
      { op: 'in', field: column('suppressed'), values: [1] },
      { op: 'lt', field: column('suppressed'), value: true },
      { op: 'gt', field: column('cost_total'), value: Number.NaN },
      { op: 'contains', field: column('time'), value: '1' },
      { op: 'in', field: column('tags'), values: ['a'] },
    ]
    for (const where of wrong) expect(() => render({ where })).toThrow(TypeError)
    const sums: Aggregate[] = [
      { id: 'x', fn: 'sum', column: 'model' },
      { id: 'x', fn: 'quantile', column: 'user_id', q: 0.5 },
    ]
    for (const one of sums) expect(() => render({ aggregates: [one] })).toThrow(TypeError)
    expect(() => render({ groupBy: [column('tags')] })).toThrow(TypeError)
  })

  it('refuses edges and ranks that make no sense', () => {
    expect(() => render({ edges: [0] })).toThrow(RangeError)
    expect(() => render({ edges: [0, 5, 5] })).toThrow(RangeError)
    expect(() =>
      render({ aggregates: [{ id: 'q', fn: 'quantile', column: 'value', q: 1.1 }] }),
    ).toThrow(RangeError)
    expect(() => render({ topGroups: { by: 'x', dir: 'asc', limit: 1 } })).toThrow(RangeError)
    const top = { by: 'n', dir: 'asc', limit: 1 } as const
    expect(() => render({ edges: [0, 5], topGroups: top })).toThrow(RangeError)
  })

  it('is too large with one row more than allowed', () => {
    const rows = [[1_000_000n], [2_000_000n], [500_000n]]
    expect(frameOf(plan, ['a0'], rows, Number, TEXTS)).toBe('too_many_rows')
    expect(frameOf(plan, ['a0'], rows.slice(1), Number, TEXTS)).toEqual({
      columns: ['n'],
      rows: [[2], [0.5]],
    })
  })
})
