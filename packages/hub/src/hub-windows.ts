/** Live windows that are there at the start: of the configuration, and those that people defined. */

import { readFile } from 'node:fs/promises'
import type { Logger } from 'pino'
import { parseWindowDefinition } from './api/window-definition.ts'
import type { Control } from './control/control.ts'
import type { Refused } from './hub-refusals.ts'
import type { LiveDefinition, LiveSource } from './live/live.ts'

/** The configured file of windows; none is one without windows. */
export async function readWindows(
  path: string | null,
): Promise<{ readonly ok: true; readonly definitions: readonly LiveDefinition[] } | Refused> {
  if (path === null) return { ok: true, definitions: [] }
  const refusal = (lines: readonly string[]): Refused => {
    return { ok: false, reason: 'config', message: `live.windows ${path}: ${lines.join('\n  ')}` }
  }
  let json: unknown
  try {
    json = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    return refusal([(error as Error).message])
  }
  if (!Array.isArray(json)) return refusal(['expected a list of windows'])
  const definitions: LiveDefinition[] = []
  const faults: string[] = []
  for (const [at, value] of json.entries()) {
    const parsed = parseWindowDefinition(value, null)
    if (!parsed.ok) {
      for (const { path: member, message, hint } of parsed.errors) {
        faults.push(`/${at}${member}: ${message}${hint === undefined ? '' : `. ${hint}`}`)
      }
      continue
    }
    const { name } = parsed.definition
    if (definitions.some((each) => each.name === name)) {
      faults.push(`/${at}/name: "${name}" is there twice`)
    } else definitions.push(parsed.definition)
  }
  return faults.length > 0 ? refusal(['', ...faults.slice(0, 10)]) : { ok: true, definitions }
}

/**
 * Puts the windows of the start into the source: those of the configuration, which all have to be right, then those
 * that people defined, of which one that is refused (by a name that the configuration has, or the hub itself) waits
 * in the control store until it is removed.
 */
export async function putWindows(
  source: LiveSource,
  configured: readonly LiveDefinition[],
  control: Pick<Control, 'windows'>,
  logger: Logger,
): Promise<{ readonly ok: true } | Refused> {
  for (const definition of configured) {
    const put = await source.put(definition)
    if (put.ok) continue
    const issues = put.issues.map(({ path, message }) => `\n  ${path}: ${message}`)
    const message = `live.windows, ${definition.name}: ${put.message}${issues.join('')}`
    return { ok: false, reason: 'config', message }
  }
  const names = new Set(configured.map(({ name }) => name))
  for (const { json, name } of control.windows()) {
    const put = names.has(name)
      ? { ok: false as const, message: 'the configuration has a window of that name' }
      : await source.put(JSON.parse(json) as LiveDefinition)
    if (!put.ok) logger.warn({ window: name, reason: put.message }, 'a window is not counted')
  }
  return { ok: true }
}
