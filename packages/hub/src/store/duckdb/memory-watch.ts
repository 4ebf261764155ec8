import type { Clock } from '../../core/clock.ts'
import type { Connection } from './driver.ts'

/**
 * Watches what statements of people take while they run. The database's memory limit is one for all of
 * it: a statement that reaches it would make questions and applies fail. Some of its functions take
 * memory that the limit does not count at all. So a statement is stopped well before either hurts.
 */

const LOOK_EVERY_MS = 10
/** Share of the limit that sorts, hash tables and results may take; cached blocks give way and do not count. */
const SHARE = 0.5
/** What the process may grow by beside what the database counts. */
const UNCOUNTED_BYTES = 384 * 1024 * 1024

export interface MemoryWatchOptions {
  readonly clock: Clock
  readonly connect: () => Promise<Connection>
  readonly limitMib: number
  /** Bytes that the process has in memory. Default: asks the system. */
  readonly residentBytes?: () => number
}

interface Use {
  /** Bytes of everything but cached blocks. */
  readonly working: number
  readonly uncounted: number
}

export class MemoryWatch {
  readonly #options: MemoryWatchOptions
  #connection: Promise<Connection> | null = null

  constructor(options: MemoryWatchOptions) {
    this.#options = options
  }

  /** Calls `stop`, again and again, once there is too much, until the answer is called. */
  watch(stop: () => void): () => void {
    const { clock, limitMib } = this.#options
    let first: Use | null = null
    let looking = false
    let exceeded = false
    const look = async (): Promise<void> => {
      if (exceeded) stop()
      if (looking || exceeded) return
      looking = true
      try {
        const use = await this.#use()
        first ??= use
        exceeded =
          use.working > SHARE * limitMib * 1024 * 1024 ||
          use.uncounted - first.uncounted > UNCOUNTED_BYTES
        if (exceeded) stop()
      } catch {
        // The store is closing or breaks, which ends the statement too.
      } finally {
        looking = false
      }
    }
    void look()
    return clock.every(LOOK_EVERY_MS, () => void look())
  }

  async #use(): Promise<Use> {
    this.#connection ??= this.#options.connect()
    const connection = await this.#connection
    const { rows } = await connection.rows(
      "SELECT sum(memory_usage_bytes), sum(memory_usage_bytes) FILTER (WHERE tag NOT IN ('BASE_TABLE', 'METADATA', 'OVERFLOW_STRINGS', 'ART_INDEX', 'EXTERNAL_FILE_CACHE')) FROM duckdb_memory()",
    )
    const counted = Number(rows[0]?.[0] ?? 0)
    const resident = (this.#options.residentBytes ?? (() => process.memoryUsage.rss()))()
    return { working: Number(rows[0]?.[1] ?? 0), uncounted: resident - counted }
  }
}
