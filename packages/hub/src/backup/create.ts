/**
 * Making a backup of a folder, also while the hub works on it.
 *
 * 1. The control store is copied first. What it says about the log (how far an import got) is then in
 *    the log that follows, and never ahead of it.
 * 2. The images of the indexes and then of the log are taken at one instant over all partitions.
 * 3. Segments are copied that the backup folder does not have yet; the open one up to the cursor. So are
 *    runs of the indexes. A run that cannot be read is left out with those after it: the log has it all.
 * 4. The manifest is written, synced and renamed. From here on the backup exists.
 * 5. Older backups of the same history are pointed to the newer copies of their segments, and what
 *    nobody names any more is removed: rows that the log has erased since leave every backup. They lose
 *    their indexes, because those of the newest serve every point that they serve.
 *
 * Stopped at any step, the backups there were are whole; what it left is removed by the next one.
 */

import { join } from 'node:path'
import type { Control } from '../control/control.ts'
import type { Clock } from '../core/clock.ts'
import { lockFolder } from '../core/folder-lock.ts'
import type { IndexImage } from '../core/index-image.ts'
import type { ImagedSegment, LogFiles, LogImage } from '../log/log-image.ts'
import { BackupFolder } from './backup-folder.ts'
import { type AddFile, copyIndex } from './copy-index.ts'
import { codeOf, type Files, isFull, TEMPORARY } from './files.ts'
import { historyOf } from './history.ts'
import {
  type BackedUpFile,
  type BackedUpSegment,
  backupId,
  isIndexFile,
  type Manifest,
} from './manifest.ts'

export interface BackupSource {
  readonly dataDir: string
  readonly control: Pick<Control, 'copyTo' | 'secret' | 'putSecret'>
  readonly image: () => LogImage
  /** The indexes that are whole on disk. */
  readonly indexes: () => readonly IndexImage[]
  readonly pathOf: LogFiles['pathOf']
  /** Release that writes the backup. */
  readonly writer: string
}

export interface BackupProgress {
  /** Segments done, of how many. */
  readonly done: number
  readonly segments: number
  /** Bytes copied so far. */
  readonly bytes: number
}

export interface CreateOptions {
  readonly clock: Pick<Clock, 'now'>
  readonly files: Files
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: BackupProgress) => void
}

/**
 * - `busy`: another backup into the folder, a pruning or a restore of it is under way
 * - `other_hub`: the folder holds backups of another hub
 * - `disk_full`: it did not fit; the backups there were are whole
 * - `stopped`: asked to stop
 * - `failed`: a file could not be read or written
 */
export type BackupFailure = 'busy' | 'other_hub' | 'disk_full' | 'stopped' | 'failed'

export type BackupOutcome =
  | {
      readonly ok: true
      readonly manifest: Manifest
      /** What this run wrote; the rest was there. */
      readonly copiedFiles: number
      readonly copiedBytes: number
      /** Bytes of older files that were removed. */
      readonly removedBytes: number
    }
  | { readonly ok: false; readonly failure: BackupFailure; readonly message: string }

/** Files of the data folder that are copied as they are, where they exist. */
const PLAIN_FILES = ['format.json', 'log/holes.json']
const CONTROL_FILE = 'control.sqlite'

class Stopped extends Error {}

export async function createBackup(
  to: string,
  source: BackupSource,
  options: CreateOptions,
): Promise<BackupOutcome> {
  const folder = new BackupFolder(to, options.files)
  try {
    await options.files.makeFolder(to)
    const locking = lockFolder(to)
    if (!locking.ok) {
      const message = `another backup, a pruning or a restore of ${to} is under way: ${locking.message}`
      return { ok: false, failure: 'busy', message }
    }
    const held: IndexImage[] = []
    try {
      return await create(folder, source, options, held)
    } finally {
      for (const index of held) await index.release()
      locking.lock.release()
    }
  } catch (error) {
    if (error instanceof Stopped) {
      return { ok: false, failure: 'stopped', message: 'the backup was stopped' }
    }
    const message = error instanceof Error ? error.message : String(error)
    if (isFull(error)) {
      const kept = 'earlier backups are whole, and the next one removes what this one left'
      const full = `${to} has no room for the backup (${message}); ${kept}`
      return { ok: false, failure: 'disk_full', message: full }
    }
    if (codeOf(error) === undefined && !(error instanceof Error && 'problem' in error)) throw error
    return { ok: false, failure: 'failed', message }
  }
}

async function create(
  folder: BackupFolder,
  source: BackupSource,
  options: CreateOptions,
  held: IndexImage[],
): Promise<BackupOutcome> {
  const { files, clock, signal, onProgress } = options
  const { hub, lineage } = historyOf(source.control)
  if (hub === null) {
    const message = `${source.dataDir} has never been used by a hub`
    return { ok: false, failure: 'failed', message }
  }
  await folder.prepare()
  const { manifests, damaged } = await folder.read()
  const [broken] = damaged
  if (broken !== undefined) {
    const message = `${broken.file}: ${broken.message}; see what else is wrong: llmhub backup verify ${folder.dir}`
    return { ok: false, failure: 'failed', message }
  }
  if (manifests.some((manifest) => manifest.hub !== hub)) {
    const message = `${folder.dir} holds backups of another hub: choose another folder`
    return { ok: false, failure: 'other_hub', message }
  }
  const copied = { files: 0, bytes: 0 }
  const stop = (): void => {
    if (signal?.aborted === true) throw new Stopped()
  }
  const add: AddFile = async (name, chunks) => {
    const digest = await folder.addObject(name, stoppable(chunks, stop))
    copied.files += 1
    copied.bytes += digest.bytes
    return digest
  }

  const found: BackedUpFile[] = []
  for (const path of PLAIN_FILES) {
    const from = join(source.dataDir, path)
    if ((await files.sizeOf(from)) === null) continue
    const digest = await add(path.replaceAll('/', '-'), files.chunks(from))
    found.push({ path, ...digest, segment: null, run: null })
  }
  const control = join(folder.objects, `control-copy${TEMPORARY}`)
  await files.remove(control)
  source.control.copyTo(control)
  found.push({
    path: CONTROL_FILE,
    ...(await add(CONTROL_FILE, files.chunks(control))),
    segment: null,
    run: null,
  })
  await files.remove(control)

  // One instant, with nothing awaited between them.
  held.push(...source.indexes())
  const image = source.image()
  const created = Math.max(clock.now(), (manifests.at(-1)?.created ?? 0) + 1)

  const known = new Map<string, BackedUpFile>()
  for (const file of manifests.flatMap((manifest) => manifest.files)) {
    if (file.segment !== null) known.set(placeOf(file.segment) + file.segment.mark, file)
  }
  const segments: BackedUpFile[] = []
  for (const [index, segment] of image.segments.entries()) {
    stop()
    const file = await segment.use(async (bytes) => {
      const { compressed, mark } = bytes
      const { partition, first, next } = segment
      const there = known.get(placeOf(segment) + mark)
      const described: BackedUpSegment = { partition, first, next, compressed, mark }
      const path = source.pathOf(described)
      if (there !== undefined && (await folder.hasObject(there.sha256, there.bytes))) {
        return { path, sha256: there.sha256, bytes: there.bytes, segment: described, run: null }
      }
      const digest = await add(`segment-${partition}-${first}`, bytes.chunks())
      return { path, ...digest, segment: described, run: null }
    })
    if (file === undefined) dropPartition(segments, segment)
    else segments.push(file)
    onProgress?.({ done: index + 1, segments: image.segments.length, bytes: copied.bytes })
  }
  stop()
  const indexes: BackedUpFile[] = []
  const history = manifests.filter((manifest) => manifest.lineage === lineage)
  for (const index of held) {
    const parts = { folder, dataDir: source.dataDir, known: history, cursor: image.next, add }
    indexes.push(...(await copyIndex(index, parts)))
  }
  stop()
  const manifest: Manifest = {
    id: backupId(created),
    created,
    writer: source.writer,
    hub,
    lineage,
    cursor: image.next,
    files: [...found, ...segments, ...indexes],
  }
  await folder.putManifest(manifest)
  const removedBytes = await supersede(folder, manifests, manifest)
  const { files: copiedFiles, bytes: copiedBytes } = copied
  return { ok: true, manifest, copiedFiles, copiedBytes, removedBytes }
}

function placeOf({ partition, first }: Pick<BackedUpSegment, 'partition' | 'first'>): string {
  return `${partition}:${first}:`
}

/** A segment was trimmed while the backup ran: those before it, which were the older ones, go too. */
function dropPartition(segments: BackedUpFile[], { partition }: ImagedSegment): void {
  const others = segments.filter(({ segment }) => segment?.partition !== partition)
  segments.splice(0, segments.length, ...others)
}

/** Points older backups to the segments of a newer one; answers the bytes of the files nobody needs any more. */
async function supersede(
  folder: BackupFolder,
  older: readonly Manifest[],
  newest: Manifest,
): Promise<number> {
  const current = new Map<string, BackedUpFile>()
  for (const file of newest.files) {
    if (file.segment !== null) current.set(placeOf(file.segment), file)
  }
  const hasIndex = newest.files.some(isIndexFile)
  for (const manifest of older) {
    if (manifest.lineage !== newest.lineage) continue
    const kept = manifest.files.filter((file) => !hasIndex || !isIndexFile(file))
    const files = kept.map((file) => {
      const newer = file.segment && current.get(placeOf(file.segment))
      const reaches = newer?.segment?.next ?? -1n
      return newer && file.segment && reaches >= file.segment.next ? newer : file
    })
    const isSame =
      kept.length === manifest.files.length &&
      files.every((file, index) => file.sha256 === manifest.files[index]?.sha256)
    if (!isSame) await folder.putManifest({ ...manifest, files })
  }
  return folder.collect()
}

async function* stoppable(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  stop: () => void,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of chunks) {
    stop()
    yield chunk
  }
}
