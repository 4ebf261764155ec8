import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SQL_FUNCTIONS, SQL_TABLE_FUNCTIONS } from '../sql-functions.ts'
import { FORM_TYPES, SQL_VIEWS } from '../sql-views.ts'
import { renderViews } from './render-views.ts'
import { openSqlStore, type SqlStore } from './user-sql.fixture.ts'

let sql: SqlStore

beforeAll(async () => {
  sql = await openSqlStore(10)
})

afterAll(() => sql.close())

const trusted = (text: string) => sql.store.maintain((connection) => connection.rows(text))

it('the migration is what the definitions say (UPDATE=1 writes it)', () => {
  const file = join(import.meta.dirname, '../../../sql/duckdb/0003_views.sql')
  if (process.env['UPDATE'] === '1') writeFileSync(file, renderViews())
  expect(readFileSync(file, 'utf8')).toBe(renderViews())
})

it('the views have the columns and types of their definitions, and there are no others', async () => {
  const { rows } = await trusted(
    "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = 'analytics' ORDER BY table_name, column_index",
  )
  const defined = SQL_VIEWS.toSorted((a, b) => (a.name < b.name ? -1 : 1)).flatMap((view) =>
    view.columns.map(({ name, form }) => [view.name, name, FORM_TYPES[form]]),
  )
  expect(rows).toEqual(defined)
})

describe('a statement', () => {
  it('reads the columns and dictionaries that it names, and no others', async () => {
    const { rows } = await trusted(
      "EXPLAIN (FORMAT JSON) SELECT model, sum(cost_total) FROM analytics.calls WHERE provider = 'openai' AND time_us >= 1793577720000000 GROUP BY model",
    )
    const plan = rows.map((row) => String(row[1])).join('\n')
    // What a dictionary is read for, when it is: its texts as a list. The others are only found to be there.
    expect(plan.match(/\blist\(/g)).toHaveLength(2)
    expect(plan).not.toMatch(/\b(?:latency_ms|user_id|tags|extra|input_tokens)\b/)
    // The range is a filter of the scan itself, which skips blocks by it.
    expect(plan).toMatch(/time ?>= ?1793577720000000/)
  })
})

it('the functions that are allowed exist', async () => {
  const { rows } = await trusted('SELECT DISTINCT lower(function_name) FROM duckdb_functions()')
  const known = new Set(rows.flat())
  // Words of the grammar, not of the catalogue.
  const grammar = [
    'coalesce',
    'columns',
    'grouping',
    'grouping_id',
    'if',
    'ifnull',
    'len',
    'map_contains_entry',
  ]
  const unknown = [...SQL_FUNCTIONS, ...SQL_TABLE_FUNCTIONS].filter(
    (name) => !known.has(name) && !grammar.includes(name),
  )
  expect(unknown).toEqual([])
})
