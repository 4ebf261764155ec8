import type { Totals } from '../../generate/totals.ts'
import type { WorldOptions } from '../../generate/world.ts'
import type { IntakeLimits } from '../../ingest/intake-limits.ts'
import type { OverrideJson } from '../../ingest/price-book.ts'

/** What a thread that makes history needs to know before its first task. */
export interface HistoryWorkerData {
  readonly world: WorldOptions
  /** Epoch milliseconds, [from, to). */
  readonly from: number
  readonly to: number
  readonly hashKey: Uint8Array
  readonly environment: string
  readonly overrides: OverrideJson
  /** As the hub would apply them; `keptMicros` null keeps for ever. */
  readonly limits: Omit<IntakeLimits, 'retention'> & {
    readonly project: string
    readonly keptMicros: number | null
  }
}

/** The cells [first, end) as one record. */
export interface HistoryTask {
  readonly index: number
  readonly first: number
  readonly end: number
}

export interface HistoryTaskDone {
  readonly index: number
  /** Payload of an `events` record; empty where the cells have none in the range. */
  readonly payload: Uint8Array
  readonly totals: Totals
}
