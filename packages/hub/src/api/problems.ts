import type { RequestErrorCode } from '@llmhub/schema'
import { errorSpec } from '@llmhub/schema'

/** One thing that is wrong with a request: where, what, and how to mend it. */
export interface ProblemDetail {
  /** Name of a parameter or JSON pointer into the body. */
  readonly path: string
  readonly message: string
  readonly hint?: string
  /** Where in a text the fault is, in UTF-16 units from 0. */
  readonly position?: number
}

/** An expected failure of a request; a handler returns it, nobody throws it. */
export interface Problem {
  readonly problem: RequestErrorCode
  readonly detail: string
  readonly errors: readonly ProblemDetail[]
  readonly headers: Readonly<Record<string, string>>
}

export interface ProblemOptions {
  readonly errors?: readonly ProblemDetail[]
  readonly retryAfterSeconds?: number
  readonly headers?: Readonly<Record<string, string>>
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json'

export function problem(
  code: RequestErrorCode,
  detail: string,
  options: ProblemOptions = {},
): Problem {
  const { retryAfterSeconds } = options
  return {
    problem: code,
    detail,
    errors: options.errors ?? [],
    headers: {
      ...options.headers,
      ...(retryAfterSeconds === undefined
        ? {}
        : { 'retry-after': String(Math.max(1, Math.ceil(retryAfterSeconds))) }),
    },
  }
}

/**
 * When to come back after an error that passes by itself. 429 says how long the limit lasts, so the
 * time given is exact. 503 hits everybody at once: to the time given (1 s by default) up to 4 s are
 * added, so that those turned away together do not come back together.
 */
export function retryAfter(
  code: RequestErrorCode,
  random: () => number,
  seconds?: number,
): ProblemOptions {
  const { status } = errorSpec(code)
  if (status === 503) return { retryAfterSeconds: (seconds ?? 1) + random() * 4 }
  if (status === 429) return { retryAfterSeconds: seconds ?? 1 + random() * 4 }
  return {}
}

/** Where the hub has a page about an error; the `type` of its problems. */
export function problemPath(code: string): string {
  return `/problems/${code}`
}

/** The document of RFC 9457. `instance` is the id of the request, as in the logs. */
export function problemDocument(failure: Problem, requestId: string): Record<string, unknown> {
  const spec = errorSpec(failure.problem)
  return {
    type: problemPath(spec.code),
    title: spec.title,
    status: spec.status,
    detail: failure.detail,
    instance: requestId,
    code: spec.code,
    hint: spec.hint,
    ...(failure.errors.length === 0 ? {} : { errors: failure.errors }),
  }
}

/** JSON Schema of the document. */
export const PROBLEM_SCHEMA = {
  title: 'Problem',
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'hint'],
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: { type: 'string' },
    instance: { type: 'string', description: 'Id of the request.' },
    code: { type: 'string', description: 'Code of the error registry.' },
    hint: { type: 'string', description: 'What to do.' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: {
          path: { type: 'string' },
          message: { type: 'string' },
          hint: { type: 'string' },
          position: {
            type: 'integer',
            description: 'Where in a text the fault is, in UTF-16 units from 0.',
          },
        },
        additionalProperties: false,
      },
    },
  },
  additionalProperties: false,
} as const
