import type { ErrorCode } from '@llmhub/schema'

/** A part of the hub that has to work before it is ready. */
export interface DependencyStatus {
  readonly name: string
  readonly ready: boolean
  /** Why it is not, in words that hold no path and no SQL; null when ready. */
  readonly reason: string | null
}

/** Events since the start, by outcome. */
export interface EventCounts {
  readonly received: number
  readonly accepted: number
  readonly duplicates: number
  readonly rejected: number
}

/** What the hub knows of itself, for /ready, /stats and /metrics. Counters only grow while it runs. */
export interface HubStatus {
  readonly dependencies: readonly DependencyStatus[]
  readonly store: {
    readonly state: string
    readonly rows: number
    /** Size of the database file and its write-ahead log. */
    readonly bytes: number
    /** Times the store was opened anew because its file or instance could not be trusted. */
    readonly recoveries: number
    /** Age of the oldest record of the log that is not applied yet; 0 when there is none. */
    readonly applyLagSeconds: number
  }
  readonly journal: {
    readonly bytes: number
    /** Bytes appended and not yet on disk. */
    readonly pendingBytes: number
    readonly commits: number
    /** Time spent in fsync by all commits. */
    readonly fsyncSeconds: number
    /** Compressions of closed segments that did not happen; those segments stay as they are. */
    readonly compressionFailures: number
  }
  readonly dedup: {
    readonly entries: number
    /** How far back a duplicate is found for certain; null while nothing has been forgotten. */
    readonly horizonSeconds: number | null
    /** Runs of the index given up because they could not be read, and failed tries to write one. */
    readonly damagedRuns: number
    readonly errors: number
  }
  /** Events by outcome, of all receivers: `received = accepted + duplicates + rejected`. */
  readonly ingest: EventCounts & {
    readonly rejectedByCode: Readonly<Partial<Record<ErrorCode, number>>>
    /** The same sums by project. */
    readonly projects: Readonly<Record<string, EventCounts>>
    /** Requests refused as a whole, nothing of which was taken in, by code. */
    readonly refusedRequests: Readonly<Record<string, number>>
    /** Rejected events that came too fast to be kept as dead letters. */
    readonly deadLettersNotKept: number
    /** Rows that report a call which a better row reports too. */
    readonly suppressed: number
    /** Calls whose price nobody knows. */
    readonly unpriced: number
    /** Content fields (prompts, completions, …) left out of events. */
    readonly droppedContent: number
    /** Aliases that contradicted the canonical field and went to `extra`. */
    readonly aliasConflicts: number
    /** Rows and dead letters that wait for the log. */
    readonly pendingRows: number
  }
  /** Questions since the start; `running` and `waiting` now. */
  readonly query: {
    readonly running: number
    readonly waiting: number
    readonly asked: number
    /** Joined a run of the same question. */
    readonly shared: number
    /** Answered by an earlier answer of the same question. */
    readonly reused: number
    readonly refused: number
  }
  /** Live windows; null when they are switched off. */
  readonly live: {
    /** Epoch microseconds before which no event is expected any more; null before the first event. */
    readonly watermark: number | null
    /** Records of the log not counted yet, and for how long the oldest of them waits. */
    readonly lagRecords: number
    readonly lagSeconds: number
    /** Events read by the consumer since its thread began. */
    readonly events: number
    /** Events that came when their windows were forgotten. */
    readonly late: number
    readonly openWindows: number
    readonly groups: number
    /** Events counted under `__other__`. */
    readonly overflow: number
    /** Results told. */
    readonly updates: number
    /** Windows whose results came from the store. */
    readonly restated: number
    /** How often it began anew: too far behind, or a checkpoint of no use. */
    readonly resets: number
    readonly errors: number
    /** How often its thread ended and was started again. */
    readonly restarts: number
    readonly checkpointBytes: number
    readonly checkpointAgeSeconds: number | null
    readonly stateBytes: number
  } | null
  readonly disk: { readonly freeBytes: number }
}
