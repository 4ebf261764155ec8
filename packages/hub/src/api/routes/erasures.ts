import type { Principal } from '../../auth/principal.ts'
import { PROJECT_NAME } from '../../auth/principal.ts'
import type { Control } from '../../control/control.ts'
import {
  type Erasure,
  erasureReceipt,
  erasureSummary,
  MENTION_MODES,
  type MentionMode,
} from '../../core/erasure.ts'
import type { ErasureKeeper } from '../../maintenance/erasure-keeper.ts'
import { maintenanceProblem } from '../maintenance-problem.ts'
import type { Problem } from '../problems.ts'
import { problem } from '../problems.ts'
import type { Call, JsonSchema, Reply, Route } from '../route.ts'

export interface ErasureRouteDependencies {
  readonly control: Control
  readonly erasures: Pick<ErasureKeeper, 'erase'>
  readonly random: () => number
}

/** Longest user id that can be erased, in UTF-16 units: an event's is no longer. */
const MAX_SUBJECT = 4096

const counts = {
  type: 'object',
  required: ['own', 'mentions', 'left'],
  properties: {
    own: {
      type: 'object',
      description: 'Rows of the subject, by family or dead_letters.',
      additionalProperties: { type: 'integer' },
    },
    mentions: {
      type: 'object',
      description: 'Further rows erased because they name it, by the column that does.',
      additionalProperties: { type: 'integer' },
    },
    left: {
      type: 'object',
      description: 'Rows that hold its characters and stay, by the column.',
      additionalProperties: { type: 'integer' },
    },
  },
  additionalProperties: false,
} as const

const count = { type: ['integer', 'null'] } as const
const time = { type: 'string', format: 'date-time' } as const

const SUMMARY = {
  id: { type: 'string' },
  state: {
    enum: ['pending', 'done'],
    description: 'done: nothing of the rows is on disk any more. pending: it will be so.',
  },
  created_at: time,
  created_by: { type: ['string', 'null'], description: 'Id of the key.' },
  project: { type: ['string', 'null'], description: 'null: every project.' },
  mentions: { enum: MENTION_MODES },
  subject_hash: { type: 'string', description: 'HMAC-SHA-256 of the subject, hex.' },
  rows: counts,
  finished_at: { type: ['string', 'null'], format: 'date-time' },
  segments_rewritten: count,
  records_rewritten: count,
  bytes_before: count,
  bytes_after: count,
  folders_removed: count,
} as const

const SUMMARY_SCHEMA = {
  title: 'ErasureSummary',
  type: 'object',
  required: Object.keys(SUMMARY),
  properties: SUMMARY,
  additionalProperties: false,
} as const

const strings = { type: 'array', items: { type: 'string' } } as const

const RECEIPT_SCHEMA = {
  title: 'Erasure',
  type: 'object',
  required: [...Object.keys(SUMMARY), 'cut', 'places', 'letters', 'resolutions', 'verification'],
  properties: {
    ...SUMMARY,
    cut: {
      type: 'object',
      description: 'Offset per partition of the log below which everything was looked at.',
      additionalProperties: { type: 'string' },
    },
    places: { ...strings, description: 'Places of the rows in the log, packed.' },
    letters: { type: 'array', items: strings, description: 'Erased dead letters.' },
    resolutions: strings,
    verification: {
      type: ['object', 'null'],
      description: 'What a look afterwards found.',
      required: ['by', 'records', 'failed', 'left', 'control'],
      properties: {
        by: { enum: ['text', 'places'] },
        records: { type: 'integer' },
        failed: { type: 'integer' },
        left: { type: ['integer', 'null'] },
        control: { type: ['boolean', 'null'] },
      },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const

const DRY_RUN_SCHEMA = {
  title: 'ErasureDryRun',
  type: 'object',
  required: ['dry_run', 'subject_hash', 'rows', 'held_by'],
  properties: {
    dry_run: { const: true },
    subject_hash: { type: 'string' },
    rows: counts,
    held_by: { ...strings, description: 'Holds in force that would refuse it.' },
  },
  additionalProperties: false,
} as const

const BODY_SCHEMA = {
  type: 'object',
  required: ['subject'],
  properties: {
    subject: {
      type: 'object',
      required: ['user_id'],
      properties: { user_id: { type: 'string', minLength: 1, maxLength: MAX_SUBJECT } },
      additionalProperties: false,
    },
    project: {
      type: ['string', 'null'],
      pattern: PROJECT_NAME.source,
      description: 'Default: that of the key, else every project.',
    },
    mentions: {
      enum: MENTION_MODES,
      default: 'words',
      description:
        'Rows of others that name the subject: erased where it is a word of its own, anywhere, or kept.',
    },
    dry_run: { type: 'boolean', default: false, description: 'Counts only.' },
  },
  additionalProperties: false,
} as const

interface Body {
  readonly subject: { readonly user_id: string }
  readonly project?: string | null
  readonly mentions?: MentionMode
  readonly dry_run?: boolean
}

/** `/api/v1/erasures`. A key bound to a project erases in that one alone. No answer names a subject. */
export function erasureRoutes({
  control,
  erasures,
  random,
}: ErasureRouteDependencies): readonly Route[] {
  async function erase({ body, principal }: Call): Promise<Reply | Problem> {
    const { subject, project, mentions = 'words', dry_run: dryRun = false } = body as Body
    const bound = principal?.project ?? null
    if (bound !== null && project !== undefined && project !== null && project !== bound) {
      return problem('forbidden', 'the key is bound to another project')
    }
    const outcome = await erasures.erase(principal?.keyId ?? null, {
      userId: subject.user_id,
      project: bound ?? project ?? null,
      mode: mentions,
      dryRun,
    })
    if (!outcome.ok && outcome.failure === 'held') {
      return problem('held', `rows of the subject are kept by ${outcome.heldBy.join(', ')}`)
    }
    if (!outcome.ok) {
      return maintenanceProblem(outcome.failure, 'the hub stops: nothing was erased', random)
    }
    if (outcome.erasure !== null) return { status: 202, body: erasureReceipt(outcome.erasure) }
    const { counts: rows, heldBy, subjectHash } = outcome
    return {
      status: 200,
      body: { dry_run: true, subject_hash: subjectHash, rows, held_by: heldBy },
    }
  }

  function list({ principal }: Call): Reply {
    const found = control.erasures().filter((erasure) => maySee(principal, erasure))
    return { status: 200, body: { erasures: found.map(erasureSummary) } }
  }

  function show({ params, principal }: Call): Reply | Problem {
    const erasure = control.erasure(params['id'] ?? '')
    if (erasure === null || !maySee(principal, erasure)) {
      return problem('not_found', 'there is no erasure of that id')
    }
    return { status: 200, body: erasureReceipt(erasure) }
  }

  return [
    {
      method: 'POST',
      url: '/api/v1/erasures',
      permission: 'erase:write',
      summary: 'Erase everything about a user, or count what that would be',
      tags: ['erasure'],
      body: { type: 'json', checked: true, schema: BODY_SCHEMA },
      responses: {
        200: { description: 'The counts of a dry run.', content: json(DRY_RUN_SCHEMA) },
        202: {
          description: 'The receipt as it begins; ask for it again until it is done.',
          content: json(RECEIPT_SCHEMA),
        },
      },
      problems: [
        'invalid_request',
        'invalid_json',
        'unsupported_media_type',
        'body_too_large',
        'held',
        'store_rebuilding',
      ],
      handle: erase,
    },
    {
      method: 'GET',
      url: '/api/v1/erasures',
      permission: 'erase:write',
      summary: 'Erasures, oldest first',
      tags: ['erasure'],
      responses: {
        200: {
          description: 'Without the places of their rows.',
          content: json({
            type: 'object',
            required: ['erasures'],
            properties: { erasures: { type: 'array', items: SUMMARY_SCHEMA } },
            additionalProperties: false,
          }),
        },
      },
      problems: [],
      handle: list,
    },
    {
      method: 'GET',
      url: '/api/v1/erasures/:id',
      permission: 'erase:write',
      summary: 'The receipt of an erasure',
      tags: ['erasure'],
      params: { id: 'Id of the erasure.' },
      responses: { 200: { description: 'The receipt.', content: json(RECEIPT_SCHEMA) } },
      problems: ['not_found'],
      handle: show,
    },
  ]
}

function json(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return { 'application/json': schema }
}

function maySee(principal: Principal | null, { project }: Erasure): boolean {
  return principal?.project === null || (project !== null && principal?.project === project)
}
