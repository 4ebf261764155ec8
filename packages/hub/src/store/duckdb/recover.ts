import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Refusal } from '../protocol.ts'
import { removeLeftovers } from './compact.ts'
import { DuckDbStore, type DuckDbStoreOptions } from './duckdb-store.ts'

/** What had to be done to get an open store. */
export type Recovery =
  /** The file opened as it was. */
  | 'none'
  /** Without its write-ahead log, at its last checkpoint. */
  | 'wal_set_aside'
  /** As a new, empty file. */
  | 'started_empty'

export type Recovered =
  | {
      readonly ok: true
      readonly store: DuckDbStore
      readonly recovery: Recovery
      /** A compaction was cut short by the end of the process; its half-made file is removed. */
      readonly compactionCutShort: boolean
      /** Why each earlier attempt failed. */
      readonly reasons: readonly string[]
    }
  | {
      readonly ok: false
      /** The file stays as it is: trying again will not help, another release may. */
      readonly refused: Refusal | null
      readonly reasons: readonly string[]
    }

/** Attempts to open that ended the process before the file is given up. */
const MAX_CRASHED_OPENINGS = 3
/** Folders `broken-<n>` that are kept, the newest. */
const KEPT_BROKEN = 2

/**
 * Opens the store; where that fails, at its last checkpoint; where that fails too, empty. What is
 * given up is moved aside to `broken-<n>` beside the file. Whoever calls then applies the log from
 * `applied()`, whatever that is.
 *
 * What the file system refuses (no space for a mark, no permission) says nothing of the file: the outcome
 * is then one to try again, not an error.
 *
 * @param discard starts empty at once: the file is known to be corrupt, though it would open
 */
export async function openOrRecover(
  options: DuckDbStoreOptions,
  discard = false,
): Promise<Recovered> {
  const reasons: string[] = []
  try {
    return await tryToOpen(options, discard, reasons)
  } catch (error) {
    if (!mayPass(error)) throw error
    return { ok: false, refused: null, reasons: [...reasons, error.message] }
  }
}

/** Whether the file system may take another attempt; where a file stands in place of the folder, it does not. */
function mayPass(error: unknown): error is Error {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return false
  return error.code !== 'ENOTDIR' && error.code !== 'EEXIST'
}

async function tryToOpen(
  options: DuckDbStoreOptions,
  discard: boolean,
  reasons: string[],
): Promise<Recovered> {
  const { path } = options
  const compactionCutShort = await removeLeftovers(path)
  const opening = new OpeningMark(`${path}.opening`)
  await mkdir(dirname(path), { recursive: true })
  const crashes = await opening.crashes()
  const giveUp = discard || crashes >= MAX_CRASHED_OPENINGS
  if (crashes >= MAX_CRASHED_OPENINGS) reasons.push(`the process ended ${crashes} times at opening`)
  if (!giveUp) {
    await opening.set(crashes + 1)
    const first = await DuckDbStore.open(options)
    if (first.ok) {
      await opening.clear()
      return { ok: true, store: first.store, recovery: 'none', compactionCutShort, reasons }
    }
    reasons.push(first.reason)
    if (first.cause !== 'unreadable') {
      await opening.clear()
      return { ok: false, refused: first.cause === 'environment' ? null : first.cause, reasons }
    }
    if (await exists(`${path}.wal`)) {
      await setAside([`${path}.wal`])
      const second = await DuckDbStore.open(options)
      if (second.ok) {
        await opening.clear()
        return {
          ok: true,
          store: second.store,
          recovery: 'wal_set_aside',
          compactionCutShort,
          reasons,
        }
      }
      reasons.push(second.reason)
    }
  }
  await setAside([path, `${path}.wal`])
  await opening.clear()
  const empty = await DuckDbStore.open(options)
  if (!empty.ok) {
    const refused = empty.cause === 'migration' ? empty.cause : null
    return { ok: false, refused, reasons: [...reasons, empty.reason] }
  }
  return { ok: true, store: empty.store, recovery: 'started_empty', compactionCutShort, reasons }
}

/**
 * A file that exists while the store is being opened and counts how often: a file so broken that
 * DuckDB ends the process would otherwise do so at every start, for ever.
 */
class OpeningMark {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  async crashes(): Promise<number> {
    const text = await readFile(this.#path, 'utf8').catch(() => '0')
    const count = Number(text)
    return Number.isSafeInteger(count) ? count : 0
  }

  set(count: number): Promise<void> {
    return writeFile(this.#path, String(count))
  }

  clear(): Promise<void> {
    return rm(this.#path, { force: true })
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** Moves the files that exist into a new folder `broken-<n>` beside them and drops the oldest ones. */
async function setAside(paths: readonly string[]): Promise<void> {
  const present: string[] = []
  for (const path of paths) if (await exists(path)) present.push(path)
  const first = present[0]
  if (first === undefined) return
  const parent = dirname(first)
  const numbers = (await readdir(parent))
    .map((name) => Number(/^broken-(\d+)$/.exec(name)?.[1]))
    .filter((n) => Number.isSafeInteger(n))
    .toSorted((a, b) => a - b)
  const folder = join(parent, `broken-${(numbers.at(-1) ?? 0) + 1}`)
  await mkdir(folder)
  for (const path of present) await rename(path, join(folder, basename(path)))
  for (const n of numbers.slice(0, Math.max(0, numbers.length + 1 - KEPT_BROKEN))) {
    await rm(join(parent, `broken-${n}`), { recursive: true, force: true })
  }
}
