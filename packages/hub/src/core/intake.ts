import type { ErrorCode, EventErrorCode } from '@llmhub/schema'

/**
 * What a receiver hands to ingest and what it gets back. Receivers decode their protocol into wire
 * events (plain objects) and know nothing of what happens to them.
 */
export interface IntakeRequest {
  readonly project: string
  /** Name of the receiver: `http`, `import`, …; it selects aliases and the way usage is counted. */
  readonly receiver: string
  /** Partition of the log: LIVE or BACKFILL. */
  readonly partition: number
  /**
   * Wire events in order. A receiver that could not decode one element (a bad NDJSON line) puts an
   * `Undecodable` in its place, so that it becomes a dead letter with its index.
   */
  readonly events: readonly unknown[]
  /** Gives events without an id one: hash(key, index). */
  readonly idempotencyKey?: string
  /** Validate, look for duplicates and price; answer what would be stored, store nothing. */
  readonly dryRun?: boolean
}

/** An element that could not be decoded. */
export class Undecodable {
  readonly code: EventErrorCode
  readonly message: string
  readonly body: string

  constructor(code: EventErrorCode, message: string, body: string) {
    this.code = code
    this.message = message
    this.body = body
  }
}

export interface EventResult {
  readonly index: number
  readonly outcome: 'duplicate' | 'rejected'
  readonly code?: EventErrorCode
  /** JSON pointer into the event. */
  readonly path?: string
  readonly message?: string
}

export interface IntakeAnswer {
  readonly accepted: number
  readonly duplicates: number
  readonly rejected: number
  /** Results of the events that were not accepted, the first 1,000. */
  readonly results: readonly EventResult[]
  /** Position a question may wait for: `<partition>:<offset after the last record>`; null when nothing was written. */
  readonly position: string | null
  /** With `dryRun`: the rows that would be stored, as objects by column name. */
  readonly preview?: readonly Readonly<Record<string, unknown>>[]
}

/**
 * The answer, after the fsync of everything in it; or why nothing was taken in. `overloaded`,
 * `disk_full`, `rate_limited`: certain. `storage_failed`: the outcome is unknown, sending again is safe.
 */
export type IntakeOutcome =
  | { readonly ok: true; readonly answer: IntakeAnswer }
  | {
      readonly ok: false
      readonly code: Extract<
        ErrorCode,
        'overloaded' | 'disk_full' | 'rate_limited' | 'storage_failed' | 'too_many_events'
      >
      readonly message: string
      readonly retryAfterSeconds?: number
    }

export type Intake = (request: IntakeRequest) => Promise<IntakeOutcome>
