import { join } from 'node:path'
import type { IndexImage } from '../core/index-image.ts'
import { CALL_VALUE_WORDS } from './call-row.ts'
import { imageOfIndex } from './dedup/index-files.ts'
import { KeyIndex, type KeyIndexOptions } from './dedup/key-index.ts'
import { openRunFolder } from './dedup/node-run-files.ts'
import { ID_VALUE_WORDS } from './intake.ts'

/** The two indexes of a data folder, as far as their files go. */
export interface Indexes {
  readonly ids: KeyIndex
  readonly calls: KeyIndex
  /** What a backup copies of them; what is incomplete is left out. */
  images(): IndexImage[]
  /** Writes what is in memory and closes both. */
  close(): Promise<void>
}

export interface IndexesOptions extends Omit<KeyIndexOptions, 'files' | 'valueWords'> {
  readonly dataDir: string
}

const IDS = 'dedup/ids'
const CALLS = 'dedup/calls'

/** @throws NewerFormatError */
export async function openIndexes({ dataDir, ...options }: IndexesOptions): Promise<Indexes> {
  const open = async (folder: string, valueWords: number): Promise<KeyIndex> =>
    KeyIndex.open({ ...options, valueWords, files: await openRunFolder(join(dataDir, folder)) })
  const ids = await open(IDS, ID_VALUE_WORDS)
  let calls: KeyIndex
  try {
    calls = await open(CALLS, CALL_VALUE_WORDS)
  } catch (error) {
    await ids.close()
    throw error
  }
  return {
    ids,
    calls,
    images: () =>
      [imageOfIndex(IDS, ids), imageOfIndex(CALLS, calls)].filter((image) => image !== null),
    async close() {
      await calls.close()
      await ids.close()
    },
  }
}
