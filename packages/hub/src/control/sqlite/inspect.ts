import { DatabaseSync } from 'node:sqlite'
import type { SchemaFound } from '../../core/migrations.ts'
import { newestSchema, schemaOf, writerOf } from './migrations.ts'

/** Reads the version of a control store's schema, and changes nothing. */
export function inspectControl(file: string): SchemaFound {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { readOnly: true })
    const schema = schemaOf(database)
    const release = schema === 0 ? undefined : writerOf(database)
    const found = { ok: true, schema, known: newestSchema() } as const
    return release === undefined ? found : { ...found, release }
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) }
  } finally {
    database?.close()
  }
}
