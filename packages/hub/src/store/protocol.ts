import type { ProjectScope } from '../core/scope.ts'
import type { RowPlace } from '../log/operation-rows.ts'
import type { LettersOutcome, LettersQuestion } from './letters.ts'
import type { UserSqlOutcome, UserSqlRequest } from './sql.ts'
import type {
  FrameCell,
  Plan,
  Predicate,
  QueryFailure,
  QueryOutcome,
  RangeVersion,
} from './store.ts'

/**
 * Messages between the main thread and the worker that owns the store. They carry positions, plans
 * and answers, never rows on their way in: the worker reads the log itself.
 */

/**
 * - `opening`: before the first answer; `rebuilding`: answers would miss rows that were there before
 * - `ready`
 * - `broken`: cannot be opened even empty; `failed`: the worker has ended
 * - `refused`: opened by this program, the file or the log would be harmed; the process must end
 */
export type StoreState = 'opening' | 'ready' | 'rebuilding' | 'broken' | 'failed' | 'refused'

/** Why the store is refused: a newer release wrote its file or a record of the log; a migration failed. */
export type Refusal = 'newer' | 'migration'

export interface StoreStatus {
  readonly state: StoreState
  /** Present when the state is `refused`. */
  readonly refused: Refusal | null
  /** Why, where the state is not `ready`; else the latest reason for a recovery or error, or null. */
  readonly reason: string | null
  /** Offset after the last applied record, by partition. */
  readonly applied: ReadonlyMap<number, bigint>
  /** Greatest event time applied from the live partition, in epoch microseconds; null when there is none. */
  readonly watermark: number | null
  /** What would survive a power loss now. */
  readonly durable: ReadonlyMap<number, bigint>
  readonly lagRecords: number
  readonly lagMs: number
  /** Rows of events. */
  readonly rows: number
  /** Rows that operations changed or deleted since the store was opened. */
  readonly changedRows: number
  /** Size of the database file and its write-ahead log. */
  readonly fileBytes: number
  /** Questions running and waiting. */
  readonly running: number
  readonly waiting: number
  /** How often the store was recovered since the worker started. */
  readonly recoveries: number
  readonly compaction: CompactionStatus
}

/** Compaction of the database file: what it could give back, and how far one is. */
export interface CompactionStatus {
  /** Bytes of the file that hold no living row, about; as of the last look, null before the first. */
  readonly deadBytes: number | null
  /** The one under way, or null. Times in epoch milliseconds. */
  readonly running: {
    readonly since: number
    readonly tables: number
    readonly copied: number
  } | null
  readonly last: {
    readonly at: number
    readonly seconds: number
    readonly bytesBefore: number
    readonly bytesAfter: number
    /** Why it did not happen, or null. */
    readonly problem: string | null
  } | null
}

/**
 * - `rebuilding`: the store is not ready
 * - `running`: one is under way
 * - `no_space`: the folder has no room for the new file
 */
export type CompactionStart =
  | { readonly ok: true }
  | {
      readonly ok: false
      readonly failure: 'rebuilding' | 'running' | 'no_space'
      readonly message: string
    }

/** What the worker is started with. Paths are absolute. */
export interface StoreWorkerData {
  readonly logDir: string
  readonly storeDir: string
  readonly epoch: number
  /** See `DuckDbStoreOptions`. */
  readonly wal: boolean
  readonly memoryLimitMib?: number
  readonly threads?: number
  readonly deadlineMs?: number
  readonly readers?: number
  readonly sqlReaders?: number
  readonly sabotage?: { readonly positionOffByOne?: boolean }
  /** Batch of the applier; see `ApplierOptions`. */
  readonly maxRows?: number
  readonly maxWaitMs?: number
  /** Rows after which a commit is followed by a checkpoint: without a write-ahead log they are in memory until then. Default 250,000. */
  readonly checkpointRows?: number
  /** Longest time between a commit and the checkpoint that covers it, in milliseconds. Default 30,000. */
  readonly checkpointMs?: number
  /** Compacts by itself, while idle, when more than this share of the file is dead, 0 to 1; 0 never does. Default 0. */
  readonly compactDeadShare?: number
}

/** What a request of each name takes and answers. */
export interface Requests {
  readonly query: { readonly take: QueryRequest; readonly answer: QueryOutcome }
  readonly version: { readonly take: VersionRequest; readonly answer: RangeVersion }
  readonly status: { readonly take: null; readonly answer: StoreStatus }
  readonly lookup: { readonly take: LookupRequest; readonly answer: LookupOutcome }
  readonly letters: { readonly take: LettersRequest; readonly answer: LettersOutcome }
  readonly scan: { readonly take: ScanRequest; readonly answer: ScanOutcome }
  readonly sql: { readonly take: SqlRequest; readonly answer: SqlOutcome }
  readonly userSql: { readonly take: UserSqlRequest; readonly answer: UserSqlOutcome }
  readonly checkpoint: { readonly take: null; readonly answer: boolean }
  /** Begins a compaction; `StoreStatus.compaction` tells how it goes. */
  readonly compact: { readonly take: null; readonly answer: CompactionStart }
  readonly verify: { readonly take: VerifyWhat; readonly answer: VerifyOutcome }
}

/** `store`: every block of the database; `rollups`: every built bucket against its rows. */
export type VerifyWhat = 'store' | 'rollups'

export type VerifyOutcome =
  | {
      readonly ok: true
      /** What was looked at: tables with rows, rollups with buckets. */
      readonly checked: readonly { readonly name: string; readonly count: number }[]
      readonly problems: readonly string[]
    }
  | { readonly ok: false; readonly message: string }

export interface QueryRequest {
  readonly plan: Plan
  readonly project: ProjectScope['project']
}

export interface VersionRequest {
  readonly project: ProjectScope['project']
  readonly from: number
  readonly to: number
}

/** Events whose ids deduplication no longer remembers; times in epoch microseconds. */
export interface LookupRequest {
  readonly project: string
  readonly events: readonly { readonly eventId: string; readonly time: number }[]
}

/** In the order of the request; null for an event that the store does not have. */
export type LookupOutcome =
  | { readonly ok: true; readonly known: readonly (KnownEvent | null)[] }
  | { readonly ok: false; readonly message: string }

/** An event of the store that has the id asked for. */
export interface KnownEvent {
  /** The column `content_hash`, which only the log has; null where that has lost the record. */
  readonly contentHash: bigint | null
}

export interface LettersRequest {
  readonly question: LettersQuestion
  readonly project: ProjectScope['project']
}

/**
 * A page of all rows of a filter, suppressed and outdated ones too, in the order of their places: for
 * maintenance, which must see every row once. Questions are for people; this is for acts.
 */
export interface ScanRequest {
  readonly table: 'events' | 'dead_letters'
  /** Null for every project. */
  readonly project: string | null
  /** Event time of events, receive time of dead letters: epoch microseconds, [from, to). */
  readonly from: number
  readonly to: number
  /** Over columns of the table. */
  readonly where: Predicate | null
  /** Columns of the table; `dict` columns answer their texts. */
  readonly columns: readonly string[]
  /** Begin behind this place; null begins at the first. */
  readonly after: RowPlace | null
  /** Rows of a page, up to 20,000. A page may have fewer although more rows follow. */
  readonly limit: number
}

export interface ScanPage {
  /** The cells of `columns`, in their order. */
  readonly rows: readonly (RowPlace & { readonly cells: readonly FrameCell[] })[]
  /** `after` of the next page, or null when this is the last. */
  readonly next: RowPlace | null
  /** Position of each partition: every row lies before it, and none that does is missing. */
  readonly position: ReadonlyMap<number, bigint>
}

/** `invalid`: the request names no column of the table, or compares unlike types. */
export type ScanFailure = QueryFailure | 'invalid'

export type ScanOutcome =
  | { readonly ok: true; readonly page: ScanPage }
  | { readonly ok: false; readonly failure: ScanFailure; readonly message: string }

/** A reading statement that the caller has checked. */
export interface SqlRequest {
  readonly sql: string
  readonly maxRows: number
  readonly deadlineMs: number
}

export type SqlOutcome =
  | {
      readonly ok: true
      readonly columns: readonly string[]
      readonly rows: Extract<QueryOutcome, { ok: true }>['frame']['rows']
    }
  | Extract<QueryOutcome, { ok: false }>
  /** The statement itself is wrong; the message is for its author. */
  | { readonly ok: false; readonly failure: 'invalid'; readonly message: string }

export type RequestName = keyof Requests

export type ToWorker =
  | {
      readonly [N in RequestName]: {
        readonly type: 'request'
        readonly id: number
        readonly name: N
        readonly take: Requests[N]['take']
      }
    }[RequestName]
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'start'; readonly committed: ReadonlyMap<number, bigint> }
  | { readonly type: 'committed'; readonly partition: number; readonly next: bigint }
  | { readonly type: 'close' }

export type FromWorker =
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly type: 'error'; readonly id: number; readonly message: string }
  /** Sent at each change of state, after each apply, and every half second while anything is going on. */
  | { readonly type: 'status'; readonly status: StoreStatus }
  | { readonly type: 'closed' }
