import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Where the consumer's checkpoint is kept. */
export interface CheckpointFile {
  /** Null when there is none. */
  read(): Promise<Uint8Array | null>
  /** Puts it in the place of the one before, durably: whatever stops the process, one of the two is there. */
  replace(bytes: Uint8Array): Promise<void>
  /** Nothing of it is left. */
  remove(): Promise<void>
}

/** The file `live/checkpoint` of a data folder. */
export function checkpointIn(dataDir: string): CheckpointFile {
  const path = join(dataDir, 'live', 'checkpoint')
  const temporary = `${path}.new`
  return {
    async read() {
      try {
        return await readFile(path)
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
        throw error
      }
    },
    async replace(bytes) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      const file = await open(temporary, 'w', 0o600)
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, path)
      const folder = await open(dirname(path), 'r')
      try {
        await folder.sync()
      } finally {
        await folder.close()
      }
    },
    async remove() {
      await Promise.all([path, temporary].map((each) => rm(each, { force: true })))
    },
  }
}
