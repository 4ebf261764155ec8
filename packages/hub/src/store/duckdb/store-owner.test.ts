import { mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeBatch } from '@llmhub/stream'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import { allProjects, projectScope } from '../../core/scope.ts'
import { BACKFILL, LIVE, type LogRecord } from '../../log/log.ts'
import type { LogReader } from '../applier.ts'
import type { StoreStatus } from '../protocol.ts'
import { SAMPLE_START, sampleEvents } from '../sample-records.ts'
import { COUNT, StatusLog } from './store-owner.fixture.ts'
import { StoreOwner, type StoreOwnerOptions } from './store-owner.ts'

const never = new AbortController().signal

let dir: string
let owner: StoreOwner | null
let statuses: StatusLog

/** Records made on demand: a log of any length that costs nothing. */
const reader: LogReader = {
  earliest: () => Promise.resolve(0n),
  async *read(partition, from, until): AsyncGenerator<LogRecord> {
    for (let offset = from; offset < until; offset++) yield sampleEvents(partition, offset)
  },
}

function start(
  committed: ReadonlyMap<number, bigint> = new Map(),
  options: Partial<StoreOwnerOptions> = {},
): StoreOwner {
  statuses = new StatusLog()
  owner = new StoreOwner({
    path: join(dir, 'store', 'store.duckdb'),
    reader,
    clock: systemClock,
    epoch: 1,
    wal: false,
    maxWaitMs: 5,
    onStatus: statuses.add,
    ...options,
  })
  owner.start(committed)
  return owner
}

const isReady =
  (live: bigint) =>
  ({ state, applied }: StoreStatus): boolean =>
    state === 'ready' && (applied.get(LIVE) ?? 0n) >= live

async function answer(): Promise<unknown> {
  const outcome = await owner?.query(COUNT, allProjects(), never)
  if (outcome?.ok !== true) throw new Error(JSON.stringify(outcome))
  return outcome.frame.rows
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'store-owner-'))
  owner = null
})

afterEach(async () => {
  await owner?.close()
  await rm(dir, { recursive: true, force: true })
})

it('applies what is committed and answers plans with their position', async () => {
  const store = start()
  store.committed(LIVE, 40n)
  store.committed(BACKFILL, 2n)
  await statuses.reached(({ applied }) => applied.get(LIVE) === 40n && applied.get(BACKFILL) === 2n)
  const outcome = await store.query(COUNT, projectScope('default'), never)
  if (!outcome.ok) throw new Error(outcome.message)
  const rows = outcome.frame.rows.reduce((sum, row) => sum + Number(row[1]), 0)
  expect(rows).toBeGreaterThanOrEqual(42 * 3)
  expect(outcome.frame.position).toEqual(
    new Map([
      [LIVE, 40n],
      [BACKFILL, 2n],
    ]),
  )
  expect(outcome.frame.watermark).toBe(SAMPLE_START + (39 * 3 + 2) * 1_000_000)
  expect(await store.query(COUNT, projectScope('unknown'), never)).toMatchObject({
    ok: true,
    frame: { rows: [] },
  })
})

it('a version changes when rows of its range change, and only then', async () => {
  const store = start()
  store.committed(LIVE, 1n)
  await statuses.reached(isReady(1n))
  const day = (n: number, scope = allProjects()): Promise<string> =>
    store.version(scope, SAMPLE_START + n * 86_400_000_000, SAMPLE_START + (n + 1) * 86_400_000_000)
  const before = [await day(0), await day(1), await day(0, projectScope('unknown'))]
  store.committed(LIVE, 2n)
  await statuses.reached(isReady(2n))
  const after = [await day(0), await day(1), await day(0, projectScope('unknown'))]
  expect(after[0]).not.toBe(before[0])
  expect(after.slice(1)).toEqual(before.slice(1))
})

it('finds events by id and time, and their content hash in the log', async () => {
  const store = start()
  store.committed(LIVE, 3n)
  await statuses.reached(isReady(3n))
  const outcome = await store.lookup({
    project: 'default',
    events: [
      { eventId: 'event-0-2-1', time: SAMPLE_START + 7_000_000 },
      { eventId: `quote ' " \\ , ]`, time: SAMPLE_START },
    ],
  })
  const hashes = decodeBatch(sampleEvents(LIVE, 2n).payload).columns.get('content_hash')
  expect(outcome).toEqual({
    ok: true,
    known: [{ contentHash: hashes?.type === 'i64' ? hashes.data[1] : null }, null],
  })
})

it('reads a record once for all its events, and knows an event whose record is lost', async () => {
  const reads: bigint[] = []
  let lost = -1n
  const store = start(new Map([[LIVE, 4n]]), {
    reader: {
      ...reader,
      read(partition, from, until) {
        if (until === from + 1n) reads.push(from)
        if (from === lost) throw new Error('the record is not in the log')
        return reader.read(partition, from, until)
      },
    },
    maxRows: 1000,
  })
  await statuses.reached(isReady(4n))
  const events = [0, 1, 2].flatMap((index) =>
    [3, 1].map((offset) => ({
      eventId: `event-0-${offset}-${index}`,
      time: SAMPLE_START + (offset * 3 + index) * 1_000_000,
    })),
  )
  const known = await store.lookup({ project: 'default', events })
  expect(known).toMatchObject({ ok: true, known: events.map(() => ({})) })
  expect(reads).toEqual([1n, 3n])
  lost = 3n
  const some = await store.lookup({ project: 'default', events })
  expect(some.ok && some.known.map((each) => each?.contentHash === null)).toEqual(
    events.map((_, i) => i % 2 === 0),
  )
})

const path = (): string => join(dir, 'store', 'store.duckdb')

/** Applies 30 records, answers, closes. */
async function fill(options: Partial<StoreOwnerOptions> = {}): Promise<unknown> {
  const store = start(new Map([[LIVE, 30n]]), options)
  await statuses.reached(isReady(30n))
  const before = await answer()
  await store.close()
  return before
}

it.each([
  ['deleted', () => rm(path())],
  ['overwritten', () => writeFile(path(), Buffer.alloc(70_000, 0x5a))],
  ['cut to nothing', () => writeFile(path(), '')],
  [
    'cut in the middle',
    async () => {
      const file = await open(path(), 'r+')
      await file.truncate(Math.floor((await file.stat()).size / 2))
      await file.close()
    },
  ],
])('answers the same after its file was %s while it was closed', async (_how, damage) => {
  const before = await fill()
  await damage()
  start(new Map([[LIVE, 30n]]))
  await statuses.reached(isReady(30n))
  expect(await answer()).toEqual(before)
})

it('answers the same after its file was damaged in use, while the log goes on', async () => {
  // So many rows that the columns of the question lie in blocks that opening does not read.
  const many: LogReader = {
    ...reader,
    async *read(partition, from, until) {
      for (let offset = from; offset < until; offset++) {
        yield sampleEvents(partition, offset, { rows: 3000, step: 1000 })
      }
    },
  }
  const before = await fill({ reader: many })
  const store = start(new Map([[LIVE, 30n]]), { reader: many })
  await statuses.reached(isReady(30n))
  // Everything behind the three headers is overwritten: a block that is read now fails its checksum.
  const file = await open(path(), 'r+')
  const { size } = await file.stat()
  await file.write(Buffer.alloc(size - 12_288, 0xa5), 0, size - 12_288, 12_288)
  await file.close()
  const first = await store.query(COUNT, allProjects(), never)
  expect(first).toMatchObject({ ok: false, failure: 'rebuilding' })
  store.committed(LIVE, 31n)
  await statuses.reached(({ state, recoveries, applied }) => {
    return state === 'ready' && recoveries === 1 && applied.get(LIVE) === 31n
  })
  expect(await readdir(join(dir, 'store'))).toContain('broken-1')
  const first30 = { ...COUNT, to: SAMPLE_START + 30 * 3000 * 1000 }
  expect(await store.query(first30, allProjects(), never)).toMatchObject({
    frame: { rows: before },
  })
})

it('refuses questions while it is behind what was committed at its opening', async () => {
  let release = (): void => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const store = start(new Map([[LIVE, 10n]]), {
    reader: {
      ...reader,
      async *read(partition, from, until) {
        await held
        yield* reader.read(partition, from, until)
      },
    },
  })
  await statuses.reached(({ state }) => state === 'rebuilding')
  expect(await store.query(COUNT, allProjects(), never)).toMatchObject({
    ok: false,
    failure: 'rebuilding',
  })
  release()
  await statuses.reached(isReady(10n))
  expect(await store.query(COUNT, allProjects(), never)).toMatchObject({ ok: true })
})

it('that cannot even write its mark, as on a full disk, is opened when it can', async () => {
  const mark = join(dir, 'store', 'store.duckdb.opening')
  await mkdir(mark, { recursive: true })
  // The wait between attempts, and no other, is short.
  const after = (ms: number, run: () => void) => systemClock.after(ms === 1_000 ? 1 : ms, run)
  const clock = { ...systemClock, after }
  start(new Map([[LIVE, 3n]]), { clock })
  await statuses.reached(({ state }) => state === 'broken')
  // More than one attempt has failed.
  await statuses.next(({ state }) => state === 'broken')
  await rm(mark, { recursive: true })
  await statuses.reached(isReady(3n))
  expect(await answer()).not.toEqual([])
})
