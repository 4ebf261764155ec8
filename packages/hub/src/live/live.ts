/**
 * What the windows of the hub are to those who watch them: definitions, results that are kept, and results
 * as they come.
 */

/** One result of a window: an upsert keyed by definition, size, project, window and key. */
export interface LiveUpdate {
  readonly definition: string
  /** Which of the definition's windows: `1m`, `1h`, …. */
  readonly size: string
  readonly project: string
  /** Epoch microseconds, [start, end). */
  readonly window: { readonly start: number; readonly end: number }
  /** Values of the definition's dimensions, in their order; null where the row has none. */
  readonly key: readonly (string | null)[]
  /** By measure, as in answers: money as decimal strings. */
  readonly values: Readonly<Record<string, number | string | null>>
  readonly pane: {
    /** Grows with every upsert of the same key and window: the greater one is the newer. */
    readonly index: number
    readonly timing: 'early' | 'on_time' | 'late'
    readonly closed: boolean
  }
  /** `store`: asked from the store again, because rows were changed by other ways than arriving. */
  readonly source: 'live' | 'store'
}

/** What is computed, as data. */
export interface LiveDefinition {
  readonly name: string
  /** Null: of every project, each by itself. */
  readonly project: string | null
  readonly window: Readonly<Record<string, unknown>>
  readonly by: readonly string[]
  readonly measures: readonly string[]
  /** A `where` of the question language; null takes every row. */
  readonly where: unknown
  readonly trigger?: Readonly<Record<string, unknown>>
  readonly accumulation?: string
  readonly lateness?: number | string
  readonly maxGroups?: number
}

export interface LiveStatus {
  readonly definition: string
  readonly size: string
  /** Epoch microseconds; null before the first event. */
  readonly watermark: number | null
  readonly lagRecords: number
  readonly lagMs: number
  readonly late: number
  readonly openWindows: number
  readonly groups: number
  readonly overflow: number
  readonly restated: number
}

export interface LiveSnapshot {
  readonly updates: readonly LiveUpdate[]
  readonly position: string
  readonly watermark: number | null
}

export type PutOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly path?: string }

export interface LiveSource {
  definitions(): readonly LiveDefinition[]
  put(definition: LiveDefinition): Promise<PutOutcome>
  /** Whether there was one. */
  remove(name: string): Promise<boolean>
  /** Results that are kept: open windows and the last closed ones (bounded). */
  snapshot(of: {
    readonly definition: string
    readonly size: string
    /** Null: all. */
    readonly project: string | null
    readonly limit: number
  }): Promise<LiveSnapshot>
  /** Told of upserts, in order; never blocks the consumer. */
  subscribe(listener: (updates: readonly LiveUpdate[]) => void): () => void
  status(): readonly LiveStatus[]
}
