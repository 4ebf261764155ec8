import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

/** Version of the layout of the data folder that this program writes, and the oldest reader it suits. */
const FOLDER_FORMAT = 1
const MIN_READER = 1
const FILE = 'format.json'
/** In a folder into which a backup is being restored: the first file there and the last one removed. */
export const UNFINISHED_RESTORE = 'restore-unfinished.json'

interface FolderFormat {
  readonly format: number
  /** Least FOLDER_FORMAT of a program that may open the folder. */
  readonly minReader: number
  /** Release that wrote it. */
  readonly writer: string
}

export type FormatCheck = { readonly ok: true } | { readonly ok: false; readonly message: string }

/** Refuses a folder that is restored in part, or of a newer layout; marks a new one. */
export function checkFolderFormat(dir: string, version: string): FormatCheck {
  const unfinished = join(dir, UNFINISHED_RESTORE)
  if (existsSync(unfinished)) {
    const message = `a restore into ${dir} was not finished, so that it holds a part of a backup only; run: ${restoreCommand(unfinished)}`
    return { ok: false, message }
  }
  const path = join(dir, FILE)
  if (!existsSync(path)) {
    writeDurably(path, { format: FOLDER_FORMAT, minReader: MIN_READER, writer: version })
    return { ok: true }
  }
  let found: Partial<FolderFormat>
  try {
    found = JSON.parse(readFileSync(path, 'utf8')) as Partial<FolderFormat>
  } catch (error) {
    return { ok: false, message: `${path} is damaged: ${(error as Error).message}` }
  }
  if (typeof found.minReader !== 'number') return { ok: false, message: `${path} names no format` }
  if (found.minReader <= FOLDER_FORMAT) return { ok: true }
  const message = `${dir} was written by release ${found.writer ?? 'unknown'}, format ${found.format ?? '?'}; this release (${version}) reads up to format ${FOLDER_FORMAT}: install that release or a newer one`
  return { ok: false, message }
}

function writeDurably(path: string, content: FolderFormat): void {
  const temporary = `${path}.new`
  const file = openSync(temporary, 'w', 0o600)
  writeSync(file, `${JSON.stringify(content)}\n`)
  fsyncSync(file)
  closeSync(file)
  renameSync(temporary, path)
}

/** The command that was run, or its form where the marker does not tell. */
function restoreCommand(marker: string): string {
  try {
    const { run } = JSON.parse(readFileSync(marker, 'utf8')) as { readonly run?: unknown }
    if (typeof run === 'string') return run
  } catch {
    // It was being written when the process ended.
  }
  return 'llmhub restore --from <folder of backups> --to <this folder>'
}
