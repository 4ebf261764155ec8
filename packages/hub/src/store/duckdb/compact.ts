import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import duckdb from '@duckdb/node-bindings'
import { readMigrations } from '../../core/migrations.ts'
import type { RollupDefinition } from '../rollup.ts'
import { runOf } from './answer-plan.ts'
import { Connection } from './driver.ts'
import { faultOf, messageOf } from './fault.ts'
import { MIGRATIONS_FOLDER, migrate } from './migrate.ts'
import { isOpenHere, type OpenOptions, quoted, STORAGE_VERSION, settingsOf } from './open.ts'
import { livingRows } from './scrub.ts'

/**
 * Compaction: everything in the database file is copied into a new one beside it, which then takes its
 * name. Deleted rows and free blocks do not come along, nor does what scrub.ts names.
 *
 *     copy tables → compare with the original → checkpoint, sync → rename over the original → sync the folder
 *
 * Until the rename nothing has happened to the store; after it the new file is whole on disk. What a
 * process that ended in between leaves is removed when the store is opened next.
 */

/** Steps in order; `copied` comes once per table. */
export type CompactionStep = 'begun' | 'copied' | 'compared' | 'synced' | 'renamed' | 'done'

export interface CompactionProgress {
  readonly step: CompactionStep
  readonly tables: number
  readonly copied: number
}

export interface CompactionOptions extends OpenOptions {
  readonly signal: AbortSignal
  /** Rollups of the store. */
  readonly rollups: readonly RollupDefinition[]
  readonly onProgress: (progress: CompactionProgress) => void
}

export type FileCompaction =
  | { readonly ok: true; readonly bytesBefore: number; readonly bytesAfter: number }
  | {
      readonly ok: false
      /** The original holds what was never written: it must be given up. */
      readonly corrupt: boolean
      readonly message: string
    }

const SUFFIX = '.compact'

function leftovers(path: string): readonly string[] {
  return [`${path}${SUFFIX}`, `${path}${SUFFIX}.wal`, `${path}${SUFFIX}.tmp`]
}

/** Removes what a compaction left that did not come to its end. Answers whether there was anything. */
export async function removeLeftovers(path: string): Promise<boolean> {
  let found = false
  for (const file of leftovers(path)) {
    const there = await stat(file).then(
      () => true,
      () => false,
    )
    found ||= there
    if (there) await rm(file, { recursive: true, force: true })
  }
  return found
}

/** Compacts a file that nobody has open. Whatever it answers, there is a file to open afterwards. */
export async function compactFile(options: CompactionOptions): Promise<FileCompaction> {
  const { path, signal } = options
  try {
    await removeLeftovers(path)
    if (await isOpenHere(path)) throw new Error('the store is still open')
    if (await exists(`${path}.wal`))
      throw new Error('the store has commits that are not in its file')
    const bytesBefore = (await stat(path)).size
    await copy(options)
    if (signal.aborted) throw new Error('stopped')
    const bytesAfter = (await stat(`${path}${SUFFIX}`)).size
    await rename(`${path}${SUFFIX}`, path)
    tell(options, 'renamed')
    await syncPath(dirname(path))
    tell(options, 'done')
    return { ok: true, bytesBefore, bytesAfter }
  } catch (error) {
    await removeLeftovers(path).catch(() => {
      // The next opening tries again.
    })
    return { ok: false, corrupt: faultOf(error) === 'corrupt', message: messageOf(error) }
  }
}

function tell({ onProgress }: CompactionOptions, step: CompactionStep, tables = 0, copied = 0) {
  onProgress({ step, tables, copied })
}

/** Writes the new file, whole and synced, and closes both. */
async function copy(options: CompactionOptions): Promise<void> {
  const { path, signal } = options
  const target = `${path}${SUFFIX}`
  const handle = await duckdb.open(':memory:', duckdb.create_config())
  const connection = await Connection.open(handle)
  const interrupt = () => connection.interrupt()
  signal.addEventListener('abort', interrupt)
  try {
    for (const setting of settingsOf({ ...options, path: target }))
      await connection.execute(setting)
    // Rows stay sorted by arrival, which is what lets questions skip most of them.
    await connection.execute('SET preserve_insertion_order = true')
    await connection.execute(`ATTACH ${quoted(path)} AS old (READ_ONLY)`)
    await connection.execute(
      `ATTACH ${quoted(target)} AS new (STORAGE_VERSION '${STORAGE_VERSION}', RECOVERY_MODE no_wal_writes)`,
    )
    await connection.execute('USE new')
    await migrate(connection, readMigrations(MIGRATIONS_FOLDER))
    const tables = await tablesOf(connection, 'old')
    const known = new Set(await tablesOf(connection, 'new'))
    const strange = tables.filter((table) => !known.has(table))
    if (strange.length > 0) throw new Error(`the store has unknown tables: ${strange.join(', ')}`)
    tell(options, 'begun', tables.length)
    const run = runOf((sql, values) => connection.rows(sql, values))
    const sources = new Map<string, string>()
    for (const [index, table] of tables.entries()) {
      const source = await livingRows(run, 'old', table, options.rollups)
      sources.set(table, source)
      if (signal.aborted) throw new Error('stopped')
      await connection.execute(`DELETE FROM new.main."${table}"`)
      await connection.execute(`INSERT INTO new.main."${table}" BY NAME ${source}`)
      tell(options, 'copied', tables.length, index + 1)
    }
    for (const [table, source] of sources) await compare(connection, table, source)
    tell(options, 'compared', tables.length, tables.length)
    await connection.execute('CHECKPOINT new')
    await connection.execute('USE memory')
    await connection.execute('DETACH new')
    await connection.execute('DETACH old')
  } finally {
    signal.removeEventListener('abort', interrupt)
    for (const name of ['new', 'old']) {
      await connection.execute(`DETACH DATABASE IF EXISTS ${name}`).catch(() => {
        // Closing the instance lets go of it too, later.
      })
    }
    connection.close()
    duckdb.close_sync(handle)
  }
  await syncPath(target)
  tell(options, 'synced')
}

async function tablesOf(connection: Connection, database: string): Promise<string[]> {
  const { rows } = await connection.rows(
    `SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' AND database_name = '${database}' ORDER BY estimated_size, table_name`,
  )
  return rows.flatMap(([name]) => (typeof name === 'string' ? [name] : []))
}

/** Columns that say which rows a table has; every other table is compared whole. */
const IDENTITY: Readonly<Record<string, string>> = {
  event_rows: 'log_partition, log_offset, log_index',
  reject_rows: 'log_partition, log_offset, log_index',
}

/** @throws Error when the copy of a table does not have the same rows */
async function compare(connection: Connection, table: string, source: string): Promise<void> {
  const columns = IDENTITY[table] ?? '*'
  const sums = async (from: string) => {
    const { rows } = await connection.rows(
      `SELECT count(*), bit_xor(hash(t)), sum(hash(t) % 1000000007) FROM (SELECT ${columns} FROM (${from})) t`,
    )
    return JSON.stringify(rows[0], (_key, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    )
  }
  if ((await sums(source)) !== (await sums(`SELECT * FROM new.main."${table}"`))) {
    throw new Error(`the copy of ${table} differs from the original`)
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

async function syncPath(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
