import { chooseProject, DEFAULT_PROJECT, scopeOf } from '../auth/principal.ts'
import type { ProjectLimits } from '../auth/project-limits.ts'
import type { ProjectScope } from '../core/scope.ts'
import type { Problem } from './problems.ts'
import { problem } from './problems.ts'
import type { Call } from './route.ts'

/** Names the project of a request made with a key that is bound to none. */
export const PROJECT_HEADER = 'X-LLMHub-Project'

type Projects = Pick<ProjectLimits, 'exists'>

/** The project that events are written to: the key's, else the named one, else `default`. */
export function projectToWrite(call: Call, projects: Projects): { project: string } | Problem {
  const choice = choose(call, projects)
  return 'problem' in choice ? choice : { project: choice.project ?? DEFAULT_PROJECT }
}

/** The scope that questions are asked in: the key's project, else the named one, else all. */
export function scopeToRead(call: Call, projects: Projects): { scope: ProjectScope } | Problem {
  const choice = choose(call, projects)
  return 'problem' in choice ? choice : { scope: scopeOf(choice) }
}

function choose(call: Call, projects: Projects) {
  if (call.principal === null) return problem('unauthenticated', 'no key was sent')
  const named = call.headers['x-llmhub-project']
  const choice = chooseProject(call.principal, Array.isArray(named) ? named.join(',') : named)
  if (!choice.ok) return problem(choice.code, choice.message)
  // A key bound to a project is proof enough that it exists.
  const unknown = call.principal.project === null && choice.project !== null
  if (unknown && !projects.exists(choice.project)) {
    const hint = 'Create it with PUT /api/v1/projects/<name>.'
    return problem('not_found', 'the project does not exist', {
      errors: [{ path: PROJECT_HEADER, message: 'no such project', hint }],
    })
  }
  return choice
}
