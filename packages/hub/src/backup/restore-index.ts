import { basename, dirname, join } from 'node:path'
import type { IndexFiles } from '../core/index-image.ts'
import type { Cut } from '../log/operation.ts'
import type { BackupFolder } from './backup-folder.ts'
import { isBeyond } from './copy-index.ts'
import { codeOf, isFull } from './files.ts'
import { type BackedUpFile, isIndexFile, type Manifest } from './manifest.ts'

export interface RestoredIndexes {
  readonly files: number
  readonly bytes: number
  /** Why files were left out, where they were damaged: what they hold is made again from the log. */
  readonly leftOut: readonly string[]
}

/**
 * Puts the indexes of a backup into a restored folder, as far as they know nothing behind `cut`: the
 * first of their runs, oldest first. A run that is damaged, and what came after it, is left out. The hub
 * reads the rest from the log at its first start.
 * @param manifest the newest backup of the history that is restored, which alone has indexes
 */
export async function restoreIndexFiles(
  folder: BackupFolder,
  manifest: Manifest,
  to: string,
  cut: Cut,
  indexes: IndexFiles,
): Promise<RestoredIndexes> {
  let files = 0
  let bytes = 0
  const leftOut: string[] = []
  for (const [path, { list, runs }] of indexesOf(manifest)) {
    const target = join(to, path)
    const usable = runs.slice(0, runsWithin(runs, cut))
    if (usable.length === 0) continue
    await folder.files.makeFolder(target)
    const copied: BackedUpFile[] = []
    let problem: string | null = null
    for (const file of [list, ...usable]) {
      problem = await copy(folder, file, join(target, basename(file.path)))
      if (problem !== null) break
      copied.push(file)
    }
    const kept = copied.length - 1
    if (kept > 0) {
      const refused = await indexes.keepFirst(target, kept)
      problem ??= refused === null ? null : `${list.path}: ${refused}`
      if (refused === null) {
        files += copied.length
        for (const file of copied) bytes += file.bytes
        await folder.files.syncFolder(target)
      } else await folder.files.remove(target)
    } else await folder.files.remove(target)
    if (problem !== null) leftOut.push(problem)
  }
  return { files, bytes, leftOut }
}

interface StoredIndex {
  readonly list: BackedUpFile
  readonly runs: readonly BackedUpFile[]
}

function indexesOf({ files }: Manifest): ReadonlyMap<string, StoredIndex> {
  const found = new Map<string, StoredIndex>()
  for (const file of files.filter(isIndexFile)) {
    const path = dirname(file.path)
    const index = found.get(path)
    // The list comes before the runs it names.
    if (index === undefined) found.set(path, { list: file, runs: [] })
    else found.set(path, { ...index, runs: [...index.runs, file] })
  }
  return found
}

/** How many runs, from the oldest on, know nothing behind the cut. */
function runsWithin(runs: readonly BackedUpFile[], cut: Cut): number {
  const beyond = runs.findIndex(({ run }) => run !== null && isBeyond(run.covered, cut))
  return beyond < 0 ? runs.length : beyond
}

/** Answers what is wrong with the file, or null when it was copied. A full disk is thrown. */
async function copy(
  folder: BackupFolder,
  file: BackedUpFile,
  target: string,
): Promise<string | null> {
  const { files } = folder
  const object = folder.objectPath(file.sha256)
  const named = `${object} (${file.path})`
  try {
    if ((await files.sizeOf(object)) === null) return `${named} is missing`
    const { sha256 } = await files.write(target, files.chunks(object))
    if (sha256 === file.sha256) return null
    await files.remove(target)
    return `${named} does not match its hash`
  } catch (error) {
    if (codeOf(error) === undefined || isFull(error)) throw error
    await files.remove(target)
    return `${named}: ${(error as Error).message}`
  }
}
