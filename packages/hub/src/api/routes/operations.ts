import type { Metrics } from '../../core/metrics.ts'
import type { HubStatus } from '../../core/status.ts'
import type { Reply, Route, RoutePermission } from '../route.ts'
import { DEPENDENCY_SCHEMA, STATS_SCHEMA } from './stats-schema.ts'

export interface OperationRouteDependencies {
  readonly version: string
  /** Shared between callers for some seconds. */
  readonly status: () => Promise<HubStatus>
  readonly metrics: Metrics
  /** Whether the server is closing down. */
  readonly isClosing: () => boolean
}

const OPERATORS: RoutePermission = { permission: 'ops:read', exceptLoopback: true }

const READY_SCHEMA = {
  title: 'Readiness',
  type: 'object',
  required: ['ready', 'dependencies'],
  properties: {
    ready: { type: 'boolean' },
    dependencies: { type: 'array', items: DEPENDENCY_SCHEMA },
  },
  additionalProperties: false,
} as const

/** `/health`, `/ready`, `/version` for everybody; `/stats` and `/metrics` for operators. */
export function operationRoutes(dependencies: OperationRouteDependencies): readonly Route[] {
  const { isClosing, metrics, status, version } = dependencies

  async function answerReady(): Promise<Reply> {
    const known = await status()
    const closing = { name: 'server', ready: false, reason: 'closing down' }
    const all = isClosing() ? [...known.dependencies, closing] : known.dependencies
    const ready = all.every((one) => one.ready)
    return { status: ready ? 200 : 503, body: { ready, dependencies: all } }
  }

  return [
    {
      method: 'GET',
      url: '/health',
      permission: 'public',
      summary: 'Whether the process answers',
      tags: ['operations'],
      responses: {
        200: {
          description: 'It does.',
          content: { 'application/json': object({ status: { const: 'ok' } }) },
        },
      },
      problems: [],
      handle: () => ({ status: 200, body: { status: 'ok' } }),
    },
    {
      method: 'GET',
      url: '/ready',
      permission: 'public',
      summary: 'Whether everything it needs works',
      tags: ['operations'],
      responses: {
        200: { description: 'It does.', content: { 'application/json': READY_SCHEMA } },
        503: {
          description: 'Something does not; its reason is named.',
          content: { 'application/json': READY_SCHEMA },
        },
      },
      problems: [],
      handle: answerReady,
    },
    {
      method: 'GET',
      url: '/version',
      permission: 'public',
      summary: 'Which release this is',
      tags: ['operations'],
      responses: {
        200: {
          description: 'The release.',
          content: {
            'application/json': object({ name: { type: 'string' }, version: { type: 'string' } }),
          },
        },
      },
      problems: [],
      handle: () => ({ status: 200, body: { name: 'llmhub', version } }),
    },
    {
      method: 'GET',
      url: '/stats',
      permission: OPERATORS,
      summary: 'What the hub knows of itself',
      tags: ['operations'],
      responses: {
        200: {
          description: 'State of store, journal, deduplication and counters.',
          content: {
            'application/json': STATS_SCHEMA,
          },
        },
      },
      problems: [],
      handle: async () => ({ status: 200, body: await status() }),
    },
    {
      method: 'GET',
      url: '/metrics',
      operationId: 'exposeMetrics',
      permission: OPERATORS,
      summary: 'Metrics for Prometheus',
      tags: ['operations'],
      responses: {
        200: {
          description: 'Text exposition format 0.0.4.',
          content: { 'text/plain': { type: 'string' } },
        },
      },
      problems: [],
      handle: async () => ({
        status: 200,
        mediaType: metrics.mediaType,
        body: await metrics.expose(await status()),
      }),
    },
  ]
}

function object(properties: Readonly<Record<string, unknown>>) {
  return {
    type: 'object',
    required: Object.keys(properties),
    properties,
    additionalProperties: false,
  }
}
