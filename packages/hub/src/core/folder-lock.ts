import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * One owner per data folder: two of them would destroy the store and fork the log.
 *
 * The lock is SQLite's write lock on `<folder>/lock`, held by a transaction that stays open. The
 * operating system drops it when the process ends, however it ends, so nothing is ever stale; and
 * SQLite itself keeps connections of one process apart, in whatever thread they are, which a lock
 * of the operating system alone would not. The row of the last owner stays readable, for messages.
 *
 * Nothing else may open the lock file in this process: closing any handle of it would drop the
 * operating system's lock.
 */
export interface FolderLock {
  /** Lets go. Idempotent. */
  release(): void
}

export type FolderLocking =
  | { readonly ok: true; readonly lock: FolderLock }
  /** `owner` is the process id of whoever has it, as far as it can be told; null also when nobody has. */
  | {
      readonly ok: false
      readonly failure: 'in_use' | 'unwritable'
      readonly owner: number | null
      readonly message: string
    }

const BUSY = 5
/** SQLite's codes for a file system that does not let it write, or not even open. */
const UNWRITABLE = [8, 14]

/**
 * Takes the lock of `dir`, which is made where missing, or says who has it, or that the folder cannot
 * be written. Does not wait.
 * @throws Error when its file `lock` is not ours
 */
export function lockFolder(dir: string): FolderLocking {
  mkdirSync(dir, { recursive: true })
  let database: DatabaseSync | null = null
  try {
    database = new DatabaseSync(join(dir, 'lock'), { timeout: 0 })
    // In one transaction of its own, because the row is seen by others only after its commit.
    database.exec('BEGIN IMMEDIATE')
    database.exec('CREATE TABLE IF NOT EXISTS owner (pid INTEGER NOT NULL)')
    database.exec('DELETE FROM owner')
    database.prepare('INSERT INTO owner VALUES (?)').run(process.pid)
    database.exec('COMMIT')
    database.exec('BEGIN IMMEDIATE')
    return { ok: true, lock: lockOf(database) }
  } catch (error) {
    const code = sqliteCode(error)
    const owner = code === BUSY && database !== null ? readOwner(database) : null
    database?.close()
    if (code === BUSY) {
      const who = owner === null ? 'another process' : `process ${owner}`
      const message = `the data folder ${dir} is in use by ${who}`
      return { ok: false, failure: 'in_use', owner, message }
    }
    if (code === null || !UNWRITABLE.includes(code)) throw error
    const why = error instanceof Error ? error.message : String(error)
    const message = `the data folder ${dir} cannot be written: ${why}`
    return { ok: false, failure: 'unwritable', owner, message }
  }
}

function lockOf(database: DatabaseSync): FolderLock {
  let held = true
  return {
    release() {
      if (!held) return
      held = false
      database.close()
    },
  }
}

/** SQLite's primary result code of an error, or null. */
function sqliteCode(error: unknown): number | null {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : null
}

function readOwner(database: DatabaseSync): number | null {
  try {
    const pid = database.prepare('SELECT pid FROM owner').get()?.['pid']
    return typeof pid === 'number' ? pid : null
  } catch {
    // Whoever took the lock is writing its row just now.
    return null
  }
}
