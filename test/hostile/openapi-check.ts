import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

/** Holds answers against the OpenAPI document that the hub serves. */

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: unknown }>> }>
  >
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

export interface Answered {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly mediaType: string
  readonly text: string
}

export type CheckAnswer = (answer: Answered) => string | null

const PROBLEM = 'application/problem+json'
const step = (text: string): string =>
  encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'))

/** What is wrong with an answer, or null: unknown status or media type, or a body that breaks its schema. */
export function openApiCheck(text: string): CheckAnswer {
  const document = JSON.parse(text) as Document
  const ajv = new Ajv2020({ strict: false, validateFormats: false, validateSchema: false })
  ajv.addSchema(document, 'https://hub/openapi.json')
  const routes = Object.entries(document.paths)
    // A path without parameters comes before one whose parameter it would match.
    .toSorted(([a], [b]) => a.split('{').length - b.split('{').length)
    .map(([url, methods]) => ({
      url,
      methods,
      pattern: new RegExp(`^${url.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    }))
  const compiled = new Map<string, ValidateFunction>()
  const validator = (pointer: string): ValidateFunction => {
    const known = compiled.get(pointer)
    if (known !== undefined) return known
    const made = ajv.compile({ $ref: `https://hub/openapi.json#${pointer}` })
    compiled.set(pointer, made)
    return made
  }
  const against = (pointer: string, body: string): string | null => {
    let value: unknown
    try {
      value = JSON.parse(body)
    } catch {
      return 'is not JSON'
    }
    const validate = validator(pointer)
    return validate(value) ? null : ajv.errorsText(validate.errors)
  }

  return ({ method, path, status, mediaType, text: body }) => {
    if (method === 'HEAD' || status === 304) return body === '' ? null : 'has a body'
    if (status >= 400 && mediaType === PROBLEM) {
      const wrong = against('/components/schemas/Problem', body)
      if (wrong !== null) return wrong
      const declared = (JSON.parse(body) as { status: number }).status
      return declared === status ? null : `says ${declared} in an answer of ${status}`
    }
    const route = routes.find(({ pattern }) => pattern.test(path.split('?', 1)[0] ?? ''))
    const operation = route?.methods[method.toLowerCase()]
    if (route === undefined || operation === undefined) return `${status} of an unknown route`
    const content = operation.responses[String(status)]?.content
    if (content === undefined) return `${status} is not declared`
    if (content[mediaType] === undefined) return `${mediaType} is not declared for ${status}`
    if (mediaType !== 'application/json') return null
    const place = [
      'paths',
      route.url,
      method.toLowerCase(),
      'responses',
      String(status),
      'content',
      mediaType,
      'schema',
    ]
    return against(place.map((each) => `/${step(each)}`).join(''), body)
  }
}
