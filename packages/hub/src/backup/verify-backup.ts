import { join } from 'node:path'
import type { IndexFiles } from '../core/index-image.ts'
import type { LogFiles } from '../log/log-image.ts'
import { BackupFolder } from './backup-folder.ts'
import { digestOf, type Files } from './files.ts'
import type { BackedUpFile, Manifest } from './manifest.ts'

export interface BackupProblem {
  /** Ids of the backups that are affected; empty where that cannot be known. */
  readonly backups: readonly string[]
  /** The file that is wrong, below the folder of backups. */
  readonly file: string
  readonly message: string
}

export interface BackupCheck {
  readonly backups: number
  readonly files: number
  readonly bytes: number
  readonly problems: readonly BackupProblem[]
}

/**
 * Reads everything in a folder of backups: hashes of manifests and files, every frame of every
 * segment and every page of an index with its checksums, and that the segments of each backup follow each other up to its
 * cursor. Costs one reading of the folder, and another of the segments.
 */
export async function verifyBackups(
  dir: string,
  files: Files,
  log: LogFiles,
  indexes: IndexFiles,
  onProgress: (done: number, files: number) => void = () => {},
): Promise<BackupCheck> {
  const folder = new BackupFolder(dir, files)
  const { manifests, damaged } = await folder.read()
  const problems: BackupProblem[] = damaged.map(({ file, message }) => ({
    backups: [],
    file: file.slice(dir.length + 1),
    message,
  }))
  const users = new Map<string, { readonly file: BackedUpFile; readonly ids: string[] }>()
  for (const { id, files: all } of manifests) {
    for (const file of all) {
      const user = users.get(file.sha256)
      if (user === undefined) users.set(file.sha256, { file, ids: [id] })
      else user.ids.push(id)
    }
  }
  let done = 0
  let bytes = 0
  for (const [sha256, { file, ids }] of users) {
    const lost = await lostOffsets(folder, manifests, ids[0] ?? '', log)
    const message = await checkObject(folder, file, { log, indexes }, lost)
    if (message !== null) {
      problems.push({ backups: ids, file: `objects/${sha256} (${file.path})`, message })
    }
    bytes += file.bytes
    onProgress(++done, users.size)
  }
  for (const manifest of manifests) {
    for (const message of gapsOf(
      manifest,
      await lostOffsets(folder, [manifest], manifest.id, log),
    )) {
      problems.push({ backups: [manifest.id], file: `manifests/${manifest.id}.json`, message })
    }
  }
  return { backups: manifests.length, files: users.size, bytes, problems }
}

type Lost = ReturnType<LogFiles['lostIn']>

/** Offsets on record as lost, as a backup has them; none where its list is missing or damaged, which is told elsewhere. */
async function lostOffsets(
  folder: BackupFolder,
  manifests: readonly Manifest[],
  id: string,
  log: LogFiles,
): Promise<Lost> {
  const manifest = manifests.find((each) => each.id === id)
  const list = manifest?.files.find(({ path }) => path === 'log/holes.json')
  if (list === undefined) return []
  try {
    return log.lostIn((await folder.files.read(folder.objectPath(list.sha256))).toString('utf8'))
  } catch {
    return []
  }
}

/** What is wrong with a file of a backup, or null. */
async function checkObject(
  folder: BackupFolder,
  { sha256, bytes, segment, run }: BackedUpFile,
  { log, indexes }: { readonly log: LogFiles; readonly indexes: IndexFiles },
  lost: Lost,
): Promise<string | null> {
  const path = join(folder.objects, sha256)
  const size = await folder.files.sizeOf(path)
  if (size === null) return 'it is missing'
  if (size !== bytes) return `it has ${size} bytes, not ${bytes}`
  const digest = await digestOf(folder.files, path)
  if (digest.sha256 !== sha256) return 'it does not match its hash'
  if (run !== null) return indexes.check(path)
  if (segment === null) return null
  const ofPartition = lost.filter(({ partition }) => partition === segment.partition)
  return log.check(path, segment, ofPartition)
}

/** Where the segments of a backup do not follow each other up to its cursor. */
export function gapsOf(manifest: Manifest, lost: Lost): string[] {
  const gaps: string[] = []
  for (const [partition, cursor] of manifest.cursor) {
    const segments = manifest.files.flatMap(({ segment }) =>
      segment?.partition === partition ? [segment] : [],
    )
    let at = segments[0]?.first ?? 0n
    const passes = (from: bigint, to: bigint): boolean =>
      lost.some((hole) => hole.partition === partition && hole.first <= from && hole.next >= to)
    for (const { first, next } of segments) {
      if (first !== at && !passes(at, first)) {
        gaps.push(`partition ${partition}: offsets ${at} to ${first} are in no segment`)
      }
      at = next
    }
    if (at < cursor && !passes(at, cursor)) {
      gaps.push(`partition ${partition}: it ends at offset ${at}, before its cursor ${cursor}`)
    }
  }
  return gaps
}
