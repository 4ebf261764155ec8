/** Live windows that are there at the start: of the configuration, and those that people defined. */

import { readFile } from 'node:fs/promises'
import { parseWindowDefinition } from './api/window-definition.ts'
import type { Control } from './control/control.ts'
import type { Refused } from './core/refused.ts'
import { defaultDefinitions } from './live/default-definitions.ts'
import type { LiveDefinition, LiveSource } from './live/live.ts'

export type Windows =
  | { readonly ok: true; readonly definitions: readonly LiveDefinition[] }
  | Refused

const OWN: ReadonlySet<string> = new Set(
  defaultDefinitions({ models: [], kinds: [] }).map(({ name }) => name),
)

/** The configured file of windows, which all have to be right; none is one without windows. */
export async function readWindows(path: string | null): Promise<Windows> {
  if (path === null) return { ok: true, definitions: [] }
  const refusal = (...lines: readonly string[]): Refused => {
    return { ok: false, reason: 'config', message: `live.windows ${path}: ${lines.join('\n  ')}` }
  }
  let json: unknown
  try {
    json = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    return refusal((error as Error).message)
  }
  if (!Array.isArray(json)) return refusal('expected a list of windows')
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
    if (OWN.has(name)) faults.push(`/${at}/name: "${name}" is one of the hub's own`)
    else if (definitions.some((each) => each.name === name)) {
      faults.push(`/${at}/name: "${name}" is there twice`)
    } else definitions.push(parsed.definition)
  }
  return faults.length > 0 ? refusal('', ...faults.slice(0, 10)) : { ok: true, definitions }
}

/**
 * The windows that people defined, but for those whose names belong to the configuration or the hub itself by now:
 * these wait in the control store until they are removed.
 */
export function definedWindows(
  control: Pick<Control, 'windows'>,
  configured: readonly LiveDefinition[],
  onProblem: (problem: string) => void,
): readonly LiveDefinition[] {
  const taken = new Set([...OWN, ...configured.map(({ name }) => name)])
  return control.windows().flatMap(({ json, name }) => {
    if (!taken.has(name)) return [JSON.parse(json) as LiveDefinition]
    onProblem(
      `the window ${name} is not counted: the configuration or the hub has one of that name`,
    )
    return []
  })
}

/** In place of live windows that are switched off. */
export const NO_WINDOWS: LiveSource = {
  definitions: () => [],
  put: async () => {
    const message = 'live windows are switched off (live.enabled)'
    return { ok: false, code: 'unavailable', message, issues: [] }
  },
  remove: async () => false,
  snapshot: async () => null,
  subscribe: () => () => {},
  status: () => [],
}
