import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import { allProjects } from '../../core/scope.ts'
import type { LogRecord } from '../../log/log.ts'
import { withTombstones } from '../../log/tombstone.ts'
import { ROLLUPS } from '../../rollup/rollups.ts'
import { nextBuild } from '../../rollup/schedule.ts'
import { SAMPLE_OPERATIONS } from '../conformance.ts'
import type { ScanRequest } from '../protocol.ts'
import { DAY_MICROS, HOUR_MICROS } from '../rollup.ts'
import {
  applyOf,
  SAMPLE_START,
  sampleEvents,
  sampleOperation,
  sampleRejects,
} from '../sample-records.ts'
import type { AggregatePlan, FrameCell } from '../store.ts'
import { answerWith, runOf } from './answer-plan.ts'
import { DuckDbStore } from './duckdb-store.ts'
import { buildSpan, readBacklog, registerRollups } from './rollup-build.ts'
import { verifyRollups } from './rollup-verify.ts'

const never = new AbortController().signal
let dir: string
let store: DuckDbStore

async function open(name: string): Promise<DuckDbStore> {
  const opening = await DuckDbStore.open({
    path: join(dir, name),
    wal: false,
    clock: systemClock,
    incarnation: name,
    answer: answerWith(ROLLUPS),
  })
  if (!opening.ok) throw new Error(opening.reason)
  return opening.store
}

async function sql(text: string, of = store): Promise<readonly (readonly FrameCell[])[]> {
  const outcome = await of.run(text, [], never)
  if (!outcome.ok) throw new Error(outcome.message)
  return outcome.value.rows
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'duckdb-operations-'))
  store = await open('a.duckdb')
})

afterEach(async () => {
  await store.close()
  await rm(dir, { recursive: true, force: true })
})

const BACKFILL_ROWS = [0n, 1n, 2n, 3n].map((offset) => sampleEvents(1, offset))
const LIVE_ROWS = [0n, 1n, 2n, 3n, 4n, 5n, 6n].map((offset) =>
  offset === 2n ? sampleRejects(0, offset) : sampleEvents(0, offset),
)

async function fill(of = store, live: readonly LogRecord[] = LIVE_ROWS): Promise<void> {
  await of.apply(applyOf(BACKFILL_ROWS))
  await of.apply(applyOf(live))
}

const PLAN: AggregatePlan = {
  type: 'aggregate',
  from: SAMPLE_START,
  to: SAMPLE_START + DAY_MICROS,
  edges: null,
  where: null,
  groupBy: [{ type: 'column', column: 'model' }],
  aggregates: [
    { id: 'rows', fn: 'rows' },
    { id: 'cost', fn: 'sum', column: 'cost_total' },
    { id: 'computed', fn: 'sum', column: 'cost_computed' },
    { id: 'tokens', fn: 'sum', column: 'input_tokens' },
  ],
  maxRows: 100,
}

async function answer(rawOnly: boolean): Promise<{ source: string; rows: unknown }> {
  const outcome = await store.query({ ...PLAN, rawOnly }, allProjects(), never)
  if (!outcome.ok) throw new Error(outcome.message)
  return outcome.frame
}

async function buildRollups(): Promise<void> {
  await store.maintain(async (connection) => {
    const run = runOf((text, values) => connection.rows(text, values))
    await registerRollups(run, ROLLUPS)
    for (;;) {
      const closedBefore = SAMPLE_START + 2 * DAY_MICROS
      const next = nextBuild(await readBacklog(run, ROLLUPS), { closedBefore, maxHours: 24 })
      if (next === null) return
      await connection.execute('BEGIN')
      await buildSpan(run, ROLLUPS, next.grain === 'hour' ? HOUR_MICROS : DAY_MICROS, next.span)
      await connection.execute('COMMIT')
    }
  })
}

it.each(
  SAMPLE_OPERATIONS.filter(({ op }) => op !== 'resolve').map((each) => [each.op, each] as const),
)(
  'after %s answers from rollups equal answers from rows, before and after the rollups are built anew',
  async (_op, operation) => {
    await fill()
    await buildRollups()
    expect((await answer(false)).source).toBe('rollup')
    const version = await store.version(allProjects(), PLAN.from, PLAN.to)
    const before = await answer(true)
    await store.apply(applyOf([sampleOperation(0, 7n, operation)]))
    const after = await answer(true)
    const letters = operation.op === 'retain' && operation.project === null
    expect(after.rows).toEqual((await answer(false)).rows)
    expect(JSON.stringify(after.rows, text) === JSON.stringify(before.rows, text)).toBe(letters)
    expect((await store.version(allProjects(), PLAN.from, PLAN.to)) === version).toBe(letters)
    await buildRollups()
    const built = await answer(false)
    expect(built.source).toBe('rollup')
    expect(built.rows).toEqual(after.rows)
    const reports = await store.maintain((connection) =>
      verifyRollups(
        runOf((one, values) => connection.rows(one, values)),
        ROLLUPS,
      ),
    )
    for (const report of reports) expect(report).toMatchObject({ different: [], unmarked: [] })
  },
  20_000,
)

function text(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

it('a letter shows what became of it, until it is erased; the latest word holds', async () => {
  await fill()
  const status = () =>
    sql('SELECT reject_id, status, replayed_event_id FROM examine.dead_letters ORDER BY 1')
  expect(await status()).toEqual([
    ['reject-0-2-0', 'open', null],
    ['reject-0-2-1', 'open', null],
  ])
  const [, erase, resolve] = SAMPLE_OPERATIONS
  if (erase?.op !== 'erase' || resolve?.op !== 'resolve') throw new Error('other operations')
  const dismissed = { ...resolve, as: 'dismissed' as const, letters: resolve.letters.slice(1, 2) }
  await store.apply(applyOf([sampleOperation(0, 7n, dismissed), sampleOperation(0, 8n, resolve)]))
  expect(await status()).toEqual([
    ['reject-0-2-0', 'replayed', 'event-9'],
    ['reject-0-2-1', 'replayed', null],
  ])
  expect(store.changed).toBe(3)
  await store.apply(applyOf([sampleOperation(0, 9n, erase)]))
  expect(await status()).toEqual([['reject-0-2-0', 'replayed', 'event-9']])
  expect(await sql('SELECT reject_id FROM reject_resolutions')).toEqual([['reject-0-2-0']])
})

it('a log with tombstones gives the same rows and the same watermark as the one before', async () => {
  const [, erase] = SAMPLE_OPERATIONS
  if (erase === undefined) throw new Error('no operation')
  const latest = sampleEvents(0, 7n)
  const operation = sampleOperation(0, 8n, {
    ...erase,
    cut: new Map([
      [0, 8n],
      [1, 4n],
    ]),
  })
  await fill(store, [...LIVE_ROWS, latest, operation])
  const events = (of: DuckDbStore) => sql('SELECT * FROM examine.events ORDER BY 1, 2, 3', of)
  const letters = (of: DuckDbStore) =>
    sql('SELECT * FROM examine.dead_letters ORDER BY 1, 2, 3', of)
  // The places that the operation names, and all of the record with the greatest time.
  const erased: Readonly<Record<string, number[]>> = {
    '0:1': [0],
    '0:2': [1],
    '1:3': [2],
    '1:0': [1],
  }
  const emptied = (record: LogRecord): LogRecord => {
    const rows = erased[`${record.partition}:${record.offset}`]
    if (rows === undefined) return record
    return { ...record, payload: withTombstones(record, new Set(rows)) }
  }
  const rebuilt = await open('b.duckdb')
  await rebuilt.apply(applyOf(BACKFILL_ROWS.map(emptied)))
  await rebuilt.apply(applyOf([...LIVE_ROWS.map(emptied), latest, operation]))
  expect(await events(rebuilt)).toEqual(await events(store))
  expect(await letters(rebuilt)).toEqual(await letters(store))
  expect(rebuilt.rows).toBe(store.rows)
  expect([rebuilt.rows]).toEqual((await sql('SELECT count(*) FROM event_rows')).flat().map(Number))
  await rebuilt.close()

  // The last rows are emptied: nobody sees them, but they have been.
  const others = await open('c.duckdb')
  const gone = { ...latest, payload: withTombstones(latest, new Set([0, 1, 2])) }
  await others.apply(applyOf(BACKFILL_ROWS))
  await others.apply(applyOf([...LIVE_ROWS, gone]))
  expect(others.watermark).toBe(store.watermark)
  expect(await sql('SELECT count(*) FROM event_rows WHERE log_offset = 7', others)).toEqual([[0n]])
  await others.close()
  const again = await open('c.duckdb')
  expect(again.watermark).toBe(store.watermark)
  await again.close()
})

it('scans every row once, in the order of places, whatever the size of a page', async () => {
  await fill()
  const scan = async (limit: number, more: Partial<ScanRequest> = {}) => {
    const seen: unknown[] = []
    let after: ScanRequest['after'] = null
    do {
      const outcome = await store.scan(
        {
          table: 'events',
          project: 'default',
          from: SAMPLE_START,
          to: SAMPLE_START + DAY_MICROS,
          where: null,
          columns: ['event_id', 'model'],
          limit,
          ...more,
          after,
        },
        never,
      )
      if (!outcome.ok) throw new Error(`${outcome.failure}: ${outcome.message}`)
      expect(outcome.page.position).toEqual(await store.applied())
      for (const { partition, offset, index, cells } of outcome.page.rows)
        seen.push([partition, offset, index, ...cells])
      after = outcome.page.next
    } while (after !== null)
    return seen
  }
  const all = await sql(
    'SELECT log_partition, log_offset, log_index, event_id, model FROM examine.events ORDER BY 1, 2, 3',
  )
  expect(all.length).toBe(30)
  for (const limit of [1, 2, 3, 7, 1000]) expect(await scan(limit)).toEqual(all)
  const where = {
    op: 'in',
    field: { type: 'column', column: 'model' },
    values: ['gpt-4o'],
  } as const
  expect(await scan(2, { where })).toEqual(all.filter((row) => row[4] === 'gpt-4o'))
  expect(await scan(2, { project: 'nobody' })).toEqual([])
  const letters = { table: 'dead_letters', columns: ['reject_id', 'code', 'status'] } as const
  const open = { op: 'in', field: { type: 'column', column: 'status' }, values: ['open'] } as const
  expect(await scan(1, { ...letters, where: open })).toEqual([
    [0, 2n, 0, 'reject-0-2-0', 'missing_field', 'open'],
    [0, 2n, 1, 'reject-0-2-1', 'wrong_type', 'open'],
  ])
  await expect(scan(1, { columns: ['nothing'] })).rejects.toThrow('invalid')
})
