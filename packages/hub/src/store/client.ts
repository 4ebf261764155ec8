import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Clock } from '../core/clock.ts'
import type { ProjectScope } from '../core/scope.ts'
import type {
  FromWorker,
  RequestName,
  Requests,
  SqlOutcome,
  SqlRequest,
  StoreStatus,
  StoreWorkerData,
  ToWorker,
  VerifyOutcome,
  VerifyWhat,
} from './protocol.ts'
import type { Plan, QueryOutcome, RangeVersion, Store } from './store.ts'

export interface StoreClientOptions extends StoreWorkerData {
  readonly clock: Clock
  /** Told when the worker changes state, applies a batch, or ends unasked (`failed`). */
  readonly onProgress?: (progress: Progress) => void
}

export type Progress = Pick<
  StoreStatus,
  'state' | 'reason' | 'applied' | 'durable' | 'lagMs' | 'rows'
>

/**
 * The store as the main thread sees it: the reading side of the port, served by a worker thread that
 * owns the database, reads the log and applies it. Tell it how far the log is durable (`committed`).
 *
 * When the worker dies, questions answer `rebuilding` and the state is `failed`; the process should
 * then end and be restarted, since the database must not be opened twice.
 */
export class StoreClient implements Omit<Store, 'apply'> {
  readonly #worker: Worker
  readonly #onProgress: (progress: Progress) => void
  readonly #pending = new Map<number, Pending>()
  readonly #clock: Clock
  /** Who waits for what: told at every progress. */
  readonly #watchers = new Set<() => void>()
  /** Per partition, a commit that is not applied yet, and when it was told. */
  readonly #waiting = new Map<number, { readonly next: bigint; readonly at: number }>()
  readonly #committed = new Map<number, bigint>()
  #nextId = 0
  #progress: Progress
  #closing: Promise<void> | null = null
  readonly #exited: Promise<void>

  constructor(options: StoreClientOptions) {
    const { onProgress, clock, ...workerData } = options
    this.#clock = clock
    this.#onProgress = onProgress ?? (() => {})
    this.#progress = {
      state: 'opening',
      reason: null,
      applied: new Map(),
      durable: new Map(),
      lagMs: 0,
      rows: 0,
    }
    this.#worker = new Worker(workerFile(), { workerData, execArgv: execArgv() })
    this.#worker.on('message', (message: FromWorker) => this.#receive(message))
    this.#exited = new Promise((resolve) => {
      this.#worker.on('error', (error) => this.#fail(`the store's thread failed: ${error.message}`))
      this.#worker.on('exit', (code) => {
        this.#fail(`the store's thread ended with code ${code}`)
        resolve()
      })
    })
  }

  /** The latest that the worker has told: no message is sent. */
  get progress(): Progress {
    return this.#progress
  }

  /** The log is durable up to `next` in `partition`. */
  committed(partition: number, next: bigint): void {
    if (this.#progress.state === 'failed') return
    this.#committed.set(partition, next)
    if (!this.#waiting.has(partition))
      this.#waiting.set(partition, { next, at: this.#clock.monotonic() })
    this.#send({ type: 'committed', partition, next })
  }

  /**
   * Waits until the worker has opened the store, or cannot; answers the positions that it has durably
   * applied. Nothing is applied before `start`.
   */
  async opened(): Promise<ReadonlyMap<number, bigint>> {
    while (this.#progress.state === 'opening') await this.#nextProgress()
    return this.#progress.durable
  }

  /** Begins applying: the log is durable up to `committed`. Until all of that is in, the state is `rebuilding`. */
  start(committed: ReadonlyMap<number, bigint>): void {
    for (const [partition, next] of committed) this.#committed.set(partition, next)
    this.#send({ type: 'start', committed })
  }

  /** For how long the oldest commit that is not applied has been waiting, in milliseconds. */
  get lagMs(): number {
    let lag = 0
    for (const { at } of this.#waiting.values()) lag = Math.max(lag, this.#clock.monotonic() - at)
    return lag
  }

  /** Waits until all records before `offset` are applied; false when the time or the caller's patience is over. */
  async waitFor(
    position: { readonly partition: number; readonly offset: bigint },
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    const isApplied = (): boolean =>
      (this.#progress.applied.get(position.partition) ?? 0n) >= position.offset
    const deadline = this.#clock.monotonic() + timeoutMs
    while (!isApplied()) {
      const left = deadline - this.#clock.monotonic()
      if (left <= 0 || signal.aborted || this.#progress.state === 'failed') return false
      await this.#nextProgress(left, signal)
    }
    return true
  }

  /** Resolves at the next progress, after `timeoutMs`, or when `signal` aborts. */
  #nextProgress(timeoutMs?: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel?.()
        signal?.removeEventListener('abort', end)
        this.#watchers.delete(end)
        resolve()
      }
      const cancel = timeoutMs === undefined ? undefined : this.#clock.after(timeoutMs, end)
      signal?.addEventListener('abort', end, { once: true })
      this.#watchers.add(end)
    })
  }

  #progressed(progress: Progress): void {
    this.#progress = progress
    for (const [partition, { next }] of this.#waiting) {
      const applied = progress.applied.get(partition) ?? 0n
      if (applied < next) continue
      const committed = this.#committed.get(partition) ?? 0n
      if (applied >= committed) this.#waiting.delete(partition)
      else this.#waiting.set(partition, { next: committed, at: this.#clock.monotonic() })
    }
    for (const watcher of [...this.#watchers]) watcher()
    this.#onProgress(progress)
  }

  applied(): Promise<ReadonlyMap<number, bigint>> {
    return Promise.resolve(this.#progress.applied)
  }

  durable(): Promise<ReadonlyMap<number, bigint>> {
    return Promise.resolve(this.#progress.durable)
  }

  async query(plan: Plan, scope: ProjectScope, signal: AbortSignal): Promise<QueryOutcome> {
    return this.#ask('query', { plan, project: scope.project }, signal, (message) => ({
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

  /** While the worker is gone, every version differs from every other: nothing is cached. */
  version(scope: ProjectScope, from: number, to: number): Promise<RangeVersion> {
    return this.#ask('version', { project: scope.project, from, to }, null, () => {
      return `failed.${this.#nextId}`
    })
  }

  status(): Promise<StoreStatus> {
    return this.#ask('status', null, null, () => ({
      ...this.#progress,
      lagRecords: 0,
      fileBytes: 0,
      running: 0,
      waiting: 0,
      recoveries: 0,
    }))
  }

  verify(what: VerifyWhat): Promise<VerifyOutcome> {
    return this.#ask('verify', what, null, (message) => ({ ok: false, message }))
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
    if (this.#progress.state !== 'failed') this.#send({ type: 'close' })
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
    if (this.#progress.state === 'failed') {
      return Promise.resolve(whenGone(this.#progress.reason ?? 'the store has failed'))
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
      case 'progress': {
        const { type: _, ...progress } = message
        this.#progressed(progress)
        return
      }
      case 'closed':
        return
      default:
        return message satisfies never
    }
  }

  #fail(reason: string): void {
    for (const pending of this.#pending.values()) pending.gone(reason)
    if (this.#closing !== null || this.#progress.state === 'failed') return
    this.#progressed({ ...this.#progress, state: 'failed', reason })
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
