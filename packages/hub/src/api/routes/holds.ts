import { formatIsoMicros, parseIsoMicros } from '@llmhub/schema'
import { PROJECT_NAME } from '../../auth/principal.ts'
import type { Control } from '../../control/control.ts'
import type { Clock } from '../../core/clock.ts'
import type { Hold } from '../../core/retention.ts'
import { unknownProject } from '../known-project.ts'
import type { Problem } from '../problems.ts'
import { problem } from '../problems.ts'
import type { Call, Reply, Route } from '../route.ts'
import { isUnbound, KEPT, type RetentionService, refuse } from './retention.ts'

export interface HoldRouteDependencies {
  readonly control: Control
  readonly clock: Clock
  readonly random: () => number
  readonly retention: Pick<RetentionService, 'changed' | 'projects'>
}

const time = { type: ['string', 'null'], format: 'date-time', maxLength: 40 } as const

const HOLD_SCHEMA = {
  title: 'Hold',
  type: 'object',
  required: [
    'name',
    'project',
    'family',
    'from',
    'to',
    'reason',
    'created_at',
    'created_by',
    'released_at',
  ],
  properties: {
    name: { type: 'string' },
    project: { type: 'string' },
    family: { enum: [...KEPT, null], description: 'null: all events and dead letters.' },
    from: time,
    to: time,
    reason: { type: 'string' },
    created_at: { type: 'string', format: 'date-time' },
    created_by: { type: ['string', 'null'], description: 'Id of the key.' },
    released_at: time,
  },
  additionalProperties: false,
} as const

const NEW_HOLD_SCHEMA = {
  title: 'NewHold',
  type: 'object',
  required: ['project', 'reason'],
  properties: {
    project: { type: 'string', pattern: PROJECT_NAME.source },
    family: { enum: [...KEPT, null] },
    from: time,
    to: time,
    reason: { type: 'string', minLength: 1, maxLength: 500 },
  },
  additionalProperties: false,
} as const

const HOLD_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/

/** `/api/v1/holds`: legal holds. A key bound to a project sees and changes those of that one alone. */
export function holdRoutes(dependencies: HoldRouteDependencies): readonly Route[] {
  const { clock, control, random, retention } = dependencies

  function listHolds({ principal }: Call): Reply {
    const own = (hold: Hold): boolean => isUnbound(principal) || hold.project === principal?.project
    return { status: 200, body: { holds: control.holds().filter(own).map(holdDocument) } }
  }

  async function putHold(call: Call): Promise<Reply | Problem> {
    const name = call.params['name'] ?? ''
    if (!HOLD_NAME.test(name)) {
      return invalid('name', `has to match ${HOLD_NAME.source}`)
    }
    const body = call.body as {
      readonly project: string
      readonly family?: string | null
      readonly from?: string | null
      readonly to?: string | null
      readonly reason: string
    }
    const existing = control.holds().find((hold) => hold.name === name)
    const refusal =
      refuse(call.principal, body.project) ??
      (existing === undefined ? null : refuse(call.principal, existing.project)) ??
      (await unknownProject(body.project, call.principal, retention, random))
    if (refusal !== null) return refusal
    const from = typeof body.from === 'string' ? parseIsoMicros(body.from) : undefined
    const to = typeof body.to === 'string' ? parseIsoMicros(body.to) : undefined
    if (from === null) return invalid('/from', 'is an ISO 8601 time with a zone')
    if (to === null) return invalid('/to', 'is an ISO 8601 time with a zone')
    if (from !== undefined && to !== undefined && from >= to)
      return invalid('/to', 'has to be after `from`')
    const hold: Hold = {
      name,
      project: body.project,
      family: body.family ?? null,
      from: from ?? null,
      to: to ?? null,
      reason: body.reason,
      createdAt: clock.now(),
      createdBy: call.principal?.keyId ?? null,
      releasedAt: null,
    }
    control.putHold(hold)
    retention.changed()
    return { status: 200, body: holdDocument(hold) }
  }

  function releaseHold(call: Call): Reply | Problem {
    const name = call.params['name'] ?? ''
    const existing = control.holds().find((hold) => hold.name === name)
    const mayNot = existing === undefined || refuse(call.principal, existing.project) !== null
    const released = mayNot ? null : control.releaseHold(name, clock.now())
    if (released === null) return problem('not_found', 'no hold of that name is in force')
    retention.changed()
    return { status: 200, body: holdDocument(released) }
  }

  return [
    {
      method: 'GET',
      url: '/api/v1/holds',
      permission: 'ops:read',
      summary: 'Legal holds, in force and released',
      tags: ['retention'],
      responses: {
        200: {
          description: 'Holds by name.',
          content: {
            'application/json': {
              type: 'object',
              required: ['holds'],
              properties: { holds: { type: 'array', items: HOLD_SCHEMA } },
              additionalProperties: false,
            },
          },
        },
      },
      problems: [],
      handle: listHolds,
    },
    {
      method: 'PUT',
      url: '/api/v1/holds/:name',
      permission: 'admin',
      summary: 'Keep rows of a project, whatever retention and erasure ask for',
      tags: ['retention'],
      params: { name: 'Name of the hold.' },
      body: { type: 'json', checked: true, schema: NEW_HOLD_SCHEMA },
      responses: {
        200: { description: 'The hold.', content: { 'application/json': HOLD_SCHEMA } },
      },
      problems: [
        'invalid_request',
        'invalid_json',
        'unsupported_media_type',
        'body_too_large',
        'store_rebuilding',
      ],
      handle: putHold,
    },
    {
      method: 'DELETE',
      url: '/api/v1/holds/:name',
      permission: 'admin',
      summary: 'Release a hold',
      tags: ['retention'],
      params: { name: 'Name of the hold.' },
      responses: {
        200: { description: 'The released hold.', content: { 'application/json': HOLD_SCHEMA } },
      },
      problems: ['not_found'],
      handle: releaseHold,
    },
  ]
}

function invalid(path: string, message: string): Problem {
  return problem('invalid_request', 'the hold is not valid', { errors: [{ path, message }] })
}

function holdDocument(hold: Hold): Readonly<Record<string, unknown>> {
  return {
    name: hold.name,
    project: hold.project,
    family: hold.family,
    from: hold.from === null ? null : formatIsoMicros(hold.from),
    to: hold.to === null ? null : formatIsoMicros(hold.to),
    reason: hold.reason,
    created_at: new Date(hold.createdAt).toISOString(),
    created_by: hold.createdBy,
    released_at: hold.releasedAt === null ? null : new Date(hold.releasedAt).toISOString(),
  }
}
