import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import { DuckDbStore } from './duckdb-store.ts'

const never = new AbortController().signal
const CHILD = fileURLToPath(new URL('./apply-child.fixture.ts', import.meta.url))
/** Applies that each child reports before it is killed, in the midst of the next one or a checkpoint. */
const KILLED_AFTER = [3, 11, 1]
let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'duckdb-kill-'))
})

afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

async function open(wal: boolean): Promise<DuckDbStore> {
  const opening = await DuckDbStore.open({
    path: join(dir, 'store.duckdb'),
    wal,
    clock: systemClock,
    incarnation: 'test',
    answer: () => Promise.reject(new Error('not asked here')),
  })
  if (!opening.ok) throw new Error(opening.reason)
  return opening.store
}

async function sql(store: DuckDbStore, text: string): Promise<readonly (readonly unknown[])[]> {
  const outcome = await store.run(text, [], never)
  if (!outcome.ok) throw new Error(outcome.message)
  return outcome.value.rows
}

it.each([false, true])(
  'holds exactly the rows of its position after kill -9 (with a write-ahead log: %s)',
  async (wal) => {
    let durable = 0n
    for (const [cycle, lines] of KILLED_AFTER.entries()) {
      const child = spawn(
        process.execPath,
        [
          '--conditions=@llmhub/source',
          CHILD,
          join(dir, 'store.duckdb'),
          wal ? 'wal' : 'no-wal',
          String(40 + cycle),
          '4',
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      )
      let seen = 0
      for await (const line of createInterface(child.stdout)) {
        durable = BigInt(line.split(' ')[2] ?? 0)
        if (++seen === lines) child.kill('SIGKILL')
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      const store = await open(wal)
      const next = (await store.applied()).get(0) ?? 0n
      expect(next).toBeGreaterThanOrEqual(durable)
      const [found] = await sql(
        store,
        'SELECT count(*), count(DISTINCT event_id), count(DISTINCT log_offset), coalesce(max(log_offset) + 1, 0) FROM event_rows',
      )
      const [rows, ids, offsets, end] = found as [bigint, bigint, bigint, bigint]
      expect(ids).toBe(rows)
      expect([offsets, end]).toEqual([next, next])
      const [torn] = await sql(
        store,
        'SELECT count(*) FROM (SELECT log_offset, count(*) AS n, max(log_index) AS last FROM event_rows GROUP BY 1 HAVING n NOT BETWEEN 40 AND 43 OR last <> n - 1)',
      )
      expect(torn).toEqual([0n])
      await store.close()
    }
  },
)
