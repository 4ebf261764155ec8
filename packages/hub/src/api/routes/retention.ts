import { FAMILIES, formatIsoMicros } from '@llmhub/schema'
import type { Principal } from '../../auth/principal.ts'
import { PROJECT_NAME } from '../../auth/principal.ts'
import type { Control } from '../../control/control.ts'
import type { RetentionDefaults, RetentionPolicy } from '../../core/retention.ts'
import { LETTERS } from '../../core/retention.ts'
import { MaintenanceError } from '../../maintenance/operations.ts'
import type { RetentionRun } from '../../maintenance/retention-keeper.ts'
import type { PolicyChange } from '../../maintenance/retention-rules.ts'
import { type KnownProjects, unknownProject } from '../known-project.ts'
import { MAINTENANCE_PROBLEMS, maintenanceProblem } from '../maintenance-problem.ts'
import type { Problem } from '../problems.ts'
import { problem } from '../problems.ts'
import type { Call, JsonSchema, Reply, Route } from '../route.ts'

/** Runs retention; see `RetentionKeeper`. */
export interface RetentionService extends KnownProjects {
  readonly defaults: RetentionDefaults
  /** The last run that was no dry run; null before the first of this process. */
  readonly last: RetentionRun | null
  run(by: string | null, dryRun: boolean): Promise<RetentionRun>
  /** What the next run would delete of what a policy is about, if it were in force; days null: if it were removed. */
  preview(by: string | null, policy: PolicyChange): Promise<RetentionRun>
  /** Policies or holds were changed. */
  changed(): void
}

export interface RetentionRouteDependencies {
  readonly control: Control
  readonly retention: RetentionService
  readonly random: () => number
}

/** What a policy or a hold can be about. */
export const KEPT = [...FAMILIES, LETTERS] as const

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
  title: 'RetentionPolicy',
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
  title: 'RetentionRun',
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

/** `/api/v1/retention`. A key bound to a project sees and changes what concerns that one alone. */
export function retentionRoutes(dependencies: RetentionRouteDependencies): readonly Route[] {
  const { control, random, retention } = dependencies

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

  async function put(call: Call): Promise<Reply | Problem> {
    const body = call.body as {
      readonly project?: string | null
      readonly family?: string | null
      readonly days: number
    }
    const policy = { project: body.project ?? null, family: body.family ?? null, days: body.days }
    const refusal =
      refuse(call.principal, policy.project) ??
      (await unknownProject(policy.project, call.principal, retention, random))
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
    const { dry_run: dryRun = false, policy } = call.body as {
      readonly dry_run?: boolean
      readonly policy?: Partial<PolicyChange> & Pick<PolicyChange, 'days'>
    }
    const by = call.principal?.keyId ?? null
    if (policy !== undefined && !dryRun) {
      const message = 'a policy that is not in force can only be looked at: with dry_run true'
      return problem('invalid_request', message, { errors: [{ path: '/policy', message }] })
    }
    try {
      if (policy === undefined) {
        return { status: 200, body: runDocument(await retention.run(by, dryRun)) }
      }
      const { project: of = null, family: which = null, days } = policy
      const unknown = await unknownProject(of, call.principal, retention, random)
      if (unknown !== null) return unknown
      const done = await retention.preview(by, { project: of, family: which, days })
      return { status: 200, body: runDocument(done) }
    } catch (error) {
      if (!(error instanceof MaintenanceError)) throw error
      return maintenanceProblem(error.failure, error.message, random)
    }
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
              last_run: { anyOf: [RUN_SCHEMA, { type: 'null' }] },
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
        schema: { ...POLICY_SCHEMA, title: 'NewRetentionPolicy', required: ['days'] },
      },
      responses: { 200: { description: 'The policy.', content: json(POLICY_SCHEMA) } },
      problems: [
        'invalid_request',
        'invalid_json',
        'unsupported_media_type',
        'body_too_large',
        'store_rebuilding',
      ],
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
          properties: {
            dry_run: { type: 'boolean', default: false },
            policy: {
              ...POLICY_SCHEMA,
              title: 'RetentionPolicyChange',
              description:
                'With dry_run: says what the next run would delete of what this policy is about, if it were in force.',
              required: ['days'],
              properties: {
                ...POLICY_SCHEMA.properties,
                days: {
                  ...POLICY_SCHEMA.properties.days,
                  type: ['integer', 'null'],
                  description: '0 keeps for ever; null: as if the policy were removed.',
                },
              },
            },
          },
          additionalProperties: false,
        },
      },
      responses: { 200: { description: 'What was done.', content: json(RUN_SCHEMA) } },
      problems: [
        'invalid_request',
        'invalid_json',
        'unsupported_media_type',
        'body_too_large',
        ...MAINTENANCE_PROBLEMS,
      ],
      handle: run,
    },
  ]
}

function json(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return { 'application/json': schema }
}

/** A key of all projects. */
export function isUnbound(principal: Principal | null): boolean {
  return principal?.project === null
}

/** Null when the key may decide about a project, or about all of them (null). */
export function refuse(principal: Principal | null, about: string | null): Problem | null {
  if (isUnbound(principal)) return null
  if (about !== null && principal?.project === about) return null
  return problem('forbidden', 'the key is bound to another project')
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
