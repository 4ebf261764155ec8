declare const scopeBrand: unique symbol

/**
 * Which project a question is asked of; null means all. Only the two functions below make one, so
 * that a question without a scope does not compile.
 */
export type ProjectScope = { readonly project: string | null } & { readonly [scopeBrand]: true }

/** One project. */
export function projectScope(project: string): ProjectScope {
  return { project } as ProjectScope
}

/** Every project: for keys that are bound to none. */
export function allProjects(): ProjectScope {
  return { project: null } as ProjectScope
}
