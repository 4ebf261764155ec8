import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allProjects } from '../../core/scope.ts'
import { SAMPLE_START } from '../sample-records.ts'
import type { Aggregate, AggregatePlan } from '../store.ts'
import { BENIGN } from './benign-sql.fixture.ts'
import { openSqlStore, type SqlStore } from './user-sql.fixture.ts'

const never = new AbortController().signal
const DAY = 86_400_000_000
let sql: SqlStore

beforeAll(async () => {
  sql = await openSqlStore(1000)
})

afterAll(() => sql.close())

/** Whole pico-dollars of a decimal text of dollars. */
function picoOf(dollars: unknown): bigint | null {
  if (typeof dollars !== 'string') return null
  const [whole = '', part = ''] = dollars.split('.')
  return BigInt(`${whole}${part.padEnd(12, '0')}`)
}

const aggregates: readonly Aggregate[] = [
  { id: 'rows', fn: 'rows' },
  { id: 'cost', fn: 'sum', column: 'cost_total' },
  { id: 'least', fn: 'min', column: 'cost_total' },
  { id: 'prompt', fn: 'sum', column: 'cost_prompt' },
  { id: 'tokens', fn: 'sum', column: 'input_tokens' },
  { id: 'users', fn: 'distinct', field: { type: 'column', column: 'user_id' } },
  { id: 'slowest', fn: 'max', column: 'latency_ms' },
]

describe('sums by SQL are those of questions', () => {
  it('to the last pico-dollar, for any range, group and view', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('model', 'provider', 'status', 'environment', 'service', 'project'),
        fc.integer({ min: -60, max: 1060 }),
        fc.integer({ min: 0, max: 1060 }),
        fc.constantFrom('events', 'calls', 'costs'),
        async (column, first, minutes, view) => {
          const from = SAMPLE_START + first * 60_000_000
          const to = Math.min(from + minutes * 60_000_000, SAMPLE_START + 3 * DAY)
          const plan: AggregatePlan = {
            type: 'aggregate',
            from,
            to,
            edges: null,
            where: null,
            groupBy: [{ type: 'column', column }],
            aggregates,
            maxRows: 1000,
          }
          const asked = await sql.store.query(plan, allProjects(), never)
          if (!asked.ok) throw new Error(asked.message)
          const shown = view === 'costs' && column === 'status' ? 'events' : view
          const byService = `SELECT ${column}, sum(weight), sum(cost_total), min(cost_total), sum(cost_prompt), sum(input_tokens), count(DISTINCT user_id), max(latency_ms) FROM analytics.${shown === 'costs' ? 'events' : shown} WHERE time >= make_timestamp($from) AND time_us < $to GROUP BY 1 ORDER BY 1`
          const found = await sql.rows(byService, { parameters: { from, to } })
          expect(
            found.map(([key, rows, cost, least, prompt, ...others]) => [
              key,
              rows,
              picoOf(cost),
              picoOf(least),
              picoOf(prompt),
              ...others,
            ]),
          ).toEqual(
            asked.frame.rows.map(([key, rows, cost, least, prompt, tokens, users, slowest]) => [
              key,
              rows,
              cost,
              least,
              prompt,
              ...[tokens, users].map(Number),
              slowest,
            ]),
          )
          if (view === 'costs') {
            const [[total] = []] = await sql.rows(
              'SELECT coalesce(sum(cost_total), 0) FROM costs WHERE time_us >= $from AND time_us < $to',
              { parameters: { from, to } },
            )
            const summed = asked.frame.rows.reduce(
              (sum, row) => sum + ((row[2] as bigint) ?? 0n),
              0n,
            )
            expect(picoOf(total)).toBe(summed)
          }
        },
      ),
      { numRuns: 25 },
    )
  })
})

const RELATIONS =
  /\b(?:analytics\.)?(events|calls|costs|security|governance|parameters|dead_letters)\b(?!\s*(?:AS\s*\(|\())/i
const FORBIDDEN = [
  'main.event_rows',
  'event_rows',
  'examine.events',
  "read_text('/etc/passwd')",
  'duckdb_settings()',
  "'x.csv'",
  'information_schema.tables',
  '(SHOW TABLES)',
  "query('SELECT 1')",
]

describe('statements that were tampered with', () => {
  const tampered = BENIGN.filter((text) => RELATIONS.test(text) && !/WITH events AS/.test(text))

  it('never read what they may not, wherever it is put', async () => {
    expect(tampered.length).toBeGreaterThan(60)
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...tampered),
        fc.constantFrom(...FORBIDDEN),
        fc.constantFrom('relation', 'scalar', 'exists', 'cte', 'union', 'lateral'),
        async (text, forbidden, how) => {
          const bare = text.replace(/;\s*$/, '')
          const changed = {
            relation: bare.replace(RELATIONS, forbidden),
            scalar: `SELECT (SELECT count(*) FROM ${forbidden}), * FROM (${bare})`,
            exists: `SELECT * FROM (${bare}) WHERE EXISTS (FROM ${forbidden})`,
            cte: `WITH x AS (SELECT * FROM ${forbidden}) SELECT * FROM x, (${bare})`,
            union: `SELECT 1 FROM ${forbidden} UNION ALL SELECT 1 FROM (${bare})`,
            lateral: `SELECT * FROM (${bare}) t, LATERAL (SELECT * FROM ${forbidden}) u`,
          }[how]
          const outcome = await sql.ask(changed, { maxRows: 3 })
          expect(outcome.ok ? changed : outcome.failure).toBe('invalid')
        },
      ),
      { numRuns: 150 },
    )
  })

  it('answer or say what is wrong, whatever bytes are changed', async () => {
    const SPICE = [
      "'",
      '"',
      ';',
      '(',
      ')',
      '--',
      '/*',
      '$',
      '\\',
      '*',
      ',',
      ' FROM ',
      ' SELECT ',
      '::',
      '[',
      '{',
      '\u0000',
      '💥',
      '.',
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...BENIGN),
        fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom(...SPICE)), {
          minLength: 1,
          maxLength: 3,
        }),
        async (text, edits) => {
          let changed = text
          for (const [at, cut, put] of edits) {
            const place = at % (changed.length + 1)
            changed = changed.slice(0, place) + put + changed.slice(place + cut)
          }
          const outcome = await sql.ask(changed, { maxRows: 3, deadlineMs: 2000 })
          if (!outcome.ok) {
            expect(['invalid', 'timeout', 'too_much_memory']).toContain(outcome.failure)
            expect(outcome.message).not.toMatch(/event_rows|dict_\w+|\/tmp|store\.duckdb/)
          }
          expect(sql.store.broken).toBeNull()
        },
      ),
      { numRuns: 150 },
    )
  })
})
