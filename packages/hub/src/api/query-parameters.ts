import { nearestName } from '@llmhub/schema'
import type { Problem, ProblemDetail } from './problems.ts'
import { problem } from './problems.ts'
import type { RouteQuery } from './route.ts'

export type CheckedQuery =
  | {
      readonly parameters: Readonly<Record<string, string>>
      readonly repeated: Readonly<Record<string, readonly string[]>>
    }
  | Problem

/** Values of one parameter of a request: more is no filter that a person would write. */
const MAX_REPEATS = 100

/** Checks a query string: known names, each once unless it repeats, and one of the allowed values. */
export function checkQuery(
  query: RouteQuery | undefined,
  sent: Readonly<Record<string, unknown>>,
): CheckedQuery {
  const errors: ProblemDetail[] = []
  const parameters: Record<string, string> = {}
  const repeated: Record<string, readonly string[]> = {}
  const known = query?.parameters ?? []
  for (const name of Object.keys(sent)) {
    const value = sent[name]
    const parameter = known.find((candidate) => candidate.name === name)
    if (parameter?.repeats === true) {
      const values: readonly unknown[] = Array.isArray(value) ? value : [value]
      repeated[name] = values.filter((each) => typeof each === 'string')
      if (values.length > MAX_REPEATS) {
        errors.push({ path: name, message: `is given more than ${MAX_REPEATS} times` })
      }
    } else if (typeof value !== 'string') {
      errors.push({ path: name, message: 'is given more than once' })
    } else if (parameter === undefined && query?.checked !== false) {
      const nearest = nearestName(
        name,
        known.map((each) => each.name),
      )
      errors.push({
        path: name,
        message: 'is not a parameter of this route',
        ...(nearest === null ? {} : { hint: `Did you mean ${nearest}?` }),
      })
    } else if (query?.checked && parameter?.values?.includes(value) === false) {
      errors.push({ path: name, message: `is one of ${parameter.values.join(', ')}` })
    } else if (name !== '__proto__') parameters[name] = value
  }
  if (errors.length === 0) return { parameters, repeated }
  return problem('invalid_request', 'the query string is not valid', { errors })
}
