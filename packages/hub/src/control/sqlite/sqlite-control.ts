import { chmodSync, closeSync, fsyncSync, openSync } from 'node:fs'
import type { SQLOutputValue } from 'node:sqlite'
import { DatabaseSync } from 'node:sqlite'
import { type Erasure, erasureReceipt, parseErasure } from '../../core/erasure.ts'
import type { OnStep } from '../../core/migrations.ts'
import type { Hold, RetentionPolicy } from '../../core/retention.ts'
import type {
  Control,
  KeyRecord,
  Permission,
  PriceOverridesRecord,
  ProjectRecord,
  WindowRecord,
} from '../control.ts'
import { PERMISSIONS } from '../control.ts'
import { migrate } from './migrations.ts'

export interface SqliteControlOptions {
  readonly file: string
  /** Release that opens the store, kept in it so that an older one can name it. */
  readonly writer: string
  /** How long to wait for another process's transaction. Default 5 s. */
  readonly busyTimeoutMs?: number
  /** Where the migrations are. Default: those of this program. */
  readonly migrations?: string
  /** Test-only. */
  readonly onStep?: OnStep
}

type Row = Readonly<Record<string, SQLOutputValue>>

/**
 * Control store on SQLite. Every write is one transaction that has reached the disk when the method
 * returns (WAL with synchronous=FULL). Other processes may have the same file open. The file holds
 * secrets and is readable by its owner alone.
 * @throws NewerSchemaError, MigrationError, or the error of SQLite
 */
export function openSqliteControl(options: SqliteControlOptions): Control {
  const { file, writer, busyTimeoutMs = 5000 } = options
  // SQLite gives its WAL and shared-memory files the mode of the database file.
  closeSync(openSync(file, 'a', 0o600))
  chmodSync(file, 0o600)
  const database = new DatabaseSync(file, { timeout: busyTimeoutMs })
  try {
    database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON',
    )
    migrate(database, { writer, folder: options.migrations, onStep: options.onStep })
  } catch (error) {
    database.close()
    throw error
  }

  const selectKeys = database.prepare('SELECT * FROM keys ORDER BY created_at, id')
  const selectKey = database.prepare('SELECT * FROM keys WHERE id = ?')
  // A revocation is for ever and last use never goes back, whatever an older copy of the record says.
  const upsertKey = database.prepare(`
    INSERT INTO keys
      (id, name, hash, project, permissions, created_at, expires_at, revoked_at, last_used_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET
      name = excluded.name, hash = excluded.hash, project = excluded.project,
      permissions = excluded.permissions, created_at = excluded.created_at,
      expires_at = excluded.expires_at,
      revoked_at = coalesce(keys.revoked_at, excluded.revoked_at),
      last_used_at = nullif(max(coalesce(keys.last_used_at, -1), coalesce(excluded.last_used_at, -1)), -1)
  `)
  const selectProjects = database.prepare('SELECT * FROM projects ORDER BY name')
  const upsertProject = database.prepare(`
    INSERT INTO projects (name, created_at, events_per_second) VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET events_per_second = excluded.events_per_second
  `)
  const selectSecret = database.prepare('SELECT value FROM secrets WHERE name = ?')
  const upsertSecret = database.prepare(
    'INSERT OR REPLACE INTO secrets (name, value) VALUES (?, ?)',
  )
  const upsertLease = database.prepare(`
    INSERT INTO leases (name, epoch, holder) VALUES (?, 1, ?)
    ON CONFLICT (name) DO UPDATE SET epoch = epoch + 1, holder = excluded.holder
    RETURNING epoch
  `)
  const moveLeases = database.prepare('UPDATE leases SET epoch = epoch + ?')
  const copyInto = database.prepare('VACUUM INTO ?')
  const clearImports = database.prepare('DELETE FROM imports')
  const selectImport = database.prepare('SELECT rows, done FROM imports WHERE file = ?')
  const upsertImport = database.prepare(
    'INSERT OR REPLACE INTO imports (file, rows, done) VALUES (?, ?, ?)',
  )
  const selectPrices = database.prepare('SELECT * FROM price_overrides ORDER BY seq DESC LIMIT ?')
  const insertPrices = database.prepare(
    'INSERT INTO price_overrides (version, at, by, json) VALUES (?, ?, ?, ?)',
  )

  const selectRetention = database.prepare('SELECT * FROM retention ORDER BY project, family')
  const upsertRetention = database.prepare(
    'INSERT OR REPLACE INTO retention (project, family, days) VALUES (?, ?, ?)',
  )
  const removeRetention = database.prepare('DELETE FROM retention WHERE project = ? AND family = ?')
  const selectHolds = database.prepare('SELECT * FROM holds ORDER BY name')
  const upsertHold = database.prepare(`
    INSERT OR REPLACE INTO holds
      (name, project, family, from_time, to_time, reason, created_at, created_by, released_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  `)
  const release = database.prepare(
    'UPDATE holds SET released_at = ? WHERE name = ? AND released_at IS NULL RETURNING *',
  )

  const selectWindows = database.prepare('SELECT * FROM windows ORDER BY name')
  const upsertWindow = database.prepare(
    'INSERT OR REPLACE INTO windows (name, json, created_at, created_by) VALUES (?, ?, ?, ?)',
  )
  const removeWindow = database.prepare('DELETE FROM windows WHERE name = ?')

  const selectErasures = database.prepare('SELECT document FROM erasures ORDER BY created_at, id')
  const selectErasure = database.prepare('SELECT document FROM erasures WHERE id = ?')
  const upsertErasure = database.prepare(
    'INSERT OR REPLACE INTO erasures (id, created_at, document) VALUES (?, ?, ?)',
  )

  return {
    keys: () => selectKeys.all().map(keyRecord),
    key(id) {
      const row = selectKey.get(id)
      return row === undefined ? null : keyRecord(row)
    },
    putKey(record) {
      upsertKey.run(
        record.id,
        record.name,
        record.hash,
        record.project,
        JSON.stringify(record.permissions),
        record.createdAt,
        record.expiresAt,
        record.revokedAt,
        record.lastUsedAt,
      )
    },
    projects: () => selectProjects.all().map(projectRecord),
    putProject(record) {
      upsertProject.run(record.name, record.createdAt, record.eventsPerSecond)
    },
    secret(name) {
      const value = selectSecret.get(name)?.['value']
      return value instanceof Uint8Array ? value : null
    },
    putSecret(name, value) {
      upsertSecret.run(name, value)
    },
    takeLease: (name, holder) => number(upsertLease.get(name, holder)?.['epoch']),
    advanceLeases(epochs) {
      moveLeases.run(epochs)
    },
    forgetImports() {
      clearImports.run()
    },
    copyTo(copy) {
      // Made first, because the file holds secrets and SQLite would give it the mode of the process.
      closeSync(openSync(copy, 'wx', 0o600))
      copyInto.run(copy)
      const written = openSync(copy, 'r+')
      try {
        fsyncSync(written)
      } finally {
        closeSync(written)
      }
    },
    importProgress(file) {
      const row = selectImport.get(file)
      return row === undefined ? null : { rows: number(row['rows']), done: row['done'] === 1 }
    },
    putImportProgress(file, rows, done) {
      upsertImport.run(file, rows, done ? 1 : 0)
    },
    priceOverrides: (limit) => selectPrices.all(limit).map(priceOverridesRecord),
    putPriceOverrides(record) {
      insertPrices.run(record.version, record.at, record.by, record.json)
    },
    retention: () => selectRetention.all().map(retentionPolicy),
    putRetention({ project, family, days }) {
      upsertRetention.run(project ?? '', family ?? '', days)
    },
    deleteRetention: (project, family) =>
      removeRetention.run(project ?? '', family ?? '').changes > 0,
    holds: () => selectHolds.all().map(holdRecord),
    putHold(hold) {
      upsertHold.run(
        hold.name,
        hold.project,
        hold.family,
        hold.from,
        hold.to,
        hold.reason,
        hold.createdAt,
        hold.createdBy,
        hold.releasedAt,
      )
    },
    releaseHold(name, at) {
      const row = release.get(at, name)
      return row === undefined ? null : holdRecord(row)
    },
    windows: () => selectWindows.all().map(windowRecord),
    putWindow(record) {
      upsertWindow.run(record.name, record.json, record.createdAt, record.createdBy)
    },
    deleteWindow: (name) => removeWindow.run(name).changes > 0,
    erasures: () => selectErasures.all().map(erasureOf),
    erasure(id) {
      const row = selectErasure.get(id)
      return row === undefined ? null : erasureOf(row)
    },
    putErasure(erasure) {
      const document = JSON.stringify(erasureReceipt(erasure))
      upsertErasure.run(erasure.id, erasure.createdAt, document)
    },
    // Deleted values are overwritten as they go; old pages are in the write-ahead log until it is cut.
    scrub() {
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    },
    close: () => database.close(),
  }
}

function erasureOf(row: Row): Erasure {
  return parseErasure(JSON.parse(text(row['document'])) as unknown)
}

function retentionPolicy(row: Row): RetentionPolicy {
  const project = text(row['project'])
  const family = text(row['family'])
  return {
    project: project === '' ? null : project,
    family: family === '' ? null : family,
    days: number(row['days']),
  }
}

function holdRecord(row: Row): Hold {
  return {
    name: text(row['name']),
    project: text(row['project']),
    family: nullableText(row['family']),
    from: nullableNumber(row['from_time']),
    to: nullableNumber(row['to_time']),
    reason: text(row['reason']),
    createdAt: number(row['created_at']),
    createdBy: nullableText(row['created_by']),
    releasedAt: nullableNumber(row['released_at']),
  }
}

function windowRecord(row: Row): WindowRecord {
  return {
    name: text(row['name']),
    json: text(row['json']),
    createdAt: number(row['created_at']),
    createdBy: nullableText(row['created_by']),
  }
}

function keyRecord(row: Row): KeyRecord {
  return {
    id: text(row['id']),
    name: text(row['name']),
    hash: text(row['hash']),
    project: row['project'] === null ? null : text(row['project']),
    permissions: permissions(text(row['permissions'])),
    createdAt: number(row['created_at']),
    expiresAt: nullableNumber(row['expires_at']),
    revokedAt: nullableNumber(row['revoked_at']),
    lastUsedAt: nullableNumber(row['last_used_at']),
  }
}

function priceOverridesRecord(row: Row): PriceOverridesRecord {
  return {
    version: text(row['version']),
    at: number(row['at']),
    by: row['by'] === null ? null : text(row['by']),
    json: text(row['json']),
  }
}

function projectRecord(row: Row): ProjectRecord {
  return {
    name: text(row['name']),
    createdAt: number(row['created_at']),
    eventsPerSecond: nullableNumber(row['events_per_second']),
  }
}

/** Names this release does not know give nothing: a newer permission is not one of the older ones. */
function permissions(json: string): Permission[] {
  const names: unknown = JSON.parse(json)
  if (!Array.isArray(names)) throw new TypeError('permissions of a key are not an array')
  return PERMISSIONS.filter((permission) => names.includes(permission))
}

function text(value: SQLOutputValue | undefined): string {
  if (typeof value !== 'string') throw new TypeError('the control store holds no text here')
  return value
}

function number(value: SQLOutputValue | undefined): number {
  if (typeof value !== 'number') throw new TypeError('the control store holds no number here')
  return value
}

function nullableText(value: SQLOutputValue | undefined): string | null {
  return value === null ? null : text(value)
}

function nullableNumber(value: SQLOutputValue | undefined): number | null {
  return value === null ? null : number(value)
}
