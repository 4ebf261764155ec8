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
import { whyUnfinished } from './unfinished-folder.ts'

const FILE = 'format.json'

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
export function readFolderFormat(dir: string, version: string): FolderFormatRead {
  const known = FOLDER_FORMAT
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

/** Refuses a folder that is being filled, or of a newer layout, and marks any other as {@link markFolderFormat} does. */
export function checkFolderFormat(dir: string, version: string): FormatCheck {
  const unfinished = whyUnfinished(dir)
  return unfinished === null ? markFolderFormat(dir, version) : { ok: false, message: unfinished }
}

/**
 * Refuses a folder of a newer layout; marks a new one, and one of an older format before anything newer
 * is written into it, so that an older program refuses it from then on. A mark never goes back.
 */
export function markFolderFormat(dir: string, version: string): FormatCheck {
  const known = FOLDER_FORMAT
  const read = readFolderFormat(dir, version)
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
