import type { ValidationLimits } from '@llmhub/schema'

/** Microseconds; null keeps for ever. */
export interface ProjectRetention {
  readonly events: number | null
  /** Families that differ from that. */
  readonly families: ReadonlyMap<string, number | null>
}

/** What ingest takes in; each limit of an event has an error code of its own. */
export interface IntakeLimits {
  /** Most events of a request. */
  readonly maxEvents: number
  /** Largest event, about the length of its JSON. */
  readonly maxEventBytes: number
  readonly validation: ValidationLimits
  /** How far ahead of the clock an event may lie, microseconds. */
  readonly futureTolerance: number
  /** How long events of a project are kept; older ones are expired. Asked once per request. */
  readonly retention: (project: string) => ProjectRetention
  readonly keepContent: boolean
  /** Dead letters per second and project that are kept; those beyond are counted only. */
  readonly maxLettersPerSecond: number
  /** Rows after which a group takes no more requests. */
  readonly maxGroupRows: number
  /** Rows waiting for the log in a partition, beyond which requests are refused as overloaded. */
  readonly maxPendingRows: number
  /** Milliseconds a group waits for company when the log is free; 0 = until the end of the tick. */
  readonly groupDelayMs: number
}
