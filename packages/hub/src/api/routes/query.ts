import type { Answer, Question, RequestErrorCode } from '@llmhub/schema'
import type { ProjectLimits } from '../../auth/project-limits.ts'
import type { Ask } from '../../core/ask.ts'
import type { Metrics } from '../../core/metrics.ts'
import type { Problem } from '../problems.ts'
import { problem, retryAfter } from '../problems.ts'
import { PROJECT_HEADER, scopeToRead } from '../project-header.ts'
import type { Call, JsonSchema, Reply, Route } from '../route.ts'
import { ANSWER_SCHEMA, QUESTION_SCHEMA } from '../schemas.ts'
import { CATALOGUE_SCHEMA } from './catalogue-schema.ts'

export interface QueryRouteDependencies {
  readonly ask: Ask
  readonly semantic: () => JsonSchema
  readonly toCsv: (answer: Answer) => string
  readonly projectLimits: ProjectLimits
  readonly random: () => number
  readonly monotonic: () => number
  readonly metrics: Metrics
}

/** Errors that asking a question may end in. */
export const QUERY_PROBLEMS = [
  'invalid_question',
  'not_supported',
  'too_many_buckets',
  'result_too_large',
  'query_timeout',
  'too_many_queries',
  'store_rebuilding',
] as const satisfies readonly RequestErrorCode[]

/** `POST /api/v1/query` and what one needs to know to use it. */
export function queryRoutes(dependencies: QueryRouteDependencies): readonly Route[] {
  const { ask, metrics, monotonic, projectLimits, random, semantic, toCsv } = dependencies

  async function answerQuestion(call: Call): Promise<Reply | Problem> {
    const target = scopeToRead(call, projectLimits)
    if ('problem' in target) return target
    const { body } = call
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      return problem('invalid_question', 'a question is a JSON object')
    }
    const start = monotonic()
    // The query stage checks the question; its type is only certain after that.
    const outcome = await ask(body as Question, target.scope, call.signal())
    const seconds = (monotonic() - start) / 1000
    metrics.observeQuery({ name: 'query', outcome: outcome.ok ? 'ok' : outcome.code, seconds })
    if (!outcome.ok) {
      const { code, issues, message } = outcome
      return problem(code, message, { errors: issues, ...retryAfter(code, random) })
    }
    const format = call.query['format'] ?? 'json'
    if (format === 'csv') {
      return { status: 200, mediaType: 'text/csv; charset=utf-8', body: toCsv(outcome.answer) }
    }
    if (format === 'ndjson') {
      return { status: 200, mediaType: 'application/x-ndjson', body: toLines(outcome.answer) }
    }
    return { status: 200, body: outcome.answer }
  }

  return [
    {
      method: 'POST',
      url: '/api/v1/query',
      permission: 'query:read',
      summary: 'Ask a question',
      tags: ['query'],
      query: {
        checked: true,
        parameters: [
          {
            name: 'format',
            doc: 'Form of the answer; csv and ndjson carry the rows alone.',
            values: ['json', 'csv', 'ndjson'],
            default: 'json',
          },
        ],
      },
      headers: { [PROJECT_HEADER]: 'Project to ask about, for keys bound to none. Default: all.' },
      body: { type: 'json', checked: false, schema: QUESTION_SCHEMA },
      responses: {
        200: {
          description: 'The answer.',
          content: {
            'application/json': ANSWER_SCHEMA,
            'text/csv': { type: 'string' },
            'application/x-ndjson': { type: 'string' },
          },
        },
      },
      problems: [
        'not_found',
        'invalid_json',
        'unsupported_media_type',
        'body_too_large',
        ...QUERY_PROBLEMS,
      ],
      handle: answerQuestion,
    },
    {
      method: 'GET',
      url: '/api/v1/semantic',
      permission: 'query:read',
      summary: 'Measures and dimensions that questions may name',
      tags: ['query'],
      responses: {
        200: { description: 'The catalogue.', content: { 'application/json': CATALOGUE_SCHEMA } },
      },
      problems: [],
      handle: () => ({ status: 200, body: semantic() }),
    },
  ]
}

/** One object per row, by column name. */
function toLines(answer: Answer): string {
  const names = answer.columns.map(({ name }) => name)
  return answer.rows
    .map((row) => {
      const pairs = names.map((name, index) => [name, row[index] ?? null] as const)
      return `${JSON.stringify(Object.fromEntries(pairs))}\n`
    })
    .join('')
}
