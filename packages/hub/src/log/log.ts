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

/**
 * Decides about a record: its new payload, or null to keep it. The record's payload is valid until
 * the answer, and is not to be changed in place.
 */
export type EditRecord = (record: LogRecord) => Uint8Array | null | Promise<Uint8Array | null>

export interface RewriteOptions {
  /** Begins a new segment first, so that every record that is durable now is in a closed one. Default false. */
  readonly rotate?: boolean
  /** Which closed segments to look at, by their records [first, next). Default: all. */
  readonly wanted?: (first: bigint, next: bigint) => boolean
  /** Asked between records; true ends the rewriting with the segments done so far. */
  readonly stop?: () => boolean
  /** Told after every closed segment, with how many were done of how many. */
  readonly onProgress?: (done: number, segments: number) => void
}

/**
 * What a rewriting did. Unless `problems` is empty and `stopped` undefined, some records have not been
 * edited, and the same call may simply be made again.
 */
export interface Rewritten {
  /** Closed segments looked at. */
  readonly segments: number
  /** … of which so many were written anew. */
  readonly rewritten: number
  /** Records whose payload was replaced. */
  readonly records: number
  /** Bytes of the files written anew, before and after. */
  readonly bytesBefore: number
  readonly bytesAfter: number
  /** Segments that do not validate: they are left as they are. */
  readonly problems: readonly string[]
  readonly stopped?: 'asked' | 'closed' | 'disk_full'
}

/** A run of records kept in one file: the records [first, next). */
export interface LogSegment {
  readonly first: bigint
  readonly next: bigint
  /** Bytes on disk. */
  readonly bytes: number
  /** Nothing is appended to it any more. */
  readonly closed: boolean
}

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
  /**
   * Replaces payloads of records in closed segments. Offsets, order, kinds and units stay; `edit` sees
   * every record of a wanted segment once, in order. Of each segment either the old or the new form is
   * there at any moment, whatever stops the process, and once this is answered the old form is gone
   * from the log's folder. Readers and appends go on meanwhile: a read that began before sees the old
   * records, a later one the new. Trimming and other rewriting take turns with it, segment by segment.
   * Rejects with what `edit` throws, and then the segment in hand is unchanged.
   * Absent where a log cannot replace records.
   */
  rewrite?(partition: number, edit: EditRecord, options?: RewriteOptions): Promise<Rewritten>
  /** The segments of a partition, oldest first. Absent where a log does not tell. */
  segments?(partition: number): Promise<readonly LogSegment[]>
  /** Calls `listener`, which must not throw, after every commit with the new `next` of that partition; answers how to stop. */
  onCommit(listener: (partition: number, next: bigint) => void): () => void
  /** Bytes appended but not yet durable, over all partitions. */
  readonly pendingBytes: number
  /** Resolves with the error when the log has failed for good (an fsync error or an unexpected write error). */
  readonly failed: Promise<Error>
  /** Waits for pending appends, then closes. Idempotent. */
  close(): Promise<void>
}
