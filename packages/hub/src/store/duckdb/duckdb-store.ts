import type { Clock } from '../../core/clock.ts'
import { type OnStep, readMigrations } from '../../core/migrations.ts'
import type { ProjectScope } from '../../core/scope.ts'
import type { RowPlace } from '../../log/operation-rows.ts'
import type { LettersOutcome, LettersQuestion } from '../letters.ts'
import type { ScanOutcome, ScanRequest } from '../protocol.ts'
import type { UserSqlOutcome, UserSqlRequest } from '../sql.ts'
import type { Applied, Apply, Frame, Plan, QueryOutcome, RangeVersion, Store } from '../store.ts'
import { type Dictionaries, loadDictionaries } from './dictionary.ts'
import type { Connection, SqlValue } from './driver.ts'
import { type Breakage, faultOf, isBreaking, messageOf } from './fault.ts'
import { IdleMemory } from './idle-memory.ts'
import { answerLetters } from './letters.ts'
import { MIGRATIONS_FOLDER, migrate } from './migrate.ts'
import { onceThereIsMemory } from './once-there-is-memory.ts'
import {
  CATALOG,
  DEFAULT_MEMORY_MIB,
  DEFAULT_THREADS,
  type OpenDatabase,
  type OpenOptions,
  openDatabase,
} from './open.ts'
import { type OpeningFailure, openingFailure } from './opening-failure.ts'
import { type ReadOutcome, ReadPool } from './read-pool.ts'
import type { ListResult, SqlResult } from './read-result.ts'
import { scanPage } from './scan-page.ts'
import { PendingSuppressions } from './suppressions.ts'
import type { Texts } from './texts.ts'
import { TouchedRanges } from './touched-ranges.ts'
import { UserSql } from './user-sql.ts'
import { type Written, writeRecords } from './write-records.ts'

/** Answers a plan with statements that `run` runs in one snapshot of the data. */
export type AnswerPlan = (
  plan: Plan,
  scope: ProjectScope,
  run: (sql: string, values?: readonly SqlValue[]) => Promise<ListResult>,
  texts: Texts,
) => Promise<Pick<Frame, 'columns' | 'rows' | 'source'>>

export interface DuckDbStoreOptions extends OpenOptions {
  readonly clock: Clock
  /** Differs from that of every earlier opening of this store, so that versions of ranges do too. */
  readonly incarnation: string
  readonly answer: AnswerPlan
  /** Longest time of one question in milliseconds. Default 30,000. */
  readonly deadlineMs?: number
  /** Questions that run at once. Default 4. */
  readonly readers?: number
  /** Statements of people that run at once, on connections of their own. Default 2. */
  readonly sqlReaders?: number
  /** Questions that wait for them. Default 64. */
  readonly maxWaiting?: number
  /** Told once, with the reason, when the file or the instance cannot be trusted any more. */
  readonly onBroken?: (breakage: Breakage) => void
  /** Where the migrations are. Default: those of this program. */
  readonly migrations?: string
  /** Test-only. */
  readonly onMigrationStep?: OnStep
  /** Test-only faults that the harness must catch. */
  readonly sabotage?: { readonly positionOffByOne?: boolean }
}

/** An apply of so many rows means that events come fast, and that the next one will be large, too. */
const BUSY_ROWS = 5_000
/** Milliseconds after such an apply when questions may run beside one another and take all threads again. */
const BUSY_MS = 1_000

/** Ids of one look-up statement: bounds its text and its plan. */
const IDS_PER_STATEMENT = 1000

export type StoreOpening =
  | { readonly ok: true; readonly store: DuckDbStore }
  | { readonly ok: false; readonly cause: OpeningFailure; readonly reason: string }

/** The store is broken or closed: it must be recovered and opened again. */
class StoreUnusableError extends Error {
  override readonly name = 'StoreUnusableError'
}

/** A caller's bug: records are missing between the store's position and the ones to apply. */
class ApplyGapError extends Error {
  override readonly name = 'ApplyGapError'
}

/**
 * The embedded store. Exactly one may be open per file, and in one thread.
 *
 * Writes take turns on one connection; each apply is one transaction that inserts rows and a row of
 * positions. When a commit fails nobody knows whether it happened, so the positions are read back
 * and decide. Reads run on connections of their own and see the last commit.
 */
export class DuckDbStore implements Store {
  readonly #options: DuckDbStoreOptions
  readonly #database: OpenDatabase
  readonly #reads: ReadPool
  readonly #userSql: UserSql
  readonly #idle: IdleMemory
  readonly #touched: TouchedRanges
  #dictionaries: Dictionaries
  #pending: PendingSuppressions
  readonly #next = new Map<number, bigint>()
  readonly #epochs = new Map<number, number>()
  #durable: ReadonlyMap<number, bigint> = new Map()
  #watermark: number | null = null
  #rows = 0
  #changed = 0
  #broken: Breakage | null = null
  #closing: Promise<void> | null = null
  #turn: Promise<unknown> = Promise.resolve()
  /** Turns that were taken. */
  #turns = 0
  /** Threads that DuckDB uses now. */
  #threads: number
  /** When the last large apply ended, by the monotonic clock. */
  #busyAt = Number.NEGATIVE_INFINITY

  private constructor(
    options: DuckDbStoreOptions,
    database: OpenDatabase,
    dictionaries: Dictionaries,
    pending: PendingSuppressions,
  ) {
    this.#options = options
    this.#database = database
    this.#dictionaries = dictionaries
    this.#pending = pending
    this.#touched = new TouchedRanges(options.incarnation)
    this.#threads = this.#allThreads
    this.#reads = new ReadPool({
      connect: () => database.connect(),
      clock: options.clock,
      size: options.readers ?? 4,
      allowed: () => (this.#isBusy ? 1 : Number.POSITIVE_INFINITY),
      maxWaiting: options.maxWaiting ?? 64,
      onBroken: (breakage) => this.#break(breakage),
    })
    const limitMib = options.memoryLimitMib ?? DEFAULT_MEMORY_MIB
    this.#userSql = new UserSql({
      connect: () => database.connect(),
      clock: options.clock,
      size: options.sqlReaders ?? 2,
      memoryLimitMib: limitMib,
      onBroken: (breakage) => this.#break(breakage),
    })
    this.#idle = new IdleMemory({
      clock: options.clock,
      limitMib,
      reads: [this.#reads, this.#userSql.reads],
      turns: () => this.#turns,
      exclusive: (work) => this.#exclusive(work),
      onError: (error) => this.#note(error),
    })
  }

  /** Opens the file, makes or migrates its tables, and reads what is kept in memory. */
  static async open(options: DuckDbStoreOptions): Promise<StoreOpening> {
    const opened = await openDatabase(options)
    if (!opened.ok) return { ...opened, cause: openingFailure(opened.reason) }
    const { database } = opened
    try {
      const migrations = readMigrations(options.migrations ?? MIGRATIONS_FOLDER)
      await migrate(database.writer, migrations, options.onMigrationStep)
      const dictionaries = await loadDictionaries(database.writer)
      const pending = await PendingSuppressions.load(database.writer)
      const store = new DuckDbStore(options, database, dictionaries, pending)
      await store.#readState()
      return { ok: true, store }
    } catch (error) {
      await database.close()
      return { ok: false, cause: openingFailure(error), reason: messageOf(error) }
    }
  }

  async #readState(): Promise<void> {
    await this.#readPositions()
    // Whatever an opened file holds has survived at least one end of a process.
    this.#durable = new Map(this.#next)
    const { rows } = await this.#database.writer.rows(
      'SELECT (SELECT count(*) FROM event_rows), max(watermark) FROM positions',
    )
    this.#rows = Number(rows[0]?.[0] ?? 0)
    // Kept beside the position, because the row that had the time may have been deleted since.
    const latest = rows[0]?.[1]
    this.#watermark = typeof latest === 'bigint' ? Number(latest) : null
  }

  async #readPositions(): Promise<void> {
    const { rows } = await this.#database.writer.rows(
      'SELECT log_partition, max(next), max(epoch) FROM positions GROUP BY log_partition',
    )
    this.#next.clear()
    this.#epochs.clear()
    for (const [partition, next, epoch] of rows) {
      this.#next.set(Number(partition), next as bigint)
      this.#epochs.set(Number(partition), Number(epoch))
    }
  }

  /** Why the store is unusable, or null. */
  get broken(): Breakage | null {
    return this.#broken
  }

  /** The latest epoch of any partition; an apply of an older one is refused. */
  get epoch(): number {
    return Math.max(0, ...this.#epochs.values())
  }

  /** Rows of events. */
  get rows(): number {
    return this.#rows
  }

  /** Rows that operations changed or deleted since the opening. */
  get changed(): number {
    return this.#changed
  }

  get watermark(): number | null {
    return this.#watermark
  }

  get load(): { readonly running: number; readonly waiting: number } {
    const loads = [this.#reads.load, this.#userSql.reads.load]
    return {
      running: loads.reduce((sum, { running }) => sum + running, 0),
      waiting: loads.reduce((sum, { waiting }) => sum + waiting, 0),
    }
  }

  /** Ids of the dictionary columns. */
  get dictionaries(): Dictionaries {
    return this.#dictionaries
  }

  applied(): Promise<ReadonlyMap<number, bigint>> {
    return Promise.resolve(new Map(this.#next))
  }

  durable(): Promise<ReadonlyMap<number, bigint>> {
    return Promise.resolve(this.#options.wal ? new Map(this.#next) : this.#durable)
  }

  apply(apply: Apply): Promise<Applied> {
    return this.#exclusive((connection) => this.#apply(connection, apply))
  }

  async #apply(connection: Connection, apply: Apply): Promise<Applied> {
    const { partition, epoch, first, next } = apply
    if (epoch < (this.#epochs.get(partition) ?? 0)) return 'fenced'
    const position = this.#next.get(partition) ?? 0n
    if (next <= position) return 'already'
    if (first > position) {
      throw new ApplyGapError(
        `partition ${partition} is applied up to ${position}, the records start at ${first}`,
      )
    }
    const records = apply.records.filter(({ offset }) => offset >= position)
    let written: Written | null = null
    try {
      await connection.execute('BEGIN')
      written = await writeRecords(
        {
          connection,
          catalog: CATALOG,
          dictionaries: this.#dictionaries,
          pending: this.#pending,
          positions: this.#next,
        },
        partition,
        position,
        next,
        records,
      )
      const kept = this.#options.sabotage?.positionOffByOne === true ? next - 1n : next
      await connection.rows('INSERT INTO positions VALUES ($1, $2, $3, $4)', [
        partition,
        kept,
        epoch,
        later(this.#watermark, written.watermark),
      ])
      await connection.execute('COMMIT')
    } catch (error) {
      await this.#afterError(connection, error)
      if ((this.#next.get(partition) ?? 0n) < next) throw error
      if (written !== null) this.#touched.touch(written.hours)
      return 'applied'
    }
    for (const dictionary of this.#dictionaries.values()) dictionary.commit()
    this.#next.set(partition, next)
    this.#epochs.set(partition, epoch)
    this.#pending.forget(partition, next)
    for (const place of written.deferred) this.#pending.add(place)
    this.#rows += written.rows
    this.#changed += written.changed
    this.#watermark = later(this.#watermark, written.watermark)
    // After the commit, never before: a reader that still sees the old rows must see the old version.
    this.#touched.touch(written.hours)
    const busy = written.rows >= BUSY_ROWS
    if (busy) this.#busyAt = this.#options.clock.monotonic()
    await this.#useThreads(connection, busy ? 1 : this.#allThreads)
    return 'applied'
  }

  /** Whether events come fast: questions then leave the processor to taking them in. */
  get #isBusy(): boolean {
    return this.#options.clock.monotonic() - this.#busyAt < BUSY_MS
  }

  get #allThreads(): number {
    return this.#options.threads ?? DEFAULT_THREADS
  }

  /**
   * Changes the number of DuckDB's threads. A thread whose statement's work was taken by another one
   * waits for it in a loop that keeps a core busy; during applies that is a third of all the
   * processor time of the store. So applies run alone while events come fast.
   */
  async #useThreads(connection: Connection, threads: number): Promise<void> {
    if (threads === this.#threads) return
    try {
      await connection.execute(`SET threads = ${threads}`)
      this.#threads = threads
    } catch (error) {
      // It is only slower with the other number.
      this.#note(error)
    }
  }

  /** Gives questions all threads once events have stopped coming fast; does not wait for it. */
  #widen(): void {
    if (this.#threads === this.#allThreads) return
    if (this.#isBusy) return
    if (this.#broken !== null || this.#closing !== null) return
    this.#exclusive((connection) => this.#useThreads(connection, this.#allThreads)).catch(() => {})
  }

  /**
   * Rolls back and reads back what is kept in memory, since a failed commit may have happened.
   * @throws StoreUnusableError when the store broke
   */
  async #afterError(connection: Connection, error: unknown): Promise<void> {
    // COMMIT after a failed statement answers success and commits nothing, so it is always ROLLBACK.
    await connection.execute('ROLLBACK').catch(() => {})
    this.#note(error)
    this.#throwIfUnusable()
    if (faultOf(error) === 'out_of_memory') await this.#userSql.giveWay()
    try {
      const before = new Map(this.#next)
      // A statement of people that has taken the memory must not make the store give itself up.
      await onceThereIsMemory(
        () => this.#readPositions(),
        () => this.#userSql.giveWay(),
        this.#options.clock,
      )
      const moved = [...this.#next].some(([partition, next]) => before.get(partition) !== next)
      if (!moved) {
        // Not before: questions find texts here as soon as they are committed.
        for (const dictionary of this.#dictionaries.values()) dictionary.rollback()
        return
      }
      this.#dictionaries = await loadDictionaries(connection)
      this.#pending = await PendingSuppressions.load(connection)
      await this.#readState()
    } catch (cause) {
      const fault = faultOf(cause)
      this.#break({
        fault: isBreaking(fault) ? fault : 'invalidated',
        reason: `positions cannot be read back after an error: ${messageOf(cause)}`,
      })
      this.#throwIfUnusable()
    }
  }

  /** Runs `work` on the writing connection when it is its turn. */
  #exclusive<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const turn = this.#turn.then(() => {
      this.#throwIfUnusable()
      this.#turns++
      return work(this.#database.writer)
    })
    this.#turn = turn.catch(() => {})
    return turn
  }

  /**
   * Runs maintenance — rollups, retention, whatever deletes and inserts — on the writing connection
   * between applies. Transactions are `work`'s own; one left open by an error is rolled back.
   */
  maintain<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return this.#exclusive(async (connection) => {
      try {
        return await work(connection)
      } catch (error) {
        await this.#afterError(connection, error)
        throw error
      }
    })
  }

  /**
   * Writes everything committed into the file and prunes old rows of positions. Answers false when
   * DuckDB could not do it now; a later try may.
   */
  checkpoint(): Promise<boolean> {
    return this.#exclusive(async (connection) => {
      const positions = new Map(this.#next)
      try {
        await connection.execute(
          'DELETE FROM positions p WHERE next < (SELECT max(next) FROM positions q WHERE q.log_partition = p.log_partition)',
        )
        await connection.execute(`CHECKPOINT ${CATALOG}`)
      } catch (error) {
        this.#note(error)
        return false
      }
      this.#durable = positions
      return true
    })
  }

  /** Runs one SELECT with values `$1 … $n`, within the deadline and the row limit. */
  run(
    sql: string,
    values: readonly SqlValue[],
    signal: AbortSignal,
    limits: { readonly maxRows?: number; readonly deadlineMs?: number } = {},
  ): Promise<ReadOutcome<SqlResult>> {
    this.#widen()
    return this.#readFirst(
      (connection) => connection.select(sql, values, limits.maxRows),
      signal,
      limits.deadlineMs,
    )
  }

  /** Runs SQL that people write; see `UserSql`. */
  userSql(request: UserSqlRequest, signal: AbortSignal): Promise<UserSqlOutcome> {
    this.#widen()
    return this.#userSql.run(request, signal, () => ({
      position: new Map(this.#next),
      watermark: this.#watermark,
    }))
  }

  async query(plan: Plan, scope: ProjectScope, signal: AbortSignal): Promise<QueryOutcome> {
    this.#widen()
    // Taken before the snapshot of the answer, so that the answer holds at least this much.
    const position = new Map(this.#next)
    const watermark = this.#watermark
    const outcome = await this.#readFirst(
      (connection) =>
        connection.readOnly(
          () =>
            // The dictionaries in memory are never behind a snapshot that exists.
            this.#options.answer(
              plan,
              scope,
              (sql, values) => connection.listRows(sql, values),
              this.#dictionaries,
            ),
          'SELECT next FROM positions LIMIT 0',
        ),
      signal,
    )
    if (!outcome.ok) return outcome
    return { ok: true, frame: { ...outcome.value, position, watermark } }
  }

  /** Reads before SQL of people: where that has taken the memory, it gives way and the read runs again. */
  async #readFirst<T>(
    work: (connection: Connection) => Promise<T>,
    signal: AbortSignal,
    deadlineMs = this.#options.deadlineMs ?? 30_000,
  ): Promise<ReadOutcome<T>> {
    const outcome = await this.#reads.run(work, signal, deadlineMs)
    if (outcome.ok || outcome.outOfMemory !== true) return outcome
    return (await this.#userSql.giveWay()) ? this.#reads.run(work, signal, deadlineMs) : outcome
  }

  /** Answers a question about dead letters in one snapshot. */
  async letters(
    question: LettersQuestion,
    scope: ProjectScope,
    signal: AbortSignal,
  ): Promise<LettersOutcome> {
    // Taken before the snapshot of the answer, as for a plan.
    const position = new Map(this.#next)
    const outcome = await this.#readFirst(
      (connection) =>
        connection.readOnly(() =>
          answerLetters(question, scope, this.#dictionaries, (sql, values, maxRows) =>
            connection.rows(sql, values, maxRows),
          ),
        ),
      signal,
    )
    return outcome.ok ? { ok: true, answer: { ...outcome.value, position } } : outcome
  }

  /** A page of rows; see `scanPage`. */
  scan(request: ScanRequest, signal: AbortSignal): Promise<ScanOutcome> {
    return scanPage(request, new Map(this.#next), this.#dictionaries, (sql, values) =>
      this.#readFirst(
        (connection) => connection.readOnly(() => connection.rows(sql, values)),
        signal,
      ),
    )
  }

  /**
   * Where the events with these ids and times (epoch microseconds) are, in order; null for those that
   * are not here. The times let the database skip nearly all rows.
   */
  async placesOf(
    project: string,
    events: readonly { readonly eventId: string; readonly time: number }[],
  ): Promise<readonly (RowPlace | null)[]> {
    const id = this.#dictionaries.get('project')?.find(project)
    if (id === undefined || events.length === 0) return events.map(() => null)
    const times = events.map(({ time }) => time)
    const range = [times.reduce((x, y) => Math.min(x, y)), times.reduce((x, y) => Math.max(x, y))]
    const places = new Map<unknown, RowPlace>()
    for (let at = 0; at < events.length; at += IDS_PER_STATEMENT) {
      const ids = events.slice(at, at + IDS_PER_STATEMENT).map(({ eventId }) => eventId)
      const outcome = await this.run(
        `SELECT event_id, log_partition, log_offset, log_index FROM event_rows
         WHERE project = ${id} AND time BETWEEN $1 AND $2
           AND event_id IN (${ids.map((_, i) => `$${i + 3}`).join(', ')})`,
        [...range, ...ids],
        new AbortController().signal,
      )
      if (!outcome.ok) throw new StoreUnusableError(outcome.message)
      for (const [eventId, partition, offset, index] of outcome.value.rows) {
        const place = {
          partition: Number(partition),
          offset: offset as bigint,
          index: Number(index),
        }
        places.set(eventId, place)
      }
    }
    return events.map(({ eventId }) => places.get(eventId) ?? null)
  }

  version(scope: ProjectScope, from: number, to: number): Promise<RangeVersion> {
    const project =
      scope.project === null ? null : this.#dictionaries.get('project')?.find(scope.project)
    return Promise.resolve(this.#touched.version(project, from, to))
  }

  #note(error: unknown): void {
    const fault = faultOf(error)
    if (isBreaking(fault)) this.#break({ fault, reason: messageOf(error) })
  }

  #break(breakage: Breakage): void {
    if (this.#broken !== null || this.#closing !== null) return
    this.#broken = breakage
    this.#options.onBroken?.(breakage)
  }

  #throwIfUnusable(): void {
    if (this.#broken !== null)
      throw new StoreUnusableError(`the store is broken: ${this.#broken.reason}`)
    if (this.#closing !== null) throw new StoreUnusableError('the store is closed')
  }

  /** Waits for the write under way, stops questions, checkpoints unless broken, closes the file. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#idle.stop()
    await Promise.all([this.#reads, this.#userSql].map((each) => each.close('the store is closed')))
    await this.#turn
    if (this.#broken === null) {
      const positions = new Map(this.#next)
      await this.#database.writer.execute(`CHECKPOINT ${CATALOG}`).then(
        () => {
          this.#durable = positions
        },
        () => {},
      )
    }
    await this.#database.close()
  }
}

function later(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b)
}
