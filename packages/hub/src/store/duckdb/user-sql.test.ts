import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import { applyOf, sampleEvents, sampleRejects } from '../sample-records.ts'
import type { UserSqlOutcome, UserSqlRequest } from '../sql.ts'
import { BENIGN } from './benign-sql.fixture.ts'
import { DuckDbStore } from './duckdb-store.ts'
import { HOSTILE } from './hostile-sql.fixture.ts'

const never = new AbortController().signal
let dir: string
let store: DuckDbStore

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'user-sql-'))
  const opening = await DuckDbStore.open({
    path: join(dir, 'store.duckdb'),
    wal: false,
    clock: systemClock,
    incarnation: 'a',
    memoryLimitMib: 512,
    answer: () => Promise.reject(new Error('not asked here')),
  })
  if (!opening.ok) throw new Error(opening.reason)
  store = opening.store
  await store.apply(
    applyOf([sampleEvents(0, 0n, { rows: 300, step: 60_000_000 }), sampleRejects(0, 1n)]),
  )
})

afterAll(async () => {
  await store.close()
  await rm(dir, { recursive: true, force: true })
})

function ask(sql: string, options: Partial<UserSqlRequest> = {}): Promise<UserSqlOutcome> {
  const limits = { maxRows: 1000, maxBytes: 1_000_000, deadlineMs: 20_000 }
  return store.userSql({ sql, parameters: {}, ...limits, ...options }, never)
}

async function rows(sql: string, options: Partial<UserSqlRequest> = {}): Promise<unknown> {
  const outcome = await ask(sql, options)
  if (!outcome.ok) throw new Error(`${sql}: ${outcome.message}`)
  return outcome.rows
}

describe('statements that must not run', () => {
  it.each(Object.entries(HOSTILE))('%s', async (_what, statements) => {
    const before = await rows('SELECT count(*) FROM events')
    const ran: string[] = []
    for (const sql of statements) {
      const outcome = await ask(sql)
      if (outcome.ok || outcome.failure !== 'invalid') {
        ran.push(`${sql.slice(0, 200)} => ${JSON.stringify(outcome).slice(0, 300)}`)
      } else if (process.env['SHOW'] === '1') {
        console.log(
          `${sql.slice(0, 80)}  =>  ${outcome.message} @${outcome.issue?.at} (${outcome.issue?.hint ?? ''})`,
        )
      }
    }
    expect(ran).toEqual([])
    expect(await rows('SELECT count(*) FROM events')).toEqual(before)
    expect(store.broken).toBeNull()
  })
})

describe('statements as analysts write them', () => {
  it('run', async () => {
    const failed: string[] = []
    for (const sql of BENIGN) {
      const outcome = await ask(sql)
      if (!outcome.ok) failed.push(`${sql} => ${JSON.stringify(outcome)}`)
    }
    expect(failed).toEqual([])
  })
})
