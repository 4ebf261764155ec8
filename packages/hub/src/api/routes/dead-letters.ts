import type { RequestErrorCode } from '@llmhub/schema'
import type { ProjectLimits } from '../../auth/project-limits.ts'
import type { Clock } from '../../core/clock.ts'
import type { ProjectScope } from '../../core/scope.ts'
import { NO_PATCH, PATCH_LIMITS, type Patch, patchIssues } from '../../maintenance/patch-event.ts'
import { type LetterActs, MAX_LETTERS, type ResolveOutcome } from '../../maintenance/resolve.ts'
import type { LetterFilter, LetterPlace } from '../../store/letters.ts'
import {
  decodeCursor,
  encodeCursor,
  FILTER_PARAMETERS,
  FILTER_SCHEMA,
  IDS_SCHEMA,
  isLetterId,
  parseFilter,
} from '../letter-choice.ts'
import {
  LETTER_DETAIL_SCHEMA,
  LETTER_SCHEMA,
  letterDetail,
  letterDocument,
  letterProblem,
  RESOLVED_SCHEMA,
  resolvedDocument,
} from '../letter-documents.ts'
import type { Problem } from '../problems.ts'
import { problem } from '../problems.ts'
import { PROJECT_HEADER, scopeToRead } from '../project-header.ts'
import type { Call, Reply, Route } from '../route.ts'

export interface DeadLetterRouteDependencies {
  readonly letters: LetterActs
  readonly clock: Clock
  readonly projectLimits: ProjectLimits
  readonly random: () => number
}

export const LETTER_PROBLEMS = [
  'not_found',
  'invalid_request',
  'query_timeout',
  'result_too_large',
  'store_rebuilding',
] as const satisfies readonly RequestErrorCode[]

const ACT_PROBLEMS = [
  ...LETTER_PROBLEMS,
  'invalid_json',
  'body_too_large',
  'unsupported_media_type',
  'overloaded',
  'disk_full',
  'storage_failed',
] as const satisfies readonly RequestErrorCode[]

const SHOWN = 50
/** Values of a patch go into every letter of a request: together, as JSON, no longer than this. */
const MAX_PATCH_LENGTH = 16_384

const cursor = { type: ['string', 'null'], maxLength: 512 } as const

const CHOICE_PROPERTIES = {
  ids: IDS_SCHEMA,
  filter: {
    ...FILTER_SCHEMA,
    description: 'Instead of ids; `{}` is all. Without `status` those that are open.',
  },
  limit: { type: 'integer', minimum: 1, maximum: MAX_LETTERS, default: MAX_LETTERS },
  cursor,
} as const

const DISMISS_SCHEMA = {
  type: 'object',
  properties: CHOICE_PROPERTIES,
  oneOf: [{ required: ['ids'] }, { required: ['filter'] }],
  additionalProperties: false,
} as const

const REPLAY_SCHEMA = {
  ...DISMISS_SCHEMA,
  properties: {
    ...CHOICE_PROPERTIES,
    set: {
      type: 'object',
      description: 'JSON pointer → value to set in each event.',
      maxProperties: PATCH_LIMITS.pointers,
      examples: [{ '/payload/model_id': 'gpt-4o' }],
    },
    unset: {
      type: 'array',
      description: 'JSON pointers of what is taken out of each event, before `set`.',
      maxItems: PATCH_LIMITS.pointers,
      items: { type: 'string' },
    },
    dry_run: { type: 'boolean', default: false, description: 'Say what would become of each.' },
  },
} as const

interface ChoiceBody {
  readonly ids?: readonly string[]
  readonly filter?: Readonly<Record<string, string>>
  readonly limit?: number
  readonly cursor?: string | null
}

interface ReplayBody extends ChoiceBody {
  readonly set?: Readonly<Record<string, unknown>>
  readonly unset?: readonly string[]
  readonly dry_run?: boolean
}

const PROJECT_HEADERS = {
  [PROJECT_HEADER]: 'Project of the letters, for keys bound to none. Default: all.',
}

/** `/api/v1/dead-letters`: rejected events, to look at, to take in again, to dismiss. */
export function deadLetterRoutes(dependencies: DeadLetterRouteDependencies): readonly Route[] {
  const { letters, clock, projectLimits, random } = dependencies

  async function list(call: Call): Promise<Reply | Problem> {
    const target = scopeToRead(call, projectLimits)
    if ('problem' in target) return target
    const { cursor: page, limit: shown = String(SHOWN), ...sent } = call.query
    const parsed = parseFilter(sent, clock.nowMicros())
    if (!parsed.ok) return invalid(parsed.errors)
    const limit = /^\d{1,4}$/.test(shown) ? Number(shown) : 0
    if (limit < 1 || limit > MAX_LETTERS) {
      return invalid([{ path: 'limit', message: `is a whole number from 1 to ${MAX_LETTERS}` }])
    }
    const before = page === undefined ? null : decodeCursor(page, sent)
    if (page !== undefined && before === null) return invalid([WRONG_CURSOR])
    const { filter } = parsed
    const signal = call.signal()
    const [found, counted] = await Promise.all([
      letters.ask(
        { type: 'list', filter, before, limit: limit + 1, bodies: false },
        target.scope,
        signal,
      ),
      letters.ask({ type: 'count', filter }, target.scope, signal),
    ])
    if (!found.ok) return letterProblem(found.failure, found.message, random)
    if (!counted.ok) return letterProblem(counted.failure, counted.message, random)
    const rows = found.answer.letters.slice(0, limit)
    const more = found.answer.letters.length > limit
    const byCode: Record<string, number> = {}
    for (const { code, count } of counted.answer.counts) byCode[code] = (byCode[code] ?? 0) + count
    return {
      status: 200,
      body: {
        letters: rows.map(letterDocument),
        total: Object.values(byCode).reduce((x, y) => x + y, 0),
        by_code: byCode,
        next: more ? encodeCursor(rows.at(-1) ?? null, sent) : null,
      },
    }
  }

  async function inspect(call: Call): Promise<Reply | Problem> {
    const target = scopeToRead(call, projectLimits)
    if ('problem' in target) return target
    const id = call.params['id'] ?? ''
    if (!isLetterId(id)) return NO_SUCH_LETTER
    const question = {
      type: 'list',
      filter: { ids: [id] },
      before: null,
      limit: 1,
      bodies: true,
    } as const
    const found = await letters.ask(question, target.scope, call.signal())
    if (!found.ok) return letterProblem(found.failure, found.message, random)
    const letter = found.answer.letters[0]
    return letter === undefined ? NO_SUCH_LETTER : { status: 200, body: letterDetail(letter) }
  }

  async function replayOne(call: Call): Promise<Reply | Problem> {
    const target = scopeToRead(call, projectLimits)
    if ('problem' in target) return target
    const id = call.params['id'] ?? ''
    if (!isLetterId(id)) return NO_SUCH_LETTER
    const corrected: unknown = call.body ?? undefined
    const dryRun = call.query['dryRun'] === 'true'
    const outcome = await letters.replay(
      {
        ...ALL_OF,
        filter: { ids: [id] },
        patch: NO_PATCH,
        dryRun,
        ...(corrected === undefined ? {} : { corrected }),
      },
      target.scope,
      call.principal?.keyId ?? null,
      call.signal(),
    )
    if (!outcome.ok) return failureOf(outcome)
    const [result] = outcome.results
    if (result === undefined) return NO_SUCH_LETTER
    if (result.outcome === 'not_replayable') {
      return problem('not_replayable', result.message ?? 'the event as sent was not kept')
    }
    const status = result.outcome === 'rejected' ? 422 : 200
    return { status, body: resolvedDocument(outcome, dryRun, null) }
  }

  async function replayMany(call: Call): Promise<Reply | Problem> {
    const body = call.body as ReplayBody
    const target = chosen(call, body)
    if ('problem' in target) return target
    const patch: Patch = { set: body.set ?? {}, unset: body.unset ?? [] }
    const issues = patchIssues(patch)
    if (issues.length > 0) return invalid(issues)
    if (JSON.stringify(patch.set).length > MAX_PATCH_LENGTH) {
      const message = `is longer than ${MAX_PATCH_LENGTH} characters of JSON`
      return invalid([{ path: '/set', message }])
    }
    const dryRun = body.dry_run === true
    const { choice, scope } = target
    const by = call.principal?.keyId ?? null
    const outcome = await letters.replay({ ...choice, patch, dryRun }, scope, by, call.signal())
    return outcome.ok ? done(outcome, dryRun, body) : failureOf(outcome)
  }

  async function dismissMany(call: Call): Promise<Reply | Problem> {
    const body = call.body as ChoiceBody
    const target = chosen(call, body)
    if ('problem' in target) return target
    const by = call.principal?.keyId ?? null
    const outcome = await letters.dismiss(target.choice, target.scope, by, call.signal())
    return outcome.ok ? done(outcome, false, body) : failureOf(outcome)
  }

  function done(outcome: ResolveOutcome & { ok: true }, dryRun: boolean, body: ChoiceBody): Reply {
    const next = encodeCursor(outcome.next, boundTo(body))
    return { status: 200, body: resolvedDocument(outcome, dryRun, next) }
  }

  function failureOf(outcome: Extract<ResolveOutcome, { ok: false }>): Problem {
    return letterProblem(outcome.code, outcome.message, random, outcome.retryAfterSeconds)
  }

  /** The letters that a body names, in the scope of its key. */
  function chosen(
    call: Call,
    body: ChoiceBody,
  ):
    | {
        readonly scope: ProjectScope
        readonly choice: { filter: LetterFilter; before: LetterPlace | null; limit: number }
      }
    | Problem {
    const target = scopeToRead(call, projectLimits)
    if ('problem' in target) return target
    const parsed = parseFilter(body.filter ?? {}, clock.nowMicros(), '/filter/')
    if (!parsed.ok) return invalid(parsed.errors)
    const before = typeof body.cursor === 'string' ? decodeCursor(body.cursor, boundTo(body)) : null
    if (typeof body.cursor === 'string' && before === null) {
      return invalid([{ ...WRONG_CURSOR, path: '/cursor' }])
    }
    const filter =
      body.ids === undefined ? { status: 'open' as const, ...parsed.filter } : { ids: body.ids }
    return { scope: target.scope, choice: { filter, before, limit: body.limit ?? MAX_LETTERS } }
  }

  return [
    {
      method: 'GET',
      url: '/api/v1/dead-letters',
      permission: 'query:read',
      summary: 'Rejected events, newest first',
      tags: ['dead letters'],
      query: {
        checked: true,
        parameters: [
          ...FILTER_PARAMETERS,
          {
            name: 'limit',
            doc: `Letters of a page, at most ${MAX_LETTERS}.`,
            default: String(SHOWN),
          },
          { name: 'cursor', doc: '`next` of the page before, with the same filter.' },
        ],
      },
      headers: PROJECT_HEADERS,
      responses: {
        200: {
          description:
            'A page, and how many pass the filter by code. What was on disk when the first page was asked for is in it, or within 2 s.',
          content: { 'application/json': LIST_SCHEMA },
        },
      },
      problems: LETTER_PROBLEMS,
      handle: list,
    },
    {
      method: 'GET',
      url: '/api/v1/dead-letters/:id',
      permission: 'query:read',
      summary: 'One rejected event: why, what to do, and what was kept of it',
      tags: ['dead letters'],
      params: { id: 'Id of the dead letter.' },
      headers: PROJECT_HEADERS,
      responses: {
        200: {
          description: 'The letter.',
          content: { 'application/json': LETTER_DETAIL_SCHEMA },
        },
      },
      problems: LETTER_PROBLEMS,
      handle: inspect,
    },
    {
      method: 'POST',
      url: '/api/v1/dead-letters/:id/replay',
      permission: 'ops:write',
      summary: 'Take a rejected event in again, as kept or corrected',
      tags: ['dead letters'],
      params: { id: 'Id of the dead letter.' },
      query: {
        checked: true,
        parameters: [
          {
            name: 'dryRun',
            doc: 'Say what would become of it, change nothing.',
            values: ['true', 'false'],
            default: 'false',
          },
        ],
      },
      headers: PROJECT_HEADERS,
      body: {
        type: 'json',
        checked: false,
        optional: true,
        schema: {
          description: 'The corrected event; without a body the kept one.',
          type: 'object',
          additionalProperties: true,
        },
      },
      responses: {
        200: {
          description: 'It is an event now, was one already, or was replayed before.',
          content: { 'application/json': RESOLVED_SCHEMA },
        },
        422: {
          description: 'The event is rejected still: the letter stays as it was.',
          content: { 'application/json': RESOLVED_SCHEMA },
        },
      },
      problems: [...ACT_PROBLEMS, 'not_replayable'],
      handle: replayOne,
    },
    {
      method: 'POST',
      url: '/api/v1/dead-letters/replay',
      permission: 'ops:write',
      summary: 'Take many rejected events in again, each with the same correction',
      tags: ['dead letters'],
      headers: PROJECT_HEADERS,
      body: { type: 'json', checked: true, schema: REPLAY_SCHEMA },
      responses: {
        200: {
          description: 'What became of each letter.',
          content: { 'application/json': RESOLVED_SCHEMA },
        },
      },
      problems: ACT_PROBLEMS,
      handle: replayMany,
    },
    {
      method: 'POST',
      url: '/api/v1/dead-letters/dismiss',
      permission: 'ops:write',
      summary: 'Put rejected events aside for good',
      tags: ['dead letters'],
      headers: PROJECT_HEADERS,
      body: { type: 'json', checked: true, schema: DISMISS_SCHEMA },
      responses: {
        200: {
          description: 'What became of each letter.',
          content: { 'application/json': RESOLVED_SCHEMA },
        },
      },
      problems: ACT_PROBLEMS,
      handle: dismissMany,
    },
  ]
}

const LIST_SCHEMA = {
  type: 'object',
  required: ['letters', 'total', 'by_code', 'next'],
  properties: {
    letters: { type: 'array', items: LETTER_SCHEMA },
    total: {
      type: 'integer',
      minimum: 0,
      description: 'Letters that pass the filter, on all pages.',
    },
    by_code: { type: 'object', additionalProperties: { type: 'integer', minimum: 1 } },
    next: { type: ['string', 'null'], description: '`cursor` of the next page.' },
  },
  additionalProperties: false,
} as const

/** The first letter. */
const ALL_OF = { before: null, limit: 1 } as const

const NO_SUCH_LETTER = problem('not_found', 'there is no such dead letter')

const WRONG_CURSOR = {
  path: 'cursor',
  message: 'is not a cursor of this request: leave it out for the first page',
}

function invalid(errors: readonly { readonly path: string; readonly message: string }[]): Problem {
  return problem('invalid_request', 'the request is not valid', { errors })
}

/** What the cursor of a body is bound to. */
function boundTo({ ids, filter }: ChoiceBody): unknown {
  return [ids ?? null, filter ?? null]
}
