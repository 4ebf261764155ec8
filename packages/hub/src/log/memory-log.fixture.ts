import type {
  AppendFailure,
  AppendOutcome,
  EditRecord,
  Log,
  LogEntry,
  LogRecord,
  Rewritten,
} from './log.ts'

/**
 * A log in memory for tests, whose commits and failures the test controls. By default every append is
 * durable at once; `hold` keeps appends waiting until `commit` or `fail`.
 */

interface Waiting {
  readonly partition: number
  readonly entries: readonly LogEntry[]
  readonly answer: (outcome: AppendOutcome) => void
}

export class MemoryLog implements Log {
  readonly #partitions = new Map<number, LogRecord[]>()
  readonly #listeners = new Set<(partition: number, next: bigint) => void>()
  #waiting: Waiting[] = []
  #held = false
  #closed = false
  #breakLog: (error: Error) => void = () => undefined
  readonly failed: Promise<Error> = new Promise((resolve) => {
    this.#breakLog = resolve
  })

  /** Keeps appends from now on waiting. */
  hold(): void {
    this.#held = true
  }

  /** Lets appends through again, the waiting ones first. */
  release(): void {
    this.#held = false
    while (this.commit());
  }

  /** Makes the oldest waiting append durable; false when none waits. */
  commit(): boolean {
    const next = this.#waiting.shift()
    if (next === undefined) return false
    this.#write(next)
    return true
  }

  /** Refuses the oldest waiting append; false when none waits. */
  fail(failure: AppendFailure): boolean {
    const next = this.#waiting.shift()
    if (next === undefined) return false
    next.answer({ ok: false, failure, message: `append refused: ${failure}` })
    return true
  }

  /** What a crash leaves: the oldest `durable` waiting appends are in the log, and none is answered. */
  crash(durable: number): void {
    for (const waiting of this.#waiting.splice(0).slice(0, durable)) {
      this.#write({ ...waiting, answer: () => undefined })
    }
    this.#listeners.clear()
  }

  /** Fails the log for good: waiting appends stay unanswered. */
  break(error: Error): void {
    this.#held = true
    this.#breakLog(error)
  }

  get waiting(): number {
    return this.#waiting.length
  }

  append(partition: number, entries: readonly LogEntry[]): Promise<AppendOutcome> {
    if (this.#closed) {
      return Promise.resolve({ ok: false, failure: 'closed', message: 'the log is closed' })
    }
    return new Promise((answer) => {
      this.#waiting.push({ partition, entries, answer })
      if (!this.#held) this.commit()
    })
  }

  #write({ partition, entries, answer }: Waiting): void {
    const records = this.#records(partition)
    const first = BigInt(records.length)
    for (const { kind, payload } of entries) {
      records.push({ kind, payload, partition, offset: BigInt(records.length) })
    }
    const next = BigInt(records.length)
    answer({ ok: true, appended: { partition, first, next } })
    for (const listener of this.#listeners) listener(partition, next)
  }

  #records(partition: number): LogRecord[] {
    let records = this.#partitions.get(partition)
    if (records === undefined) {
      records = []
      this.#partitions.set(partition, records)
    }
    return records
  }

  next(partition: number): bigint {
    return BigInt(this.#records(partition).length)
  }

  earliest(): bigint {
    return 0n
  }

  async *read(partition: number, from: bigint, until?: bigint): AsyncIterable<LogRecord> {
    const records = this.#records(partition)
    const end = until ?? BigInt(records.length)
    for (const record of records.slice(Number(from), Number(end))) {
      yield await Promise.resolve(record)
    }
  }

  trim(): Promise<bigint> {
    return Promise.resolve(0n)
  }

  /** The whole partition is one closed segment. */
  async rewrite(partition: number, edit: EditRecord): Promise<Rewritten> {
    const records = this.#records(partition)
    let changed = 0
    let bytesBefore = 0
    let bytesAfter = 0
    for (const [index, record] of records.entries()) {
      const payload = (await edit(record)) ?? record.payload
      bytesBefore += record.payload.length
      bytesAfter += payload.length
      if (payload === record.payload) continue
      records[index] = { ...record, payload }
      changed += 1
    }
    const rewritten = changed > 0 ? 1 : 0
    return { segments: 1, rewritten, records: changed, bytesBefore, bytesAfter, problems: [] }
  }

  onCommit(listener: (partition: number, next: bigint) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get pendingBytes(): number {
    let bytes = 0
    for (const { entries } of this.#waiting) {
      for (const { payload } of entries) bytes += payload.length
    }
    return bytes
  }

  close(): Promise<void> {
    this.#closed = true
    return Promise.resolve()
  }
}
