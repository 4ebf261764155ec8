import {
  close,
  constants,
  fdatasync,
  fstat,
  fsync,
  ftruncate,
  mkdir,
  open,
  read,
  readdir,
  rename,
  unlink,
  writev,
} from 'node:fs'
import { type Disk, type DiskFile, errnoCode, type OpenMode } from './disk.ts'

type Callback = (error: Error | null) => void

function done(call: (callback: Callback) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    call((error) => (error === null ? resolve() : reject(error)))
  })
}

function value<T>(call: (callback: (error: Error | null, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error === null ? resolve(result) : reject(error)))
  })
}

async function readFully(fd: number, into: Uint8Array, position: number): Promise<number> {
  let filled = 0
  while (filled < into.length) {
    const from = filled
    const n = await value<number>((callback) =>
      read(fd, into, from, into.length - from, position + from, callback),
    )
    if (n === 0) break
    filled += n
  }
  return filled
}

/** What is left of `buffers` after the first `written` bytes. */
function rest(buffers: readonly Uint8Array[], written: number): Uint8Array[] {
  const left: Uint8Array[] = []
  let skip = written
  for (const buffer of buffers) {
    if (skip >= buffer.length) {
      skip -= buffer.length
      continue
    }
    left.push(skip === 0 ? buffer : buffer.subarray(skip))
    skip = 0
  }
  return left
}

/**
 * A write may be short (a signal, a nearly full disk); the rest is tried again, and it is that try
 * which reports the reason.
 */
async function writeFully(fd: number, buffers: readonly Uint8Array[], at: number): Promise<void> {
  let left = buffers.filter((buffer) => buffer.length > 0)
  let position = at
  while (left.length > 0) {
    const now = left
    const from = position
    const written = await value<number>((callback) => writev(fd, now, from, callback))
    position += written
    left = rest(now, written)
  }
}

const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: constants.O_RDONLY,
  write: constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
}

async function openFile(path: string, mode: OpenMode): Promise<DiskFile> {
  const fd = await value<number>((callback) => open(path, FLAGS[mode], 0o600, callback))
  return {
    size: async () =>
      (await value<{ size: number }>((callback) => fstat(fd, { bigint: false }, callback))).size,
    read: (into, position) => readFully(fd, into, position),
    write: (buffers, position) => writeFully(fd, buffers, position),
    truncate: (length) => done((callback) => ftruncate(fd, length, callback)),
    datasync: () => done((callback) => fdatasync(fd, callback)),
    sync: () => done((callback) => fsync(fd, callback)),
    close: () => done((callback) => close(fd, callback)),
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const fd = await value<number>((callback) => open(directory, constants.O_RDONLY, callback))
  try {
    await done((callback) => fsync(fd, callback))
  } finally {
    await done((callback) => close(fd, callback))
  }
}

/** The file system of the machine, through Node's thread pool. */
export const nodeDisk: Disk = {
  open: openFile,
  rename: (from, to) => done((callback) => rename(from, to, callback)),
  unlink: (path) => done((callback) => unlink(path, callback)),
  list: async (directory) => {
    try {
      return await value<string[]>((callback) => readdir(directory, callback))
    } catch (error) {
      if (errnoCode(error) === 'ENOENT') return []
      throw error
    }
  },
  makeDirectory: (directory) =>
    done((callback) =>
      mkdir(directory, { recursive: true, mode: 0o700 }, (error) => callback(error)),
    ),
  syncDirectory,
}
