import type { Principal } from '../auth/principal.ts'
import { type Problem, problem, retryAfter } from './problems.ts'

const DEFAULT_PROJECT = 'default'
/** More names than this are not worth reading in an error. */
const MOST_NAMED = 20

export interface KnownProjects {
  /** Every project that is set up or has rows; null while the store cannot be asked. */
  projects(): Promise<readonly string[] | null>
}

/**
 * Null when there is such a project, or none is meant. A rule about a project that does not exist does
 * nothing, and whoever wrote it believes that rows are deleted, or kept. A rule for a project that has no
 * rows yet can be given once the project is set up.
 */
export async function unknownProject(
  name: string | null,
  principal: Principal | null,
  known: KnownProjects,
  random: () => number,
): Promise<Problem | null> {
  if (name === null || name === DEFAULT_PROJECT || principal?.project === name) return null
  const names = await known.projects()
  if (names === null) {
    const message = `whether there is a project ${name} cannot be told before the store is ready`
    return problem('store_rebuilding', message, retryAfter('store_rebuilding', random))
  }
  if (names.includes(name)) return null
  const shown = names.slice(0, MOST_NAMED).join(', ')
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : ''
  const message = `there is no project ${name}`
  return problem('invalid_request', `/project: ${message}`, {
    errors: [
      {
        path: '/project',
        message,
        hint: `known are: ${shown === '' ? DEFAULT_PROJECT : shown}${more}; for one that is yet to come: PUT /api/v1/projects/${name}`,
      },
    ],
  })
}
