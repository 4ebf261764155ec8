import { randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { lockFolder } from '../../core/folder-lock.ts'
import type { Totals } from '../../generate/totals.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import type { GeneratedRange } from './range.ts'

/** The folder of a demonstration: a data folder, the key to it, and what is true of what it holds. */
export interface DemoFolder {
  readonly dir: string
  readonly dataDir: string
  readonly truth: string
  readonly key: string
  /** What was made; null when there is nothing yet. */
  readonly state: DemoState | null
}

export interface DemoState {
  readonly range: GeneratedRange
  readonly totals: Totals
}

/** Tells that the folder is one of a demonstration: written before anything else in it. */
const MARK = 'demo.json'

interface Mark {
  readonly demo: true
  readonly key: string
  readonly state: DemoState | null
}

/**
 * Opens the folder, or makes it. What an interrupted start left is removed.
 * @throws CliError when it holds something else, or another start is under way
 */
export function openDemoFolder(path: string): DemoFolder {
  const dir = resolve(path)
  const mark = join(dir, MARK)
  const dataDir = join(dir, 'data')
  if (!existsSync(mark)) {
    if (existsSync(dir) && readdirSync(dir).length > 0) {
      const message = `${dir} holds something else than a demonstration: name another folder with --dir`
      throw new CliError(message, EXIT.conflict)
    }
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    writeMark(dir, { demo: true, key: `demo-${randomBytes(24).toString('hex')}`, state: null })
  }
  const found = readMark(mark)
  if (found.state === null) removeUnfinished(dataDir)
  return { dir, dataDir, truth: join(dir, 'truth.json'), key: found.key, state: found.state }
}

function removeUnfinished(dataDir: string): void {
  if (!existsSync(dataDir)) return
  const locking = lockFolder(dataDir)
  if (!locking.ok) {
    throw new CliError(`another start makes up this traffic: ${locking.message}`, EXIT.conflict)
  }
  rmSync(dataDir, { recursive: true, force: true })
  locking.lock.release()
}

/** Keeps what was made, once it is in the log. */
export function saveDemo({ dir, key }: DemoFolder, state: DemoState): void {
  writeMark(dir, { demo: true, key, state })
}

function writeMark(dir: string, mark: Mark): void {
  const path = join(dir, MARK)
  writeFileSync(`${path}.new`, `${JSON.stringify(mark)}\n`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

function readMark(path: string): Mark {
  try {
    const found = JSON.parse(readFileSync(path, 'utf8')) as Mark
    if (found.demo && typeof found.key === 'string') return found
  } catch {
    // Told below, like any other content.
  }
  throw new CliError(`${path} cannot be read: delete the folder and start again`, EXIT.failure)
}
