import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Runs `use` in a new folder and removes it afterwards. With `keep` the folder stays when `use` fails,
 * as evidence, and its path is added to the error's message.
 */
export async function inFolder<T>(
  use: (folder: string) => Promise<T>,
  { keep = false }: { readonly keep?: boolean } = {},
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'llmhub-fault-'))
  let failed = true
  try {
    const result = await use(folder)
    failed = false
    return result
  } catch (error) {
    if (keep && error instanceof Error) error.message += `\n  the data folder is kept: ${folder}`
    throw error
  } finally {
    if (!failed || !keep) rmSync(folder, { recursive: true, force: true })
  }
}
