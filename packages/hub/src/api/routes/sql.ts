import type { RequestErrorCode } from '@llmhub/schema'
import { formatIsoMicros } from '@llmhub/schema'
import type { Clock } from '../../core/clock.ts'
import type { Metrics } from '../../core/metrics.ts'
import { FORMATS } from '../../formats/formats.ts'
import type { SqlFailure, SqlParameter, UserSqlOutcome, UserSqlRequest } from '../../store/sql.ts'
import { SQL_FUNCTIONS, SQL_TABLE_FUNCTIONS } from '../../store/sql-functions.ts'
import { FORM_TYPES, SQL_SCHEMA, SQL_VIEWS } from '../../store/sql-views.ts'
import type { Problem } from '../problems.ts'
import { problem, retryAfter } from '../problems.ts'
import { PROJECT_HEADER } from '../project-header.ts'
import type { Call, Reply, Route } from '../route.ts'
import { sqlCsv, sqlJson, sqlLines } from '../sql-answer.ts'
import { unlessStalled } from '../unless-stalled.ts'

export interface SqlService {
  run(request: UserSqlRequest, signal: AbortSignal): Promise<UserSqlOutcome>
  /** Rows of an answer, and milliseconds of a statement, that may be asked for at most. */
  readonly maxRows: number
  readonly maxTimeoutMs: number
}

interface SqlRouteDependencies {
  readonly sql: SqlService
  readonly random: () => number
  readonly clock: Clock
  readonly monotonic: () => number
  readonly metrics: Metrics
}

/** Rows of an answer where none are asked for. */
const DEFAULT_ROWS = 1000
/** Bytes of an answer as JSON, about: what browsers and the command line can hold. */
const MAX_BYTES = 32 * 1024 * 1024
/** For how long a reader may take nothing of an answer. */
const PATIENCE_MS = 60_000
const JSON_MEDIA_TYPE = 'application/json; charset=utf-8'

const CODES: Readonly<Record<SqlFailure, RequestErrorCode>> = {
  invalid: 'invalid_sql',
  busy: 'too_many_queries',
  timeout: 'query_timeout',
  cancelled: 'query_timeout',
  too_many_rows: 'too_much_memory',
  too_much_memory: 'too_much_memory',
  rebuilding: 'store_rebuilding',
}

interface SqlBody {
  readonly sql: string
  readonly params?: readonly SqlParameter[] | Readonly<Record<string, SqlParameter>>
  readonly limit?: number
  readonly timeoutMs?: number
}

/** `POST /api/v1/sql`, and what one needs to know to write a statement. */
export function sqlRoutes(dependencies: SqlRouteDependencies): readonly Route[] {
  const { sql: service, clock, metrics, monotonic, random } = dependencies

  async function run(call: Call): Promise<Reply | Problem> {
    const refusal = refusalOf(call)
    if (refusal !== null) return refusal
    const body = call.body as SqlBody
    const { maxRows, maxTimeoutMs } = service
    const start = monotonic()
    const outcome = await service.run(
      {
        sql: body.sql,
        parameters: named(body.params ?? {}),
        maxRows: Math.min(body.limit ?? DEFAULT_ROWS, maxRows),
        maxBytes: MAX_BYTES,
        deadlineMs: Math.min(body.timeoutMs ?? maxTimeoutMs, maxTimeoutMs),
      },
      call.signal(),
    )
    const elapsedMs = Math.round((monotonic() - start) * 10) / 10
    const code = outcome.ok ? null : CODES[outcome.failure]
    metrics.observeQuery({ name: 'sql', outcome: code ?? 'ok', seconds: elapsedMs / 1000 })
    if (!outcome.ok) return failureOf(outcome, random)
    return replyOf(outcome, call.query['format'] ?? 'json', elapsedMs, clock)
  }

  return [
    {
      method: 'POST',
      url: '/api/v1/sql',
      permission: 'sql:read',
      summary: 'Run one SELECT over the views of all projects',
      tags: ['sql'],
      query: {
        checked: true,
        parameters: [
          {
            name: 'format',
            doc: 'Form of the answer; csv and ndjson carry the rows alone, and the header `X-LLMHub-Truncated` where there are more.',
            values: ['json', 'csv', 'ndjson'],
            default: 'json',
          },
        ],
      },
      body: { type: 'json', checked: true, schema: BODY_SCHEMA },
      responses: {
        200: {
          description: 'The rows.',
          content: {
            'application/json': ANSWER_SCHEMA,
            'text/csv': { type: 'string' },
            'application/x-ndjson': { type: 'string' },
          },
        },
      },
      problems: [
        'invalid_json',
        'invalid_request',
        'unsupported_media_type',
        'body_too_large',
        ...new Set(Object.values(CODES)),
      ],
      handle: run,
    },
    {
      method: 'GET',
      url: '/api/v1/sql/schema',
      permission: 'sql:read',
      summary: 'Views, columns and functions that SQL may name',
      tags: ['sql'],
      responses: {
        200: { description: 'The schema.', content: { 'application/json': SCHEMA_SCHEMA } },
      },
      problems: [],
      handle: () => ({ status: 200, body: schemaDocument() }),
    },
  ]
}

/** SQL reads all projects, so a key that may see one of them may not use it. */
function refusalOf({ headers, principal }: Call): Problem | null {
  if (principal?.project !== null) {
    return problem(
      'forbidden',
      'SQL reads the events of all projects, and this key is bound to one: use a key without a project, or ask questions (POST /api/v1/query)',
    )
  }
  if (headers['x-llmhub-project'] === undefined) return null
  return problem('invalid_request', 'SQL reads the events of all projects', {
    errors: [
      {
        path: PROJECT_HEADER,
        message: 'is not taken here',
        hint: "Write it as a condition: WHERE project = '…'.",
      },
    ],
  })
}

/** Values by name: `1` for the first of a list. */
function named(params: NonNullable<SqlBody['params']>): Readonly<Record<string, SqlParameter>> {
  return Array.isArray(params)
    ? Object.fromEntries(params.map((value: SqlParameter, i) => [String(i + 1), value]))
    : (params as Readonly<Record<string, SqlParameter>>)
}

function failureOf(
  { failure, message, issue }: Extract<UserSqlOutcome, { readonly ok: false }>,
  random: () => number,
): Problem {
  const code = CODES[failure]
  if (issue === undefined) return problem(code, message, retryAfter(code, random))
  const { at, hint } = issue
  const error = {
    path: '/sql',
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(at === null ? {} : { position: at }),
  }
  return problem(code, message, { errors: [error] })
}

type Answered = Extract<UserSqlOutcome, { readonly ok: true }>

function replyOf(answer: Answered, format: string, elapsedMs: number, clock: Clock): Reply {
  const { truncated, position, watermark } = answer
  const headers: Readonly<Record<string, string>> = truncated
    ? { 'x-llmhub-truncated': 'true' }
    : {}
  const reply = (mediaType: string, chunks: AsyncIterable<string | Uint8Array>): Reply => {
    return { status: 200, headers, mediaType, body: unlessStalled(chunks, PATIENCE_MS, clock) }
  }
  if (format === 'csv') return reply(FORMATS.csv.mediaType, sqlCsv(answer))
  if (format === 'ndjson') return reply(FORMATS.ndjson.mediaType, sqlLines(answer))
  const asOf = {
    position: Object.fromEntries([...position].map(([key, next]) => [String(key), String(next)])),
    watermark: watermark === null ? null : formatIsoMicros(watermark),
  }
  return reply(JSON_MEDIA_TYPE, sqlJson(answer, { asOf, truncated, elapsedMs }))
}

function schemaDocument() {
  return {
    schema: SQL_SCHEMA,
    views: SQL_VIEWS.map(({ name, doc, columns }) => ({
      name,
      doc,
      columns: columns.map(({ name: column, form, unit, doc: what }) => ({
        name: column,
        type: FORM_TYPES[form],
        ...(unit === undefined ? {} : { unit }),
        doc: what,
      })),
    })),
    functions: [...SQL_FUNCTIONS].filter((name) => /^\w+$/.test(name)).toSorted(),
    tableFunctions: [...SQL_TABLE_FUNCTIONS].toSorted(),
  }
}

const VALUE = {
  anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }, { type: 'null' }],
} as const

const BODY_SCHEMA = {
  title: 'SqlQuestion',
  type: 'object',
  required: ['sql'],
  properties: {
    sql: { type: 'string', description: 'One SELECT over the views; see /api/v1/sql/schema.' },
    params: {
      description: 'Values of $1, $2, … as a list, or of $name as an object.',
      anyOf: [
        { type: 'array', items: VALUE },
        { type: 'object', additionalProperties: VALUE },
      ],
    },
    limit: {
      type: 'integer',
      minimum: 1,
      description: 'Rows of the answer at most; an answer that has more is cut.',
      default: DEFAULT_ROWS,
    },
    timeoutMs: { type: 'integer', minimum: 1, description: 'Longest time, in milliseconds.' },
  },
  additionalProperties: false,
} as const

const ANSWER_SCHEMA = {
  title: 'SqlAnswer',
  type: 'object',
  required: ['columns', 'rows', 'meta'],
  properties: {
    columns: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'type'],
        properties: { name: { type: 'string' }, type: { type: 'string' } },
      },
    },
    rows: {
      description:
        'Decimals, and whole numbers beyond 2^53, as text; times as ISO 8601 in UTC; maps and structs as objects.',
      type: 'array',
      items: { type: 'array', items: {} },
    },
    meta: {
      type: 'object',
      required: ['asOf', 'truncated', 'elapsedMs'],
      properties: {
        asOf: {
          type: 'object',
          required: ['position', 'watermark'],
          properties: {
            position: { type: 'object', additionalProperties: { type: 'string' } },
            watermark: { type: ['string', 'null'] },
          },
        },
        truncated: { type: 'boolean', description: 'There are more rows.' },
        elapsedMs: { type: 'number' },
      },
    },
  },
} as const

const text = { type: 'string' } as const
const texts = { type: 'array', items: text } as const

const VIEW = {
  type: 'object',
  required: ['name', 'doc', 'columns'],
  properties: {
    name: text,
    doc: text,
    columns: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'type', 'doc'],
        properties: { name: text, type: text, unit: text, doc: text },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
} as const

const SCHEMA_SCHEMA = {
  title: 'SqlSchema',
  type: 'object',
  required: ['schema', 'views', 'functions', 'tableFunctions'],
  properties: {
    schema: text,
    views: { type: 'array', items: VIEW },
    functions: texts,
    tableFunctions: texts,
  },
  additionalProperties: false,
} as const
