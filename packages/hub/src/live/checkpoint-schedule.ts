import type { Clock } from '../core/clock.ts'
import type { CheckpointFile } from './checkpoint-file.ts'

/** A checkpoint of this size is written every `LONGEST_MS`, a smaller one more often. */
const LARGE_BYTES = 1024 * 1024
const LONGEST_MS = 30_000
const SHORTEST_MS = 1000

export interface CheckpointScheduleOptions {
  /** Null when none is kept. */
  readonly file: CheckpointFile | null
  readonly clock: Pick<Clock, 'monotonic'>
  /** The state as bytes, with everything that was read in it. */
  readonly encode: () => Uint8Array
  readonly onError: (error: unknown) => void
}

/** Somebody waits for a checkpoint of what is read up to there. */
interface Waiting {
  readonly until: ReadonlyMap<number, bigint>
  readonly resolve: (isWritten: boolean) => void
}

/** When a checkpoint is written: the larger, the less often; at once where somebody waits for it. */
export class CheckpointSchedule {
  readonly #options: CheckpointScheduleOptions
  #waiting: Waiting[] = []
  #isChanged = false
  #writtenAt: number | null = null
  #bytes = 0

  constructor(options: CheckpointScheduleOptions) {
    this.#options = options
  }

  /** Size of the newest one. */
  get bytes(): number {
    return this.#bytes
  }

  /** Milliseconds since the last was written; null before the first. */
  get ageMs(): number | null {
    return this.#writtenAt === null ? null : this.#options.clock.monotonic() - this.#writtenAt
  }

  get isAwaited(): boolean {
    return this.#waiting.length > 0
  }

  /** The state was read from one of that size. */
  restored(bytes: number): void {
    this.#bytes = bytes
  }

  /** There is something that the file does not have. */
  changed(): void {
    this.#isChanged = true
  }

  /** Resolves once everything below `until` is in a checkpoint; false when that failed, or there will be none. */
  wait(until: ReadonlyMap<number, bigint>): Promise<boolean> {
    return new Promise((resolve) => this.#waiting.push({ until, resolve }))
  }

  /** Nobody need wait any more. */
  giveUp(): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve(false)
  }

  /** Writes one when it is time, or somebody waits for one of what is read. */
  async save(positions: ReadonlyMap<number, bigint>): Promise<void> {
    const isRead = ({ until }: Waiting): boolean =>
      [...until].every(([partition, next]) => (positions.get(partition) ?? 0n) >= next)
    const waiting = this.#waiting.filter(isRead)
    if (waiting.length === 0 && !this.#isDue()) return
    this.#waiting = this.#waiting.filter((each) => !waiting.includes(each))
    const isWritten = await this.#write()
    for (const { resolve } of waiting) resolve(isWritten)
  }

  /** Writes what has changed since the last one. */
  async finish(): Promise<void> {
    if (this.#isChanged) await this.#write()
  }

  #isDue(): boolean {
    if (!this.#isChanged || this.#options.file === null) return false
    if (this.ageMs === null) return true
    return this.ageMs >= Math.max(SHORTEST_MS, Math.min(1, this.#bytes / LARGE_BYTES) * LONGEST_MS)
  }

  /** False when it could not be written. */
  async #write(): Promise<boolean> {
    const { file, clock, encode, onError } = this.#options
    if (file === null) return true
    const bytes = encode()
    this.#isChanged = false
    this.#writtenAt = clock.monotonic()
    this.#bytes = bytes.length
    try {
      await file.replace(bytes)
      return true
    } catch (error) {
      // The next one may succeed; until then more of the log is read again after a crash.
      this.#isChanged = true
      onError(error)
      return false
    }
  }
}
