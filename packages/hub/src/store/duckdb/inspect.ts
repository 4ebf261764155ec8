import { readMigrations, type SchemaFound } from '../../core/migrations.ts'
import { messageOf } from './fault.ts'
import { MIGRATIONS_FOLDER, schemaOf } from './migrate.ts'
import { openDatabase } from './open.ts'

/** Reads the version of a store's schema, and changes nothing. The caller holds the lock of the data folder. */
export async function inspectStore(path: string): Promise<SchemaFound> {
  const opened = await openDatabase({ path, wal: false, readOnly: true, memoryLimitMib: 128 })
  if (!opened.ok) return { ok: false, message: opened.reason }
  const { database } = opened
  try {
    const schema = await schemaOf(database.writer)
    return { ok: true, schema, known: readMigrations(MIGRATIONS_FOLDER).length }
  } catch (error) {
    return { ok: false, message: messageOf(error) }
  } finally {
    await database.close()
  }
}
