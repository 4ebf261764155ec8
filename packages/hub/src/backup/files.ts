import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** What is asked of a file system by backup and restore; tests stop it at any step. */
export interface Files {
  /** Names in a folder; empty when there is none. */
  list(folder: string): Promise<string[]>
  makeFolder(folder: string): Promise<void>
  /** Null when there is none. */
  sizeOf(path: string): Promise<number | null>
  /** A small file as a whole. */
  read(path: string): Promise<Buffer>
  chunks(path: string): AsyncIterable<Uint8Array>
  /** Writes a file anew, for its owner alone, and syncs it. Its name is durable after `rename` or `syncFolder`. */
  write(path: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<FileDigest>
  /** Durable when answered. */
  rename(from: string, to: string): Promise<void>
  syncFolder(folder: string): Promise<void>
  /** No error when it is not there. */
  remove(path: string): Promise<void>
}

export interface FileDigest {
  readonly sha256: string
  readonly bytes: number
}

/** What is written but not yet complete; worthless after a crash. */
export const TEMPORARY = '.tmp'

const CHUNK_BYTES = 1024 * 1024

export const nodeFiles: Files = {
  async list(folder) {
    try {
      return (await readdir(folder)).toSorted()
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return []
      throw error
    }
  },
  async makeFolder(folder) {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  },
  async sizeOf(path) {
    try {
      return (await stat(path)).size
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null
      throw error
    }
  },
  read: (path) => readFile(path),
  async *chunks(path) {
    const file = await open(path, 'r')
    try {
      for (;;) {
        const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
        const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES)
        if (bytesRead === 0) return
        yield chunk.subarray(0, bytesRead)
      }
    } finally {
      await file.close()
    }
  },
  async write(path, chunks) {
    const hash = createHash('sha256')
    let bytes = 0
    const file = await open(path, 'w', 0o600)
    try {
      for await (const chunk of chunks) {
        hash.update(chunk)
        await file.writeFile(chunk)
        bytes += chunk.length
      }
      await file.sync()
    } finally {
      await file.close()
    }
    return { sha256: hash.digest('hex'), bytes }
  },
  async rename(from, to) {
    await rename(from, to)
    await syncFolder(dirname(to))
  },
  syncFolder,
  remove: (path) => rm(path, { force: true, recursive: true }),
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Digest of a file that is there. */
export async function digestOf(files: Files, path: string): Promise<FileDigest> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of files.chunks(path)) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { sha256: hash.digest('hex'), bytes }
}

/** The errno code of an error of the file system; undefined for any other. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined
}

/** No space, quota used up, or a file size limit. SQLite says so in words of its own. */
export function isFull(error: unknown): boolean {
  if (['ENOSPC', 'EDQUOT', 'EFBIG'].includes(codeOf(error) ?? '')) return true
  return error instanceof Error && 'errcode' in error && Number(error.errcode) === 13
}
