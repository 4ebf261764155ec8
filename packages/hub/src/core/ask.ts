import type { Answer, Question } from '@llmhub/schema'
import type { ProjectScope } from './scope.ts'

/** What is wrong with a question: a part of it and how to mend it. */
export interface QuestionIssue {
  readonly path: string
  readonly message: string
}

export type AskFailureCode =
  | 'invalid_question'
  | 'not_supported'
  | 'too_many_buckets'
  | 'result_too_large'
  | 'query_timeout'
  | 'too_many_queries'
  | 'store_rebuilding'

export type AskOutcome =
  | { readonly ok: true; readonly answer: Answer }
  | {
      readonly ok: false
      readonly code: AskFailureCode
      readonly message: string
      readonly issues: readonly QuestionIssue[]
    }

/** Asks a question of one project's data. Whoever needs answers gets this function injected. */
export type Ask = (
  question: Question,
  scope: ProjectScope,
  signal: AbortSignal,
) => Promise<AskOutcome>
