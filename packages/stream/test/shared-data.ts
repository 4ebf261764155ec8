import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

const shared =
  process.env['LLMHUB_SHARED_DATA'] ?? path.resolve(import.meta.dirname, '../../../../shared/data')

/** Why a case that reads published files cannot run here, or null where it can. */
export function absent(...files: readonly string[]): string | null {
  const missing = files
    .map((file) => path.join(shared, 'streaming', file))
    .filter((file) => !existsSync(file))
  return missing.length === 0 ? null : `there is no ${missing.join(', ')}`
}

/** A file of the published streaming data (LLMHUB_SHARED_DATA names the folder of all of them). */
export function readShared(file: string): string {
  return readFileSync(path.join(shared, 'streaming', file), 'utf8')
}

export function readJsonLines(file: string): Record<string, unknown>[] {
  return readShared(file)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}
