import type { FrameCell, Predicate } from '../store/store.ts'

/**
 * What is kept for the measures of a definition: an aggregate of the store's plan, without its condition.
 * Quantiles of the same rows share one part.
 */
export type Part =
  | { readonly fn: 'rows' }
  | { readonly fn: 'sum' | 'min' | 'max' | 'm2'; readonly column: string }
  | { readonly fn: 'quantile'; readonly column: string; readonly qs: readonly number[] }

/** A part and the rows it reads: those that pass `where`, in addition to the definition's own. */
export interface KeptPart {
  readonly part: Part
  readonly where: Predicate | null
}

/** What a part's state comes to: a cell as the store would answer it, or one per share of a quantile. */
export type PartValue = FrameCell | readonly (number | null)[]
