import { basename, dirname } from 'node:path'
import type { IndexFiles, IndexImage } from '../../core/index-image.ts'
import { isNewerFormat } from '../../core/newer-format.ts'
import type { KeyIndex } from './key-index.ts'
import { MANIFEST_NAME, readManifest, writeManifest } from './manifest.ts'
import { openRunFolder } from './node-run-files.ts'
import { Run, RunDamagedError } from './run.ts'

/** What a backup copies of an open index; null while there is nothing whole on disk. See `KeyIndex.hold`. */
export function imageOfIndex(folder: string, index: Pick<KeyIndex, 'hold'>): IndexImage | null {
  const held = index.hold()
  if (held === null) return null
  return {
    list: { path: `${folder}/${MANIFEST_NAME}`, bytes: held.manifest },
    runs: held.runs.map(({ name, covered, mark }) => ({
      path: `${folder}/${name}`,
      covered,
      mark,
    })),
    release: () => held.release(),
  }
}

/** The files of indexes that no process has open. */
export const nodeIndexFiles: IndexFiles = {
  async check(file) {
    const files = await openRunFolder(dirname(file))
    try {
      const listed = { name: basename(file), level: 0, covered: new Map<number, bigint>() }
      const run = await Run.open(files, listed, null)
      try {
        const cursor = run.cursor()
        while (!cursor.done) if (!cursor.next()) await cursor.fetch()
      } finally {
        run.close()
      }
      return null
    } catch (error) {
      if (error instanceof RunDamagedError || isNewerFormat(error)) return error.message
      throw error
    }
  },
  async keepFirst(folder, count) {
    const files = await openRunFolder(folder)
    try {
      const manifest = await readManifest(files, null)
      const runs = manifest?.runs.slice(0, count)
      const last = runs?.at(-1)
      if (manifest === null || runs === undefined || last === undefined || runs.length < count) {
        return 'its list of runs cannot be read'
      }
      await writeManifest(files, { ...manifest, runs, covered: last.covered })
      return null
    } catch (error) {
      if (isNewerFormat(error)) return error.message
      throw error
    }
  },
}
