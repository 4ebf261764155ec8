import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { STATES, STEPS, writeMigrations } from '../../../test/migration-steps.ts'
import { systemClock } from '../../core/clock.ts'
import {
  MigrationError,
  NewerSchemaError,
  type OnStep,
  readMigrations,
} from '../../core/migrations.ts'
import type { Connection } from './driver.ts'
import { inspectStore } from './inspect.ts'
import { MIGRATIONS_FOLDER, migrate } from './migrate.ts'
import { openDatabase } from './open.ts'
import { openOrRecover } from './recover.ts'

const CHILD = fileURLToPath(new URL('./migrate-child.fixture.ts', import.meta.url))

let dir: string
let path: string
let folder: string

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'duckdb-migrate-'))
  path = join(dir, 'store.duckdb')
  folder = writeMigrations(join(dir, 'sql'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

async function inDatabase<T>(
  wal: boolean,
  use: (connection: Connection) => Promise<T>,
): Promise<T> {
  const opened = await openDatabase({ path, wal })
  if (!opened.ok) throw new Error(opened.reason)
  try {
    return await use(opened.database.writer)
  } finally {
    await opened.database.close()
  }
}

function run(wal: boolean, onStep?: OnStep): Promise<number> {
  return inDatabase(wal, (connection) => migrate(connection, readMigrations(folder), onStep))
}

/** The file holds one version with all that belongs to it; the answer is which. */
async function wholeVersion(wal: boolean): Promise<number> {
  return inDatabase(wal, async (connection) => {
    const known = await connection.rows(
      "SELECT count(*) FROM information_schema.tables WHERE table_name = 'migrations'",
    )
    const version =
      known.rows[0]?.[0] === 0n
        ? 0
        : Number((await connection.rows('SELECT count(*) FROM migrations')).rows[0]?.[0])
    const [sql, rows] = STATES[version] ?? ['', []]
    const found = await connection.rows(sql)
    const plain = found.rows.map((row) =>
      row.map((cell) => (typeof cell === 'bigint' ? Number(cell) : cell)),
    )
    expect(plain).toEqual(rows)
    return version
  })
}

describe.each([true, false])('with a write-ahead log: %s', (wal) => {
  it.each(STEPS)(
    'migration %i failing at step %i leaves the version before',
    async (version, at) => {
      const failing = run(wal, (migration, step) => {
        if (migration.version === version && step === at) throw new Error('no more space')
      })
      await expect(failing).rejects.toThrow(MigrationError)
      expect(await wholeVersion(wal)).toBe(version - 1)
      expect(await run(wal)).toBe(3)
      expect(await wholeVersion(wal)).toBe(3)
    },
  )

  // Without a write-ahead log what is committed is on disk from the next checkpoint on.
  it.each(wal ? STEPS : STEPS.filter(([version]) => version === 2))(
    'a kill in migration %i at step %i leaves a whole version',
    async (version, at) => {
      const args = [CHILD, path, folder, wal ? 'wal' : 'no-wal', String(version), String(at)]
      const child = spawnSync(process.execPath, ['--conditions=@llmhub/source', ...args])
      expect([child.signal, String(child.stderr)]).toEqual(['SIGKILL', expect.any(String)])
      expect(await wholeVersion(wal)).toBe(wal ? version - 1 : 0)
      expect(await run(wal)).toBe(3)
      expect(await wholeVersion(wal)).toBe(3)
    },
  )
})

it('a statement that fails is named with its file', async () => {
  writeMigrations(folder, 3, {
    '0002_second.sql': 'CREATE TABLE a (x INTEGER);\n-- why\nINSERT INTO nowhere VALUES (1);',
  })
  await expect(run(true)).rejects.toThrow(
    /the store.*0002_second\.sql, statement 2 of 2, `INSERT INTO nowhere VALUES \(1\)`: .*nowhere/,
  )
  expect(await wholeVersion(true)).toBe(1)
})

it('a file of a newer schema is refused', async () => {
  await run(true)
  const older = readMigrations(writeMigrations(join(dir, 'older'), 2))
  const refused = inDatabase(true, (connection) => migrate(connection, older))
  await expect(refused).rejects.toThrow(NewerSchemaError)
  expect(await wholeVersion(true)).toBe(3)
})

describe('a store', () => {
  const open = (migrations = MIGRATIONS_FOLDER) =>
    openOrRecover({
      path,
      wal: false,
      clock: systemClock,
      incarnation: 'test',
      answer: () => Promise.reject(new Error('not asked here')),
      migrations,
    })
  const known = readMigrations(MIGRATIONS_FOLDER).length

  const makeStore = async (): Promise<void> => {
    const opened = await open()
    if (!opened.ok) throw new Error(opened.reasons.join())
    await opened.store.checkpoint()
    await opened.store.close()
  }

  it('whose migration fails is refused and left as it was', async () => {
    await makeStore()
    await inDatabase(true, (connection) =>
      connection.execute(`DELETE FROM migrations WHERE version = ${known}`),
    )
    const before = readFileSync(path)
    const opened = await open()
    expect(opened).toMatchObject({ ok: false, refused: 'migration' })
    expect(opened).toMatchObject({
      reasons: [expect.stringMatching(/0003_views\.sql, statement 1 of \d+, `CREATE/)],
    })
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  it('that a newer release wrote is refused and left as it was', async () => {
    await makeStore()
    await inDatabase(true, (connection) =>
      connection.execute("INSERT INTO migrations VALUES (999, 'later.sql')"),
    )
    const before = readFileSync(path)
    expect(await open()).toMatchObject({ ok: false, refused: 'newer' })
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  it('in a file format of a newer DuckDB is refused and left as it was', async () => {
    await makeStore()
    const bytes = readFileSync(path)
    setStorageVersion(bytes, 9999n)
    writeFileSync(path, bytes)
    expect(await open()).toMatchObject({ ok: false, refused: 'newer' })
    expect(readFileSync(path).equals(bytes)).toBe(true)
  })

  it('tells its schema without being changed', async () => {
    await makeStore()
    const before = readFileSync(path)
    expect(await inspectStore(path)).toEqual({ ok: true, schema: known, known })
    expect(readFileSync(path).equals(before)).toBe(true)
    writeFileSync(path, 'no database')
    expect(await inspectStore(path)).toMatchObject({ ok: false })
  })
})

/**
 * Writes another version into the main header of a DuckDB file: 4096 bytes, of which the first 8 are the
 * sum of the others: 5381, combined by XOR with each 64-bit word times a constant.
 */
function setStorageVersion(bytes: Buffer, version: bigint): void {
  bytes.writeBigUInt64LE(version, 12)
  let sum = 5381n
  for (let at = 8; at < 4096; at += 8) {
    sum ^= BigInt.asUintN(64, bytes.readBigUInt64LE(at) * 0xbf58476d1ce4e5b9n)
  }
  bytes.writeBigUInt64LE(sum, 0)
}
