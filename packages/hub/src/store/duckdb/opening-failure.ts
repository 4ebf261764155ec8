import { MigrationError } from '../../core/migrations.ts'
import { isNewerFormat } from '../../core/newer-format.ts'
import { faultOf, isBreaking, messageOf } from './fault.ts'

/**
 * Why a store does not open.
 * - `unreadable`: what the file or its write-ahead log holds.
 * - `newer`: a newer release wrote it.
 * - `migration`: a migration failed, and the file is as it was before.
 * - `environment`: the file is not to blame: no permission, no space, in use by another process.
 */
export type OpeningFailure = 'unreadable' | 'newer' | 'migration' | 'environment'

const ENVIRONMENT =
  /No space left|Disk quota|Permission denied|Too many open files|Read-only file system|Could not set lock|Out of Memory Error/i

/** What DuckDB says of a file that a newer version of it wrote. */
const NEWER_FILE = /database file with version number|newer version of DuckDB/i

/** Tells it from the error that an opening ended with, or the text of one. */
export function openingFailure(error: unknown): OpeningFailure {
  if (isNewerFormat(error)) return 'newer'
  if (NEWER_FILE.test(messageOf(error))) return 'newer'
  if (ENVIRONMENT.test(messageOf(error))) return 'environment'
  // A statement that met damage says nothing against the migration.
  const failed = error instanceof MigrationError ? error.cause : null
  return failed !== null && !isBreaking(faultOf(failed)) ? 'migration' : 'unreadable'
}
