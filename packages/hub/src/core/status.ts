import type { ErrorCode } from '@llmhub/schema'

/** A part of the hub that has to work before it is ready. */
export interface DependencyStatus {
  readonly name: string
  readonly ready: boolean
  /** Why it is not, in words that hold no path and no SQL; null when ready. */
  readonly reason: string | null
}

/** What the hub knows of itself, for /ready, /stats and /metrics. Counters only grow while it runs. */
export interface HubStatus {
  readonly dependencies: readonly DependencyStatus[]
  readonly store: {
    readonly state: string
    readonly rows: number
    /** Age of the oldest record of the log that is not applied yet; 0 when there is none. */
    readonly applyLagSeconds: number
  }
  readonly journal: {
    readonly bytes: number
    readonly commits: number
    /** Time spent in fsync by all commits. */
    readonly fsyncSeconds: number
  }
  readonly dedup: {
    readonly entries: number
    /** How far back a duplicate is found for certain; null while nothing has been forgotten. */
    readonly horizonSeconds: number | null
  }
  /** Events by outcome, of all receivers. */
  readonly ingest: {
    readonly accepted: number
    readonly duplicates: number
    readonly rejected: number
    readonly rejectedByCode: Readonly<Partial<Record<ErrorCode, number>>>
  }
}
