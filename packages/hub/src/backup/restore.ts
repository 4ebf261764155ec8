/**
 * Restoring a backup into an empty folder.
 *
 * A marker is the first file written and the last one removed: a folder that has it is no data folder
 * yet, the hub refuses it, and restoring into it begins anew. Every byte is held against its hash on
 * its way. At the end the control store begins a new history of the log and moves its leases on, so
 * that a former owner can write to nothing that this folder's hub shares with it.
 */

import { dirname, join } from 'node:path'
import type { Control } from '../control/control.ts'
import { type FolderLock, lockFolder } from '../core/folder-lock.ts'
import type { IndexFiles } from '../core/index-image.ts'
import { UNFINISHED_RESTORE } from '../core/unfinished-folder.ts'
import type { LogFiles } from '../log/log-image.ts'
import type { Cut } from '../log/operation.ts'
import { BackupFolder } from './backup-folder.ts'
import { codeOf, type Files, isFull, TEMPORARY } from './files.ts'
import { beginHistory } from './history.ts'
import { isIndexFile, type Manifest } from './manifest.ts'
import { chooseBackup, consistentCut, type Point } from './point.ts'
import { restoreIndexFiles } from './restore-index.ts'
import { gapsOf } from './verify-backup.ts'

export interface RestoreParts {
  readonly files: Files
  readonly log: LogFiles
  readonly indexes: IndexFiles
  /** Opens a control store of this or an older release. */
  readonly openControl: (file: string) => Control
  /** Called with the restored log and control store before the folder is released, to erase again what was erased since. */
  readonly reapply?: (logDir: string, control: Control) => Promise<void>
  readonly onProgress?: (done: number, files: number) => void
}

export interface RestoreRequest {
  readonly from: string
  readonly to: string
  readonly at: Point
  /** The command that restores this, to be shown to whoever finds the folder half restored. */
  readonly command: string
}

/**
 * - `not_empty`: the folder holds something else than an unfinished restore
 * - `in_use`: a process has the folder
 * - `busy`: a backup into the folder of backups, or a pruning of it, is under way
 * - `no_point`: no backup has the point
 * - `damaged`: the backup is; nothing was restored
 * - `disk_full`, `failed`: the folder is left half restored; run the same again
 */
export type RestoreFailure =
  | 'not_empty'
  | 'in_use'
  | 'busy'
  | 'no_point'
  | 'damaged'
  | 'disk_full'
  | 'failed'

export type RestoreOutcome =
  | {
      readonly ok: true
      readonly manifest: Manifest
      /** The records before these offsets are in the folder. */
      readonly cursor: Cut
      readonly files: number
      readonly bytes: number
      /** Files of the indexes that were damaged. What they held is made again from the log at the first start. */
      readonly leftOut: readonly string[]
    }
  | { readonly ok: false; readonly failure: RestoreFailure; readonly message: string }

/** More epochs than a former owner can have taken since the backup, at one per start. */
const EPOCHS = 1_000_000
const LOCK = 'lock'

class Refused extends Error {
  readonly failure: RestoreFailure
  constructor(failure: RestoreFailure, message: string) {
    super(message)
    this.failure = failure
  }
}

export async function restoreBackup(
  request: RestoreRequest,
  parts: RestoreParts,
): Promise<RestoreOutcome> {
  const { files } = parts
  const { from, to } = request
  let backups: FolderLock | null = null
  try {
    backups = await lockBackups(from, files)
    const { manifest, indexed } = await choose(request, files)
    const names = await files.list(to)
    const isUnfinished = names.includes(UNFINISHED_RESTORE)
    if (
      !isUnfinished &&
      names.some((name) => name !== LOCK && name !== UNFINISHED_RESTORE + TEMPORARY)
    ) {
      const message = `${to} is not empty: a backup is restored into an empty folder only`
      return { ok: false, failure: 'not_empty', message }
    }
    await files.makeFolder(to)
    const locking = lockFolder(to)
    if (!locking.ok) return { ok: false, failure: 'in_use', message: locking.message }
    try {
      return await restore(request, manifest, indexed, parts)
    } finally {
      locking.lock.release()
    }
  } catch (error) {
    if (error instanceof Refused) {
      return { ok: false, failure: error.failure, message: error.message }
    }
    const message = error instanceof Error ? error.message : String(error)
    if (isFull(error)) {
      const full = `${to} has no room for the backup (${message}); make room and run the same again`
      return { ok: false, failure: 'disk_full', message: full }
    }
    if (codeOf(error) === undefined) throw error
    return { ok: false, failure: 'failed', message: `${message}; mend it and run the same again` }
  } finally {
    backups?.release()
  }
}

/**
 * Keeps the files of a folder of backups from being superseded or pruned while they are read. Null where
 * there is none, and where it cannot be written: then nothing on this machine changes it either.
 */
async function lockBackups(from: string, files: Files): Promise<FolderLock | null> {
  if (!(await files.list(from)).includes('manifests')) return null
  const locking = lockFolder(from)
  if (locking.ok) return locking.lock
  if (locking.failure === 'unwritable') return null
  const who = locking.owner === null ? 'another process' : `process ${locking.owner}`
  const message = `${from} is in use by ${who}, which makes, prunes or restores backups there: run the same again when it has ended`
  throw new Refused('busy', message)
}

interface Choice {
  readonly manifest: Manifest
  /** The newest backup of the same history that has indexes, which serve every point of it. */
  readonly indexed: Manifest | undefined
}

async function choose({ from, at }: RestoreRequest, files: Files): Promise<Choice> {
  const { manifests, damaged } = await new BackupFolder(from, files).read()
  const chosen = chooseBackup(manifests, at)
  if (chosen.ok) {
    // A damaged manifest that is newer may have been the one that was meant.
    const [newer] = damaged.filter(({ file }) => file > join(from, 'manifests', chosen.manifest.id))
    const { manifest } = chosen
    const indexed = manifests.findLast(
      (other) => other.lineage === manifest.lineage && other.files.some(isIndexFile),
    )
    if (newer === undefined || at.by === 'id') return { manifest, indexed }
    const message = `${newer.file}: ${newer.message}; name the backup to restore with --at <id>`
    throw new Refused('damaged', message)
  }
  const [broken] = damaged
  if (broken !== undefined) throw new Refused('damaged', `${broken.file}: ${broken.message}`)
  throw new Refused('no_point', `${from}: ${chosen.message}`)
}

async function restore(
  request: RestoreRequest,
  manifest: Manifest,
  indexed: Manifest | undefined,
  parts: RestoreParts,
): Promise<RestoreOutcome> {
  const { files, log } = parts
  const { from, to, at } = request
  await clear(to, files)
  const marker = join(to, UNFINISHED_RESTORE)
  await files.write(marker + TEMPORARY, [
    Buffer.from(`${JSON.stringify({ run: request.command })}\n`),
  ])
  await files.rename(marker + TEMPORARY, marker)

  const folder = new BackupFolder(from, files)
  const wanted = wantedCut(manifest, at)
  const earliest = earliestOf(manifest)
  const below = [...wanted].find(([partition, next]) => next < (earliest.get(partition) ?? 0n))
  if (below !== undefined) {
    await giveUp(to, files)
    const [partition, next] = below
    const message = `${partition}:${next} lies before the oldest record of that backup, ${partition}:${earliest.get(partition)}: retention has dropped what was there`
    throw new Refused('no_point', message)
  }
  let bytes = 0
  const needed = manifest.files.filter(
    (file) =>
      !isIndexFile(file) &&
      (file.segment === null || file.segment.first <= (wanted.get(file.segment.partition) ?? 0n)),
  )
  for (const [index, file] of needed.entries()) {
    const target = join(to, file.path)
    await files.makeFolder(dirname(target))
    const object = folder.objectPath(file.sha256)
    const isThere = (await files.sizeOf(object)) !== null
    const digest = isThere ? await files.write(target, files.chunks(object)) : null
    if (digest?.sha256 !== file.sha256) {
      await giveUp(to, files)
      const what = digest === null ? 'is missing' : 'does not match its hash'
      const message = `${object} (${file.path}) ${what}: this backup cannot be restored; what else is wrong: llmhub backup verify ${from}`
      throw new Refused('damaged', message)
    }
    bytes += digest.bytes
    parts.onProgress?.(index + 1, needed.length)
  }
  const lists = needed.filter(({ path }) => path === 'log/holes.json')
  const lost = await Promise.all(
    lists.map(async ({ path }) => log.lostIn((await files.read(join(to, path))).toString('utf8'))),
  )
  const [gap] = gapsOf(manifest, lost.flat())
  if (gap !== undefined) {
    await giveUp(to, files)
    throw new Refused('damaged', `backup ${manifest.id}: ${gap}`)
  }
  for (const each of new Set(needed.map(({ path }) => dirname(join(to, path))))) {
    await files.syncFolder(each)
  }

  const logDir = join(to, 'log')
  const isWhole = at.by === 'latest' || at.by === 'id'
  // The cursor of a backup was taken at one instant, and so is consistent as it is.
  const cursor = isWhole
    ? manifest.cursor
    : await consistentCut(log, logDir, wanted, at.by === 'time' ? at.micros : null)
  await log.cutAt(logDir, cursor)
  const index =
    indexed === undefined
      ? { files: 0, bytes: 0, leftOut: [] }
      : await restoreIndexFiles(folder, indexed, to, cursor, parts.indexes)

  const control = parts.openControl(join(to, 'control.sqlite'))
  try {
    control.advanceLeases(EPOCHS)
    beginHistory(control)
    // Progress of imports may be ahead of the point. Sent again, rows that are there are duplicates.
    if (!isWhole) control.forgetImports()
    await parts.reapply?.(logDir, control)
  } finally {
    control.close()
  }
  await files.remove(marker)
  await files.syncFolder(to)
  return {
    ok: true,
    manifest,
    cursor,
    files: needed.length + index.files,
    bytes: bytes + index.bytes,
    leftOut: index.leftOut,
  }
}

/** The point as far as the backup tells, which a reading of the log may lower. */
function wantedCut(manifest: Manifest, at: Point): Cut {
  if (at.by !== 'cursor') return manifest.cursor
  return new Map(
    [...manifest.cursor].map(([partition, next]) => [partition, at.cursor.get(partition) ?? next]),
  )
}

function earliestOf({ files, cursor }: Manifest): Cut {
  const earliest = new Map<number, bigint>()
  for (const { segment } of files) {
    if (segment === null || earliest.has(segment.partition)) continue
    earliest.set(segment.partition, segment.first)
  }
  // Without a segment there is no record at all.
  for (const [partition, next] of cursor) {
    if (!earliest.has(partition)) earliest.set(partition, next)
  }
  return earliest
}

/** Removes everything but the lock and the marker. */
async function clear(to: string, files: Files): Promise<void> {
  for (const name of await files.list(to)) {
    if (name !== LOCK && name !== UNFINISHED_RESTORE) await files.remove(join(to, name))
  }
}

/** Leaves an empty folder. */
async function giveUp(to: string, files: Files): Promise<void> {
  await clear(to, files)
  await files.remove(join(to, UNFINISHED_RESTORE))
}
