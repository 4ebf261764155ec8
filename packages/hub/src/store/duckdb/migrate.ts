import { readdir, readFile } from 'node:fs/promises'
import type { Connection } from './driver.ts'

const FOLDER = new URL('../../../sql/duckdb/', import.meta.url)

export interface Migration {
  readonly version: number
  readonly name: string
  readonly sql: string
}

/** The migrations this program carries, in ascending order. */
export async function readMigrations(): Promise<readonly Migration[]> {
  const names = (await readdir(FOLDER)).filter((name) => /^\d{4}_.*\.sql$/.test(name)).toSorted()
  return Promise.all(
    names.map(async (name) => ({
      version: Number(name.slice(0, 4)),
      name: name.slice(5, -4),
      sql: await readFile(new URL(name, FOLDER), 'utf8'),
    })),
  )
}

/** The database was written by a newer release than this one. */
export class NewerDatabaseError extends Error {
  override readonly name = 'NewerDatabaseError'
}

/**
 * Brings the database up to date, each migration in a transaction of its own, and answers the
 * version it has then.
 * @throws NewerDatabaseError
 */
export async function migrate(
  connection: Connection,
  migrations: readonly Migration[],
): Promise<number> {
  await connection.execute(
    'CREATE TABLE IF NOT EXISTS migrations (version INTEGER NOT NULL, name VARCHAR NOT NULL)',
  )
  const found = await connection.rows('SELECT coalesce(max(version), 0) FROM migrations')
  const current = Number(found.rows[0]?.[0] ?? 0)
  const newest = migrations.at(-1)?.version ?? 0
  if (current > newest) {
    throw new NewerDatabaseError(
      `the store was written by a newer release: it has version ${current}, this program knows ${newest}`,
    )
  }
  for (const { version, name, sql } of migrations) {
    if (version <= current) continue
    try {
      await connection.execute('BEGIN')
      await connection.execute(sql)
      await connection.rows('INSERT INTO migrations VALUES ($1, $2)', [version, name])
      await connection.execute('COMMIT')
    } catch (error) {
      await connection.execute('ROLLBACK').catch(() => {})
      throw error
    }
  }
  return Math.max(current, newest)
}
