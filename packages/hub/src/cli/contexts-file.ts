/**
 * The contexts a person works with: hubs by name, each with the key to use there, in one JSON file of the
 * user's configuration folder that only the user may read.
 */

import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CliError, EXIT } from './exit-codes.ts'

export interface HubContext {
  readonly url: string
  readonly key: string
}

export interface Contexts {
  readonly file: string
  readonly current: string | null
  readonly byName: ReadonlyMap<string, HubContext>
}

/** Letters, digits and . _ : - : such a name needs no quotes in any shell. */
export const CONTEXT_NAME = /^[\w.:-]{1,64}$/

const VERSION = 1

/** @param folder the user's configuration folder; null where there is none, which holds no contexts */
export function readContexts(folder: string | null): Contexts {
  if (folder === null) return { file: 'no configuration folder', current: null, byName: new Map() }
  const file = join(folder, 'llmhub', 'contexts.json')
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return { file, current: null, byName: new Map() }
    throw new CliError(`${file} cannot be read: ${(error as Error).message}`, EXIT.config)
  }
  const parsed = parse(text)
  if (parsed === null) {
    const message = `${file} is not a file of contexts: mend it, or remove it and log in again with llmhub login`
    throw new CliError(message, EXIT.config)
  }
  return { file, ...parsed }
}

function parse(text: string): Omit<Contexts, 'file'> | null {
  try {
    const { version, current, contexts } = JSON.parse(text) as Record<string, unknown>
    if (version !== VERSION || typeof contexts !== 'object' || contexts === null) return null
    const byName = new Map<string, HubContext>()
    for (const [name, entry] of Object.entries(contexts)) {
      const { url, key } = entry as Record<string, unknown>
      if (typeof url !== 'string' || typeof key !== 'string') return null
      byName.set(name, { url, key })
    }
    return { current: typeof current === 'string' ? current : null, byName }
  } catch {
    return null
  }
}

/** Writes all contexts, whole or not at all. */
export function writeContexts({ file, current, byName }: Contexts): void {
  const document = { version: VERSION, current, contexts: Object.fromEntries(byName) }
  const temporary = `${file}.new`
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(temporary, `${JSON.stringify(document, null, 2)}\n`, { mode: 0o600, flush: true })
    // A file left by an earlier attempt keeps the rights it was made with.
    chmodSync(temporary, 0o600)
    renameSync(temporary, file)
  } catch (error) {
    throw new CliError(`${file} cannot be written: ${(error as Error).message}`, EXIT.config)
  }
}
