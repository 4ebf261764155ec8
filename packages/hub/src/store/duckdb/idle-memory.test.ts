import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { manualClock } from '../../../test/manual-clock.ts'
import { DuckDbStore } from './duckdb-store.ts'

const never = new AbortController().signal
const MIB = 1024 * 1024
const PAUSE_MS = 20_000
let dir: string
let store: DuckDbStore
const clock = manualClock()

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'idle-memory-'))
  const opening = await DuckDbStore.open({
    path: join(dir, 'store.duckdb'),
    wal: false,
    clock,
    incarnation: 'a',
    memoryLimitMib: 512,
    answer: () => Promise.reject(new Error('not used here')),
  })
  if (!opening.ok) throw new Error(opening.reason)
  store = opening.store
  await store.maintain((connection) =>
    connection.execute('CREATE TABLE large AS SELECT hash(range) AS x FROM range(16_000_000)'),
  )
})

afterEach(async () => {
  await store.close()
  await rm(dir, { recursive: true, force: true })
})

async function one(text: string): Promise<unknown> {
  const outcome = await store.run(text, [], never)
  if (!outcome.ok) throw new Error(outcome.message)
  return outcome.value.rows[0]?.[0]
}

const sum = () => one('SELECT sum(x)::VARCHAR FROM large')
const usedMib = async () =>
  Number(await one('SELECT sum(memory_usage_bytes)::BIGINT FROM duckdb_memory()')) / MIB
/** A release takes a turn before this one. */
const turn = () => store.maintain(() => Promise.resolve())

describe('memory of a store that nobody uses', () => {
  it('is given back after a pause, and answers stay what they were', async () => {
    const before = await sum()
    expect(await usedMib()).toBeGreaterThan(100)
    clock.advance(PAUSE_MS)
    const during = sum()
    await turn()
    expect(await during).toBe(before)
    clock.advance(PAUSE_MS)
    await turn()
    expect(await usedMib()).toBeLessThanOrEqual(64)
    expect(await one("SELECT current_setting('memory_limit')")).toBe('512.0 MiB')
    expect(await sum()).toBe(before)
    expect(await usedMib()).toBeGreaterThan(64)
  })

  it.each([
    ['questions', () => one('SELECT 1')],
    ['turns of the writer', turn],
  ])('is kept while there are %s', async (_what, use) => {
    await use()
    for (let n = 0; n < 12; n++) {
      clock.advance(5_000)
      // A release would begin here.
      await new Promise(setImmediate)
      await use()
    }
    expect(await usedMib()).toBeGreaterThan(100)
  })
})
