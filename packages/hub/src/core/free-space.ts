import { statfs } from 'node:fs/promises'
import type { Clock } from './clock.ts'

export interface FreeSpace {
  /** Bytes an ordinary user may still write, as of the last look. */
  bytes(): number
  stop(): void
}

const EVERY_MS = 1000

/** Looks once a second, so that asking costs nothing. A look that fails keeps the last answer. */
export async function watchFreeSpace(dir: string, clock: Clock): Promise<FreeSpace> {
  const look = async (): Promise<number> => {
    const { bavail, bsize } = await statfs(dir)
    return bavail * bsize
  }
  let known = await look()
  const stop = clock.every(EVERY_MS, () => {
    look().then(
      (bytes) => {
        known = bytes
      },
      () => {
        // The write that follows will say what is wrong with the folder.
      },
    )
  })
  return { bytes: () => known, stop }
}
