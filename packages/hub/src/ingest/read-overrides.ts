import { readFile } from 'node:fs/promises'
import type { Refused } from '../core/refused.ts'
import type { OverrideJson } from './price-book.ts'
import { parseOverrides } from './price-override.ts'

/** The configured file of prices; none is one without prices. */
export async function readOverrides(
  path: string | null,
): Promise<{ readonly ok: true; readonly overrides: OverrideJson } | Refused> {
  if (path === null) return { ok: true, overrides: {} }
  const refusal = (why: string): Refused => {
    return { ok: false, reason: 'config', message: `prices.overrides ${path}${why}` }
  }
  try {
    const json: unknown = JSON.parse(await readFile(path, 'utf8'))
    const overrides = parseOverrides(json)
    if (overrides.issues.length === 0) return { ok: true, overrides: json as OverrideJson }
    const issues = overrides.issues
      .slice(0, 10)
      .map(({ path: at, message }) => `  ${at}: ${message}`)
    return refusal(`:\n${issues.join('\n')}`)
  } catch (error) {
    return refusal(`: ${(error as Error).message}`)
  }
}
