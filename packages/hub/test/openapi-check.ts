import type { JsonSchema } from '../src/api/route.ts'
import { conformance } from './conforms.ts'

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>> }>
  >
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** What the check needs to know of an answer. */
export interface Answered {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly mediaType: string | null
  readonly text: string
}

export type CheckAnswer = (answered: Answered) => readonly string[]

const PROBLEM = 'application/problem+json'
const PROBLEM_SCHEMA: JsonSchema = { $ref: '#/components/schemas/Problem' }

/**
 * Compares answers with an OpenAPI document: the status has to be declared, so has the media type,
 * and a JSON body has to match its schema. The answer is a list of complaints, empty when all is well.
 * With `anyProblem` a problem of a status that is not declared will do: for requests that are refused
 * before they get to a route.
 */
export function openApiChecker(
  openApi: JsonSchema,
  { anyProblem = false }: { readonly anyProblem?: boolean } = {},
): CheckAnswer {
  const { paths } = openApi as unknown as Document
  const conforms = conformance(openApi)
  // A path without parameters comes before one whose parameter it would match.
  const concrete = Object.keys(paths).toSorted((a, b) => a.split('{').length - b.split('{').length)
  const patterns = concrete.map((path) => ({
    path,
    pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  }))

  return (answered) => {
    const { mediaType, method, status, text } = answered
    const path = answered.path.split('?', 1)[0] ?? ''
    const known = patterns.find(({ pattern }) => pattern.test(path))?.path ?? ''
    const operation = paths[known]?.[method.toLowerCase()]
    const name = `${method} ${path} ${status}`
    if (method === 'HEAD' || status === 304) return text === '' ? [] : [`${name}: has a body`]
    const media = (mediaType ?? '').split(';', 1)[0] ?? ''
    const against = (schema: JsonSchema): readonly string[] => {
      const wrong = conforms(JSON.parse(text), schema)
      return wrong.map((complaint) => `${name}: ${complaint} in ${text.slice(0, 500)}`)
    }
    if (media === PROBLEM) {
      const wrong = [...against(PROBLEM_SCHEMA)]
      const said = (JSON.parse(text) as { readonly status?: unknown }).status
      if (said !== status) wrong.push(`${name}: says ${String(said)}`)
      if (anyProblem || wrong.length > 0) return wrong
    }
    if (operation === undefined) {
      const isRefused = media === PROBLEM && (status === 404 || status === 405)
      return isRefused ? [] : [`${name}: not an operation`]
    }
    const response = operation.responses[status]
    if (response === undefined) return [`${name}: status is not declared`]
    if (text === '' && response.content === undefined) return []
    const schema = response.content?.[media]?.schema
    if (schema === undefined) return [`${name}: ${media} is not declared`]
    return /[/+]json$/.test(media) ? against(schema) : []
  }
}
