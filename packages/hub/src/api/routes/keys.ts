import type { Authenticator } from '../../auth/authenticator.ts'
import type { Principal } from '../../auth/principal.ts'
import { may, PROJECT_NAME } from '../../auth/principal.ts'
import type { Control, KeyRecord, Permission } from '../../control/control.ts'
import { PERMISSIONS } from '../../control/control.ts'
import type { Clock } from '../../core/clock.ts'
import type { Problem } from '../problems.ts'
import { problem } from '../problems.ts'
import type { Call, Reply, Route } from '../route.ts'

export interface KeyRouteDependencies {
  readonly control: Control
  readonly clock: Clock
  readonly authenticator: Authenticator
}

const time = { type: ['string', 'null'], format: 'date-time' } as const

const KEY_SCHEMA = {
  title: 'Key',
  type: 'object',
  required: [
    'id',
    'name',
    'project',
    'permissions',
    'created_at',
    'expires_at',
    'revoked_at',
    'last_used_at',
  ],
  properties: {
    id: { type: 'string' },
    name: { type: 'string' },
    project: { type: ['string', 'null'], description: 'null: all projects.' },
    permissions: { type: 'array', items: { enum: PERMISSIONS } },
    created_at: { type: 'string', format: 'date-time' },
    expires_at: time,
    revoked_at: time,
    last_used_at: time,
    key: { type: 'string', description: 'The key itself; shown this once.' },
  },
  additionalProperties: false,
} as const

const NEW_KEY_SCHEMA = {
  title: 'NewKey',
  type: 'object',
  required: ['name', 'permissions'],
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 100 },
    project: { type: ['string', 'null'], pattern: PROJECT_NAME.source },
    permissions: {
      type: 'array',
      minItems: 1,
      maxItems: PERMISSIONS.length,
      uniqueItems: true,
      items: { enum: PERMISSIONS },
    },
    expires_at: {
      type: ['string', 'null'],
      maxLength: 40,
      description: 'ISO 8601, in the future; a date means its start in UTC.',
    },
  },
  additionalProperties: false,
} as const

interface NewKeyBody {
  readonly name: string
  readonly project?: string | null
  readonly permissions: readonly Permission[]
  readonly expires_at?: string | null
}

/**
 * `/api/v1/keys`. Nobody can give away more than they have: a key bound to a project sees and makes
 * keys of that project only, and none with a permission it lacks itself.
 */
export function keyRoutes(dependencies: KeyRouteDependencies): readonly Route[] {
  const { authenticator, clock, control } = dependencies

  function listKeys(call: Call): Reply | Problem {
    const { principal } = call
    if (principal === null) return problem('unauthenticated', 'no key was sent')
    const keys = control.keys().filter((record) => isWithin(record, principal))
    return { status: 200, body: { keys: keys.map(keyDocument) } }
  }

  function createKey(call: Call): Reply | Problem {
    const { principal } = call
    if (principal === null) return problem('unauthenticated', 'no key was sent')
    const body = call.body as NewKeyBody
    const project = body.project === undefined ? principal.project : body.project
    if (principal.project !== null && project !== principal.project) {
      return problem('forbidden', 'the key is bound to another project')
    }
    const lacking = body.permissions.filter((permission) => !may(principal, permission))
    if (lacking.length > 0) {
      return problem('forbidden', `your key lacks ${lacking.join(', ')} itself`)
    }
    const expiresAt = typeof body.expires_at === 'string' ? isoMilliseconds(body.expires_at) : null
    if (typeof body.expires_at === 'string' && !(expiresAt !== null && expiresAt > clock.now())) {
      return problem('invalid_request', 'the body does not match its schema', {
        errors: [{ path: '/expires_at', message: 'is an ISO 8601 time in the future' }],
      })
    }
    const { record, secret } = authenticator.create({
      name: body.name,
      project,
      permissions: body.permissions,
      expiresAt,
    })
    return { status: 201, body: { ...keyDocument(record), key: secret } }
  }

  function revokeKey(call: Call): Reply | Problem {
    const { principal } = call
    if (principal === null) return problem('unauthenticated', 'no key was sent')
    const record = control.key(call.params['id'] ?? '')
    if (record === null || !isWithin(record, principal)) {
      return problem('not_found', 'there is no key of that id')
    }
    if (isLastAdmin(record, control.keys(), clock.now())) {
      return problem('conflict', 'this is the last key that may do everything; make another first')
    }
    const revoked = authenticator.revoke(record.id) ?? record
    return { status: 200, body: keyDocument(revoked) }
  }

  const keyContent = { 'application/json': KEY_SCHEMA }
  return [
    {
      method: 'GET',
      url: '/api/v1/keys',
      permission: 'keys:write',
      summary: 'List keys',
      tags: ['keys'],
      responses: {
        200: {
          description: 'Keys of your project, or all; secrets are not kept.',
          content: {
            'application/json': {
              type: 'object',
              required: ['keys'],
              properties: { keys: { type: 'array', items: KEY_SCHEMA } },
              additionalProperties: false,
            },
          },
        },
      },
      problems: [],
      handle: listKeys,
    },
    {
      method: 'POST',
      url: '/api/v1/keys',
      permission: 'keys:write',
      summary: 'Create a key',
      tags: ['keys'],
      body: { type: 'json', checked: true, schema: NEW_KEY_SCHEMA },
      responses: { 201: { description: 'The key with its secret.', content: keyContent } },
      problems: ['invalid_request', 'invalid_json', 'unsupported_media_type', 'body_too_large'],
      handle: createKey,
    },
    {
      method: 'DELETE',
      url: '/api/v1/keys/:id',
      permission: 'keys:write',
      summary: 'Revoke a key, at once and for ever',
      tags: ['keys'],
      params: { id: 'Id of the key; not the key itself.' },
      responses: { 200: { description: 'The revoked key.', content: keyContent } },
      problems: ['not_found', 'conflict'],
      handle: revokeKey,
    },
  ]
}

function isWithin(record: KeyRecord, principal: Principal): boolean {
  return principal.project === null || record.project === principal.project
}

function isLastAdmin(record: KeyRecord, all: readonly KeyRecord[], now: number): boolean {
  const isAdmin = (key: KeyRecord): boolean =>
    key.project === null &&
    key.permissions.includes('admin') &&
    key.revokedAt === null &&
    (key.expiresAt === null || key.expiresAt > now)
  return isAdmin(record) && !all.some((other) => other.id !== record.id && isAdmin(other))
}

function keyDocument(record: KeyRecord): Record<string, unknown> {
  return {
    id: record.id,
    name: record.name,
    project: record.project,
    permissions: record.permissions,
    created_at: isoTime(record.createdAt),
    expires_at: isoTime(record.expiresAt),
    revoked_at: isoTime(record.revokedAt),
    last_used_at: isoTime(record.lastUsedAt),
  }
}

/** A date, or a date and time with its zone; null for any other text. */
function isoMilliseconds(text: string): number | null {
  const shape = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/
  const milliseconds = shape.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(milliseconds) ? null : milliseconds
}

function isoTime(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString()
}
