import type { SqlParameter } from '../sql.ts'
import { BOUNDED, GROUP_STATES, PATTERNS, REPLACEMENTS, WILDCARDS } from '../sql-functions.ts'
import { constantOf, type Tree, textOf, treesOf } from './sql-tree.ts'

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
    const places = pattern.replaceAll(/\{\{|%%/g, '').match(name === 'format' ? /\{/g : /%/g)
    if ((places ?? []).length > children.length - 1) {
      return {
        message: `the pattern of ${name} has more places than there are arguments`,
        hint: 'Give an argument for each, in their order.',
      }
    }
  }
  return null
}

/**
 * What is wrong with the pattern of a match with wildcards. Each further one that stands for any text
 * multiplies the time by the length of the text, within one step that nothing can interrupt.
 */
export function wildcardIssue(
  name: string,
  call: Tree,
  values: Readonly<Record<string, SqlParameter>>,
): ArgumentIssue | null {
  const wildcard = Object.hasOwn(WILDCARDS, name) ? WILDCARDS[name] : undefined
  if (wildcard === undefined) return null
  const given = treesOf(call['children'])[1]
  const isParameter = given?.['class'] === 'PARAMETER'
  const pattern = isParameter ? values[textOf(given, 'identifier')] : constantOf(given)
  if (pattern === null) return null
  if (typeof pattern !== 'string') {
    return {
      message: 'a pattern with wildcards must be written out or be a parameter',
      hint: 'contains(…), starts_with(…) and ends_with(…) take any text.',
    }
  }
  if (wildcard.isPlain && !isParameter && !/[_\\]/.test(pattern)) return null
  const within = pattern.split(wildcard.any).slice(0, -1)
  // At the end it costs nothing, and several in a row are one.
  const tail = pattern.endsWith(wildcard.any) ? 1 : 0
  const counted = within.filter((part, i) => i === 0 || part !== '').length - tail
  return counted <= 1
    ? null
    : {
        message: `this pattern may have one ${wildcard.any} before its end`,
        hint: "Use LIKE without _, or regexp_matches(text, 'a.*b', 'i').",
      }
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

/** KiB that a call keeps for each group; 0 where it is little. */
export function groupStateOf(name: string, call: Tree): number {
  const state = Object.hasOwn(GROUP_STATES, name) ? GROUP_STATES[name] : undefined
  if (state === undefined) return 0
  if (state.argument === null) return state.kib
  const count = constantOf(treesOf(call['children'])[state.argument])
  return typeof count === 'number' ? state.kib * Math.max(0, count) : 0
}
