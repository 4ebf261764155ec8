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
import { runInstead } from './newer-format.ts'

const FILE = 'format.json'
/** In a folder into which a backup is being restored: the first file there and the last one removed. */
export const UNFINISHED_RESTORE = 'restore-unfinished.json'

/** What `format.json` says of a data folder. */
export interface FolderFormat {
  /** Counts changes of any file of the folder. */
  readonly format: number
  /** Least format that a program must know to open the folder. */
  readonly minReader: number
  /** The first release that knew `minReader`: what to install to go back. */
  readonly minRelease: string
  /** The release that brought the folder to this format. */
  readonly writer: string
}

/**
 * What this program writes. Whoever changes a file so that older programs misread it raises `format`
 * and `minReader` and puts the coming release into `minRelease`; a change that they may pass over
 * raises `format` alone.
 */
export const FOLDER_FORMAT: Omit<FolderFormat, 'writer'> = {
  format: 1,
  minReader: 1,
  minRelease: '0.1.0',
}

export type FolderFormatRead =
  | { readonly ok: true; readonly found: FolderFormat }
  /** A new folder, or one whose file was lost: the other files say what they are themselves. */
  | { readonly ok: true; readonly found: null }
  | { readonly ok: false; readonly message: string }

/** Reads the mark of a folder and refuses a newer one. Changes nothing. */
export function readFolderFormat(
  dir: string,
  version: string,
  known: Omit<FolderFormat, 'writer'> = FOLDER_FORMAT,
): FolderFormatRead {
  const path = join(dir, FILE)
  if (!existsSync(path)) return { ok: true, found: null }
  let value: Partial<Record<keyof FolderFormat, unknown>> | null
  try {
    value = JSON.parse(readFileSync(path, 'utf8')) as typeof value
  } catch (error) {
    return { ok: false, message: damaged(path, (error as Error).message) }
  }
  const { format, minReader, minRelease, writer } = value ?? {}
  if (typeof format !== 'number' || typeof minReader !== 'number') {
    return { ok: false, message: damaged(path, 'it names no format') }
  }
  const found = {
    format,
    minReader,
    minRelease: typeof minRelease === 'string' ? minRelease : 'latest',
    writer: typeof writer === 'string' ? writer : 'unknown',
  }
  if (minReader <= known.format) return { ok: true, found }
  const message = `${dir} has format ${format}, written by release ${found.writer}, and needs a release that knows format ${minReader}; this one (${version}) knows up to ${known.format}: ${runInstead(found.minRelease)}`
  return { ok: false, message }
}

function damaged(path: string, why: string): string {
  return `${path} is damaged: ${why}; delete it, and the next start writes it anew: every other file names its version itself`
}

export type FormatCheck = { readonly ok: true } | { readonly ok: false; readonly message: string }

/**
 * Refuses a folder that is restored in part, or of a newer layout; marks a new one, and one of an older format before anything newer
 * is written into it, so that an older program refuses it from then on. A mark never goes back.
 */
export function checkFolderFormat(
  dir: string,
  version: string,
  known: Omit<FolderFormat, 'writer'> = FOLDER_FORMAT,
): FormatCheck {
  const unfinished = join(dir, UNFINISHED_RESTORE)
  if (existsSync(unfinished)) {
    const message = `a restore into ${dir} was not finished, so that it holds a part of a backup only; run: ${restoreCommand(unfinished)}`
    return { ok: false, message }
  }
  const read = readFolderFormat(dir, version, known)
  if (!read.ok) return read
  if (read.found === null || read.found.format < known.format) {
    writeDurably(dir, { ...known, writer: version })
  }
  return { ok: true }
}

function writeDurably(dir: string, content: FolderFormat): void {
  const path = join(dir, FILE)
  const temporary = `${path}.new`
  const file = openSync(temporary, 'w', 0o600)
  writeSync(file, `${JSON.stringify(content)}\n`)
  fsyncSync(file)
  closeSync(file)
  renameSync(temporary, path)
  const folder = openSync(dir, 'r')
  fsyncSync(folder)
  closeSync(folder)
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
