import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Statements kept. */
export const HISTORY_SIZE = 1000
const FILE = 'sql_history'

/**
 * Statements typed before, newest first, as readline has them. They may name people, so the file is
 * the owner's alone. Without a folder, or where it cannot be read, there are none.
 */
export function loadHistory(folder: string | null): string[] {
  if (folder === null) return []
  try {
    const lines = readFileSync(join(folder, FILE), 'utf8').split('\n')
    return lines.filter((line) => line !== '').slice(0, HISTORY_SIZE)
  } catch {
    return []
  }
}

/** Answers whether the history was kept. */
export function saveHistory(folder: string | null, history: readonly string[]): boolean {
  if (folder === null) return false
  const path = join(folder, FILE)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(
      path,
      history
        .slice(0, HISTORY_SIZE)
        .map((line) => `${line}\n`)
        .join(''),
      {
        mode: 0o600,
      },
    )
    // The mode above is of new files only.
    chmodSync(path, 0o600)
    return true
  } catch {
    return false
  }
}
