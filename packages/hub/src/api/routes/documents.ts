import { CONTENT_ENCODINGS } from '../../receivers/http/read-body.ts'
import { EVENT_MEDIA_TYPES } from '../../receivers/http/receive.ts'
import type { Problem } from '../problems.ts'
import { problem } from '../problems.ts'
import type { Call, JsonSchema, Reply, Route } from '../route.ts'
import type { ServerLimits } from '../server.ts'

export interface DocumentRouteDependencies {
  readonly schemas: () => Readonly<Record<string, JsonSchema>>
  readonly openApi: () => JsonSchema
  readonly serverLimits: ServerLimits
  readonly limits: () => Readonly<Record<string, unknown>>
}

/** What the hub says about its own interface. It is the same for everybody and holds no data. */
export function documentRoutes(dependencies: DocumentRouteDependencies): readonly Route[] {
  const { limits, openApi, schemas, serverLimits } = dependencies

  function getSchema(call: Call): Reply | Problem {
    const known = schemas()
    const name = call.params['name'] ?? ''
    const schema = Object.hasOwn(known, name) ? known[name] : undefined
    if (schema === undefined) return problem('not_found', 'there is no schema of that name')
    return { status: 200, mediaType: 'application/schema+json', headers: PUBLIC, body: schema }
  }

  return [
    {
      method: 'GET',
      url: '/openapi.json',
      permission: 'public',
      summary: 'Every route and schema as an OpenAPI document',
      tags: ['documents'],
      responses: {
        200: {
          description: 'OpenAPI 3.1.',
          content: {
            'application/json': {
              type: 'object',
              required: ['openapi', 'info', 'paths', 'components'],
              properties: {
                openapi: { const: '3.1.0' },
                info: { type: 'object' },
                paths: { type: 'object' },
                components: { type: 'object' },
              },
            },
          },
        },
      },
      problems: [],
      handle: () => ({ status: 200, headers: PUBLIC, body: openApi() }),
    },
    {
      method: 'GET',
      url: '/schemas',
      permission: 'public',
      summary: 'List the JSON Schemas',
      tags: ['documents'],
      responses: {
        200: {
          description: 'Addresses of the schemas.',
          content: {
            'application/json': {
              type: 'object',
              required: ['schemas'],
              properties: { schemas: { type: 'array', items: { type: 'string' } } },
              additionalProperties: false,
            },
          },
        },
      },
      problems: [],
      handle: () => ({
        status: 200,
        headers: PUBLIC,
        body: { schemas: Object.keys(schemas()).map((name) => `/schemas/${name}`) },
      }),
    },
    {
      method: 'GET',
      url: '/schemas/:name',
      permission: 'public',
      summary: 'A JSON Schema',
      tags: ['documents'],
      params: { name: 'Name in the list of schemas, such as `event.json`.' },
      responses: {
        200: {
          description: 'JSON Schema 2020-12.',
          content: {
            'application/schema+json': {
              type: 'object',
              required: ['$schema', '$id'],
              properties: { $schema: { type: 'string' }, $id: { type: 'string' } },
            },
          },
        },
      },
      problems: ['not_found'],
      handle: getSchema,
    },
    {
      method: 'GET',
      url: '/api/v1/limits',
      permission: 'public',
      summary: 'Limits a client has to keep',
      tags: ['documents'],
      responses: {
        200: {
          description:
            'Limits as the configuration names them (units: docs/reference/configuration.md), those of the HTTP server, and the forms in which events may come.',
          content: {
            'application/json': {
              title: 'Limits',
              type: 'object',
              required: ['server', 'media_types', 'content_encodings'],
              properties: {
                server: { type: 'object', additionalProperties: { type: 'number' } },
                media_types: { type: 'array', items: { type: 'string' } },
                content_encodings: { type: 'array', items: { type: 'string' } },
              },
              additionalProperties: {
                type: ['number', 'boolean', 'string', 'null'],
                description: 'An option of the configuration.',
              },
            },
          },
        },
      },
      problems: [],
      handle: () => ({
        status: 200,
        body: {
          ...limits(),
          server: serverLimits,
          media_types: EVENT_MEDIA_TYPES,
          content_encodings: CONTENT_ENCODINGS,
        },
      }),
    },
  ]
}

const PUBLIC = { 'cache-control': 'public, max-age=300' } as const
