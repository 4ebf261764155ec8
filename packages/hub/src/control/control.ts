/**
 * The control store: what people configure and what must outlive the analytics file. Small, strongly
 * durable, never on the hot path (callers cache).
 */

import type { Erasure } from '../core/erasure.ts'
import type { Hold, RetentionPolicy } from '../core/retention.ts'

/** What a key may do. `admin` includes all others. */
export const PERMISSIONS = [
  'ingest:write',
  'query:read',
  'sql:read',
  'ops:read',
  'ops:write',
  'keys:write',
  'erase:write',
  'admin',
] as const
export type Permission = (typeof PERMISSIONS)[number]

export interface KeyRecord {
  readonly id: string
  readonly name: string
  /** HMAC-SHA-256 of the secret, hex. The secret itself is never stored. */
  readonly hash: string
  /** Project the key is bound to, or null for all projects. */
  readonly project: string | null
  readonly permissions: readonly Permission[]
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly revokedAt: number | null
  readonly lastUsedAt: number | null
}

export interface ProjectRecord {
  readonly name: string
  readonly createdAt: number
  /** Events per second the project may send, or null for no limit. */
  readonly eventsPerSecond: number | null
}

/** Prices people set at run time, as a whole: each change is a record of its own, the newest counts. */
export interface PriceOverridesRecord {
  /** Version of all overrides in force with it, as rows name it. */
  readonly version: string
  /** Epoch milliseconds. */
  readonly at: number
  /** Id of the key that set them, or null. */
  readonly by: string | null
  /** JSON object by model id; `{}` where they were removed. */
  readonly json: string
}

/** A live window that people defined. */
export interface WindowRecord {
  readonly name: string
  /** JSON of the definition. */
  readonly json: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Id of the key, or null. */
  readonly createdBy: string | null
}

export interface Control {
  keys(): KeyRecord[]
  key(id: string): KeyRecord | null
  putKey(record: KeyRecord): void
  projects(): ProjectRecord[]
  putProject(record: ProjectRecord): void
  /** A value of the instance: the pepper of key hashes, the key of id hashes, … */
  secret(name: string): Uint8Array | null
  putSecret(name: string, value: Uint8Array): void
  /** Takes the named lease and answers its new epoch; every earlier holder is fenced. */
  takeLease(name: string, holder: string): number
  /** Moves every lease on by `epochs`, so that whoever took one of them from another copy of this store is fenced. */
  advanceLeases(epochs: number): void
  /** Ledger of imported row ranges: what `import` has already sent of a file. */
  importProgress(file: string): { readonly rows: number; readonly done: boolean } | null
  putImportProgress(file: string, rows: number, done: boolean): void
  /** Empties the ledger: files that are imported again are sent from their beginning. */
  forgetImports(): void
  /** Every change of the price overrides, newest first; at most `limit`. */
  priceOverrides(limit: number): PriceOverridesRecord[]
  putPriceOverrides(record: PriceOverridesRecord): void
  retention(): RetentionPolicy[]
  /** Replaces the policy of the same project and family. */
  putRetention(policy: RetentionPolicy): void
  /** Answers whether there was one. */
  deleteRetention(project: string | null, family: string | null): boolean
  /** Holds in force and released ones, by name. */
  holds(): Hold[]
  /** Puts a hold, or changes the one of that name; a released one is in force again. */
  putHold(hold: Hold): void
  /** Answers the hold, or null when none of that name is in force. */
  releaseHold(name: string, at: number): Hold | null
  /** Windows that people defined, by name. */
  windows(): WindowRecord[]
  /** Puts a window, or replaces the one of that name. */
  putWindow(record: WindowRecord): void
  /** Answers whether there was one. */
  deleteWindow(name: string): boolean
  /** Writes a copy of everything, as of now, to a new file, which is durable when this returns. Throws where the file exists or does not fit. */
  copyTo(file: string): void
  /** The ledger of erasures, oldest first. It names no subject. */
  erasures(): Erasure[]
  erasure(id: string): Erasure | null
  /** Puts an erasure, or replaces the one of that id. */
  putErasure(erasure: Erasure): void
  /** Leaves nothing of deleted and replaced values in the store's files. */
  scrub(): void
  close(): void
}
