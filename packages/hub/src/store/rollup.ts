/**
 * A rollup: the answer to many questions, computed beforehand for closed buckets of time. It is a
 * cache: every cell can be recomputed from the rows, and every question answered without it.
 *
 * A cell holds the measures of the rows of one bucket that agree in all dims; a sketch row holds how
 * many of them fell into one bin of one column's quantile sketch.
 */
export interface RollupDefinition {
  /** Names the tables: `rollup_<name>`, `rollup_<name>_bins`. */
  readonly name: string
  /** Width of a bucket in microseconds; buckets start at multiples of it. */
  readonly grain: number
  /** Columns of the event row; `project` is always one. */
  readonly dims: readonly string[]
  /** Further columns of which a cell knows whether its rows have a value, but not which. */
  readonly present: readonly string[]
  readonly measures: readonly RollupMeasure[]
  /** Columns with sketch rows; the place in this list is the series number of its rows. */
  readonly sketches: readonly string[]
  /** More cells than this and a bucket is not stored; nor is one of many cells with few rows each. */
  readonly maxCells: number
  /** Counts redefinitions. Buckets of another version are rebuilt. */
  readonly version: number
}

/** The same meanings as in the logical plan. */
export type RollupMeasure =
  | { readonly fn: 'rows'; readonly column?: string }
  | { readonly fn: 'sum' | 'min' | 'max' | 'm2'; readonly column: string }

export const HOUR_MICROS = 3_600_000_000
export const DAY_MICROS = 24 * HOUR_MICROS

/** Half-open interval of epoch microseconds. */
export interface Span {
  readonly from: number
  readonly to: number
}
