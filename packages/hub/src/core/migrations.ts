import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { NewerFormatError, runInstead } from './newer-format.ts'
import { splitStatements } from './sql-statements.ts'

/**
 * Numbered files of SQL, `0001_name.sql`, that bring a database from one version of its schema to the
 * next. Each is one transaction together with the version it makes, so that whatever ends it, a kill
 * or a failing statement, leaves a whole version behind. Whoever opens the database runs them.
 */
export interface Migration {
  /** Version of the schema after it: its number. */
  readonly version: number
  readonly file: string
  readonly statements: readonly string[]
}

/**
 * The migrations in a folder, in ascending order.
 * @throws Error when their numbers are not 1, 2, 3, …
 */
export function readMigrations(folder: string): readonly Migration[] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .toSorted()
  return files.map((file, index) => {
    const version = Number(/^(\d{4})_[a-z0-9_]+\.sql$/.exec(file)?.[1])
    if (version !== index + 1)
      throw new Error(`${join(folder, file)}: expected number ${index + 1}`)
    return { version, file, statements: splitStatements(readFileSync(join(folder, file), 'utf8')) }
  })
}

/** Called before each statement, and before the commit as the last: for tests that fail or end there. */
export type OnStep = (migration: Migration, step: number) => void

/** A statement of a migration failed. The database is what it was before that migration. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'

  constructor(what: string, { file, statements }: Migration, step: number, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const statement = statements[step]
    const where =
      statement === undefined
        ? 'its commit'
        : `statement ${step + 1} of ${statements.length}, \`${firstLine(statement)}\``
    super(
      `${what} could not be brought up to date: ${file}, ${where}: ${why}; ` +
        'the file is as it was before: start the release that wrote it, or report this',
      { cause },
    )
  }
}

/** What the schema of a database is found to be, without changing it. */
export type SchemaFound =
  | {
      readonly ok: true
      /** 0 of an empty database. */
      readonly schema: number
      /** The newest that this program knows. */
      readonly known: number
      /** The release that last migrated it, where the database says so. */
      readonly release?: string
    }
  | { readonly ok: false; readonly message: string }

/** The database has a version that this program does not know: a newer release wrote it. */
export class NewerSchemaError extends NewerFormatError {
  constructor(what: string, found: number, known: number, release?: string) {
    super(`${what} has schema ${found}, this release knows ${known}: ${runInstead(release)}`)
  }
}

function firstLine(statement: string): string {
  const line = statement.split('\n').find((each) => each !== '' && !each.startsWith('--')) ?? ''
  return line.length > 80 ? `${line.slice(0, 80)}…` : line
}
