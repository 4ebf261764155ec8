import { existsSync, readFileSync } from 'node:fs'
import { type ConfigOutcome, resolveConfig } from './resolve.ts'

/** File that is read when none is named and it is there. */
const DEFAULT_FILE = 'llmhub.json'

/**
 * Reads the configuration of this process: `--config FILE`, else LLMHUB_CONFIG, else ./llmhub.json
 * where it exists; then the environment; then flags (`--set path=value`).
 */
export function loadConfig(
  flags: Readonly<Record<string, string>>,
  configFile?: string,
): ConfigOutcome {
  const named = configFile ?? process.env['LLMHUB_CONFIG']
  const name = named ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined)
  const readFile = (path: string): string => readFileSync(path, 'utf8')
  const base = { environment: process.env, flags, readFile }
  if (name === undefined) return resolveConfig(base)
  try {
    return resolveConfig({ ...base, file: { name, text: readFile(name) } })
  } catch (error) {
    const message = `cannot be read: ${(error as Error).message}`
    return { ok: false, issues: [{ where: name, message }] }
  }
}
