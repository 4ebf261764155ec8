import { DEFAULT_PROJECT } from '../auth/principal.ts'
import type { ProjectLimits } from '../auth/project-limits.ts'
import type { Control } from '../control/control.ts'
import { type Problem, problem } from './problems.ts'
import { PROJECT_HEADER, scopeToRead } from './project-header.ts'
import type { Call } from './route.ts'

/**
 * The project to export; null for all of them. Events do not say what project they belong to, so that
 * whole events are exported of one project: the only one there is, or that which is named.
 */
export function chooseExportProject(
  call: Call,
  parts: { readonly control: Pick<Control, 'projects'>; readonly projectLimits: ProjectLimits },
  one: boolean,
): { readonly project: string | null } | Problem {
  const target = scopeToRead(call, parts.projectLimits)
  if ('problem' in target) return target
  const { project } = target.scope
  if (project !== null || !one) return { project }
  const names = parts.control.projects().map(({ name }) => name)
  if (names.length <= 1) return { project: names[0] ?? DEFAULT_PROJECT }
  const message = `whole events are exported of one project; there are ${names.slice(0, 20).join(', ')}`
  const hint = `Name one with the header ${PROJECT_HEADER} (llmhub: --project).`
  return problem('invalid_request', message, { errors: [{ path: PROJECT_HEADER, message, hint }] })
}
