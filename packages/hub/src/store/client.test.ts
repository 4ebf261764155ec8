import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../core/clock.ts'
import { allProjects } from '../core/scope.ts'
import { openJournal } from '../log/journal/journal.ts'
import { BACKFILL, LIVE, type Log } from '../log/log.ts'
import { erasedRows } from '../log/operation-rows.ts'
import { cutAbove, Maintenance } from '../maintenance/operations.ts'
import { StoreClient, type StoreClientOptions } from './client.ts'
import { SAMPLE_START, sampleEvents } from './sample-records.ts'
import type { AggregatePlan } from './store.ts'

const never = new AbortController().signal
const PLAN: AggregatePlan = {
  type: 'aggregate',
  from: SAMPLE_START,
  to: SAMPLE_START + 86_400_000_000,
  edges: null,
  where: null,
  groupBy: [],
  aggregates: [{ id: 'events', fn: 'distinct', field: { type: 'column', column: 'event_id' } }],
  maxRows: 10,
}

let dir: string
let log: Log
let client: StoreClient

function start(options: Partial<StoreClientOptions> = {}): StoreClient {
  const started = new StoreClient({
    logDir: join(dir, 'log'),
    storeDir: join(dir, 'store'),
    epoch: 1,
    wal: false,
    maxWaitMs: 5,
    clock: systemClock,
    ...options,
  })
  started.start(new Map([LIVE, BACKFILL].map((partition) => [partition, log.next(partition)])))
  return started
}

async function append(first: bigint, count: number): Promise<bigint> {
  const entries = Array.from({ length: count }, (_, i) => sampleEvents(LIVE, first + BigInt(i)))
  const outcome = await log.append(LIVE, entries)
  if (!outcome.ok) throw new Error(outcome.message)
  return outcome.appended.next
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'store-client-'))
  const opened = await openJournal({ dir: join(dir, 'log') })
  if (!opened.ok) throw new Error('the journal did not open')
  log = opened.journal
})

afterEach(async () => {
  await client.close()
  await log.close()
  await rm(dir, { recursive: true, force: true })
})

it('is ready once what was committed is applied, and is not waited for beyond the signal', async () => {
  await append(0n, 20)
  client = start()
  expect(await client.ready(AbortSignal.abort())).toBe(false)
  expect(await client.ready(never)).toBe(true)
  expect(await client.applied()).toEqual(new Map([[LIVE, 20n]]))
  await client.close()
})

it('an act finds rows of both partitions and erases them, and a store built anew has the same', async () => {
  await append(0n, 20)
  await log.append(
    BACKFILL,
    Array.from({ length: 20 }, (_, i) => sampleEvents(BACKFILL, BigInt(i))),
  )
  client = start({ maxRows: 30 })
  await client.opened()
  const stop = log.onCommit((partition, next) => client.committed(partition, next))
  const maintenance = new Maintenance({
    log,
    scan: (request, signal) => client.scan(request, signal),
    applied: () => client.applied(),
    waitFor: (position, timeoutMs, signal) => client.waitFor(position, timeoutMs, signal),
    clock: systemClock,
    newId: () => 'o1',
  })
  await client.waitFor({ partition: BACKFILL, offset: 20n }, 20_000, never)
  const erased = await maintenance.run('key-1', async (tools) => {
    let rows = 0
    const where = {
      op: 'in',
      field: { type: 'column', column: 'model' },
      values: ['gpt-4o'],
    } as const
    const request = { table: 'events', project: 'default', from: PLAN.from, to: PLAN.to } as const
    for await (const page of tools.scan({ ...request, where, columns: [], limit: 7 })) {
      const outcome = await tools.append({
        op: 'erase',
        ...tools.head(cutAbove(page.position, page.rows)),
        reason: 'test',
        rows: erasedRows(page.rows),
      })
      if (!outcome.ok || !(await tools.untilApplied(outcome.appended))) return -1
      rows += page.rows.length
    }
    return rows
  })
  const models = { ...PLAN, groupBy: [{ type: 'column', column: 'model' }] } as const
  const live = await client.query(models, allProjects(), never)
  if (!live.ok) throw new Error(live.message)
  const left = live.frame.rows.reduce((sum, row) => sum + Number(row[1]), 0)
  expect(erased).toBeGreaterThan(7)
  expect(left).toBe(120 - erased)
  expect(live.frame.rows.map(([model]) => model)).not.toContain('gpt-4o')
  expect(await client.status()).toMatchObject({ rows: left, changedRows: erased })
  stop()
  await maintenance.stop()
  await client.close()
  await rm(join(dir, 'store'), { recursive: true })
  client = start({ maxRows: 30 })
  await client.opened()
  await client.waitFor({ partition: LIVE, offset: log.next(LIVE) }, 20_000, never)
  await client.waitFor({ partition: BACKFILL, offset: 20n }, 20_000, never)
  expect(await client.query(models, allProjects(), never)).toEqual(live)
})

it.each([1, 6])('runs %i questions at once and lets the others wait', async (readers) => {
  client = start({ readers })
  await client.opened()
  const leave = new AbortController()
  const slow = { sql: 'SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b' }
  const limits = { maxRows: 1, deadlineMs: 60_000 }
  const asked = Array.from({ length: 8 }, () => client.sql({ ...slow, ...limits }, leave.signal))
  await expect
    .poll(
      async () => {
        const { running, waiting } = await client.status()
        return { running, waiting }
      },
      { timeout: 20_000 },
    )
    .toEqual({ running: readers, waiting: 8 - readers })
  leave.abort()
  expect((await Promise.all(asked)).map(({ ok }) => ok)).toEqual(asked.map(() => false))
})

it('applies the log in its own thread and answers questions about it, across restarts', async () => {
  await append(0n, 10)
  client = start()
  expect(await client.opened()).toEqual({ ok: true, durable: new Map() })
  const next = await append(10n, 10)
  client.committed(LIVE, next)
  expect(await client.waitFor({ partition: LIVE, offset: next }, 20_000, never)).toBe(true)
  const outcome = await client.query(PLAN, allProjects(), never)
  expect(outcome).toMatchObject({ ok: true, frame: { rows: [[60]], source: 'raw' } })
  expect(await client.status()).toMatchObject({ state: 'ready', rows: 60, recoveries: 0 })
  const versions = [
    await client.version(allProjects(), PLAN.from, PLAN.to),
    await client.version(allProjects(), PLAN.from, PLAN.to),
  ]
  expect(versions[0]).toBe(versions[1])
  expect(
    await client.lookup('default', [{ eventId: 'event-0-3-1', time: SAMPLE_START + 10_000_000 }]),
  ).toEqual([{ contentHash: expect.any(BigInt) }])
  expect(await client.checkpoint()).toBe(true)
  await client.close()
  client = start()
  expect(await client.opened()).toEqual({ ok: true, durable: new Map([[LIVE, next]]) })
  await client.waitFor({ partition: LIVE, offset: next }, 20_000, never)
  expect(await client.query(PLAN, allProjects(), never)).toMatchObject({
    ok: true,
    frame: { rows: [[60]] },
  })
  expect(await client.version(allProjects(), PLAN.from, PLAN.to)).not.toBe(versions[0])
})

it('cancels a statement, and refuses one that is wrong, writes, or leaves the database', async () => {
  client = start()
  const abort = new AbortController()
  const endless = client.sql(
    { sql: 'SELECT sum(hash(range)) FROM range(1000000000000)', maxRows: 1, deadlineMs: 60_000 },
    abort.signal,
  )
  const short = { maxRows: 10, deadlineMs: 60_000 }
  expect(await client.sql({ ...short, sql: 'SELECT 1 AS one' }, never)).toEqual({
    ok: true,
    columns: ['one'],
    rows: [[1]],
  })
  abort.abort()
  expect(await endless).toMatchObject({ ok: false, failure: 'cancelled' })
  const sql = (text: string) => client.sql({ ...short, sql: text }, never)
  expect(await sql('SELECT range FROM range(11)')).toMatchObject({ failure: 'too_many_rows' })
  for (const text of [
    'SELEC 1',
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "COPY (SELECT 1) TO '/tmp/never.csv'",
    "ATTACH '/tmp/never.duckdb'",
    'INSTALL httpfs',
    "SET memory_limit = '100GB'",
    'DELETE FROM event_rows',
    'INSERT INTO positions VALUES (0, 5, 1, NULL)',
    'DROP TABLE event_rows',
    'SELECT 1; DROP TABLE event_rows',
    'COMMIT',
  ]) {
    expect({ text, outcome: await sql(text) }).toMatchObject({
      text,
      outcome: { ok: false, failure: 'invalid' },
    })
  }
  expect(await sql('SELECT count(*) FROM event_rows')).toMatchObject({ ok: true, rows: [[0n]] })
})

it('says so when its thread cannot run', async () => {
  const failed = new Promise<string | null>((resolve) => {
    client = start({
      // What cannot be a folder: the worker ends at once.
      storeDir: 5 as unknown as string,
      onProgress: ({ state, reason }) => {
        if (state === 'failed') resolve(reason)
      },
    })
  })
  expect(await failed).toMatch(/thread/)
  expect(await client.query(PLAN, allProjects(), never)).toMatchObject({
    ok: false,
    failure: 'rebuilding',
  })
  expect(client.progress.state).toBe('failed')
})
