import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import duckdb from '@duckdb/node-bindings'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import { allProjects } from '../../core/scope.ts'
import { applyInTurns, STORE_LAWS, type StoreHarness } from '../conformance.ts'
import { applyOf, SAMPLE_START, sampleEvents } from '../sample-records.ts'
import type { Store } from '../store.ts'
import { Connection } from './driver.ts'
import { DuckDbStore, type DuckDbStoreOptions } from './duckdb-store.ts'
import { EVENT_ROW_COLUMNS } from './physical.ts'

const never = new AbortController().signal
let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'duckdb-conformance-'))
})

afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

async function open(
  wal: boolean,
  path = join(dir, 'store.duckdb'),
  options: Partial<DuckDbStoreOptions> = {},
): Promise<DuckDbStore> {
  const opening = await DuckDbStore.open({
    path,
    wal,
    clock: systemClock,
    incarnation: 'test',
    answer: () => Promise.reject(new Error('not asked here')),
    ...options,
  })
  if (!opening.ok) throw new Error(opening.reason)
  return opening.store
}

async function sql(store: Store, text: string): Promise<readonly (readonly unknown[])[]> {
  if (!(store instanceof DuckDbStore)) throw new TypeError('not the store of this test')
  const outcome = await store.run(text, [], never)
  if (!outcome.ok) throw new Error(outcome.message)
  return outcome.value.rows
}

const text = (value: unknown): string =>
  JSON.stringify(value, (_key, cell: unknown) => (typeof cell === 'bigint' ? `${cell}` : cell))

const COLUMNS = EVENT_ROW_COLUMNS.map(({ name, type }) =>
  // The order of a map's pairs is that of the batch, so it may be compared as text.
  type === 'tags' ? `CAST("${name}" AS VARCHAR)` : `"${name}"`,
).join(', ')

async function content(store: Store): Promise<string[]> {
  const parts = [
    `SELECT log_partition, log_offset, log_index, ${COLUMNS} FROM examine.events ORDER BY 1, 2, 3`,
    'SELECT * FROM examine.dead_letters ORDER BY 1, 2, 3',
    'SELECT log_partition, max(next) FROM positions GROUP BY 1 ORDER BY 1',
  ]
  const all: string[] = []
  for (const part of parts) for (const row of await sql(store, part)) all.push(text(row))
  return all
}

describe.each([false, true])('with a write-ahead log of its own: %s', (wal) => {
  const harness: StoreHarness = {
    open: (how) => open(wal, how?.anew === true ? join(dir, 'anew.duckdb') : undefined),
    content,
  }

  it.each(STORE_LAWS.map((law) => [law.name, law] as const))('%s', async (_name, law) => {
    await expect(law.check(harness)).resolves.toBeUndefined()
  })

  it('content follows from the log, however applies are cut and partitions take turns', async () => {
    let n = 0
    const contents = new Set<string>()
    const turn = fc.record({
      partition: fc.constantFrom<0 | 1>(0, 1),
      records: fc.integer({ min: 1, max: 4 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { maxLength: 6 }), async (turns) => {
        const store = await open(wal, join(dir, `${n++}.duckdb`))
        await applyInTurns(store, turns)
        contents.add((await content(store)).join('\n'))
        await store.close()
        expect(contents.size).toBe(1)
      }),
      { numRuns: 3 },
    )
  })

  it.each(['before', 'after'])(
    'a commit that fails %s it happened is judged by the position',
    async (when) => {
      const store = await open(wal)
      const version = (): Promise<string> =>
        store.version(allProjects(), SAMPLE_START, SAMPLE_START + 86_400_000_000)
      const before = await version()
      // A failing disk would do the same, but not on demand.
      const spy = vi.spyOn(Connection.prototype, 'execute')
      spy.mockImplementation(async function (this: Connection, statement: string) {
        if (statement !== 'COMMIT' || when === 'after') await duckdb.query(this.handle, statement)
        if (statement === 'COMMIT') throw new Error('TransactionContext Error: outcome unknown')
      })
      const outcome = store.apply(applyOf([sampleEvents(0, 0n)])).catch(() => 'failed')
      expect(await outcome).toBe(when === 'after' ? 'applied' : 'failed')
      spy.mockRestore()
      expect((await version()) === before).toBe(when === 'before')
      expect((await store.applied()).get(0) ?? 0n).toBe(when === 'after' ? 1n : 0n)
      await store.apply(applyOf([sampleEvents(0, 0n), sampleEvents(0, 1n, { rows: 5 })]))
      expect((await content(store)).length).toBe(3 + 5 + 1)
      await store.close()
    },
  )

  it('checkpoints while a question holds an older snapshot', async () => {
    const store = await open(wal)
    await store.apply(applyOf([sampleEvents(0, 0n)]))
    const abort = new AbortController()
    const endless = store.run(
      'SELECT count(*) FROM event_rows a, range(100000000000) b WHERE hash(a.time + b.range) = 1',
      [],
      abort.signal,
    )
    await store.apply(applyOf([sampleEvents(0, 1n)]))
    expect(await store.checkpoint()).toBe(true)
    expect((await store.durable()).get(0)).toBe(2n)
    abort.abort()
    expect(await endless).toMatchObject({ ok: false, failure: 'cancelled' })
    await store.close()
  })
})

it('a position that is off by one is caught: a record is counted twice after a restart', async () => {
  const sabotaged = await open(false, undefined, { sabotage: { positionOffByOne: true } })
  const records = [sampleEvents(0, 0n), sampleEvents(0, 1n)]
  await sabotaged.apply(applyOf(records))
  await sabotaged.close()
  const store = await open(false)
  const next = (await store.applied()).get(0) ?? 0n
  await store.apply(applyOf(records.slice(Number(next))))
  const [counts] = await sql(store, 'SELECT count(*) = count(DISTINCT event_id) FROM event_rows')
  expect(counts).toEqual([false])
  await store.close()
})
