import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import {
  MigrationError,
  NewerSchemaError,
  type OnStep,
  readMigrations,
} from '../../core/migrations.ts'

/** The migrations of this program. */
export const MIGRATIONS_FOLDER: string = join(import.meta.dirname, '../../../sql/sqlite')

/** Version of the schema that this program writes. */
export function newestSchema(folder: string = MIGRATIONS_FOLDER): number {
  return readMigrations(folder).length
}

export interface MigrateOptions {
  /** Release that opens the store, kept in it so that an older one can name it. */
  readonly writer: string
  /** Default: the migrations of this program. */
  readonly folder?: string | undefined
  readonly onStep?: OnStep | undefined
}

/**
 * Brings the schema up to date, each migration in a transaction of its own together with the new
 * `user_version`.
 * @throws NewerSchemaError, MigrationError
 */
export function migrate(database: DatabaseSync, options: MigrateOptions): void {
  const { writer, folder = MIGRATIONS_FOLDER, onStep } = options
  const migrations = readMigrations(folder)
  const found = schemaOf(database)
  if (found > migrations.length) {
    throw new NewerSchemaError('the control store', found, migrations.length, writerOf(database))
  }
  for (const migration of migrations) {
    const { version, statements } = migration
    if (version <= found) continue
    let step = 0
    try {
      database.exec('BEGIN IMMEDIATE')
      // Another process may have migrated while this one waited for the lock.
      if (schemaOf(database) < version) {
        for (const statement of statements) {
          onStep?.(migration, step)
          database.exec(statement)
          step++
        }
        onStep?.(migration, step)
        database
          .prepare('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)')
          .run('writer', writer)
        database.exec(`PRAGMA user_version = ${version}`)
      }
      database.exec('COMMIT')
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      throw new MigrationError('the control store', migration, step, error)
    }
  }
}

/** Version of the schema of a database, 0 of an empty one. */
export function schemaOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
}

/** The release that last migrated the database. */
export function writerOf(database: DatabaseSync): string | undefined {
  const row = database.prepare("SELECT value FROM meta WHERE name = 'writer'").get()
  return typeof row?.['value'] === 'string' ? row['value'] : undefined
}
