import type { Clock } from '../../core/clock.ts'
import type { Connection } from './driver.ts'
import type { ReadPool } from './read-pool.ts'

/**
 * Gives DuckDB's memory back while nothing goes on.
 *
 * DuckDB keeps every block it has read and the pages of what it has freed until its limit is reached,
 * for whoever comes next: hundreds of megabytes after a load or a long question. Lowering the limit
 * makes it drop the blocks used longest ago (those that are in no file go to its temporary folder) and
 * hand freed pages to the system; the limit is raised again at once.
 *
 * A question that runs meanwhile could fail for lack of memory, so this happens only when none runs,
 * and those that come wait the milliseconds that it takes. It does so once after each time of activity.
 */

const LOOK_EVERY_MS = 10_000
/** Blocks kept for the first questions after a pause. */
const IDLE_MIB = 64

interface IdleMemoryOptions {
  readonly clock: Clock
  /** What DuckDB may use otherwise, in MiB. */
  readonly limitMib: number
  readonly reads: readonly Pick<ReadPool, 'finished' | 'pause'>[]
  /** Turns of the writing connection so far, the ones made here included. */
  readonly turns: () => number
  /** Runs `work` when it is the writing connection's turn. */
  readonly exclusive: <T>(work: (connection: Connection) => Promise<T>) => Promise<T>
  readonly onError: (error: unknown) => void
}

export class IdleMemory {
  readonly #options: IdleMemoryOptions
  readonly #stopTimer: () => void
  /** Turns and reads at the last look. */
  #seen = Number.NaN
  #isReleased = false
  #isWorking = false

  constructor(options: IdleMemoryOptions) {
    this.#options = options
    this.#stopTimer = options.clock.every(LOOK_EVERY_MS, () => this.#look())
  }

  stop(): void {
    this.#stopTimer()
  }

  /** Two looks in a row with nothing between them make a pause of at least LOOK_EVERY_MS. */
  #look(): void {
    if (this.#isWorking) return
    const activity = this.#activity()
    if (activity !== this.#seen) {
      this.#seen = activity
      this.#isReleased = false
      return
    }
    if (this.#isReleased) return
    this.#isWorking = true
    this.#release()
      .catch(this.#options.onError)
      .finally(() => {
        this.#isWorking = false
      })
  }

  #activity(): number {
    const { reads, turns } = this.#options
    return reads.reduce((sum, { finished }) => sum + finished, turns())
  }

  async #release(): Promise<void> {
    const { exclusive, reads, limitMib } = this.#options
    await exclusive((connection) =>
      pauseAll(reads, async () => {
        // Once, whatever comes of it: what could not be freed now is in use.
        this.#isReleased = true
        try {
          await connection.execute(`SET memory_limit = '${Math.min(IDLE_MIB, limitMib)}MiB'`)
        } finally {
          await connection.execute(`SET memory_limit = '${limitMib}MiB'`)
        }
      }),
    )
    // The turn just taken is no activity; others meanwhile only put the next release off.
    this.#seen = this.#activity()
  }
}

/** Runs `work` while none of them runs a read; not at all when one does. */
function pauseAll(
  [first, ...others]: readonly Pick<ReadPool, 'pause'>[],
  work: () => Promise<void>,
): Promise<void> {
  return first === undefined ? work() : first.pause(() => pauseAll(others, work))
}
