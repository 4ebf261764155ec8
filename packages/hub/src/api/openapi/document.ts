import type { RequestErrorCode } from '@llmhub/schema'
import { errorSpec } from '@llmhub/schema'
import { PROBLEM_MEDIA_TYPE, PROBLEM_SCHEMA } from '../problems.ts'
import type { JsonSchema, QueryParameter, Route } from '../route.ts'
import { recordedAnswer } from './answers.ts'
import type { Components } from './components.ts'
import { createComponents } from './components.ts'
import { exampleOf } from './examples.ts'
import { codeSamples } from './samples.ts'
import { TAGS } from './tags.ts'

const DESCRIPTION = `Takes in what LLM applications emit and answers questions about it.

Every request but those marked public needs a key: \`Authorization: Bearer <key>\`. A key has permissions and may be bound to a project; others name one in \`X-LLMHub-Project\`. Errors are RFC 9457 problem documents whose \`code\` never changes its meaning. 429 and 503 say in \`Retry-After\` when to come back. Parameters that a route does not know are refused. Within v1 fields are only ever added, so that clients have to pass over those they do not know.`

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
  const components = createComponents()
  const paths: Record<string, Record<string, unknown>> = {}
  components.refer(PROBLEM_SCHEMA)
  for (const route of routes) {
    const path = openApiPath(route.url)
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, components) }
  }
  const used = new Set(routes.flatMap(({ tags }) => tags))
  const order = [...new Set([...Object.keys(TAGS), ...used])].filter((tag) => used.has(tag))
  return {
    openapi: '3.1.0',
    info: {
      title: 'LLM Analytics Hub',
      version,
      summary: 'Analytics of LLM applications: usage, cost, performance, errors.',
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The hub that serves this document.' }],
    tags: order.map((name) => ({ name, ...(name in TAGS ? { description: TAGS[name] } : {}) })),
    paths,
    components: {
      schemas: components.schemas,
      securitySchemes: {
        key: {
          type: 'http',
          scheme: 'bearer',
          description: 'A key of the hub: `llmhub keys create`.',
        },
      },
    },
  }
}

/** `/keys/:id` as `/keys/{id}`. */
export function openApiPath(url: string): string {
  return url.replace(/:([a-zA-Z]+)/g, '{$1}')
}

function operation(route: Route, components: Components): JsonSchema {
  const example = exampleOf(route)
  const names = [...route.url.matchAll(/:([a-zA-Z]+)/g)].map(([, name = '']) => name)
  const parameters = [
    ...names.map((name) => ({
      name,
      in: 'path',
      required: true,
      description: route.params?.[name] ?? `The ${name}.`,
      schema: { type: 'string' },
    })),
    ...(route.query?.parameters ?? []).map((parameter) =>
      queryParameter(parameter, example?.query?.[parameter.name]),
    ),
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
    description: route.description ?? successOf(route),
    tags: route.tags,
    'x-permission': permissionName(route),
    security: security(route),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined
      ? {}
      : { requestBody: requestBody(route.body, example?.body, components) }),
    responses: responses(route, components),
    ...(example === null ? {} : { 'x-codeSamples': codeSamples(route, example) }),
  }
}

/** What the first successful answer is, as the description of an operation that has no other. */
function successOf({ responses: declared }: Route): string {
  return Object.values(declared)[0]?.description ?? ''
}

/** `GET /api/v1/costs/breakdown` as `getCostsBreakdown`. */
export function operationId(route: Pick<Route, 'method' | 'url' | 'operationId'>): string {
  if (route.operationId !== undefined) return route.operationId
  const words = route.url
    .replace('/api/v1/', '/')
    .replace(/:([a-zA-Z]+)/g, 'by-$1')
    .split(/[^a-zA-Z0-9]+/)
    .filter((word) => word !== '')
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
  return route.method.toLowerCase() + words.map(capital).join('')
}

function permissionName({ permission }: Route): string {
  return typeof permission === 'string' ? permission : permission.permission
}

function security({ permission }: Route): readonly unknown[] {
  if (permission === 'public') return []
  return typeof permission === 'string' ? [{ key: [] }] : [{ key: [] }, {}]
}

function queryParameter(parameter: QueryParameter, used: string | undefined): JsonSchema {
  const { default: otherwise, doc, name, repeats, values } = parameter
  const example = parameter.example ?? used ?? otherwise ?? values?.[0]
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

function requestBody(
  body: NonNullable<Route['body']>,
  example: unknown,
  components: Components,
): JsonSchema {
  const content = body.type === 'json' ? { 'application/json': body.schema } : body.content
  const required = !(body.type === 'json' && body.optional === true)
  const [first = ''] = Object.keys(content)
  return {
    required,
    content: Object.fromEntries(
      Object.entries(content).map(([media, schema]) => [
        media,
        {
          schema: components.refer(schema),
          ...(example === undefined || media !== first ? {} : { example }),
        },
      ]),
    ),
  }
}

function responses(route: Route, components: Components): JsonSchema {
  const answer = recordedAnswer(route)
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
        ...Object.fromEntries(
          Object.entries(reply?.content ?? {}).map(([media, schema]) => [
            media,
            {
              schema: components.refer(schema),
              ...(answer?.status === status && answer.media === media
                ? { example: answer.body }
                : {}),
            },
          ]),
        ),
        ...(problems.length === 0
          ? {}
          : { [PROBLEM_MEDIA_TYPE]: { schema: components.refer(PROBLEM_SCHEMA) } }),
      }
      return [status, { description, ...(Object.keys(content).length === 0 ? {} : { content }) }]
    }),
  )
}
