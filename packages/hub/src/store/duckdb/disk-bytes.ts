import { stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Size of a database file and its write-ahead log; 0 where there are none. */
export async function bytesOf(path: string): Promise<number> {
  let bytes = 0
  for (const file of [path, `${path}.wal`]) {
    bytes += await stat(file).then(
      ({ size }) => size,
      () => 0,
    )
  }
  return bytes
}

/** Bytes that can still be written into the folder of a file. */
export async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(dirname(path))
  return bavail * bsize
}
