import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Clock } from '../core/clock.ts'
import type { ProjectScope } from '../core/scope.ts'
import type { LettersOutcome, LettersQuestion } from './letters.ts'
import type {
  CompactionStart,
  FromWorker,
  KnownEvent,
  LookupRequest,
  Refusal,
  RequestName,
  Requests,
  ScanOutcome,
  ScanRequest,
  SqlOutcome,
  SqlRequest,
  StoreStatus,
  StoreWorkerData,
  ToWorker,
  VerifyOutcome,
  VerifyWhat,
} from './protocol.ts'
import type { UserSqlOutcome, UserSqlRequest } from './sql.ts'
import type { Plan, QueryOutcome, RangeVersion, Store } from './store.ts'

export interface StoreRefusal {
  readonly refused: Refusal
  readonly message: string
}

export type StoreOpened =
  | { readonly ok: true; readonly durable: ReadonlyMap<number, bigint> }
  | ({ readonly ok: false } & StoreRefusal)

export interface StoreClientOptions extends StoreWorkerData {
  readonly clock: Clock
  /** Told when the worker changes state, applies a batch, or ends unasked (`failed`). */
  readonly onProgress?: (status: StoreStatus) => void
}

const OPENING: StoreStatus = {
  state: 'opening',
  refused: null,
  reason: null,
  applied: new Map(),
  watermark: null,
  durable: new Map(),
  lagRecords: 0,
  lagMs: 0,
  rows: 0,
  changedRows: 0,
  fileBytes: 0,
  running: 0,
  waiting: 0,
  recoveries: 0,
  compaction: { deadBytes: null, running: null, last: null },
}

/**
 * The store as the main thread sees it: the reading side of the port, served by a worker thread that
 * owns the database, reads the log and applies it. Tell it how far the log is durable (`committed`).
 *
 * When the worker dies, questions answer `rebuilding` and the state is `failed`; the process should
 * then end and be restarted, since the database must not be opened twice.
 */
export class StoreClient implements Omit<Store, 'apply'> {
  readonly #worker: Worker
  readonly #clock: Clock
  readonly #onProgress: (status: StoreStatus) => void
  readonly #waiters = new Set<() => void>()
  readonly #pending = new Map<number, Pending>()
  #nextId = 0
  readonly #lag: CommitLag
  #status = OPENING
  #closing: Promise<void> | null = null
  readonly #exited: Promise<void>
  /** Resolves when the worker has ended unasked. */
  readonly failed: Promise<Error>
  readonly #resolveFailed: (error: Error) => void
  /** Resolves when the store is refused: the file or the log needs another release. */
  readonly refused: Promise<StoreRefusal>
  readonly #resolveRefused: (refusal: StoreRefusal) => void

  constructor(options: StoreClientOptions) {
    const { onProgress, clock, ...workerData } = options
    this.#clock = clock
    this.#lag = new CommitLag(clock)
    this.#onProgress = onProgress ?? (() => {})
    const failed = Promise.withResolvers<Error>()
    this.failed = failed.promise
    this.#resolveFailed = failed.resolve
    const refused = Promise.withResolvers<StoreRefusal>()
    this.refused = refused.promise
    this.#resolveRefused = refused.resolve
    this.#worker = new Worker(workerFile(), { workerData, execArgv: execArgv() })
    this.#worker.on('message', (message: FromWorker) => this.#receive(message))
    this.#exited = new Promise((resolve) => {
      this.#worker.on('error', (error: Error) =>
        this.#fail(`the store's thread failed: ${error.message}`),
      )
      this.#worker.on('exit', (code) => {
        this.#fail(`the store's thread ended with code ${code}`)
        resolve()
      })
    })
  }

  /** The latest that the worker has told, at most half a second old; no message is sent. */
  get progress(): StoreStatus {
    return { ...this.#status, lagMs: this.lagMs }
  }

  /** Asks the worker. */
  status(): Promise<StoreStatus> {
    return this.#ask('status', null, null, () => this.progress)
  }

  /** For how long the oldest commit that is not applied has been waiting, in milliseconds, as of now. */
  get lagMs(): number {
    return this.#lag.ms()
  }

  /**
   * Waits until the worker has opened the store, or cannot; answers the positions that it has durably
   * applied, or why its file must be left alone. Nothing is applied before `start`.
   */
  async opened(): Promise<StoreOpened> {
    while (this.#status.state === 'opening') {
      await new Promise<void>((resolve) => {
        const look = (): void => {
          this.#waiters.delete(look)
          resolve()
        }
        this.#waiters.add(look)
      })
    }
    const { refused, reason, durable } = this.#status
    if (refused !== null) return { ok: false, refused, message: reason ?? '' }
    return { ok: true, durable }
  }

  /**
   * Waits until the store is `ready` and so answers questions; false when it has failed or is refused, or
   * `signal` was aborted, before that.
   */
  async ready(signal: AbortSignal): Promise<boolean> {
    const isOver = (): boolean =>
      signal.aborted || this.#status.state === 'failed' || this.#status.state === 'refused'
    while (this.#status.state !== 'ready' && !isOver()) {
      await new Promise<void>((resolve) => {
        const look = (): void => {
          this.#waiters.delete(look)
          signal.removeEventListener('abort', look)
          resolve()
        }
        this.#waiters.add(look)
        signal.addEventListener('abort', look, { once: true })
      })
    }
    return !isOver()
  }

  /** Begins applying: the log is durable up to `committed`. Until all of that is in, the state is `rebuilding`. */
  start(committed: ReadonlyMap<number, bigint>): void {
    for (const [partition, next] of committed) this.#lag.committed(partition, next)
    this.#send({ type: 'start', committed })
  }

  /** The log is durable up to `next` in `partition`. */
  committed(partition: number, next: bigint): void {
    if (this.#status.state === 'failed') return
    this.#lag.committed(partition, next)
    this.#send({ type: 'committed', partition, next })
  }

  applied(): Promise<ReadonlyMap<number, bigint>> {
    return Promise.resolve(this.#status.applied)
  }

  durable(): Promise<ReadonlyMap<number, bigint>> {
    return Promise.resolve(this.#status.durable)
  }

  async query(plan: Plan, scope: ProjectScope, signal: AbortSignal): Promise<QueryOutcome> {
    return this.#ask('query', { plan, project: scope.project }, signal, (message) => ({
      ok: false,
      failure: 'rebuilding',
      message,
    }))
  }

  letters(
    question: LettersQuestion,
    scope: ProjectScope,
    signal: AbortSignal,
  ): Promise<LettersOutcome> {
    return this.#ask('letters', { question, project: scope.project }, signal, (message) => ({
      ok: false,
      failure: 'rebuilding',
      message,
    }))
  }

  /** A page of rows for maintenance. */
  scan(request: ScanRequest, signal: AbortSignal): Promise<ScanOutcome> {
    return this.#ask('scan', request, signal, (message) => ({
      ok: false,
      failure: 'rebuilding',
      message,
    }))
  }

  /** Runs a reading statement as it is: the caller has checked what it may read. */
  sql(request: SqlRequest, signal: AbortSignal): Promise<SqlOutcome> {
    return this.#ask('sql', request, signal, (message) => ({
      ok: false,
      failure: 'rebuilding',
      message,
    }))
  }

  /** Runs SQL that people write, after checking it. */
  userSql(request: UserSqlRequest, signal: AbortSignal): Promise<UserSqlOutcome> {
    return this.#ask('userSql', request, signal, (message) => ({
      ok: false,
      failure: 'rebuilding',
      message,
    }))
  }

  /** While the worker is gone, every version differs from every other: nothing is cached. */
  version(scope: ProjectScope, from: number, to: number): Promise<RangeVersion> {
    return this.#ask('version', { project: scope.project, from, to }, null, () => {
      return `failed.${this.#nextId}`
    })
  }

  /** @throws Error while the store cannot tell */
  async lookup(
    project: string,
    events: LookupRequest['events'],
  ): Promise<readonly (KnownEvent | null)[]> {
    const outcome = await this.#ask('lookup', { project, events }, null, (message) => ({
      ok: false,
      message,
    }))
    if (!outcome.ok) throw new Error(outcome.message)
    return outcome.known
  }

  /**
   * Waits until every record before `offset` of the partition is applied; false when `timeoutMs`
   * passed or `signal` was aborted before that.
   */
  waitFor(
    position: { readonly partition: number; readonly offset: bigint },
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    const reached = (): boolean =>
      (this.#status.applied.get(position.partition) ?? 0n) >= position.offset
    if (reached() || signal.aborted) return Promise.resolve(reached())
    return new Promise((resolve) => {
      const end = (): void => {
        cancel()
        this.#waiters.delete(look)
        signal.removeEventListener('abort', end)
        resolve(reached())
      }
      const look = (): void => {
        if (reached()) end()
      }
      const cancel = this.#clock.after(timeoutMs, end)
      signal.addEventListener('abort', end, { once: true })
      this.#waiters.add(look)
    })
  }

  verify(what: VerifyWhat): Promise<VerifyOutcome> {
    return this.#ask('verify', what, null, (message) => ({ ok: false, message }))
  }

  /** Begins to compact the database file; `progress.compaction` tells how it goes. Until its end the store is `rebuilding`. */
  compact(): Promise<CompactionStart> {
    return this.#ask('compact', null, null, (message) => ({
      ok: false,
      failure: 'rebuilding',
      message,
    }))
  }

  /** Writes everything applied into the database file. Answers false when that was not possible now. */
  checkpoint(): Promise<boolean> {
    return this.#ask('checkpoint', null, null, () => false)
  }

  /** Stops applying after the batch under way, closes the database, ends the worker. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    if (this.#status.state !== 'failed') this.#send({ type: 'close' })
    await this.#exited
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message)
  }

  #ask<N extends RequestName>(
    name: N,
    take: Requests[N]['take'],
    signal: AbortSignal | null,
    whenGone: (message: string) => Requests[N]['answer'],
  ): Promise<Requests[N]['answer']> {
    const id = ++this.#nextId
    if (this.#status.state === 'failed') {
      return Promise.resolve(whenGone('the store has failed'))
    }
    return new Promise<Requests[N]['answer']>((resolve, reject) => {
      const cancel = (): void => this.#send({ type: 'cancel', id })
      const end = (): void => {
        this.#pending.delete(id)
        signal?.removeEventListener('abort', cancel)
      }
      this.#pending.set(id, {
        answer(value) {
          end()
          // The worker answers a request of this name with the type of this name.
          resolve(value as Requests[N]['answer'])
        },
        error(message) {
          end()
          reject(new Error(message))
        },
        gone(message) {
          end()
          resolve(whenGone(message))
        },
      })
      this.#send({ type: 'request', id, name, take } as ToWorker)
      if (signal?.aborted) cancel()
      else signal?.addEventListener('abort', cancel, { once: true })
    })
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'answer':
        this.#pending.get(message.id)?.answer(message.answer)
        return
      case 'error':
        this.#pending.get(message.id)?.error(message.message)
        return
      case 'status':
        this.#tell(message.status)
        return
      case 'closed':
        return
      default:
        return message satisfies never
    }
  }

  #fail(reason: string): void {
    for (const pending of this.#pending.values()) pending.gone('the store has failed')
    if (this.#closing !== null || this.#status.state === 'failed') return
    this.#tell({ ...this.#status, state: 'failed', reason })
    this.#resolveFailed(new Error(reason))
  }

  #tell(status: StoreStatus): void {
    this.#status = status
    this.#lag.applied(status.applied)
    const { refused, reason } = status
    if (refused !== null) this.#resolveRefused({ refused, message: reason ?? '' })
    for (const look of this.#waiters) look()
    this.#onProgress(status)
  }
}

/** How long commits have been waiting to be applied, known without asking the worker. */
class CommitLag {
  readonly #clock: Clock
  readonly #committed = new Map<number, bigint>()
  /** Per partition, a commit that is not applied yet, and when it was told. */
  readonly #oldest = new Map<number, { readonly next: bigint; readonly at: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  committed(partition: number, next: bigint): void {
    this.#committed.set(partition, next)
    if (!this.#oldest.has(partition)) {
      this.#oldest.set(partition, { next, at: this.#clock.monotonic() })
    }
  }

  applied(positions: ReadonlyMap<number, bigint>): void {
    for (const [partition, { next }] of this.#oldest) {
      const applied = positions.get(partition) ?? 0n
      if (applied < next) continue
      const committed = this.#committed.get(partition) ?? 0n
      if (applied >= committed) this.#oldest.delete(partition)
      else this.#oldest.set(partition, { next: committed, at: this.#clock.monotonic() })
    }
  }

  ms(): number {
    let ms = 0
    for (const { at } of this.#oldest.values()) ms = Math.max(ms, this.#clock.monotonic() - at)
    return ms
  }
}

interface Pending {
  answer(value: unknown): void
  error(message: string): void
  gone(message: string): void
}

/**
 * The worker's file, beside this one's folder: TypeScript when run from sources, JavaScript from the
 * build. The compiler does not rewrite the address of a worker, so its extension follows this file's.
 */
function workerFile(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return fileURLToPath(new URL(`../store-worker.${extension}`, import.meta.url))
}

/** Sources are found by the condition that the packages export them under. */
function execArgv(): string[] {
  return import.meta.url.endsWith('.ts') ? ['--conditions=@llmhub/source'] : []
}
