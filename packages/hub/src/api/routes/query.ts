import type { Question, RequestErrorCode } from '@llmhub/schema'
import type { ProjectLimits } from '../../auth/project-limits.ts'
import type { Ask } from '../../core/ask.ts'
import type { Metrics } from '../../core/metrics.ts'
import { encodeWhole, FORMATS } from '../../formats/formats.ts'
import { aboutAnswer, answerTable } from '../../query/answer-table.ts'
import type { Problem } from '../problems.ts'
import { problem, retryAfter } from '../problems.ts'
import { PROJECT_HEADER, scopeToRead } from '../project-header.ts'
import type { Call, JsonSchema, Reply, Route } from '../route.ts'
import { ANSWER_SCHEMA, QUESTION_SCHEMA } from '../schemas.ts'
import { CATALOGUE_SCHEMA } from './catalogue-schema.ts'

export interface QueryRouteDependencies {
  readonly ask: Ask
  readonly semantic: () => JsonSchema
  readonly projectLimits: ProjectLimits
  readonly random: () => number
  readonly monotonic: () => number
  readonly metrics: Metrics
}

const FORMAT_LIST = Object.values(FORMATS)

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
  const { ask, metrics, monotonic, projectLimits, random, semantic } = dependencies

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
    const asked = call.query['format']
    const format = FORMAT_LIST.find(({ name }) => name === asked)
    if (format !== undefined) {
      const { answer } = outcome
      const body = await encodeWhole(format, [answerTable(answer)], aboutAnswer(answer))
      return { status: 200, mediaType: format.mediaType, body }
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
            doc: 'Form of the answer; csv and ndjson carry the rows alone, the others say in their metadata what they are of.',
            values: ['json', ...FORMAT_LIST.map(({ name }) => name)],
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
            ...Object.fromEntries(
              FORMAT_LIST.map(({ mediaType }) => [
                mediaType.split(';')[0] ?? '',
                { type: 'string' },
              ]),
            ),
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
