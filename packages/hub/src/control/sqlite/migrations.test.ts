import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { STATES, STEPS, writeMigrations } from '../../../test/migration-steps.ts'
import { MigrationError, NewerSchemaError, readMigrations } from '../../core/migrations.ts'
import { inspectControl } from './inspect.ts'
import { type MigrateOptions, migrate } from './migrations.ts'

const CHILD = fileURLToPath(new URL('./migrate-child.fixture.ts', import.meta.url))

let folder: string
let file: string
let migrations: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llmhub-migrate-'))
  file = join(folder, 'control.sqlite')
  migrations = writeMigrations(join(folder, 'sql'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function withDatabase<T>(use: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(file)
  try {
    return use(database)
  } finally {
    database.close()
  }
}

function run(options: Partial<MigrateOptions> = {}): void {
  withDatabase((database) => migrate(database, { writer: '1', folder: migrations, ...options }))
}

/** The file is whole, at that version, with what belongs to it. */
function expectVersion(version: number): void {
  withDatabase((database) => {
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: version })
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    const [sql, rows] = STATES[version] ?? ['', []]
    expect(
      database
        .prepare(sql)
        .all()
        .map((row) => Object.values(row)),
    ).toEqual(rows)
  })
}

describe.each(STEPS)('migration %i, step %i', (version, at) => {
  test('an error leaves the version before; the next start makes the newest', () => {
    const onStep: MigrateOptions['onStep'] = (migration, step) => {
      if (migration.version === version && step === at) throw new Error('no more space')
    }
    expect(() => run({ onStep })).toThrow(MigrationError)
    expectVersion(version - 1)
    run()
    expectVersion(3)
  })

  test('so does a kill', () => {
    const args = [CHILD, file, migrations, String(version), String(at)]
    const child = spawnSync(process.execPath, ['--conditions=@llmhub/source', ...args])
    expect([child.signal, String(child.stderr)]).toEqual(['SIGKILL', expect.any(String)])
    expectVersion(version - 1)
    run()
    expectVersion(3)
  })
})

test('a statement that fails is named with its file', () => {
  writeMigrations(migrations, 3, {
    '0002_second.sql': 'CREATE TABLE a (x INTEGER);\n-- why\nINSERT INTO nowhere VALUES (1);',
  })
  expect(() => run()).toThrow(
    /control store.*0002_second\.sql, statement 2 of 2, `INSERT INTO nowhere VALUES \(1\)`: no such table/,
  )
  expectVersion(1)
})

test('a file of a newer schema is left alone', () => {
  run({ writer: '2.0.0' })
  const older = writeMigrations(join(folder, 'older'), 2)
  expect(() => run({ folder: older })).toThrow(NewerSchemaError)
  expect(() => run({ folder: older })).toThrow('npx @llmhub/hub@2.0.0 serve')
  expectVersion(3)
})

test('the version can be read without changing it', () => {
  run()
  expect(inspectControl(file)).toMatchObject({ ok: true, schema: 3, release: '1' })
  expectVersion(3)
  expect(inspectControl(join(folder, 'none'))).toMatchObject({ ok: false })
})

test('numbers of migrations have no gaps', () => {
  rmSync(join(migrations, '0002_second.sql'))
  expect(() => readMigrations(migrations)).toThrow('expected number 2')
})
