import type { Problem, ProblemDetail } from './problems.ts'
import { problem } from './problems.ts'
import type { RouteQuery } from './route.ts'

export type CheckedQuery = { readonly parameters: Readonly<Record<string, string>> } | Problem

/** Checks a query string: known names, each once, and one of the allowed values. */
export function checkQuery(
  query: RouteQuery | undefined,
  sent: Readonly<Record<string, unknown>>,
): CheckedQuery {
  const errors: ProblemDetail[] = []
  const parameters: Record<string, string> = {}
  const known = query?.parameters ?? []
  for (const name of Object.keys(sent)) {
    const value = sent[name]
    const parameter = known.find((candidate) => candidate.name === name)
    if (typeof value !== 'string') {
      errors.push({ path: name, message: 'is given more than once' })
    } else if (parameter === undefined && query?.checked !== false) {
      const nearest = nearestName(name, known)
      errors.push({
        path: name,
        message: 'is not a parameter of this route',
        ...(nearest === null ? {} : { hint: `Did you mean ${nearest}?` }),
      })
    } else if (query?.checked && parameter?.values?.includes(value) === false) {
      errors.push({ path: name, message: `is one of ${parameter.values.join(', ')}` })
    } else if (name !== '__proto__') parameters[name] = value
  }
  if (errors.length === 0) return { parameters }
  return problem('invalid_request', 'the query string is not valid', { errors })
}

/** The known name with the fewest edits, if they are at most a third of its letters. */
function nearestName(name: string, known: readonly { readonly name: string }[]): string | null {
  let nearest: string | null = null
  let least = Number.POSITIVE_INFINITY
  for (const candidate of known) {
    const edits = editDistance(name.slice(0, 64).toLowerCase(), candidate.name.toLowerCase())
    if (edits < least && edits <= Math.max(1, candidate.name.length / 3)) {
      nearest = candidate.name
      least = edits
    }
  }
  return nearest
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const substitute = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substitute, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
