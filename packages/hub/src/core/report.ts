import type { Ask, AskFailureCode, QuestionIssue } from './ask.ts'
import type { ProjectScope } from './scope.ts'

/** A fixed report: parameters in, a JSON document out, made of questions. */
export interface ReportParameter {
  readonly name: string
  readonly doc: string
  readonly type: 'string' | 'integer' | 'time' | 'enum' | 'position'
  readonly values?: readonly string[]
  readonly default?: string
  readonly example?: string
}

export type ReportOutcome =
  | { readonly ok: true; readonly body: Readonly<Record<string, unknown>> }
  | {
      readonly ok: false
      readonly code: AskFailureCode | 'invalid_request'
      readonly message: string
      readonly issues: readonly QuestionIssue[]
    }

export interface ReportSpec {
  /** Path below /api/v1, e.g. `/costs/breakdown`. */
  readonly path: string
  readonly summary: string
  readonly parameters: readonly ReportParameter[]
  /** JSON Schema (2020-12) of the body. */
  readonly response: Readonly<Record<string, unknown>>
  /** Unknown parameters are an `invalid_request` that names the nearest known one. */
  run(
    parameters: Readonly<Record<string, string>>,
    ask: Ask,
    scope: ProjectScope,
    now: number,
    signal: AbortSignal,
  ): Promise<ReportOutcome>
}
