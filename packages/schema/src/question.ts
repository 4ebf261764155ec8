/**
 * The question language: one typed question, asked by the REST API, dashboards, alerts and the CLI.
 * All times in answers are ISO 8601 in UTC; money is a decimal string of dollars.
 */

export const STEPS = ['1m', '5m', '15m', '1h', '6h', '1d', '1w', '1M'] as const
export type Step = (typeof STEPS)[number]

export type FilterOp =
  | 'eq'
  | 'ne'
  | 'in'
  | 'not_in'
  | 'gt'
  | 'gte'
  | 'lt'
  | 'lte'
  | 'contains'
  | 'starts_with'
  | 'exists'
  | 'not_exists'

export interface Filter {
  /** A dimension or numeric field of the catalogue, or `tag.<key>`. */
  readonly field: string
  readonly op: FilterOp
  readonly value?: string | number | boolean | readonly (string | number)[]
}

export interface Where {
  readonly all?: readonly (Filter | Where)[]
  readonly any?: readonly (Filter | Where)[]
  readonly not?: Filter | Where | null
}

/** A measure of the catalogue; one under a name and a filter of its own; or a formula over names. */
export type MeasureRef =
  | string
  | {
      readonly as: string
      readonly measure: string
      readonly where?:
        | Readonly<Record<string, string | number | boolean | readonly (string | number)[]>>
        | Where
    }
  | { readonly as: string; readonly formula: string }

export type Fill = 'none' | 'null' | 'zero' | 'previous' | 'linear'

export interface Question {
  readonly kind: 'series' | 'table' | 'list'
  readonly measures?: readonly MeasureRef[]
  /** Dimensions, `tag.<key>`, and for a series at most one `time:<step>`. */
  readonly by?: readonly string[]
  readonly where?: Where
  /** Short for `where.all`. */
  readonly filters?: readonly Filter[]
  /** Epoch (s, ms, µs), ISO 8601, or relative to now: `now-7d`. Inclusive. Default `now-7d`. */
  readonly from?: string | number
  /** Exclusive. Default `now`. */
  readonly to?: string | number
  /** IANA zone for buckets of a day and longer. Default `UTC`. */
  readonly timezone?: string
  readonly fill?: Fill
  readonly top?: { readonly by: string; readonly n: number; readonly other?: boolean }
  readonly order?: readonly { readonly by: string; readonly dir?: 'asc' | 'desc' }[]
  readonly compare?: 'previous' | null
  readonly limit?: number
  readonly cursor?: string | null
  /** Wait (at most 2 s) until the store has applied this position, as an ingest answer gave it. */
  readonly after?: string
}

/** How far the answer is good. */
export interface AnswerMeta {
  /** Position of the store in each partition when it answered: `{ "0": "1234" }`. */
  readonly asOf: {
    readonly position: Readonly<Record<string, string>>
    readonly watermark: string | null
  }
  /** Where the numbers come from. */
  readonly source: 'raw' | 'rollup' | 'mixed'
  /** True when a part of the range could not be answered; the reason is in `warnings`. */
  readonly partial: boolean
  readonly warnings: readonly string[]
  readonly timezone: string
  readonly from: string
  readonly to: string
}

export type Cell = string | number | boolean | null

export interface AnswerColumn {
  readonly name: string
  readonly role: 'time' | 'dimension' | 'measure' | 'comparison' | 'meta'
  readonly unit?: string
}

export interface Answer {
  readonly columns: readonly AnswerColumn[]
  readonly rows: readonly (readonly Cell[])[]
  readonly meta: AnswerMeta
  /** Cursor of the next page of a list, or null. */
  readonly next: string | null
}
