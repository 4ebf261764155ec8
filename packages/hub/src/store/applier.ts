import type { Clock } from '../core/clock.ts'
import { BACKFILL, LIVE, type LogRecord } from '../log/log.ts'
import { type Cut, cutOf } from '../log/operation.ts'
import type { Applied, Store } from './store.ts'

/** What the applier needs of a log. A payload read is valid until the next step of the iteration. */
export interface LogReader {
  earliest(partition: number): Promise<bigint>
  read(partition: number, from: bigint, until: bigint): AsyncIterable<LogRecord>
}

export interface ApplierOptions {
  readonly store: Pick<Store, 'apply' | 'applied'>
  readonly reader: LogReader
  readonly clock: Clock
  /** Of whoever owns the partitions now; see `Apply`. */
  readonly epoch: number
  /** A batch is applied when it has this many rows. Default 20,000. */
  readonly maxRows?: number
  /** … or this many bytes. Default 32 MiB. */
  readonly maxBytes?: number
  /** … or when its first record has waited this long, in milliseconds. Default 500. */
  readonly maxWaitMs?: number
  /** Told after every apply, with the rows and the new position. */
  readonly onApplied?: (partition: number, next: bigint, rows: number) => void
  /** Told of an error, after which the applier goes on from the store's position. */
  readonly onError?: (error: Error) => void
  /** Told once per gap of records that the log has lost: [from, to) of a partition. */
  readonly onGap?: (partition: number, from: bigint, to: bigint) => void
}

export interface ApplierStatus {
  /** Records committed to the log but not in the store, over all partitions. */
  readonly lagRecords: number
  /** For how long the oldest of them has been waiting, in milliseconds; 0 when there is none. */
  readonly lagMs: number
  /** The latest error, until an apply succeeds. */
  readonly lastError: string | null
  /** Whether a newer owner fenced this one off: it has stopped. */
  readonly fenced: boolean
}

const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 5_000
/** Live first: backfill is applied only while live has nothing due. */
const ORDER = [LIVE, BACKFILL] as const

/**
 * Moves records from the log into the store, partition by partition, in batches large enough that a
 * commit is cheap. `committed` tells how far the log is durable; nothing beyond is read.
 *
 * An operation of maintenance is a batch of its own, and its partition waits with it until every
 * partition has reached the cut of the operation. While the hub runs that is so already, because an
 * operation is worked out from what is applied; it holds in a rebuild, which else would read the live
 * partition first.
 *
 * Its position is the store's: it keeps none of its own, and after any error asks for it anew.
 */
export class Applier {
  readonly #options: ApplierOptions
  readonly #maxRows: number
  readonly #maxBytes: number
  readonly #maxWaitMs: number
  readonly #sources: readonly Source[]
  #lastError: string | null = null
  #fenced = false
  #stopped = false
  #wake: () => void = () => {}
  /** Something was committed since the step under way began, which may not have seen it. */
  #woken = false
  readonly #done: Promise<void>

  constructor(options: ApplierOptions) {
    this.#options = options
    this.#maxRows = options.maxRows ?? 20_000
    this.#maxBytes = options.maxBytes ?? 32 * 1024 * 1024
    this.#maxWaitMs = options.maxWaitMs ?? 500
    this.#sources = ORDER.map((partition) => new Source(partition, options.clock))
    this.#done = this.#run()
  }

  /** The log is durable up to `next`. */
  committed(partition: number, next: bigint): void {
    const source = this.#sources.find((each) => each.partition === partition)
    if (source?.commit(next) !== true) return
    this.#woken = true
    this.#wake()
  }

  status(): ApplierStatus {
    let records = 0n
    let lagMs = 0
    for (const source of this.#sources) {
      records += source.lag
      lagMs = Math.max(lagMs, source.waitedMs)
    }
    return { lagRecords: Number(records), lagMs, lastError: this.#lastError, fenced: this.#fenced }
  }

  /** Ends after the apply under way. Idempotent. */
  stop(): Promise<void> {
    this.#stopped = true
    this.#wake()
    return this.#done
  }

  async #run(): Promise<void> {
    let retryMs = FIRST_RETRY_MS
    let known = false
    while (!this.#stopped) {
      try {
        if (!known) {
          await this.#readPositions()
          known = true
        }
        const waitMs = await this.#step()
        retryMs = FIRST_RETRY_MS
        if (waitMs !== 0) await this.#pause(waitMs)
      } catch (error) {
        known = false
        this.#lastError = error instanceof Error ? error.message : String(error)
        this.#options.onError?.(error instanceof Error ? error : new Error(String(error)))
        await this.#pause(retryMs, true)
        retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)
      }
    }
  }

  async #readPositions(): Promise<void> {
    const applied = await this.#options.store.applied()
    for (const source of this.#sources) {
      const position = applied.get(source.partition) ?? 0n
      source.start(position)
      const earliest = await this.#options.reader.earliest(source.partition)
      if (earliest > position) {
        this.#options.onGap?.(source.partition, position, earliest)
        source.skipTo(earliest)
      }
    }
  }

  /** Applies at most one batch. Answers how long to wait before the next step; null for until woken. */
  async #step(): Promise<number | null> {
    let waitMs: number | null = null
    this.#woken = false
    for (const source of this.#sources) {
      await source.fill(this.#options.reader, this.#maxRows, this.#maxBytes)
      if (this.#stopped) return 0
      if (source.isEmpty) continue
      if (source.cut !== null && !this.#reached(source, source.cut)) continue
      const full = source.ended || source.rows >= this.#maxRows || source.bytes >= this.#maxBytes
      const left = this.#maxWaitMs - source.waitedMs
      if (full || left <= 0) {
        await this.#apply(source)
        return 0
      }
      waitMs = Math.min(waitMs ?? left, left)
    }
    return waitMs
  }

  /**
   * Whether every partition has been applied up to the cut that `source` waits for. A log that ends
   * before it has lost records, which is told: the operation must not be applied to other rows that
   * come to stand in their place.
   */
  #reached(waiting: Source, cut: Cut): boolean {
    for (const source of this.#sources) {
      const next = cut.get(source.partition) ?? 0n
      if (source === waiting || source.position >= next) continue
      if (source.lag === 0n && !waiting.told) {
        waiting.told = true
        const message = `an operation at ${waiting.position} of partition ${waiting.partition} waits for partition ${source.partition} up to ${next}, but the log has it up to ${source.position}`
        this.#lastError = message
        this.#options.onError?.(new Error(message))
      }
      return false
    }
    return true
  }

  async #apply(source: Source): Promise<void> {
    const { partition, position, records, next, rows } = source
    const outcome: Applied = await this.#options.store.apply({
      partition,
      epoch: this.#options.epoch,
      first: position,
      next,
      records,
    })
    if (outcome === 'fenced') {
      this.#fenced = true
      this.#stopped = true
      return
    }
    source.applied(next)
    this.#lastError = null
    this.#options.onApplied?.(partition, next, rows)
  }

  /** Waits until woken, or for `ms`; null waits without end. Stopping always wakes. */
  #pause(ms: number | null, onlyStop = false): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stopped || (this.#woken && !onlyStop)) return resolve()
      const cancel = ms === null ? () => {} : this.#options.clock.after(ms, () => end())
      const end = (): void => {
        cancel()
        this.#wake = () => {}
        resolve()
      }
      this.#wake = () => {
        if (this.#stopped || !onlyStop) end()
      }
    })
  }
}

/** One partition: what is committed, and the batch being gathered. */
class Source {
  readonly partition: number
  readonly #clock: Clock
  /** Offset after the last record applied. */
  position = 0n
  /** Offset after the last record gathered. */
  next = 0n
  records: LogRecord[] = []
  rows = 0
  bytes = 0
  /** Nothing may join the batch: an operation of maintenance is in it, or comes next. */
  ended = false
  /** What that operation needs applied, when it is in the batch. */
  cut: Cut | null = null
  /** Whether it was told that the log ends before the cut. */
  told = false
  #committed = 0n
  /** When commits were told, oldest first; only those beyond the position. */
  #marks: { next: bigint; at: number }[] = []

  constructor(partition: number, clock: Clock) {
    this.partition = partition
    this.#clock = clock
  }

  /** Answers whether that is news. */
  commit(next: bigint): boolean {
    if (next <= this.#committed) return false
    this.#committed = next
    const at = this.#clock.monotonic()
    const last = this.#marks.at(-1)
    // A mark per commit would be many; the first of each few milliseconds tells the age well enough.
    if (last !== undefined && at - last.at < MARK_EVERY_MS) last.next = next
    else this.#marks.push({ next, at })
    return true
  }

  /** Drops what was gathered and goes on from the store's position. */
  start(position: bigint): void {
    this.position = position
    this.#clear(position)
    this.#forget()
  }

  /** The records below `earliest` are lost: the next batch begins behind them. */
  skipTo(earliest: bigint): void {
    this.next = earliest
  }

  get lag(): bigint {
    return this.#committed > this.position ? this.#committed - this.position : 0n
  }

  get waitedMs(): number {
    const first = this.#marks[0]
    return first === undefined ? 0 : this.#clock.monotonic() - first.at
  }

  get isEmpty(): boolean {
    return this.next <= this.position
  }

  async fill(reader: LogReader, maxRows: number, maxBytes: number): Promise<void> {
    const until = this.#committed
    if (this.next >= until || this.ended) return
    if (this.rows >= maxRows || this.bytes >= maxBytes) return
    for await (const record of reader.read(this.partition, this.next, until)) {
      const cut = record.kind === 'operation' ? cutOf(record.payload) : null
      if (cut !== null && this.records.length > 0) {
        this.ended = true
        return
      }
      // The reader reuses its buffer, of which `slice` would be a view: Buffer's does not copy.
      const payload = new Uint8Array(record.payload)
      this.records.push({ ...record, payload })
      this.rows += record.kind === 'operation' ? OPERATION_ROWS : rowsOf(payload)
      this.bytes += payload.length
      this.next = record.offset + 1n
      if (cut !== null) {
        this.ended = true
        this.cut = cut
        return
      }
      if (this.rows >= maxRows || this.bytes >= maxBytes) return
    }
    // Offsets at the end may be holes that the reader passed over.
    this.next = until
  }

  applied(next: bigint): void {
    this.position = next
    this.#clear(next)
    this.#forget()
  }

  #clear(next: bigint): void {
    this.next = next
    this.records = []
    this.rows = 0
    this.bytes = 0
    this.ended = false
    this.cut = null
    this.told = false
  }

  #forget(): void {
    let applied = 0
    while ((this.#marks[applied]?.next ?? this.position + 1n) <= this.position) applied++
    this.#marks.splice(0, applied)
  }
}

const MARK_EVERY_MS = 5
/** What an operation costs, in rows of a batch. */
const OPERATION_ROWS = 10

/** Rows of an encoded batch, from its header; 1 where there is none, and applying will say why. */
function rowsOf(payload: Uint8Array): number {
  if (payload.length < 12) return 1
  return new DataView(payload.buffer, payload.byteOffset, payload.length).getUint32(8, true)
}
