import { BOUNDED, PATTERNS, REPLACEMENTS } from '../sql-functions.ts'
import { constantOf, type Tree, treesOf } from './sql-tree.ts'

interface ArgumentIssue {
  readonly message: string
  readonly hint: string
}

/** What is wrong with the arguments of a call, for functions that make as much as one of them says. */
export function argumentIssue(name: string, call: Tree): ArgumentIssue | null {
  const children = treesOf(call['children'])
  const bound = Object.hasOwn(BOUNDED, name) ? BOUNDED[name] : undefined
  if (bound !== undefined && children.length > bound.argument) {
    const count = constantOf(children[bound.argument])
    if (typeof count !== 'number' || !Number.isInteger(count) || count > bound.max) {
      return {
        message: `argument ${bound.argument + 1} of ${name} must be a whole number written out, up to ${bound.max}`,
        hint: 'It says how much is made.',
      }
    }
  }
  const replacement = Object.hasOwn(REPLACEMENTS, name) ? REPLACEMENTS[name] : undefined
  if (replacement !== undefined && children.length > replacement.argument) {
    const text = constantOf(children[replacement.argument])
    if (typeof text !== 'string' || text.length > replacement.max) {
      return {
        message: `argument ${replacement.argument + 1} of ${name} must be a text written out, of up to ${replacement.max} characters`,
        hint: 'It is put in as often as there is a place for it.',
      }
    }
  }
  if (PATTERNS.has(name)) {
    const pattern = constantOf(children[0])
    // A width in the pattern makes that many characters; one taken from an argument could be any.
    if (typeof pattern !== 'string' || /\d{4}|\*|\{[^}]*\{/.test(pattern)) {
      return {
        message: `the pattern of ${name} must be written out, without widths above 999`,
        hint: 'Width and precision must stand in the pattern itself.',
      }
    }
  }
  return null
}

/** How many times longer its result may be than its arguments, at least 1. */
export function growthOf(name: string, call: Tree): number {
  const children = treesOf(call['children'])
  const bound = Object.hasOwn(BOUNDED, name) ? BOUNDED[name] : undefined
  if (bound?.grows === true) return Math.max(1, Number(constantOf(children[bound.argument])))
  if (name === 'replace' || name === 'regexp_replace') {
    const from = constantOf(children[1])
    const to = constantOf(children[2])
    // The least that a regular expression matches is not known: nothing, perhaps.
    const least = name === 'replace' && typeof from === 'string' ? Math.max(1, from.length) : 1
    return typeof to === 'string' ? Math.max(1, Math.ceil(to.length / least / 8)) : 1
  }
  return 1
}
