/**
 * The store: rows made from the log, and answers from rows. Its content is a pure function of the
 * log: it can be thrown away and rebuilt at any time.
 */

import type { ProjectScope } from '../core/scope.ts'
import type { LogRecord } from '../log/log.ts'

/** Epochs fence a former owner: an apply with an older epoch than the store has seen is refused. */
export interface Apply {
  readonly partition: number
  readonly epoch: number
  /** Offset of the first record of `records`. */
  readonly first: bigint
  /** Offset after the last one. */
  readonly next: bigint
  readonly records: readonly LogRecord[]
}

/**
 * - `applied`: the records are in, durably as far as the store promises (see `durable`).
 * - `already`: the store's position is at or beyond `next`; nothing was done.
 * - `fenced`: a newer epoch owns the partition; nothing was done.
 * A gap (`first` beyond the position) is refused with an exception: it is a bug of the caller.
 */
export type Applied = 'applied' | 'already' | 'fenced'

// ── The logical plan: what the query stage asks of a store, free of SQL ─────────────────────────

/** What a row can be grouped or filtered by: a column of the event row, or one key of its tags. */
export type FieldRef =
  | { readonly type: 'column'; readonly column: string }
  | { readonly type: 'tag'; readonly key: string }

export type Literal = string | number | bigint | boolean

/** Comparisons with null are false, except `is_null`. `contains` and `starts_with` are case-sensitive. */
export type Predicate =
  | { readonly op: 'and' | 'or'; readonly parts: readonly Predicate[] }
  | { readonly op: 'not'; readonly part: Predicate }
  | { readonly op: 'is_null'; readonly field: FieldRef }
  | { readonly op: 'in'; readonly field: FieldRef; readonly values: readonly Literal[] }
  | { readonly op: 'lt' | 'lte' | 'gt' | 'gte'; readonly field: FieldRef; readonly value: Literal }
  | { readonly op: 'contains' | 'starts_with'; readonly field: FieldRef; readonly value: string }

/**
 * An aggregate over the rows that pass `where` (in addition to the plan's own). Null values of
 * `column` are not counted by any of them.
 * - `rows`: sum of weights; with `column`, of the rows where it has a value
 * - `sum`: exact for i64 columns (bigint); for f64 columns compensated. `min`, `max`
 * - `m2`: sum of squared deviations from the mean (f64); the variance is m2 / (n − 1)
 * - `quantile`: nearest rank, the smallest observed value x with F(x) ≥ q; from sketch bins (1 %
 *   relative error) wherever rollups take part or `column` has a bin column and `sketch` is set
 * - `distinct`: exact number of distinct values
 */
export type Aggregate = {
  readonly id: string
  readonly where?: Predicate
} & (
  | { readonly fn: 'rows'; readonly column?: string }
  | { readonly fn: 'sum' | 'min' | 'max' | 'm2'; readonly column: string }
  | { readonly fn: 'distinct'; readonly field: FieldRef }
  | { readonly fn: 'quantile'; readonly column: string; readonly q: number }
)

/** Key values of a group, in the order of `groupBy`; null is a group of its own. */
export type GroupKey = readonly (string | null)[]

export interface AggregatePlan {
  readonly type: 'aggregate'
  /** Epoch microseconds, [from, to). */
  readonly from: number
  readonly to: number
  /** Ascending bucket edges (n + 1 for n buckets; first ≥ from … last ≤ to inclusive), or null for one bucket. */
  readonly edges: readonly number[] | null
  readonly where: Predicate | null
  readonly groupBy: readonly FieldRef[]
  readonly aggregates: readonly Aggregate[]
  /** Rows of groups not listed are counted under one group whose keys are all `OTHER_KEY`, or left out. */
  readonly groups?: { readonly keys: readonly GroupKey[]; readonly other: boolean }
  /** Keep the first `limit` groups by this aggregate, ties by group key ascending. Only with `edges: null`. */
  readonly topGroups?: { readonly by: string; readonly dir: 'asc' | 'desc'; readonly limit: number }
  /** More result rows than this end in `result_too_large`. */
  readonly maxRows: number
  /** Never read rollups (used by `verify` and tests). */
  readonly rawOnly?: boolean
}

export const OTHER_KEY = '__other__'

/** Newest first: ordered by (time, partition, offset, index) descending, unless by arrival. */
export interface ListPlan {
  readonly type: 'list'
  readonly from: number
  readonly to: number
  readonly where: Predicate | null
  readonly columns: readonly string[]
  /** Rows strictly before this position in that order. */
  readonly before?: {
    readonly time: number
    readonly partition: number
    readonly offset: bigint
    readonly index: number
  }
  /** Rows of one partition in the order of their places in the log; `before` is not used then. */
  readonly arrival?: {
    readonly partition: number
    /** Rows strictly after this place. */
    readonly after?: { readonly offset: bigint; readonly index: number }
    /** The last to arrive first. */
    readonly descending?: boolean
  }
  readonly limit: number
}

export type Plan = AggregatePlan | ListPlan

export type FrameCell = string | number | bigint | boolean | null | Readonly<Record<string, string>>

/**
 * The answer to a plan.
 * Aggregate: columns `bucket` (index of the bucket, only with edges), `key0…keyN`, then one per
 * aggregate id; rows in ascending order of (bucket, keys), nulls last; empty groups are absent.
 * List: the columns asked for, then `time`, `partition`, `offset`, `index`.
 */
export interface Frame {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly FrameCell[])[]
  readonly source: 'raw' | 'rollup' | 'mixed'
  /** Position of each partition that the answer includes. */
  readonly position: ReadonlyMap<number, bigint>
  /** Greatest event time applied from the live partition, in microseconds; null when there is none. */
  readonly watermark: number | null
}

/** Why a store did not answer. */
export type QueryFailure = 'rebuilding' | 'timeout' | 'cancelled' | 'too_many_rows'

export type QueryOutcome =
  | { readonly ok: true; readonly frame: Frame }
  | { readonly ok: false; readonly failure: QueryFailure; readonly message: string }

/** Version of the content of a range: equal versions mean equal answers. */
export type RangeVersion = string

export interface Store {
  /** Position per partition: offset after the last applied record. */
  applied(): Promise<ReadonlyMap<number, bigint>>
  /** Position per partition that would survive a power loss now. */
  durable(): Promise<ReadonlyMap<number, bigint>>
  apply(apply: Apply): Promise<Applied>
  /** Answers a plan for one project, or for all. Cancelled through `signal` within about 10 ms. */
  query(plan: Plan, scope: ProjectScope, signal: AbortSignal): Promise<QueryOutcome>
  /** Changes whenever rows of [from, to) of the scope's projects change. Cheap: no rows are read. */
  version(scope: ProjectScope, from: number, to: number): Promise<RangeVersion>
  close(): Promise<void>
}
