import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Connection } from './driver.ts'
import { type OpenDatabase, openDatabase } from './open.ts'

let dir: string
let database: OpenDatabase
let connection: Connection

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'duckdb-driver-'))
  const opened = await openDatabase({ path: join(dir, 'x.duckdb'), wal: false })
  if (!opened.ok) throw new Error(opened.reason)
  database = opened.database
  connection = await database.connect()
})

afterEach(async () => {
  await database.close()
  await rm(dir, { recursive: true, force: true })
})

it('a connection whose work was interrupted up to its end can be used again', async () => {
  for (let round = 0; round < 100; round++) {
    let ended = false
    const interrupt = (): void => {
      if (ended) return
      connection.interrupt()
      setImmediate(interrupt)
    }
    const work = connection
      .readOnly(() => connection.rows('SELECT count(*) FROM range(100000) a, range(1000)'))
      .catch((error: unknown) => {
        expect(String(error)).toMatch(/interrupt/i)
      })
    interrupt()
    await work
    ended = true
    const { rows } = await connection.readOnly(() => connection.rows('SELECT 1'))
    expect(rows).toEqual([[1]])
  }
})
