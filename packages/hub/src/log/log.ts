/**
 * The log: the truth from which everything else in the hub is rebuilt.
 *
 * A log has numbered partitions; each is an ordered sequence of records with gap-free offsets that
 * start at 0. A record is one unit of durability: it is either wholly in the log or not at all.
 * `append` answers only when the records are durable, and that answer is what the hub's own
 * acknowledgement to a client rests on.
 */

/** Partition of live traffic. */
export const LIVE = 0
/** Partition of imports and replays: never drives alerts or live windows, yields to live. */
export const BACKFILL = 1

/**
 * What a record holds.
 * - `events`: an encoded column batch of accepted events.
 * - `rejects`: an encoded column batch of rejected events (the dead letters).
 * - `operation`: an encoded `Operation`, which changes rows applied earlier.
 */
export type RecordKind = 'events' | 'rejects' | 'operation'

/** A record to be appended. The log takes ownership of `payload`: do not change it afterwards. */
export interface LogEntry {
  readonly kind: RecordKind
  readonly payload: Uint8Array
}

/** A record as read back. `payload` is valid until the next step of the iteration. */
export interface LogRecord extends LogEntry {
  readonly partition: number
  readonly offset: bigint
}

/** Half-open range of offsets: the records [first, next). */
export interface Appended {
  readonly partition: number
  readonly first: bigint
  readonly next: bigint
}

/**
 * Why an append did not happen. In every case none of the entries is in the log, and the log says so
 * only when that is certain.
 * - `disk_full`: no space; the partial write was cut back, and a later append may succeed.
 * - `closed`: the log is closing or closed.
 * An fsync error is no outcome: after it nobody knows what is on disk, so the log is failed for good
 * (`failed` resolves), every pending append stays unanswered, and the process must stop (exit 75).
 */
export type AppendFailure = 'disk_full' | 'closed'

export type AppendOutcome =
  | { readonly ok: true; readonly appended: Appended }
  | { readonly ok: false; readonly failure: AppendFailure; readonly message: string }

export interface Log {
  /**
   * Appends the entries in order as one unit to `partition` and answers when they are durable.
   * Concurrent appends are committed together (group commit) but keep the order of their calls.
   * Without entries nothing is written. Rejects with a RangeError when the entries are more than the
   * log can hold as one unit, or the partition is unknown: bugs of the caller.
   */
  append(partition: number, entries: readonly LogEntry[]): Promise<AppendOutcome>
  /** Offset after the last durable record. */
  next(partition: number): bigint
  /** Offset of the oldest record still kept; equal to `next` when the partition is empty. */
  earliest(partition: number): bigint
  /**
   * Reads durable records from `from` (inclusive) up to `until` (exclusive; default: `next` at the time
   * of the call). Offsets on record as lost for good are passed over. Throws at damage, at any other
   * missing offset, and when `from` lies below `earliest`.
   */
  read(partition: number, from: bigint, until?: bigint): AsyncIterable<LogRecord>
  /** Drops whole segments, but never the newest, whose records all lie before `before`. Answers the new earliest offset. */
  trim(partition: number, before: bigint): Promise<bigint>
  /** Calls `listener`, which must not throw, after every commit with the new `next` of that partition; answers how to stop. */
  onCommit(listener: (partition: number, next: bigint) => void): () => void
  /** Bytes appended but not yet durable, over all partitions. */
  readonly pendingBytes: number
  /** Resolves with the error when the log has failed for good (an fsync error or an unexpected write error). */
  readonly failed: Promise<Error>
  /** Waits for pending appends, then closes. Idempotent. */
  close(): Promise<void>
}
