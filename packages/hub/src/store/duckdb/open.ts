import { mkdir, readdir, readlink, realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import duckdb from '@duckdb/node-bindings'
import { Connection } from './driver.ts'

/** Name under which the database file is attached; every connection uses it. */
export const CATALOG = 'store'

/**
 * Format of the file. Pinned, so that a newer DuckDB does not silently write one that the program
 * before it cannot read.
 */
export const STORAGE_VERSION = 'v1.5.0'

export const DEFAULT_THREADS = 2
export const DEFAULT_MEMORY_MIB = 1024

export interface OpenOptions {
  /** The database file; its folder is made where missing. */
  readonly path: string
  /** Whether DuckDB keeps a write-ahead log; without one, commits survive from the next checkpoint on. */
  readonly wal: boolean
  /** Opens the file for reading alone. Default false. */
  readonly readOnly?: boolean
  /** Memory DuckDB may use, in MiB. Default DEFAULT_MEMORY_MIB. */
  readonly memoryLimitMib?: number
  /** Threads DuckDB may use. Default DEFAULT_THREADS. */
  readonly threads?: number
  /** Log volume after which a commit checkpoints by itself, in MiB. Default 256. */
  readonly checkpointMib?: number
}

export interface OpenDatabase {
  /** The connection that writes. */
  readonly writer: Connection
  /** A further connection, for reading. */
  connect(): Promise<Connection>
  /** Closes the connections made here, then the file, which may be opened again afterwards. */
  close(): Promise<void>
}

export type OpenOutcome =
  | { readonly ok: true; readonly database: OpenDatabase }
  | { readonly ok: false; readonly reason: string }

/**
 * Opens the file and locks the instance down: no extensions, no files or network beside the
 * database, and no way to change that by SQL. The database is attached to an instance that is
 * otherwise in memory, because only ATTACH chooses the recovery mode.
 *
 * The caller holds the lock of the data folder: DuckDB does not notice a second instance of one file
 * in one process, and the two destroy it.
 */
export async function openDatabase(options: OpenOptions): Promise<OpenOutcome> {
  await mkdir(dirname(options.path), { recursive: true })
  if (await isOpenHere(options.path)) {
    return {
      ok: false,
      reason: `Could not set lock on file: ${options.path} is open in this process`,
    }
  }
  const handle = await duckdb.open(':memory:', duckdb.create_config())
  const connections: Connection[] = []
  const close = async (): Promise<void> => {
    for (const connection of connections) connection.close()
    await detach(handle)
    duckdb.close_sync(handle)
  }
  const connect = async (): Promise<Connection> => {
    const connection = await Connection.open(handle)
    connections.push(connection)
    await connection.execute(`USE ${CATALOG}`)
    return connection
  }
  try {
    const first = await Connection.open(handle)
    connections.push(first)
    for (const setting of settingsOf(options)) await first.execute(setting)
    await first.execute(`ATTACH ${quoted(options.path)} AS ${CATALOG} (${modeOf(options)})`)
    for (const setting of LOCKDOWN) await first.execute(setting)
    return { ok: true, database: { writer: await connect(), connect, close } }
  } catch (error) {
    await close()
    return { ok: false, reason: error instanceof Error ? error.message : String(error) }
  }
}

/**
 * Whether this process has the file open, in any thread: the last line of defence against a second
 * instance, for which DuckDB's own lock is blind. Known on Linux only; elsewhere always false.
 */
export async function isOpenHere(path: string): Promise<boolean> {
  const file = await realpath(path).catch(() => null)
  if (file === null) return false
  const handles = await readdir('/proc/self/fd').catch(() => [])
  for (const handle of handles) {
    // A handle may be closed by now; then it is none.
    if ((await readlink(`/proc/self/fd/${handle}`).catch(() => '')) === file) return true
  }
  return false
}

/**
 * Lets go of the file. Closing the instance is not enough: it lives on for as long as any object of
 * it has not been garbage-collected, and a second instance of the file would destroy it.
 */
async function detach(handle: duckdb.Database): Promise<void> {
  // A connection that does not use the catalog, which could not be detached otherwise.
  const connection = await Connection.open(handle)
  try {
    await connection.execute(`DETACH DATABASE IF EXISTS ${CATALOG}`)
  } catch {
    // An invalidated instance refuses every statement; it has closed its file already or will not.
  } finally {
    connection.close()
  }
}

function modeOf({ wal, readOnly }: OpenOptions): string {
  if (readOnly === true) return 'READ_ONLY'
  const mode = wal ? '' : ', RECOVERY_MODE no_wal_writes'
  return `STORAGE_VERSION '${STORAGE_VERSION}'${mode}`
}

export function settingsOf(options: OpenOptions): readonly string[] {
  return [
    'SET autoinstall_known_extensions = false',
    'SET autoload_known_extensions = false',
    'SET allow_community_extensions = false',
    `SET memory_limit = '${options.memoryLimitMib ?? DEFAULT_MEMORY_MIB}MiB'`,
    `SET threads = ${options.threads ?? DEFAULT_THREADS}`,
    `SET temp_directory = ${quoted(`${options.path}.tmp`)}`,
    "SET max_temp_directory_size = '4GiB'",
    `SET checkpoint_threshold = '${options.checkpointMib ?? 256}MiB'`,
    // Rows come back in the order of the statement's ORDER BY alone; this saves memory.
    'SET preserve_insertion_order = false',
    // Times are kept and shown in UTC, wherever the hub runs.
    "SET GLOBAL TimeZone = 'UTC'",
  ]
}

const LOCKDOWN: readonly string[] = [
  // The store changes the first two with the load, see there; a connection for SQL of people sets the third.
  "SET allowed_configs = ['threads', 'memory_limit', 'errors_as_json']",
  'SET enable_external_access = false',
  'SET lock_configuration = true',
]

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
