import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Control } from './control/control.ts'

/** Files that hold rows and are set aside as damaged: of the store beside its file, of the log in its quarantine. */
const SET_ASIDE = [
  { folder: 'store', entries: /^broken-\d+$/ },
  { folder: 'log', entries: /^quarantine$/ },
] as const

/** Removes what was set aside from a data folder; answers how many folders that were. */
export async function removeSetAside(dir: string): Promise<number> {
  let removed = 0
  for (const { folder, entries } of SET_ASIDE) {
    const names = await readdir(join(dir, folder))
    for (const name of names.filter((each) => entries.test(each))) {
      await rm(join(dir, folder, name), { recursive: true, force: true })
      removed++
    }
  }
  return removed
}

/** Every text that people gave the control store. */
export function controlText(
  control: Pick<Control, 'keys' | 'projects' | 'retention' | 'holds' | 'windows'>,
): string {
  return JSON.stringify([
    control.keys().map(({ name, project }) => [name, project]),
    control.projects().map(({ name }) => name),
    control.retention().map(({ project }) => project),
    control.holds().map(({ name, project, reason }) => [name, project, reason]),
    control.windows().map(({ name, json }) => [name, json]),
  ])
}
