/**
 * What the journal asks of a file system. Production uses `node-disk.ts`; tests use a simulated disk
 * that loses unsynced writes, tears them at sectors and fails the n-th operation.
 *
 * Every operation rejects with an error that has an errno `code` ('ENOSPC', 'EIO', …). A rejected
 * write may have written any part of its bytes.
 */
export interface DiskFile {
  size(): Promise<number>
  /** Fills `into` from `position`; answers the bytes read, fewer only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>
  /** Writes all buffers one after the other from `position`. */
  write(buffers: readonly Uint8Array[], position: number): Promise<void>
  truncate(length: number): Promise<void>
  /** Makes contents and size durable (fdatasync). */
  datasync(): Promise<void>
  /** Makes contents and all metadata durable (fsync). */
  sync(): Promise<void>
  close(): Promise<void>
}

/** `create` fails with EEXIST when the file is there; `write` opens an existing file for reading and writing. */
export type OpenMode = 'read' | 'write' | 'create'

export interface Disk {
  open(path: string, mode: OpenMode): Promise<DiskFile>
  /** Replaces `to` when it exists. Durable only after `syncDirectory`. */
  rename(from: string, to: string): Promise<void>
  /** Durable only after `syncDirectory`. */
  unlink(path: string): Promise<void>
  /** Names in the folder, in any order; empty when it does not exist. */
  list(directory: string): Promise<string[]>
  /** Creates the folder and its parents; no error when it exists. */
  makeDirectory(directory: string): Promise<void>
  syncDirectory(directory: string): Promise<void>
}

/** The errno code of an error thrown by a disk, such as 'ENOENT'; undefined for Node's own ERR_… codes, which are bugs. */
export function errnoCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined
}

/** No space, quota used up, or a file size limit: errors that pass when the operator makes room. */
export function isDiskFull(error: unknown): boolean {
  const code = errnoCode(error)
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
}

/** A failed fsync: afterwards nobody knows what is on disk, so it is never retried. */
export class SyncError extends Error {
  constructor(path: string, cause: unknown) {
    super(`fsync of ${path} failed: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    })
    this.name = 'SyncError'
  }
}

export async function syncData(file: DiskFile, path: string): Promise<void> {
  try {
    await file.datasync()
  } catch (error) {
    throw new SyncError(path, error)
  }
}

export async function syncAll(file: DiskFile, path: string): Promise<void> {
  try {
    await file.sync()
  } catch (error) {
    throw new SyncError(path, error)
  }
}

export async function syncFolder(disk: Disk, directory: string): Promise<void> {
  try {
    await disk.syncDirectory(directory)
  } catch (error) {
    throw new SyncError(directory, error)
  }
}

export async function sizeOf(disk: Disk, path: string): Promise<number> {
  const file = await disk.open(path, 'read')
  try {
    return await file.size()
  } finally {
    await file.close()
  }
}
