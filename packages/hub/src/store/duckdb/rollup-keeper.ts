import type { Clock } from '../../core/clock.ts'
import type { RollupDefinition, Span } from '../rollup.ts'
import { DAY_MICROS, HOUR_MICROS } from '../rollup.ts'
import { runOf } from './answer-plan.ts'
import type { DuckDbStore } from './duckdb-store.ts'
import { buildSpan, readBacklog, registerRollups } from './rollup-build.ts'
import { type RollupReport, verifyRollups } from './rollup-verify.ts'

/** What to build next, or null: the policy (rollup/schedule.ts), injected because it knows nothing of SQL. */
export type NextBuild = (
  backlog: Awaited<ReturnType<typeof readBacklog>>,
  budget: { readonly closedBefore: number; readonly maxHours: number },
) => { readonly grain: 'hour' | 'day'; readonly span: Span } | null

export interface RollupKeeperOptions {
  readonly store: DuckDbStore
  readonly definitions: readonly RollupDefinition[]
  readonly nextBuild: NextBuild
  readonly clock: Clock
  /** Whether nothing waits to be applied: building shares the one writer with applying. */
  readonly isIdle: () => boolean
  readonly onError: (error: unknown) => void
}

const EVERY_MS = 1000
/** Without new rows only the passing of time makes buckets due, and minutes are soon enough for that. */
const IDLE_MS = 60_000
/** An hour counts as closed this long after its end: most late events have arrived by then. */
const GRACE_MICROS = 120_000_000
/** Hours per transaction; applies wait while one runs. */
const MAX_HOURS = 24

/**
 * Builds rollups while the store is idle, one transaction of buckets at a time. Answers never depend
 * on it: what is not built is answered from rows.
 */
export class RollupKeeper {
  readonly #options: RollupKeeperOptions
  readonly #stopTimer: () => void
  #working: Promise<void> | null = null
  #stopped = false
  /** Whether rows were applied since the last look began. */
  #touched = true
  /** When to look again although nothing was applied; milliseconds of the monotonic clock. */
  #lookAt = 0

  constructor(options: RollupKeeperOptions) {
    this.#options = options
    this.#working = this.#register()
    this.#stopTimer = options.clock.every(EVERY_MS, () => {
      const isDue = this.#touched || options.clock.monotonic() >= this.#lookAt
      if (isDue) this.#working ??= this.#build()
    })
  }

  /** Rows were applied: buckets may be due. */
  applied(): void {
    this.#touched = true
  }

  /** Ends after the transaction under way. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#stopTimer()
    await this.#working
  }

  /** Recomputes every built bucket and compares. */
  verify(): Promise<readonly RollupReport[]> {
    const { store, definitions } = this.#options
    return store.maintain((connection) =>
      inTransaction(connection, () =>
        verifyRollups(
          runOf((sql, values) => connection.rows(sql, values)),
          definitions,
        ),
      ),
    )
  }

  async #register(): Promise<void> {
    const { store, definitions } = this.#options
    await this.#guarded(() =>
      store.maintain((connection) =>
        inTransaction(connection, () =>
          registerRollups(
            runOf((sql, values) => connection.rows(sql, values)),
            definitions,
          ),
        ),
      ),
    )
  }

  /** Builds until nothing is due, or something waits to be applied. */
  async #build(): Promise<void> {
    const { store, definitions, nextBuild, clock, isIdle } = this.#options
    const budget = { closedBefore: clock.nowMicros() - GRACE_MICROS, maxHours: MAX_HOURS }
    await this.#guarded(async () => {
      while (!this.#stopped && isIdle()) {
        this.#touched = false
        const built = await store.maintain(async (connection) => {
          const run = runOf((sql, values) => connection.rows(sql, values))
          const next = nextBuild(await readBacklog(run, definitions), budget)
          if (next === null) return false
          const grain = next.grain === 'hour' ? HOUR_MICROS : DAY_MICROS
          await inTransaction(connection, () => buildSpan(run, definitions, grain, next.span))
          return true
        })
        if (built) continue
        this.#lookAt = clock.monotonic() + IDLE_MS
        return
      }
    })
  }

  async #guarded(work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!this.#stopped) this.#options.onError(error)
    } finally {
      this.#working = null
    }
  }
}

async function inTransaction<T>(
  connection: { execute(sql: string): Promise<void> },
  work: () => Promise<T>,
): Promise<T> {
  await connection.execute('BEGIN TRANSACTION')
  const result = await work()
  await connection.execute('COMMIT')
  return result
}
