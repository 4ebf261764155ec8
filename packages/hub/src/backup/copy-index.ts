import { join } from 'node:path'
import type { ImagedRun, IndexImage } from '../core/index-image.ts'
import type { Cut } from '../log/operation.ts'
import type { BackupFolder } from './backup-folder.ts'
import { codeOf, type FileDigest, type Files } from './files.ts'
import { type BackedUpFile, isIndexFile, type Manifest } from './manifest.ts'

/** Copies one file into the folder of backups. */
export type AddFile = (
  name: string,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
) => Promise<FileDigest>

export interface IndexCopy {
  readonly folder: BackupFolder
  readonly dataDir: string
  /** Of the same history: where offsets mean other records, a run of the same mark may not be the same. */
  readonly known: readonly Manifest[]
  /** Runs that reach beyond are left out. */
  readonly cursor: Cut
  readonly add: AddFile
}

/** A file of the data folder could not be read; says nothing of the folder of backups. */
class Unreadable extends Error {}

/**
 * Copies the runs of an index that the folder does not have yet. Answers its files, list first; none where
 * its first run cannot be read. The list may name more runs than there are: a restore cuts it.
 */
export async function copyIndex(image: IndexImage, options: IndexCopy): Promise<BackedUpFile[]> {
  const { folder, dataDir, known, cursor, add } = options
  const there = new Map<string, BackedUpFile>()
  for (const file of known.flatMap(({ files }) => files.filter(isIndexFile))) {
    if (file.run !== null) there.set(nameOf(file.path, file.run.mark), file)
  }
  const runs: BackedUpFile[] = []
  for (const { path, covered, mark } of image.runs) {
    if (isBeyond(covered, cursor)) break
    const run = { covered, mark }
    const same = there.get(nameOf(path, mark))
    if (same !== undefined && (await folder.hasObject(same.sha256, same.bytes))) {
      runs.push({ ...same, run })
      continue
    }
    try {
      const chunks = readable(folder.files.chunks(join(dataDir, path)))
      const digest = await add(path.replaceAll('/', '-'), chunks)
      runs.push({ path, ...digest, segment: null, run })
    } catch (error) {
      if (error instanceof Unreadable) break
      throw error
    }
  }
  if (runs.length === 0) return []
  const { path, bytes } = image.list
  const digest = await add(path.replaceAll('/', '-'), [bytes])
  return [{ path, ...digest, segment: null, run: null }, ...runs]
}

export function isBeyond(covered: ImagedRun['covered'], cut: Cut): boolean {
  return [...covered].some(([partition, next]) => next > (cut.get(partition) ?? 0n))
}

function nameOf(path: string, mark: string): string {
  return `${path}:${mark}`
}

async function* readable(
  chunks: ReturnType<Files['chunks']>,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* chunks
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    throw new Unreadable((error as Error).message)
  }
}
