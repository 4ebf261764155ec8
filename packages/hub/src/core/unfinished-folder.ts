import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

/**
 * Marks of data folders that are being filled: the first file written there and the last one removed. A
 * folder with one holds a part of what it is to hold, which a hub would take for all of it.
 */

/** In a folder into which a backup is being restored. */
export const UNFINISHED_RESTORE = 'restore-unfinished.json'
/** In a folder into which made-up history is being written. */
export const UNFINISHED_HISTORY = 'generate-unfinished.json'

/** Why a hub must not run on the folder, and what to do; null where the folder is not being filled. */
export function whyUnfinished(dir: string): string | null {
  const restoring = join(dir, UNFINISHED_RESTORE)
  if (existsSync(restoring)) {
    const command =
      runOf(restoring) ?? 'llmhub restore --from <folder of backups> --to <this folder>'
    return `a restore into ${dir} was not finished, so that it holds a part of a backup only; run: ${command}`
  }
  const generating = join(dir, UNFINISHED_HISTORY)
  if (!existsSync(generating)) return null
  const command = runOf(generating) ?? 'llmhub generate --into <this folder>'
  return `history was being made up in ${dir} and was not finished, so that it holds a part of it only; run: ${command}`
}

/** Writes the mark durably. @param run the command that begins anew, shown to whoever finds the folder */
export function markUnfinished(dir: string, mark: string, run: string): void {
  const path = join(dir, mark)
  const file = openSync(`${path}.tmp`, 'w', 0o600)
  try {
    writeSync(file, `${JSON.stringify({ run })}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(`${path}.tmp`, path)
  syncFolder(dir)
}

/** Takes the mark away durably: the folder is whole. */
export function markFinished(dir: string, mark: string): void {
  rmSync(join(dir, mark))
  syncFolder(dir)
}

function syncFolder(dir: string): void {
  const folder = openSync(dir, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** The command that was run, where the mark tells it. */
function runOf(path: string): string | null {
  try {
    const { run } = JSON.parse(readFileSync(path, 'utf8')) as { readonly run?: unknown }
    return typeof run === 'string' ? run : null
  } catch {
    return null
  }
}
