import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { DatabaseSync } from 'node:sqlite'

const FOLDER = path.join(import.meta.dirname, '../../../sql/sqlite')

/** The database was written by a newer release. The message names the command to run. */
export class NewerControlSchema extends Error {
  override readonly name = 'NewerControlSchema'

  constructor(found: number, known: number, writer: string) {
    super(
      `the control store has schema ${found}, this release knows ${known}: ` +
        `run \`npx @llmhub/hub@${writer} serve\`, the release that wrote it, or a newer one`,
    )
  }
}

/**
 * Brings the schema up to date: the numbered files of `sql/sqlite` in order, each in a transaction
 * of its own together with the new `user_version`, so that a crash leaves a whole version behind.
 */
export function migrate(database: DatabaseSync, writer: string): void {
  const migrations = readdirSync(FOLDER)
    .filter((file) => /^\d{4}_[a-z_]+\.sql$/.test(file))
    .toSorted()
  const found = versionOf(database)
  if (found > migrations.length) {
    throw new NewerControlSchema(found, migrations.length, writerOf(database))
  }
  migrations.forEach((file, index) => {
    if (index < found) return
    database.exec('BEGIN IMMEDIATE')
    try {
      // Another process may have migrated while this one waited for the lock.
      if (versionOf(database) <= index) {
        database.exec(readFileSync(path.join(FOLDER, file), 'utf8'))
        database
          .prepare('INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)')
          .run('writer', writer)
        database.exec(`PRAGMA user_version = ${index + 1}`)
      }
      database.exec('COMMIT')
    } catch (error) {
      database.exec('ROLLBACK')
      throw error
    }
  })
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
}

function writerOf(database: DatabaseSync): string {
  const row = database.prepare("SELECT value FROM meta WHERE name = 'writer'").get()
  return String(row?.['value'] ?? 'latest')
}
