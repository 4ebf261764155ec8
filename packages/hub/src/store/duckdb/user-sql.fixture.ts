import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { applyOf, sampleEvents, sampleRejects } from '../sample-records.ts'
import type { UserSqlOutcome, UserSqlRequest } from '../sql.ts'
import { answerWith } from './answer-plan.ts'
import { DuckDbStore } from './duckdb-store.ts'

const never = new AbortController().signal

export interface SqlStore {
  readonly store: DuckDbStore
  ask(sql: string, options?: Partial<UserSqlRequest>, signal?: AbortSignal): Promise<UserSqlOutcome>
  /** Rows of a statement that must succeed. */
  rows(sql: string, options?: Partial<UserSqlRequest>): Promise<unknown[][]>
  close(): Promise<void>
}

/** A store with sample rows, of which some are suppressed and some outdated, to run SQL of people on. */
export async function openSqlStore(rows = 300): Promise<SqlStore> {
  const dir = await mkdtemp(join(tmpdir(), 'user-sql-'))
  const opening = await DuckDbStore.open({
    path: join(dir, 'store.duckdb'),
    wal: false,
    clock: systemClock,
    incarnation: 'a',
    memoryLimitMib: 256,
    answer: answerWith([]),
  })
  if (!opening.ok) throw new Error(opening.reason)
  const { store } = opening
  const shape = { rows, step: 60_000_000, projects: ['default', 'other'] }
  await store.apply(applyOf([sampleEvents(0, 0n, shape), sampleRejects(0, 1n)]))
  await store.maintain((connection) =>
    connection.execute(
      'UPDATE main.event_rows SET suppressed = log_index % 7 = 3, is_current = log_index % 11 <> 5',
    ),
  )
  const ask: SqlStore['ask'] = (sql, options = {}, signal = never) => {
    const limits = { maxRows: 1000, maxBytes: 1_000_000, deadlineMs: 20_000 }
    return store.userSql({ sql, parameters: {}, ...limits, ...options }, signal)
  }
  return {
    store,
    ask,
    async rows(sql, options) {
      const outcome = await ask(sql, options)
      if (!outcome.ok) throw new Error(`${sql}: ${outcome.message}`)
      return outcome.rows.map((row) => [...row])
    },
    async close() {
      await store.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
