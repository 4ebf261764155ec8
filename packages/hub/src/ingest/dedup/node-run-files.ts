import { read as readCallback, readSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { RunFiles, RunSink, RunSource } from './run-files.ts'

const readAsync = promisify(readCallback)

/** The index's files in `folder`, which is made when it does not exist. */
export async function openRunFolder(folder: string): Promise<RunFiles> {
  await mkdir(folder, { recursive: true })
  const path = (name: string): string => join(folder, name)
  return {
    list: () => readdir(folder),
    async read(name) {
      try {
        return await readFile(path(name))
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
        throw error
      }
    },
    async replace(name, bytes) {
      const temporary = path(`${name}.new`)
      const file = await open(temporary, 'w')
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, path(name))
      await syncFolder(folder)
    },
    async create(name) {
      return sink(await open(path(name), 'w'), folder)
    },
    async open(name) {
      const file = await open(path(name), 'r')
      const { size } = await file.stat()
      return source(file, size)
    },
    remove: (name) => rm(path(name), { force: true }),
  }
}

type FileHandle = Awaited<ReturnType<typeof open>>

function sink(file: FileHandle, folder: string): RunSink {
  return {
    async write(bytes) {
      let at = 0
      while (at < bytes.length) {
        const { bytesWritten } = await file.write(bytes, at, bytes.length - at)
        at += bytesWritten
      }
    },
    async finish() {
      await file.sync()
      await file.close()
      await syncFolder(folder)
    },
    async abandon() {
      await file.close().catch(() => undefined)
    },
  }
}

function source(file: FileHandle, size: number): RunSource {
  const { fd } = file
  let closed = false
  return {
    size,
    readNow(position, target) {
      let done = 0
      while (done < target.length) {
        const count = readSync(fd, target, done, target.length - done, position + done)
        if (count === 0) throw new Error('the file ends early')
        done += count
      }
    },
    async read(position, target) {
      let done = 0
      while (done < target.length) {
        const { bytesRead } = await readAsync(
          fd,
          target,
          done,
          target.length - done,
          position + done,
        )
        if (bytesRead === 0) throw new Error('the file ends early')
        done += bytesRead
      }
    },
    close() {
      if (closed) return
      closed = true
      void file.close()
    },
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
