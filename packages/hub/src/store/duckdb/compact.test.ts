import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import { allProjects } from '../../core/scope.ts'
import { LIVE, type LogRecord } from '../../log/log.ts'
import type { LogReader } from '../applier.ts'
import type { StoreStatus } from '../protocol.ts'
import { sampleEvents } from '../sample-records.ts'
import type { CompactionStep } from './compact.ts'
import { openOrRecover } from './recover.ts'
import { COUNT, StatusLog } from './store-owner.fixture.ts'
import { StoreOwner, type StoreOwnerOptions } from './store-owner.ts'

const never = new AbortController().signal
const CHILD = fileURLToPath(new URL('./compact-child.fixture.ts', import.meta.url))

let dir: string
let path: string
let owner: StoreOwner | null
let statuses: StatusLog

const reader: LogReader = {
  earliest: () => Promise.resolve(0n),
  async *read(partition, from, until): AsyncGenerator<LogRecord> {
    for (let offset = from; offset < until; offset++) {
      yield sampleEvents(partition, offset, { rows: 500 })
    }
  },
}

function start(next: bigint, options: Partial<StoreOwnerOptions> = {}): StoreOwner {
  statuses = new StatusLog()
  owner = new StoreOwner({
    path,
    reader,
    clock: systemClock,
    epoch: 1,
    wal: false,
    maxWaitMs: 5,
    onStatus: statuses.add,
    ...options,
  })
  owner.start(new Map([[LIVE, next]]))
  return owner
}

const isReady =
  (next: bigint) =>
  ({ state, applied }: StoreStatus) =>
    state === 'ready' && applied.get(LIVE) === next

async function ready(next: bigint): Promise<void> {
  await statuses.reached(isReady(next))
}

async function answer(): Promise<unknown> {
  const outcome = await owner?.query(COUNT, allProjects(), never)
  if (outcome?.ok !== true) throw new Error(JSON.stringify(outcome))
  return outcome.frame.rows
}

async function compacted(of: StoreOwner): Promise<StoreStatus['compaction']['last']> {
  const before = (await of.status()).compaction.last
  const done = statuses.next(
    ({ state, compaction }) => state === 'ready' && compaction.last !== before,
  )
  expect(await of.compact()).toEqual({ ok: true })
  await done
  return (await of.status()).compaction.last
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'compact-'))
  path = join(dir, 'store', 'store.duckdb')
  owner = null
})

afterEach(async () => {
  await owner?.close()
  await rm(dir, { recursive: true, force: true })
})

/** Deletes seven of eight rows, as retention would, and lets the answers count the rest. */
async function deleteMost(): Promise<void> {
  const opening = await openOrRecover({
    path,
    wal: false,
    clock: systemClock,
    incarnation: 'test',
    answer: () => Promise.reject(new Error('not asked here')),
  })
  if (!opening.ok) throw new Error(opening.reasons.join())
  await opening.store.maintain((connection) =>
    connection.execute('DELETE FROM event_rows WHERE log_offset % 8 <> 3'),
  )
  await opening.store.close()
}

it('gives back what deleted rows took, with the same answers and positions', async () => {
  await start(200n).close()
  const first = start(200n)
  await ready(200n)
  await first.close()
  await deleteMost()
  const store = start(200n)
  await ready(200n)
  const before = await answer()
  const size = statSync(path).size
  const last = await compacted(store)
  expect(last).toMatchObject({ problem: null, bytesBefore: size })
  expect(last?.bytesAfter).toBe(statSync(path).size)
  expect(last?.bytesAfter).toBeLessThan(size * 0.7)
  expect(await answer()).toEqual(before)
  expect((await store.status()).applied.get(LIVE)).toBe(200n)
  expect(readdirSync(join(dir, 'store'))).toEqual(['store.duckdb'])
  // Writing goes on in the new file.
  store.committed(LIVE, 210n)
  await statuses.next(isReady(210n))
  expect(await answer()).not.toEqual(before)
})

it('takes in nothing less meanwhile: what is committed during a compaction is applied after it', async () => {
  const store = start(40n, {
    onCompaction: ({ step }) => {
      if (step === 'compared') store.committed(LIVE, 60n)
    },
  })
  await ready(40n)
  const refused = statuses.next(({ state }) => state === 'rebuilding')
  expect(await store.compact()).toEqual({ ok: true })
  await refused
  expect(await store.compact()).toMatchObject({ failure: 'running' })
  expect(await store.query(COUNT, allProjects(), never)).toMatchObject({ failure: 'rebuilding' })
  await statuses.next(isReady(60n))
  expect((await store.status()).rows).toBe(60 * 500)
})

it('is refused with figures where there is no room, and the store goes on', async () => {
  const store = start(10n, { freeBytes: () => Promise.resolve(1_000_000) })
  await ready(10n)
  const refusal = await store.compact()
  expect(refusal).toMatchObject({ ok: false, failure: 'no_space' })
  expect(refusal.ok ? '' : refusal.message).toMatch(/needs about \d+ bytes, 1000000 are free/)
  expect((await store.status()).compaction.running).toBeNull()
  expect(await answer()).toBeTruthy()
})

it('stops when the store is closed, and leaves the file as it was', async () => {
  const store = start(40n, {
    onCompaction: ({ step }) => {
      if (step === 'copied') void store.close()
    },
  })
  await ready(40n)
  await store.compact()
  await store.close()
  expect(readdirSync(join(dir, 'store'))).toEqual(['store.duckdb'])
  const again = start(40n)
  await ready(40n)
  expect((await again.status()).recoveries).toBe(0)
})

const STEPS: readonly (readonly [CompactionStep, number])[] = [
  ['begun', 0],
  ['copied', 0],
  ['copied', 30],
  ['compared', 0],
  ['synced', 0],
  ['renamed', 0],
  ['done', 0],
]

it.each(STEPS)('opens with everything after kill -9 at %s (%i)', async (step, passes) => {
  const child = spawnSync(
    process.execPath,
    ['--conditions=@llmhub/source', CHILD, path, '40', step, String(passes)],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  )
  expect(child.signal).toBe('SIGKILL')
  const half = existsSync(`${path}.compact`)
  expect(half).toBe(!['renamed', 'done'].includes(step))
  const opening = await openOrRecover({
    path,
    wal: false,
    clock: systemClock,
    incarnation: 'test',
    answer: () => Promise.reject(new Error('not asked here')),
  })
  if (!opening.ok) throw new Error(opening.reasons.join())
  const { store, recovery, compactionCutShort } = opening
  expect([recovery, compactionCutShort]).toEqual(['none', half])
  expect((await store.applied()).get(LIVE)).toBe(40n)
  expect(store.rows).toBe(40 * 3)
  await store.close()
  expect(readdirSync(join(dir, 'store'))).toEqual(['store.duckdb'])
})
