import type { Schemas } from './generated/operations.ts'

/** A problem as the hub answers it (RFC 9457). `code` never changes its meaning. */
export type Problem = Schemas['Problem']

/** What the client itself has to say: the hub did not answer, or something else did. */
export type LocalCode = 'unreachable' | 'timed_out' | 'aborted' | 'not_a_hub'

export interface Success<Data> {
  readonly ok: true
  readonly status: number
  readonly data: Data
  readonly headers: Headers
}

export interface Failure {
  readonly ok: false
  /** HTTP status, or null when there was no answer. */
  readonly status: number | null
  /** Its `code` is one of the hub's, or a `LocalCode`. */
  readonly problem: Pick<Problem, 'code' | 'title' | 'detail' | 'hint'> & Partial<Problem>
  /** When to come back, in seconds, where the hub said so. */
  readonly retryAfterSeconds: number | null
  readonly headers: Headers
  /** The body as it came; empty without an answer. */
  readonly text: string
  /** What the runtime threw, where there was no answer. */
  readonly cause?: unknown
}

/** Expected failures are values: a program decides by `ok`, `status` and `problem.code`. */
export type Outcome<Data> = Success<Data> | Failure

const LOCAL: Readonly<Record<LocalCode, readonly [title: string, hint: string]>> = {
  unreachable: ['The hub cannot be reached', 'Check the address, and that the hub runs.'],
  timed_out: ['The hub did not answer in time', 'Try again, or allow more time.'],
  aborted: ['The request was aborted', 'The caller did so.'],
  not_a_hub: ['The answer is not one of a hub', 'Check the address, and proxies on the way.'],
}

export function localFailure(
  code: LocalCode,
  detail: string,
  answer: { readonly status: number; readonly headers: Headers; readonly text: string } | null,
  cause?: unknown,
): Failure {
  const [title, hint] = LOCAL[code]
  return {
    ok: false,
    status: answer?.status ?? null,
    problem: { code, title, detail, hint },
    retryAfterSeconds: answer === null ? null : retryAfterOf(answer.headers),
    headers: answer?.headers ?? new Headers(),
    text: answer?.text ?? '',
    ...(cause === undefined ? {} : { cause }),
  }
}

/** `Retry-After` as seconds. The hub never sends a date there. */
export function retryAfterOf(headers: Headers): number | null {
  const text = headers.get('retry-after')
  return text !== null && /^\d+$/.test(text) ? Number(text) : null
}
