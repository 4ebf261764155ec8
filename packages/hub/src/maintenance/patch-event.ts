/**
 * Corrections of an event, by JSON pointer: the same for many events, so that one mistake of a sender
 * is put right in one request.
 */

export interface Patch {
  /** Pointer → value. Objects on the way to it are made where they are missing. */
  readonly set: Readonly<Record<string, unknown>>
  /** Pointers of what is taken out; one that leads to nothing is passed over. */
  readonly unset: readonly string[]
}

export const NO_PATCH: Patch = { set: {}, unset: [] }

/** Most pointers of a patch, longest pointer in characters, and deepest one. */
export const PATCH_LIMITS = { pointers: 64, pointerLength: 1024, depth: 32 } as const

export interface PatchIssue {
  readonly path: string
  readonly message: string
}

type Container = Record<string, unknown> | unknown[]

/** Keys that reach the prototype of an object; events that have them are refused as well. */
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])
const INDEX = /^(?:0|[1-9]\d{0,5})$/

/** What is wrong with a patch whatever the event, or nothing. */
export function patchIssues(patch: Patch): PatchIssue[] {
  const pointers = [
    ...Object.keys(patch.set).map((pointer) => ({ pointer, path: `/set/${escaped(pointer)}` })),
    ...patch.unset.map((pointer, i) => ({ pointer, path: `/unset/${i}` })),
  ]
  if (pointers.length > PATCH_LIMITS.pointers) {
    const message = `has ${pointers.length} pointers, the limit is ${PATCH_LIMITS.pointers}`
    return [{ path: '', message }]
  }
  return pointers.flatMap(({ pointer, path }) => {
    const parsed = parsePointer(pointer)
    return typeof parsed === 'string' ? [{ path, message: parsed }] : []
  })
}

/**
 * A patched copy of the event, or why that cannot be: a pointer leads through a text or number, or
 * beyond the end of an array. Taking out comes before setting.
 */
export function patchEvent(
  event: unknown,
  patch: Patch,
):
  | { readonly ok: true; readonly event: unknown }
  | { readonly ok: false; readonly issue: PatchIssue } {
  let root = structuredClone(event)
  for (const pointer of patch.unset) {
    const keys = parsePointer(pointer)
    if (typeof keys === 'string') return refuse(pointer, keys)
    takeOut(root, keys)
  }
  for (const [pointer, value] of Object.entries(patch.set)) {
    const keys = parsePointer(pointer)
    if (typeof keys === 'string') return refuse(pointer, keys)
    if (!isContainer(root)) root = {}
    const problem = put(root as Container, keys, structuredClone(value))
    if (problem !== null) return refuse(pointer, problem)
  }
  return { ok: true, event: root }
}

function refuse(path: string, message: string): { ok: false; issue: PatchIssue } {
  return { ok: false, issue: { path, message } }
}

/** The keys of a pointer (RFC 6901) below the event, or what is wrong with it. */
function parsePointer(pointer: string): readonly string[] | string {
  if (pointer.length > PATCH_LIMITS.pointerLength) {
    return `is longer than ${PATCH_LIMITS.pointerLength} characters`
  }
  if (!pointer.startsWith('/')) return 'is no JSON pointer: expected one like /payload/model_id'
  if (/~(?![01])/.test(pointer)) return 'has a ~ that is neither ~0 nor ~1'
  const keys = pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  if (keys.length > PATCH_LIMITS.depth) return `is deeper than ${PATCH_LIMITS.depth}`
  const forbidden = keys.find((key) => FORBIDDEN.has(key))
  return forbidden === undefined ? keys : `names the key ${forbidden}, which is not allowed`
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null
}

function put(root: Container, keys: readonly string[], value: unknown): string | null {
  let at = root
  for (const [i, key] of keys.entries()) {
    const isLast = i === keys.length - 1
    if (Array.isArray(at)) {
      const index = key === '-' ? at.length : INDEX.test(key) ? Number(key) : -1
      if (index < 0) return `${key} is no index of an array`
      if (index > at.length) return `index ${key} is beyond the end of the array`
      if (isLast) {
        at[index] = value
        return null
      }
      if (index === at.length) at.push({})
      const next: unknown = at[index]
      if (!isContainer(next)) return `leads through a value that is neither object nor array`
      at = next
    } else if (isLast) {
      at[key] = value
    } else {
      const next = Object.hasOwn(at, key) ? at[key] : undefined
      if (next === undefined || next === null) at = at[key] = {}
      else if (isContainer(next)) at = next
      else return `leads through ${key}, which is neither object nor array`
    }
  }
  return null
}

function takeOut(root: unknown, keys: readonly string[]): void {
  let at = root
  for (const [i, key] of keys.entries()) {
    if (!isContainer(at) || !Object.hasOwn(at, key)) return
    if (i < keys.length - 1) at = (at as Record<string, unknown>)[key]
    else if (!Array.isArray(at)) delete at[key]
    else if (INDEX.test(key)) at.splice(Number(key), 1)
  }
}
