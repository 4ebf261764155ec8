import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EVENT_COLUMNS, REJECT_COLUMNS } from '@llmhub/schema'
import { decodeBatch, hasValue, textAt } from '@llmhub/stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { manualClock } from '../../../test/manual-clock.ts'
import { systemClock } from '../../core/clock.ts'
import { applyOf, sampleEvents, sampleRejects, sampleSuppression } from '../sample-records.ts'
import { DuckDbStore, type DuckDbStoreOptions } from './duckdb-store.ts'
import { DERIVED_COLUMNS, DICTIONARY_COLUMNS, EVENT_ROW_COLUMNS, SQL_TYPES } from './physical.ts'

const never = new AbortController().signal
let dir: string
let store: DuckDbStore

async function open(options: Partial<DuckDbStoreOptions> = {}): Promise<DuckDbStore> {
  const opening = await DuckDbStore.open({
    path: join(dir, 'store.duckdb'),
    wal: false,
    clock: systemClock,
    incarnation: 'a',
    answer: () => Promise.reject(new Error('not used here')),
    ...options,
  })
  if (!opening.ok) throw new Error(opening.reason)
  return opening.store
}

async function sql(text: string): Promise<readonly (readonly unknown[])[]> {
  const outcome = await store.run(text, [], never)
  if (!outcome.ok) throw new Error(outcome.message)
  return outcome.value.rows
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'duckdb-store-'))
  store = await open()
})

afterEach(async () => {
  await store.close()
  await rm(dir, { recursive: true, force: true })
})

describe('the tables', () => {
  it('have the columns of the batch, typed as the layout says', async () => {
    const described = await sql(
      "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'store' AND table_name = 'event_rows' ORDER BY column_index",
    )
    expect(described).toEqual([
      ['log_partition', 'SMALLINT'],
      ['log_offset', 'BIGINT'],
      ['log_index', 'INTEGER'],
      ...EVENT_COLUMNS.filter(({ name }) => !['id_hi', 'id_lo', 'content_hash'].includes(name)).map(
        ({ name, type }) => [name, SQL_TYPES[type]],
      ),
    ])
    const generated = await sql(
      "SELECT column_name FROM duckdb_columns() WHERE database_name = 'store' AND table_name = 'event_rows' AND column_default IS NOT NULL ORDER BY 1",
    )
    expect(generated.flat()).toEqual([...DERIVED_COLUMNS.keys()])
    const rejects = await sql(
      "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = 'store' AND table_name = 'reject_rows' ORDER BY column_index",
    )
    expect(rejects.slice(3)).toEqual(
      REJECT_COLUMNS.map(({ name, type }) => [name, SQL_TYPES[type]]),
    )
    const dictionaries = await sql(
      "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'dict\\_%' ESCAPE '\\' ORDER BY 1",
    )
    expect(dictionaries.flat()).toEqual(DICTIONARY_COLUMNS.map((name) => `dict_${name}`).toSorted())
  })

  it('show every column to people', async () => {
    await store.apply(applyOf([sampleEvents(0, 0n), sampleRejects(0, 1n)]))
    const columns = await sql(
      "SELECT column_name FROM duckdb_columns() WHERE schema_name = 'examine' AND table_name = 'events' ORDER BY column_index",
    )
    expect(columns.flat().slice(3)).toEqual(EVENT_ROW_COLUMNS.map(({ name }) => name))
    expect(await sql('SELECT code, message FROM examine.dead_letters ORDER BY log_index')).toEqual([
      ['missing_field', 'payload.model_id: row 0'],
      ['wrong_type', 'payload.model_id: row 1'],
    ])
  })
})

describe('an applied batch', () => {
  it.each([1, 7, 700, 2048, 5000])('reads back cell by cell (%i rows a record)', async (rows) => {
    const records = [0n, 1n, 2n].map((offset) => sampleEvents(0, offset, { rows }))
    expect(await store.apply(applyOf(records))).toBe('applied')
    const names = EVENT_ROW_COLUMNS.map(({ name }) => name)
    const quoted = names
      .map((name) =>
        name === 'time' || name === 'received_at' ? `epoch_us("${name}")` : `"${name}"`,
      )
      .join(', ')
    const stored = await sql(
      `SELECT log_offset, log_index, ${quoted} FROM examine.events ORDER BY log_offset, log_index`,
    )
    expect(stored.length).toBe(rows * 3)
    const differing: unknown[] = []
    const batches = records.map(({ payload }) => decodeBatch(payload))
    for (const [r, row] of stored.entries()) {
      const batch = batches[Math.floor(r / rows)]
      if (batch === undefined) throw new Error('more rows than were applied')
      const index = r % rows
      expect(row.slice(0, 2)).toEqual([BigInt(Math.floor(r / rows)), index])
      const expected = EVENT_ROW_COLUMNS.map(({ name, whenNull, type }) => {
        const column = batch.columns.get(name)
        if (column === undefined || !hasValue(column, index)) {
          if (type === 'bool' && whenNull !== undefined) return whenNull !== 0
          return whenNull ?? (type === 'tags' ? {} : null)
        }
        if (column.type === 'dict' || column.type === 'text') return textAt(column, index)
        if (column.type === 'bool') return column.data[index] !== 0
        if (column.type !== 'tags') return column.data[index]
        const map: Record<string, string> = {}
        for (let i = column.offsets[index] ?? 0; i < (column.offsets[index + 1] ?? 0); i++) {
          map[column.keyNames[column.keys[i] ?? 0] ?? ''] = textAt(column.values, i) ?? ''
        }
        return map
      })
      const got = row
        .slice(2)
        .map((cell) => (typeof cell === 'object' && cell !== null ? { ...cell } : cell))
      // Text first, because a deep comparison of thousands of rows is slow.
      if (JSON.stringify(got, plain) !== JSON.stringify(expected, plain))
        differing.push([got, expected])
    }
    expect(differing).toEqual([])
  })
})

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}

it('applies with one thread while events come fast, and gives questions all of them afterwards', async () => {
  await store.close()
  const clock = manualClock()
  store = await open({ clock, threads: 3 })
  const threads = async (): Promise<unknown> =>
    (await sql("SELECT current_setting('threads')"))[0]?.[0]
  const large = (offset: bigint) => applyOf([sampleEvents(0, offset, { rows: 5000 })])
  expect(await threads()).toBe(3n)
  await store.apply(large(0n))
  expect(await threads()).toBe(1n)
  await store.apply(applyOf([sampleEvents(0, 1n)]))
  expect(await threads()).toBe(3n)
  await store.apply(large(2n))
  clock.advance(999)
  expect(await threads()).toBe(1n)
  clock.advance(1)
  // The question that notices does not wait; what is written after it does.
  await threads()
  await store.maintain(() => Promise.resolve())
  expect(await threads()).toBe(3n)
  await expect(sql('SET memory_limit = 1')).rejects.toThrow('only one SELECT')
})

it('refuses a second instance of its file, and a closed one is let go at once', async () => {
  await store.apply(applyOf([sampleEvents(0, 0n)]))
  await expect(open()).rejects.toThrow('is open in this process')
  await store.close()
  store = await open()
  expect(await sql('SELECT count(*) FROM event_rows')).toEqual([[3n]])
})

describe('suppression', () => {
  const place = (partition: number, offset: bigint, index: number) => ({
    partition,
    offset: String(offset),
    index,
  })
  const suppressedRows = () =>
    sql('SELECT log_partition, log_offset, log_index FROM event_rows WHERE suppressed ORDER BY ALL')

  it('marks rows of the same apply, of an earlier one, and of a partition that is behind', async () => {
    await store.apply(applyOf([sampleEvents(0, 0n)]))
    await store.apply(
      applyOf([
        sampleEvents(0, 1n),
        sampleSuppression(0, 2n, [place(0, 0n, 1), place(0, 1n, 2), place(1, 0n, 0)]),
      ]),
    )
    await store.apply(applyOf([sampleEvents(1, 0n)]))
    expect(await suppressedRows()).toEqual([
      [0, 0n, 1],
      [0, 1n, 2],
      [1, 0n, 0],
    ])
    expect(await sql('SELECT count(*) FROM event_rows')).toEqual([[9n]])
    expect(await sql('SELECT * FROM pending_suppressions')).toEqual([])
  })
})
