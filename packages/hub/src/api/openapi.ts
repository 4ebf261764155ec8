import type { RequestErrorCode } from '@llmhub/schema'
import { errorSpec } from '@llmhub/schema'
import { PROBLEM_MEDIA_TYPE, PROBLEM_SCHEMA } from './problems.ts'
import type { JsonSchema, QueryParameter, Route } from './route.ts'

const PROBLEM_REFERENCE = { $ref: '#/components/schemas/Problem' } as const

/** Every error a route may answer: its own, and those of authorisation, query string and bugs. */
function problemCodes(route: Route): readonly RequestErrorCode[] {
  const access: readonly RequestErrorCode[] =
    route.permission === 'public' ? [] : ['unauthenticated', 'forbidden', 'rate_limited']
  return [
    ...new Set([...route.problems, 'invalid_request' as const, ...access, 'internal' as const]),
  ]
}

/** The OpenAPI 3.1 document of a table of routes. */
export function openApiDocument(routes: readonly Route[], version: string): JsonSchema {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = openApiPath(route.url)
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'LLM Analytics Hub',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      schemas: { Problem: PROBLEM_SCHEMA },
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
    },
  }
}

/** `/keys/:id` as `/keys/{id}`. */
export function openApiPath(url: string): string {
  return url.replace(/:([a-zA-Z]+)/g, '{$1}')
}

function operation(route: Route): JsonSchema {
  const names = [...route.url.matchAll(/:([a-zA-Z]+)/g)].map(([, name]) => name)
  const parameters = [
    ...names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...(route.query?.parameters ?? []).map(queryParameter),
    ...Object.entries(route.headers ?? {}).map(([name, description]) => ({
      name,
      in: 'header',
      description,
      schema: { type: 'string' },
    })),
  ]
  return {
    operationId: operationId(route),
    summary: route.summary,
    tags: route.tags,
    'x-permission': permissionName(route),
    security: security(route),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined ? {} : { requestBody: requestBody(route.body) }),
    responses: responses(route),
  }
}

function operationId(route: Route): string {
  const words = route.url.split(/[^a-zA-Z0-9]+/).filter((word) => word !== '')
  return [route.method.toLowerCase(), ...words].join('_')
}

function permissionName({ permission }: Route): string {
  return typeof permission === 'string' ? permission : permission.permission
}

function security({ permission }: Route): readonly unknown[] {
  if (permission === 'public') return []
  return typeof permission === 'string' ? [{ key: [] }] : [{ key: [] }, {}]
}

function queryParameter(parameter: QueryParameter): JsonSchema {
  const { default: otherwise, doc, example, name, repeats, values } = parameter
  const schema = {
    type: 'string',
    ...(values === undefined ? {} : { enum: values }),
    ...(otherwise === undefined ? {} : { default: otherwise }),
  }
  return {
    name,
    in: 'query',
    description: doc,
    schema: repeats === true ? { type: 'array', items: schema } : schema,
    ...(repeats === true ? { style: 'form', explode: true } : {}),
    ...(example === undefined ? {} : { example: repeats === true ? [example] : example }),
  }
}

function requestBody(body: NonNullable<Route['body']>): JsonSchema {
  const content = body.type === 'json' ? { 'application/json': body.schema } : body.content
  const required = !(body.type === 'json' && body.optional === true)
  return { required, content: mediaTypes(content) }
}

function responses(route: Route): JsonSchema {
  const codes = Map.groupBy(problemCodes(route), (code) => errorSpec(code).status)
  const statuses = new Set([...Object.keys(route.responses).map(Number), ...codes.keys()])
  const sorted = [...statuses].toSorted((a, b) => a - b)
  return Object.fromEntries(
    sorted.map((status) => {
      const reply = route.responses[status]
      const problems = codes.get(status) ?? []
      const description = [
        ...(reply === undefined ? [] : [reply.description]),
        ...problems.map((code) => `\`${code}\`: ${errorSpec(code).title}.`),
      ].join(' ')
      const content = {
        ...mediaTypes(reply?.content ?? {}),
        ...(problems.length === 0 ? {} : { [PROBLEM_MEDIA_TYPE]: { schema: PROBLEM_REFERENCE } }),
      }
      return [status, { description, ...(Object.keys(content).length === 0 ? {} : { content }) }]
    }),
  )
}

function mediaTypes(content: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return Object.fromEntries(Object.entries(content).map(([media, schema]) => [media, { schema }]))
}
