import type { KeyRecord, Permission } from '../control/control.ts'
import type { ProjectScope } from '../core/scope.ts'
import { allProjects, projectScope } from '../core/scope.ts'

/** Who makes a request: the owner of a key. */
export interface Principal {
  readonly keyId: string
  readonly name: string
  /** Project the key is bound to, or null for all. */
  readonly project: string | null
  readonly permissions: ReadonlySet<Permission>
}

export function principalOf(record: KeyRecord): Principal {
  return Object.freeze({
    keyId: record.id,
    name: record.name,
    project: record.project,
    permissions: new Set(record.permissions),
  })
}

export function may(principal: Principal, permission: Permission): boolean {
  return principal.permissions.has('admin') || principal.permissions.has(permission)
}

/** Names of projects: what fits into a header, a URL and a metric label. */
export const PROJECT_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/

/** Project of rows whose sender names none. */
export const DEFAULT_PROJECT = 'default'

export type ProjectChoice =
  | { readonly ok: true; readonly project: string | null }
  | { readonly ok: false; readonly code: 'forbidden' | 'invalid_request'; readonly message: string }

/**
 * The project a request is about: the key's own, or what an all-projects key names. A bound key may
 * name its own project and no other. `project` is null when an all-projects key names none.
 */
export function chooseProject(principal: Principal, named: string | undefined): ProjectChoice {
  if (named !== undefined && !PROJECT_NAME.test(named)) {
    return { ok: false, code: 'invalid_request', message: 'the project name is not valid' }
  }
  if (principal.project === null) return { ok: true, project: named ?? null }
  if (named !== undefined && named !== principal.project) {
    return { ok: false, code: 'forbidden', message: 'the key is bound to another project' }
  }
  return { ok: true, project: principal.project }
}

/** The scope of a question: the only place where one is made for a request. */
export function scopeOf(choice: ProjectChoice & { readonly ok: true }): ProjectScope {
  return choice.project === null ? allProjects() : projectScope(choice.project)
}
