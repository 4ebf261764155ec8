import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Clock } from '../core/clock.ts'
import { checkpointIn } from './checkpoint-file.ts'
import type { ConsumerStatus } from './consumer-options.ts'
import type {
  LiveDefinition,
  LiveSnapshot,
  LiveSource,
  LiveStatus,
  LiveUpdate,
  PutOutcome,
  SnapshotRequest,
} from './live.ts'
import type { FromLive, LiveRequests, LiveWorkerData, MainRequests, ToLive } from './protocol.ts'

export interface LiveClientOptions extends LiveWorkerData {
  readonly clock: Clock
  readonly ask: (
    request: MainRequests['ask']['take'],
    signal: AbortSignal,
  ) => Promise<MainRequests['ask']['answer']>
  /** Every project that the store knows once it has applied `after`; null when it cannot tell now. */
  readonly projects: (
    after: MainRequests['projects']['take'],
    signal: AbortSignal,
  ) => Promise<MainRequests['projects']['answer']>
  /** Told of what went wrong and was dealt with. */
  readonly onProblem: (problem: string) => void
}

/** A thread that has ended is started again after so long. */
const RESTART_MS = 5000

const NOTHING: ConsumerStatus = {
  series: [],
  watermark: null,
  lagRecords: 0,
  lagMs: 0,
  events: 0,
  updates: 0,
  resets: 0,
  errors: 0,
  checkpointBytes: 0,
  checkpointAgeMs: null,
  stateBytes: 0,
}

/**
 * The live windows as the main thread sees them: a thread of their own reads the log and counts. Nothing else
 * waits for it. When the thread ends unasked it is started again, and goes on from its checkpoint.
 */
export class LiveClient implements LiveSource {
  readonly #options: LiveClientOptions
  readonly #listeners = new Set<(updates: readonly LiveUpdate[]) => void>()
  readonly #pending = new Map<number, (answer: unknown) => void>()
  readonly #committed = new Map<number, bigint>()
  readonly #stop = new AbortController()
  #definitions: readonly LiveDefinition[]
  #status = NOTHING
  #nextId = 0
  #worker: Worker | null = null
  #exited: Promise<void> = Promise.resolve()
  #cancelRestart = (): void => {}
  #restarts = 0

  constructor(options: LiveClientOptions) {
    this.#options = options
    this.#definitions = options.definitions
  }

  /** How often the thread was started again. */
  get restarts(): number {
    return this.#restarts
  }

  /** What the thread told last, at most a second or so old. */
  get progress(): ConsumerStatus {
    return this.#status
  }

  /** Begins to count: the log is durable up to `committed`. */
  start(committed: ReadonlyMap<number, bigint>): void {
    for (const [partition, next] of committed) this.#committed.set(partition, next)
    this.#spawn()
  }

  /** The log is durable up to `next`. */
  committed(partition: number, next: bigint): void {
    this.#committed.set(partition, next)
    this.#send({ type: 'committed', partition, next })
  }

  definitions(): readonly LiveDefinition[] {
    return this.#definitions
  }

  async put(definition: LiveDefinition): Promise<PutOutcome> {
    const outcome = await this.#request('put', definition)
    if (outcome !== null) return outcome
    const message = 'the live windows are being started again: try again in some seconds'
    return { ok: false, code: 'unavailable', message, issues: [] }
  }

  async remove(name: string): Promise<boolean> {
    const isKnown = this.#definitions.some((each) => each.name === name)
    // A thread that is started again must not begin it anew.
    this.#definitions = this.#definitions.filter((each) => each.name !== name)
    return (await this.#request('remove', name)) ?? isKnown
  }

  snapshot(of: SnapshotRequest): Promise<LiveSnapshot | null> {
    return this.#request('snapshot', of)
  }

  /**
   * Once this resolves, nothing that the log has erased by now is in the folder of the live windows. A thread
   * that cannot see to it has its checkpoint removed and begins anew from the store.
   * @throws Error when the file cannot be removed, or when it is stopping
   */
  async forget(): Promise<void> {
    if ((await this.#request('forget', null)) === true) return
    if (this.#stop.signal.aborted) throw new Error('the live windows are being stopped')
    await checkpointIn(this.#options.dataDir).remove()
  }

  subscribe(listener: (updates: readonly LiveUpdate[]) => void): () => void {
    this.#listeners.add(listener)
    if (this.#listeners.size === 1) this.#send({ type: 'listening', on: true })
    return () => {
      if (!this.#listeners.delete(listener)) return
      if (this.#listeners.size === 0) this.#send({ type: 'listening', on: false })
    }
  }

  status(): readonly LiveStatus[] {
    return this.#status.series
  }

  /** Writes the checkpoint and ends the thread. Idempotent. */
  async close(): Promise<void> {
    if (!this.#stop.signal.aborted) {
      this.#cancelRestart()
      this.#stop.abort()
      this.#send({ type: 'close' })
    }
    await this.#exited
  }

  #spawn(): void {
    const { logDir, dataDir, logName, limits } = this.#options
    const workerData: LiveWorkerData = {
      logDir,
      dataDir,
      logName,
      limits,
      definitions: this.#definitions,
    }
    const worker = new Worker(workerFile(), { workerData, execArgv: execArgv() })
    this.#worker = worker
    worker.on('message', (message: FromLive) => this.#receive(message, worker))
    worker.on('error', (error: Error) => this.#options.onProblem(error.message))
    this.#exited = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#ended()
        resolve()
      })
    })
    this.#send({ type: 'start', committed: this.#committed })
    if (this.#listeners.size > 0) this.#send({ type: 'listening', on: true })
  }

  #ended(): void {
    this.#worker = null
    for (const resolve of this.#pending.values()) resolve(null)
    this.#pending.clear()
    if (this.#stop.signal.aborted) return
    this.#options.onProblem('the thread of the live windows ended: it is started again')
    this.#restarts++
    this.#cancelRestart = this.#options.clock.after(RESTART_MS, () => this.#spawn())
  }

  #send(message: ToLive): void {
    this.#worker?.postMessage(message)
  }

  /** Null when the thread is not there or ends before the answer. */
  #request<N extends keyof LiveRequests>(
    name: N,
    take: LiveRequests[N]['take'],
  ): Promise<LiveRequests[N]['answer'] | null> {
    if (this.#worker === null) return Promise.resolve(null)
    const id = ++this.#nextId
    return new Promise((resolve) => {
      // The worker answers a request of this name with the type of this name.
      this.#pending.set(id, (answer) => resolve(answer as LiveRequests[N]['answer'] | null))
      this.#send({ type: 'request', id, name, take } as ToLive)
    })
  }

  #receive(message: FromLive, from: Worker): void {
    switch (message.type) {
      case 'answer': {
        const resolve = this.#pending.get(message.id)
        this.#pending.delete(message.id)
        resolve?.(message.answer)
        return
      }
      case 'request':
        // One that was started since has questions of the same numbers.
        void this.#answer(message).then((answer) => {
          from.postMessage({ type: 'answer', id: message.id, answer } satisfies ToLive)
        })
        return
      case 'status':
        this.#status = message.status
        this.#definitions = message.definitions
        return
      case 'updates':
        for (const listener of this.#listeners) listener(message.updates)
        return
      case 'problem':
        this.#options.onProblem(message.problem)
        return
      case 'closed':
        return
      default:
        return message satisfies never
    }
  }

  async #answer(message: Extract<FromLive, { readonly type: 'request' }>): Promise<unknown> {
    try {
      const { signal } = this.#stop
      if (message.name === 'projects') return await this.#options.projects(message.take, signal)
      return await this.#options.ask(message.take, signal)
    } catch (error) {
      this.#options.onProblem(error instanceof Error ? error.message : String(error))
      if (message.name === 'projects') return null
      return { ok: false, code: 'store_rebuilding', message: '', issues: [] }
    }
  }
}

/** The worker's file, beside this one's folder; its extension follows this file's. */
function workerFile(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return fileURLToPath(new URL(`../live-worker.${extension}`, import.meta.url))
}

/** Sources are found by the condition that the packages export them under. */
function execArgv(): string[] {
  return import.meta.url.endsWith('.ts') ? ['--conditions=@llmhub/source'] : []
}
