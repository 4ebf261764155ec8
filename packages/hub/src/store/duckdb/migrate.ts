import { fileURLToPath } from 'node:url'
import {
  type Migration,
  MigrationError,
  NewerSchemaError,
  type OnStep,
} from '../../core/migrations.ts'
import type { Connection } from './driver.ts'

/** The migrations of this program. */
export const MIGRATIONS_FOLDER: string = fileURLToPath(
  new URL('../../../sql/duckdb', import.meta.url),
)

/**
 * Brings the database up to date, each migration in a transaction of its own, and answers the
 * version it has then.
 * @throws NewerSchemaError, MigrationError
 */
export async function migrate(
  connection: Connection,
  migrations: readonly Migration[],
  onStep?: OnStep,
): Promise<number> {
  await connection.execute(
    'CREATE TABLE IF NOT EXISTS migrations (version INTEGER NOT NULL, name VARCHAR NOT NULL)',
  )
  const current = await schemaOf(connection)
  const newest = migrations.at(-1)?.version ?? 0
  if (current > newest) throw new NewerSchemaError('the store', current, newest)
  for (const migration of migrations) {
    const { version, file, statements } = migration
    if (version <= current) continue
    let step = 0
    try {
      await connection.execute('BEGIN')
      for (const statement of statements) {
        onStep?.(migration, step)
        await connection.execute(statement)
        step++
      }
      onStep?.(migration, step)
      await connection.rows('INSERT INTO migrations VALUES ($1, $2)', [version, file])
      await connection.execute('COMMIT')
    } catch (error) {
      await connection.execute('ROLLBACK').catch(() => {})
      throw new MigrationError('the store', migration, step, error)
    }
  }
  return Math.max(current, newest)
}

/** Version of the schema of a database that has been migrated once. */
export async function schemaOf(connection: Connection): Promise<number> {
  const found = await connection.rows('SELECT coalesce(max(version), 0) FROM migrations')
  return Number(found.rows[0]?.[0] ?? 0)
}
