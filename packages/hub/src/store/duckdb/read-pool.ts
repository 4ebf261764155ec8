import type { Clock } from '../../core/clock.ts'
import type { QueryFailure } from '../store.ts'
import { type Connection, TooManyRowsError } from './driver.ts'
import { type Breakage, faultOf, isBreaking, messageOf } from './fault.ts'

export interface ReadPoolOptions {
  readonly connect: () => Promise<Connection>
  readonly clock: Clock
  /** Statements that run at once. */
  readonly size: number
  /** How many of them may run now, at least 1. Default: all. Asked when one comes and when one ends. */
  readonly allowed?: () => number
  /** Statements that wait beside them; more are refused. */
  readonly maxWaiting: number
  /** Told of an error after which no answer can be trusted. */
  readonly onBroken: (breakage: Breakage) => void
}

export interface ReadFailure {
  readonly ok: false
  readonly failure: QueryFailure
  readonly message: string
  /** The database had no memory left for it: beside fewer others it may run. */
  readonly outOfMemory?: true
}

export type ReadOutcome<T> = { readonly ok: true; readonly value: T } | ReadFailure

/** An interrupt that arrives before the statement has started is lost, so it is repeated. */
const INTERRUPT_EVERY_MS = 5
/** A read that takes longer does not count towards `allowed`: a long one must not hold up all short ones. */
const PATIENCE_MS = 1_000

/**
 * Runs reads on a few connections of their own. A read ends in its value, at its deadline, by its
 * caller's abort, or refused; what fails for another reason throws.
 */
export class ReadPool {
  readonly #options: ReadPoolOptions
  readonly #idle: Connection[] = []
  readonly #reads = new Set<Read>()
  #running = 0
  #finished = 0
  #paused: Promise<void> | null = null
  #closed: ReadFailure | null = null
  #drained: (() => void) | null = null

  constructor(options: ReadPoolOptions) {
    this.#options = options
  }

  /** Reads running and waiting. */
  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running, waiting: this.#reads.size - this.#running }
  }

  /** Reads that have ended, whatever their outcome. */
  get finished(): number {
    return this.#finished
  }

  /**
   * Runs `work` while no read runs: reads that come meanwhile wait for its end. Without effect when
   * there are reads already.
   */
  async pause(work: () => Promise<void>): Promise<void> {
    if (this.#reads.size > 0 || this.#paused !== null) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#paused = promise
    try {
      await work()
    } finally {
      this.#paused = null
      resolve()
    }
  }

  async run<T>(
    work: (connection: Connection) => Promise<T>,
    signal: AbortSignal,
    deadlineMs: number,
  ): Promise<ReadOutcome<T>> {
    if (this.#paused !== null) await this.#paused
    if (this.#closed !== null) return this.#closed
    if (signal.aborted) return CANCELLED
    const { clock, size, maxWaiting } = this.#options
    if (this.#reads.size >= size + maxWaiting) {
      return failed('timeout', `not started: ${this.#reads.size} questions are under way already`)
    }
    const read = new Read(clock)
    this.#reads.add(read)
    const abort = (): void => read.stop(CANCELLED)
    signal.addEventListener('abort', abort, { once: true })
    const stopDeadline = clock.after(deadlineMs, () =>
      read.stop(failed('timeout', `no answer within ${deadlineMs} ms`)),
    )
    let connection: Connection | undefined
    try {
      if (this.#mayStart()) this.#start(read)
      else await read.started
      if (read.stopped !== null) return read.stopped
      connection = this.#idle.pop() ?? (await this.#options.connect())
      if (read.stopped !== null) return read.stopped
      read.interruptsBy(connection)
      return { ok: true, value: await work(connection) }
    } catch (error) {
      return this.#failureOf(error, read)
    } finally {
      read.end()
      stopDeadline()
      signal.removeEventListener('abort', abort)
      this.#reads.delete(read)
      this.#finished++
      if (read.isStarted) this.#leave(connection)
    }
  }

  #mayStart(): boolean {
    const { size, allowed, clock } = this.#options
    if (this.#running >= size) return false
    if (allowed === undefined) return true
    const now = clock.monotonic()
    let counted = 0
    for (const { startedAt } of this.#reads) {
      if (startedAt !== null && now - startedAt < PATIENCE_MS) counted++
    }
    return counted < Math.max(1, allowed())
  }

  #start(read: Read): void {
    this.#running++
    read.start()
    // Those who wait for it go on without it when it takes long.
    if (this.#options.allowed !== undefined) {
      read.onEnd(this.#options.clock.after(PATIENCE_MS, () => this.#startNext()))
    }
  }

  #startNext(): void {
    for (const read of this.#reads) {
      if (!this.#mayStart()) return
      if (!read.isStarted && read.stopped === null) this.#start(read)
    }
  }

  #leave(connection: Connection | undefined): void {
    this.#running--
    if (connection !== undefined) {
      if (this.#closed === null) this.#idle.push(connection)
      else connection.close()
    }
    this.#startNext()
    if (this.#running === 0) this.#drained?.()
  }

  #failureOf(error: unknown, read: Read): ReadFailure {
    if (error instanceof TooManyRowsError) return failed('too_many_rows', error.message)
    const fault = faultOf(error)
    if (isBreaking(fault)) {
      this.#options.onBroken({ fault, reason: messageOf(error) })
      return failed('rebuilding', 'the store is being rebuilt from the log')
    }
    switch (fault) {
      case 'interrupted':
        return read.stopped ?? CANCELLED
      case 'out_of_memory':
        return {
          ...failed(
            'too_many_rows',
            'the question needs more memory than the store may use: narrow its range',
          ),
          outOfMemory: true,
        }
      case 'disk_full':
      case 'other':
        if (read.stopped !== null) return read.stopped
        throw error
    }
  }

  /** Stops all reads under way, and answers how many there were when the last has let go. */
  async stopAll(failure: ReadFailure): Promise<number> {
    const reads = [...this.#reads]
    for (const read of reads) read.stop(failure)
    await Promise.all(reads.map(({ ended }) => ended))
    return reads.length
  }

  /** Refuses new reads, stops those under way, and answers when the last has let go. */
  async close(reason: string): Promise<void> {
    this.#closed ??= failed('rebuilding', reason)
    for (const read of this.#reads) read.stop(this.#closed)
    for (const connection of this.#idle.splice(0)) connection.close()
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve
      })
    }
  }
}

/** One read: waits for its turn, runs, and can be stopped at any time. */
class Read {
  readonly #clock: Clock
  readonly started: Promise<void>
  readonly ended: Promise<void>
  #resolveStarted: () => void = () => {}
  #resolveEnded: () => void = () => {}
  #connection: Connection | null = null
  #stopInterrupting: (() => void) | null = null
  /** By the monotonic clock; null before. */
  startedAt: number | null = null
  #cancelPatience: () => void = () => {}
  stopped: ReadFailure | null = null

  constructor(clock: Clock) {
    this.#clock = clock
    this.started = new Promise((resolve) => {
      this.#resolveStarted = resolve
    })
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve
    })
  }

  get isStarted(): boolean {
    return this.startedAt !== null
  }

  start(): void {
    this.startedAt = this.#clock.monotonic()
    this.#resolveStarted()
  }

  onEnd(run: () => void): void {
    this.#cancelPatience = run
  }

  interruptsBy(connection: Connection): void {
    this.#connection = connection
  }

  stop(failure: ReadFailure): void {
    if (this.stopped !== null) return
    this.stopped = failure
    this.#resolveStarted()
    const connection = this.#connection
    if (connection === null) return
    connection.interrupt()
    this.#stopInterrupting = this.#clock.every(INTERRUPT_EVERY_MS, () => connection.interrupt())
  }

  end(): void {
    this.#resolveEnded()
    this.#connection = null
    this.#stopInterrupting?.()
    this.#cancelPatience()
  }
}

function failed(failure: QueryFailure, message: string): ReadFailure {
  return { ok: false, failure, message }
}

const CANCELLED = failed('cancelled', 'the question was cancelled')
