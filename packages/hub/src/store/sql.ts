import type { QueryFailure } from './store.ts'

/**
 * SQL that people write: one SELECT over the views of `sql-views.ts`. The store checks the statement
 * itself, on the parse tree of its own parser, before anything of it runs.
 */

export type SqlParameter = string | number | boolean | null

export interface UserSqlRequest {
  readonly sql: string
  /** Values by name without the dollar sign: `1` for `$1` and the first `?`. */
  readonly parameters: Readonly<Record<string, SqlParameter>>
  /** Rows of the answer at most; one that has more is cut and says so. */
  readonly maxRows: number
  /** Bytes of the answer as JSON at most, about; one that has more is cut and says so. */
  readonly maxBytes: number
  readonly deadlineMs: number
}

export interface SqlColumn {
  readonly name: string
  /** As the database names it: `BIGINT`, `DECIMAL(38,12)`, `VARCHAR[]`, … */
  readonly type: string
}

/**
 * A value of an answer, as JSON carries it: whole numbers beyond 2^53, decimals and what has no JSON
 * form as text; times as ISO 8601, in UTC; maps and structs as objects; lists as arrays.
 */
export type SqlCell =
  | string
  | number
  | boolean
  | null
  | readonly SqlCell[]
  | { readonly [key: string]: SqlCell }

/** What is wrong with a statement. */
export interface SqlIssue {
  readonly message: string
  /** Where, counted in UTF-16 units from 0; null where the database did not say. */
  readonly at: number | null
  readonly hint?: string
}

/**
 * - `invalid`: the statement cannot be run, or fails for a reason of its own
 * - `busy`: as many statements as may run and wait are under way
 * - `too_much_memory`: it was stopped, so that questions and ingest keep what they need
 */
export type SqlFailure = QueryFailure | 'invalid' | 'busy' | 'too_much_memory'

export type UserSqlOutcome =
  | {
      readonly ok: true
      readonly columns: readonly SqlColumn[]
      readonly rows: readonly (readonly SqlCell[])[]
      /** More rows than the answer holds. */
      readonly truncated: boolean
      /** Position of each partition that the answer includes. */
      readonly position: ReadonlyMap<number, bigint>
      /** Greatest event time applied, in microseconds; null when there is none. */
      readonly watermark: number | null
    }
  | {
      readonly ok: false
      readonly failure: SqlFailure
      readonly message: string
      /** Only of `invalid`. */
      readonly issue?: SqlIssue
    }
