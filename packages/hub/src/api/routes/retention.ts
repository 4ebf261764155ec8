import { FAMILIES, formatIsoMicros, parseIsoMicros } from '@llmhub/schema'
import type { Principal } from '../../auth/principal.ts'
import { PROJECT_NAME } from '../../auth/principal.ts'
import type { Control } from '../../control/control.ts'
import type { Clock } from '../../core/clock.ts'
import type { Hold, RetentionDefaults, RetentionPolicy } from '../../core/retention.ts'
import { LETTERS } from '../../core/retention.ts'
import { MaintenanceError } from '../../maintenance/operations.ts'
import type { RetentionRun } from '../../maintenance/retention-keeper.ts'
import type { Problem } from '../problems.ts'
import { problem } from '../problems.ts'
import type { Call, JsonSchema, Reply, Route } from '../route.ts'

/** Runs retention; see `RetentionKeeper`. */
export interface RetentionService {
  readonly defaults: RetentionDefaults
  /** The last run that was no dry run; null before the first of this process. */
  readonly last: RetentionRun | null
  run(by: string | null, dryRun: boolean): Promise<RetentionRun>
  /** Policies or holds were changed. */
  changed(): void
}

export interface RetentionRouteDependencies {
  readonly control: Control
  readonly clock: Clock
  readonly retention: RetentionService
}

const KEPT = [...FAMILIES, LETTERS] as const

const project = {
  type: ['string', 'null'],
  pattern: PROJECT_NAME.source,
  description: 'null: every project.',
} as const
const family = {
  enum: [...KEPT, null],
  description: 'A family of events, dead_letters, or null: every family of events.',
} as const
const time = { type: ['string', 'null'], format: 'date-time', maxLength: 40 } as const

const POLICY_SCHEMA = {
  type: 'object',
  required: ['project', 'family', 'days'],
  properties: {
    project,
    family,
    days: { type: 'integer', minimum: 0, maximum: 36_500, description: '0 keeps for ever.' },
  },
  additionalProperties: false,
} as const

const RUN_SCHEMA = {
  type: 'object',
  required: ['dry_run', 'at', 'cuts', 'log'],
  properties: {
    dry_run: { type: 'boolean' },
    at: { type: 'string', format: 'date-time' },
    cuts: {
      type: 'array',
      items: {
        type: 'object',
        required: ['project', 'family', 'from', 'before', 'found', 'rows'],
        properties: {
          project,
          family,
          from: time,
          before: { type: 'string', format: 'date-time' },
          found: { type: 'boolean', description: 'Whether there were rows to delete.' },
          rows: { type: ['integer', 'null'], description: 'How many; counted by a dry run only.' },
        },
        additionalProperties: false,
      },
    },
    log: {
      type: ['object', 'null'],
      description: 'What the log gave back.',
      required: ['dropped', 'rewritten', 'bytes_before', 'bytes_after', 'problems'],
      properties: {
        dropped: { type: 'integer' },
        rewritten: { type: 'integer' },
        bytes_before: { type: 'integer' },
        bytes_after: { type: 'integer' },
        problems: { type: 'array', items: { type: 'string' } },
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const

const HOLD_SCHEMA = {
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

/** `/api/v1/retention` and `/api/v1/holds`. A key bound to a project sees and changes what concerns that one alone. */
export function retentionRoutes(dependencies: RetentionRouteDependencies): readonly Route[] {
  const { clock, control, retention } = dependencies

  function list({ principal }: Call): Reply {
    const own = (policy: RetentionPolicy): boolean =>
      isUnbound(principal) || policy.project === null || policy.project === principal?.project
    const { defaults, last } = retention
    return {
      status: 200,
      body: {
        default_days: defaults.events,
        dead_letter_days: defaults.letters,
        policies: control.retention().filter(own),
        last_run: isUnbound(principal) && last !== null ? runDocument(last) : null,
      },
    }
  }

  function put(call: Call): Reply | Problem {
    const body = call.body as {
      readonly project?: string | null
      readonly family?: string | null
      readonly days: number
    }
    const policy = { project: body.project ?? null, family: body.family ?? null, days: body.days }
    const refusal = refuse(call.principal, policy.project)
    if (refusal !== null) return refusal
    control.putRetention(policy)
    retention.changed()
    return { status: 200, body: policy }
  }

  function remove(call: Call): Reply | Problem {
    const of = call.query['project'] ?? null
    const which = call.query['family'] ?? null
    const refusal = refuse(call.principal, of)
    if (refusal !== null) return refusal
    if (!control.deleteRetention(of, which)) {
      return problem('not_found', 'there is no policy of that project and family')
    }
    retention.changed()
    return { status: 204 }
  }

  async function run(call: Call): Promise<Reply | Problem> {
    const refusal = refuse(call.principal, null)
    if (refusal !== null) return refusal
    const { dry_run: dryRun = false } = call.body as { readonly dry_run?: boolean }
    try {
      const done = await retention.run(call.principal?.keyId ?? null, dryRun)
      return { status: 200, body: runDocument(done) }
    } catch (error) {
      if (!(error instanceof MaintenanceError)) throw error
      return problem('store_rebuilding', 'retention cannot be run now')
    }
  }

  function listHolds({ principal }: Call): Reply {
    const own = (hold: Hold): boolean => isUnbound(principal) || hold.project === principal?.project
    return { status: 200, body: { holds: control.holds().filter(own).map(holdDocument) } }
  }

  function putHold(call: Call): Reply | Problem {
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
      (existing === undefined ? null : refuse(call.principal, existing.project))
    if (refusal !== null) return refusal
    const from = typeof body.from === 'string' ? parseIsoMicros(body.from) : undefined
    const to = typeof body.to === 'string' ? parseIsoMicros(body.to) : undefined
    if (from === null) return invalid('/from', 'is an ISO 8601 time with a zone')
    if (to === null) return invalid('/to', 'is an ISO 8601 time with a zone')
    if (from !== undefined && to !== undefined && from >= to) return invalid('/to', 'is after from')
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
      url: '/api/v1/retention',
      permission: 'ops:read',
      summary: 'How long rows are kept',
      tags: ['retention'],
      responses: {
        200: {
          description: 'Policies, the days where none speaks, and the last run.',
          content: json({
            type: 'object',
            required: ['default_days', 'dead_letter_days', 'policies', 'last_run'],
            properties: {
              default_days: { type: 'integer' },
              dead_letter_days: { type: 'integer' },
              policies: { type: 'array', items: POLICY_SCHEMA },
              last_run: { ...RUN_SCHEMA, type: ['object', 'null'] },
            },
            additionalProperties: false,
          }),
        },
      },
      problems: [],
      handle: list,
    },
    {
      method: 'PUT',
      url: '/api/v1/retention',
      permission: 'admin',
      summary: 'Set how long rows of a project and family are kept',
      tags: ['retention'],
      body: {
        type: 'json',
        checked: true,
        schema: { ...POLICY_SCHEMA, required: ['days'] },
      },
      responses: { 200: { description: 'The policy.', content: json(POLICY_SCHEMA) } },
      problems: ['invalid_request', 'invalid_json', 'unsupported_media_type', 'body_too_large'],
      handle: put,
    },
    {
      method: 'DELETE',
      url: '/api/v1/retention',
      permission: 'admin',
      summary: 'Remove a policy, so that a less specific one holds',
      tags: ['retention'],
      query: {
        checked: true,
        parameters: [
          { name: 'project', doc: 'Its project; without it, the policy for every project.' },
          { name: 'family', doc: 'Its family; without it, the policy for all.', values: KEPT },
        ],
      },
      responses: { 204: { description: 'It is gone.', content: {} } },
      problems: ['invalid_request', 'not_found'],
      handle: remove,
    },
    {
      method: 'POST',
      url: '/api/v1/retention/run',
      permission: 'admin',
      summary: 'Delete now what the policies let go, or say what that would be',
      tags: ['retention'],
      body: {
        type: 'json',
        checked: true,
        schema: {
          type: 'object',
          properties: { dry_run: { type: 'boolean', default: false } },
          additionalProperties: false,
        },
      },
      responses: { 200: { description: 'What was done.', content: json(RUN_SCHEMA) } },
      problems: [
        'invalid_request',
        'invalid_json',
        'unsupported_media_type',
        'body_too_large',
        'store_rebuilding',
      ],
      handle: run,
    },
    {
      method: 'GET',
      url: '/api/v1/holds',
      permission: 'ops:read',
      summary: 'Legal holds, in force and released',
      tags: ['retention'],
      responses: {
        200: {
          description: 'Holds by name.',
          content: json({
            type: 'object',
            required: ['holds'],
            properties: { holds: { type: 'array', items: HOLD_SCHEMA } },
            additionalProperties: false,
          }),
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
      body: { type: 'json', checked: true, schema: NEW_HOLD_SCHEMA },
      responses: { 200: { description: 'The hold.', content: json(HOLD_SCHEMA) } },
      problems: ['invalid_request', 'invalid_json', 'unsupported_media_type', 'body_too_large'],
      handle: putHold,
    },
    {
      method: 'DELETE',
      url: '/api/v1/holds/:name',
      permission: 'admin',
      summary: 'Release a hold',
      tags: ['retention'],
      responses: { 200: { description: 'The released hold.', content: json(HOLD_SCHEMA) } },
      problems: ['not_found'],
      handle: releaseHold,
    },
  ]
}

function json(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return { 'application/json': schema }
}

function isUnbound(principal: Principal | null): boolean {
  return principal?.project === null
}

function refuse(principal: Principal | null, about: string | null): Problem | null {
  if (isUnbound(principal)) return null
  if (about !== null && principal?.project === about) return null
  return problem('forbidden', 'the key is bound to another project')
}

function invalid(path: string, message: string): Problem {
  return problem('invalid_request', 'the hold is not valid', { errors: [{ path, message }] })
}

function runDocument({ dryRun, at, cuts, log }: RetentionRun): Readonly<Record<string, unknown>> {
  return {
    dry_run: dryRun,
    at: new Date(at).toISOString(),
    cuts: cuts.map((cut) => ({
      project: cut.project,
      family: cut.family,
      from: cut.from === null ? null : formatIsoMicros(cut.from),
      before: formatIsoMicros(cut.before),
      found: cut.found,
      rows: cut.rows,
    })),
    log: log && {
      dropped: log.dropped,
      rewritten: log.rewritten,
      bytes_before: log.bytesBefore,
      bytes_after: log.bytesAfter,
      // The messages name files.
      problems: log.problems.map(() => 'a segment of the log cannot be read: llmhub verify log'),
    },
  }
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
