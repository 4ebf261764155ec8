import { formatIsoMicros } from '@llmhub/schema'
import { decodeBatch } from '@llmhub/stream'
import type { Clock } from '../../core/clock.ts'
import { isNewerFormat } from '../../core/newer-format.ts'
import type { ProjectScope } from '../../core/scope.ts'
import type { RowPlace } from '../../log/operation-rows.ts'
import { Applier, type LogReader } from '../applier.ts'
import type { LettersOutcome, LettersQuestion } from '../letters.ts'
import type {
  CompactionStart,
  CompactionStatus,
  KnownEvent,
  LookupOutcome,
  LookupRequest,
  Refusal,
  ScanOutcome,
  ScanRequest,
  SqlOutcome,
  SqlRequest,
  StoreState,
  StoreStatus,
  StoreWorkerData,
  VerifyOutcome,
  VerifyWhat,
} from '../protocol.ts'
import type { RollupDefinition } from '../rollup.ts'
import type { UserSqlOutcome, UserSqlRequest } from '../sql.ts'
import type { Plan, QueryOutcome, RangeVersion } from '../store.ts'
import { answerWith } from './answer-plan.ts'
import { type CompactionProgress, compactFile } from './compact.ts'
import { bytesOf, freeBytes } from './disk-bytes.ts'
import type { DuckDbStore } from './duckdb-store.ts'
import { type Breakage, messageOf } from './fault.ts'
import { openOrRecover } from './recover.ts'
import { type NextBuild, RollupKeeper } from './rollup-keeper.ts'
import { fileSpace } from './space.ts'
import { readEveryBlock } from './verify-blocks.ts'

export interface StoreOwnerOptions
  extends Omit<StoreWorkerData, 'logDir' | 'storeDir' | 'committed'> {
  /** The database file. */
  readonly path: string
  readonly reader: LogReader
  readonly clock: Clock
  readonly rollups?: readonly RollupDefinition[]
  /** Builds the rollups while idle; without it they are read but never built. */
  readonly nextBuild?: NextBuild
  readonly onStatus: (status: StoreStatus) => void
  /** Bytes that can still be written into the file's folder. Default: asks the file system. */
  readonly freeBytes?: () => Promise<number>
  /** Told of every step of a compaction. */
  readonly onCompaction?: (progress: CompactionProgress) => void
}

const REOPEN_MS = 1_000
/** How often the status is told while something is going on. */
const REPORT_MS = 500
/** How often the dead space of the file is looked at. */
const SPACE_MS = 60_000
/** A file with less dead space is not worth a compaction nobody asked for. */
const MIN_DEAD_BYTES = 64 * 1024 * 1024
/** Room that a compaction needs: what is alive, this part of it more, and a reserve. */
const COPY_MARGIN = 0.1
const COPY_RESERVE_BYTES = 64 * 1024 * 1024

/**
 * Keeps one store open and applied, whatever happens to its file:
 *
 *     opening → rebuilding (until started, then until caught up with the log) → ready
 *     ready → (a breaking fault) → rebuilding → ready
 *     opening → refused, when a newer release wrote the file or a migration fails; then it stays shut
 *     any → refused, when a newer release wrote a record of the log
 *     opening → broken, when not even an empty file can be made; tried again every second
 *
 * It is `rebuilding` from each opening until everything committed by then has been applied: until
 * then answers would miss rows that answers before the end of the last process had, so there are none.
 */
export class StoreOwner {
  readonly #options: StoreOwnerOptions
  readonly #committed = new Map<number, bigint>()
  #store: DuckDbStore | null = null
  #applier: Applier | null = null
  #keeper: RollupKeeper | null = null
  #state: StoreState = 'opening'
  #reason: string | null = null
  #refused: Refusal | null = null
  #openings = 0
  #recoveries = 0
  /** While rebuilding: the positions that end it. */
  #goal: ReadonlyMap<number, bigint> | null = null
  #breakage: Breakage | null = null
  #closed = false
  #begun = false
  #changing: Promise<void>
  #rowsSinceCheckpoint = 0
  #changedSeen = 0
  readonly #stopTimers: readonly (() => void)[]
  #wasActive = false
  #reportDue = false
  #reporting = false
  #compaction: CompactionStatus = { deadBytes: null, running: null, last: null }
  #compactionStop = new AbortController()
  /** A compaction may have ended the process before: none begins that nobody asked for. */
  #compactionCutShort = false

  constructor(options: StoreOwnerOptions) {
    this.#options = options
    this.#changing = this.#open(false)
    const { clock } = options
    this.#stopTimers = [
      clock.every(options.checkpointMs ?? 30_000, () => {
        if (this.#rowsSinceCheckpoint > 0) this.#checkpointSoon()
      }),
      clock.every(REPORT_MS, () => {
        const active = this.#isActive()
        // Once more after the end, so that the last report is of rest.
        if (active || this.#wasActive) this.#report()
        this.#wasActive = active
      }),
      clock.every(SPACE_MS, () => this.#compactWhenIdle()),
    ]
  }

  /**
   * Begins applying; until then the store is only open, for its positions to be read. Answers miss rows
   * until everything in `committed` is applied, so there are none before that.
   */
  start(committed: ReadonlyMap<number, bigint>): void {
    for (const [partition, next] of committed) this.committed(partition, next)
    this.#begun = true
    const store = this.#store
    if (store !== null) this.#changing = this.#changing.then(() => this.#apply(store, []))
  }

  committed(partition: number, next: bigint): void {
    if (next > (this.#committed.get(partition) ?? 0n)) this.#committed.set(partition, next)
    this.#applier?.committed(partition, next)
  }

  async #open(discard: boolean): Promise<void> {
    const { clock } = this.#options
    while (!this.#closed) {
      const opened = await openOrRecover(
        {
          path: this.#options.path,
          wal: this.#options.wal,
          clock,
          incarnation: `${clock.nowMicros().toString(36)}-${++this.#openings}`,
          answer: answerWith(this.#options.rollups ?? []),
          onBroken: (breakage) => this.#recover(breakage),
          ...optional(
            this.#options,
            'memoryLimitMib',
            'threads',
            'deadlineMs',
            'readers',
            'sqlReaders',
            'sabotage',
          ),
        },
        discard,
      )
      if (opened.ok) {
        this.#compactionCutShort ||= opened.compactionCutShort
        if (opened.recovery !== 'none' || this.#breakage !== null) this.#recoveries++
        this.#breakage = null
        this.#store = opened.store
        this.#rowsSinceCheckpoint = 0
        this.#changedSeen = 0
        if (this.#begun) await this.#apply(opened.store, opened.reasons)
        else this.#change('rebuilding', opened.reasons.join('; ') || null)
        return
      }
      if (opened.refused !== null) return this.#refuse(opened.refused, opened.reasons.join('; '))
      this.#change('broken', opened.reasons.join('; '))
      await new Promise<void>((resolve) => clock.after(REOPEN_MS, resolve))
    }
  }

  /** Applies the log to a store that has just been opened. */
  async #apply(store: DuckDbStore, reasons: readonly string[]): Promise<void> {
    if (this.#store !== store || this.#applier !== null) return
    const position = await store.applied()
    const behind = [...this.#committed].some(([p, next]) => (position.get(p) ?? 0n) < next)
    this.#goal = behind ? new Map(this.#committed) : null
    const { reader, clock, epoch } = this.#options
    this.#applier = new Applier({
      store,
      reader,
      clock,
      // The folder is locked, so that there is no other owner: a store with a later epoch has outlived
      // the control store that counts them.
      epoch: Math.max(epoch, store.epoch),
      ...optional(this.#options, 'maxRows', 'maxWaitMs'),
      onApplied: (_partition, _next, rows) => this.#applied(rows),
      onError: (error) => {
        if (isNewerFormat(error)) this.#refuse('newer', error.message)
        else this.#note(error.message)
      },
      onGap: (partition, from, to) =>
        this.#note(`the log has lost records ${from} to ${to} of partition ${partition}`),
    })
    for (const [partition, next] of this.#committed) this.#applier.committed(partition, next)
    this.#keepRollups(store)
    this.#change(this.#goal === null ? 'ready' : 'rebuilding', reasons.join('; ') || null)
  }

  #keepRollups(store: DuckDbStore): void {
    const { rollups, nextBuild, clock } = this.#options
    if (rollups === undefined || nextBuild === undefined) return
    this.#keeper = new RollupKeeper({
      store,
      definitions: rollups,
      nextBuild,
      clock,
      isIdle: () => this.#state === 'ready' && this.#applier?.status().lagRecords === 0,
      onError: (error) => this.#note(messageOf(error)),
    })
  }

  #applied(rows: number): void {
    const changed = this.#store?.changed ?? 0
    // Rows that operations changed are in memory until the checkpoint too.
    this.#rowsSinceCheckpoint += rows + changed - this.#changedSeen
    this.#changedSeen = changed
    this.#keeper?.applied()
    if (this.#rowsSinceCheckpoint >= (this.#options.checkpointRows ?? 250_000)) {
      this.#checkpointSoon()
    }
    void this.#reached().then(() => this.#report())
  }

  /** Ends the rebuilding when everything that was committed at its start is in. */
  async #reached(): Promise<void> {
    const goal = this.#goal
    const store = this.#store
    if (goal === null || store === null) return
    const position = await store.applied()
    if ([...goal].some(([p, next]) => (position.get(p) ?? 0n) < next)) return
    if (this.#goal !== goal) return
    this.#goal = null
    if (this.#refused === null) this.#state = 'ready'
  }

  #checkpointSoon(): void {
    this.#rowsSinceCheckpoint = 0
    this.#store
      ?.checkpoint()
      .then(() => this.#report())
      .catch((error: unknown) => this.#note(messageOf(error)))
  }

  /** Called by the store, from within one of its statements. */
  #recover(breakage: Breakage): void {
    if (this.#closed || this.#breakage !== null) return
    this.#breakage = breakage
    this.#change('rebuilding', breakage.reason)
    const store = this.#store
    const applier = this.#applier
    const keeper = this.#keeper
    this.#store = null
    this.#applier = null
    this.#keeper = null
    this.#changing = this.#changing.then(async () => {
      await keeper?.stop()
      await applier?.stop()
      await store?.close()
      await this.#open(breakage.fault === 'corrupt')
    })
  }

  /** Told once: whoever owns this ends the process. */
  #refuse(why: Refusal, reason: string): void {
    this.#refused ??= why
    this.#change('refused', reason)
  }

  #note(reason: string): void {
    this.#reason = reason
    this.#report()
  }

  #change(state: StoreState, reason: string | null): void {
    this.#state = state
    this.#reason = reason
    this.#report()
  }

  #isActive(): boolean {
    const { running, waiting } = this.#store?.load ?? { running: 0, waiting: 0 }
    return running + waiting > 0 || (this.#applier?.status().lagRecords ?? 0) > 0
  }

  /** Reports are made one at a time, so that they are told in order; a burst makes one more. */
  #report(): void {
    this.#reportDue = true
    if (this.#reporting) return
    this.#reporting = true
    void (async () => {
      while (this.#reportDue) {
        this.#reportDue = false
        this.#options.onStatus(await this.status())
      }
      this.#reporting = false
    })()
  }

  async status(): Promise<StoreStatus> {
    const store = this.#store
    const lag = this.#applier?.status()
    const fileBytes = await bytesOf(this.#options.path)
    return {
      state: this.#state,
      refused: this.#refused,
      reason: this.#reason ?? lag?.lastError ?? null,
      applied: (await store?.applied()) ?? new Map(),
      watermark: store?.watermark ?? null,
      durable: (await store?.durable()) ?? new Map(),
      lagRecords: lag?.lagRecords ?? 0,
      lagMs: lag?.lagMs ?? 0,
      rows: store?.rows ?? 0,
      changedRows: store?.changed ?? 0,
      fileBytes,
      running: store?.load.running ?? 0,
      waiting: store?.load.waiting ?? 0,
      recoveries: this.#recoveries,
      compaction: this.#compaction,
    }
  }

  async query(plan: Plan, scope: ProjectScope, signal: AbortSignal): Promise<QueryOutcome> {
    const store = await this.#ready()
    return store === null ? this.#refusal() : store.query(plan, scope, signal)
  }

  async letters(
    question: LettersQuestion,
    scope: ProjectScope,
    signal: AbortSignal,
  ): Promise<LettersOutcome> {
    const store = await this.#ready()
    return store === null ? this.#refusal() : store.letters(question, scope, signal)
  }

  async scan(request: ScanRequest, signal: AbortSignal): Promise<ScanOutcome> {
    const store = await this.#ready()
    return store === null ? this.#refusal() : store.scan(request, signal)
  }

  async sql(request: SqlRequest, signal: AbortSignal): Promise<SqlOutcome> {
    const store = await this.#ready()
    if (store === null) return this.#refusal()
    try {
      const { sql, maxRows, deadlineMs } = request
      const outcome = await store.run(sql, [], signal, { maxRows, deadlineMs })
      return outcome.ok ? { ok: true, ...outcome.value } : outcome
    } catch (error) {
      return { ok: false, failure: 'invalid', message: messageOf(error) }
    }
  }

  async userSql(request: UserSqlRequest, signal: AbortSignal): Promise<UserSqlOutcome> {
    const store = await this.#ready()
    return store === null ? this.#refusal() : store.userSql(request, signal)
  }

  /** The store once it answers, or null while it does not. */
  async #ready(): Promise<DuckDbStore | null> {
    if (this.#state === 'opening') await this.#changing
    return this.#state === 'ready' ? this.#store : null
  }

  #refusal(): Extract<QueryOutcome, { readonly ok: false }> {
    // The reason may name files: it is for the log of the hub, not for those who ask.
    return { ok: false, failure: 'rebuilding', message: `the store is ${this.#state}` }
  }

  version(scope: ProjectScope, from: number, to: number): Promise<RangeVersion> {
    // Without a store nothing may be answered from a cache either.
    if (this.#store === null || this.#state !== 'ready') {
      return Promise.resolve(`${this.#state}-${this.#openings}-${this.#options.clock.nowMicros()}`)
    }
    return this.#store.version(scope, from, to)
  }

  /** Finds events by id and time, and their content hashes in the log. */
  async lookup({ project, events }: LookupRequest): Promise<LookupOutcome> {
    const store = await this.#ready()
    if (store === null) return this.#refusal()
    const places = await store.placesOf(project, events)
    // Record by record: events sent again come as they were sent, thousands of one record.
    const records = Map.groupBy(
      places.flatMap((place, at) => (place === null ? [] : [{ place, at }])),
      ({ place }) => `${place.partition}:${place.offset}`,
    )
    const inOrder = [...records.values()].sort(([a], [b]) =>
      (a?.place.offset ?? 0n) < (b?.place.offset ?? 0n) ? -1 : 1,
    )
    const known: (KnownEvent | null)[] = places.map(() => null)
    for (const found of inOrder) {
      const [first] = found
      if (first === undefined) continue
      const hashes = await this.#contentHashes(first.place)
      for (const { place, at } of found) known[at] = { contentHash: hashes?.[place.index] ?? null }
    }
    return { ok: true, known }
  }

  /** Null when the log cannot read the record any more: the store has the rows all the same. */
  async #contentHashes({ partition, offset }: RowPlace): Promise<BigInt64Array | null> {
    try {
      for await (const record of this.#options.reader.read(partition, offset, offset + 1n)) {
        const hashes = decodeBatch(record.payload).columns.get('content_hash')
        // The payload is valid until the next step only.
        if (hashes?.type === 'i64') return hashes.data.slice()
      }
    } catch (error) {
      this.#note(messageOf(error))
    }
    return null
  }

  /** Reads every block, or recomputes every rollup; damage found on the way is recovered from as always. */
  async verify(what: VerifyWhat): Promise<VerifyOutcome> {
    const store = this.#store
    const keeper = this.#keeper
    if (store === null || this.#state !== 'ready')
      return { ok: false, message: this.#refusal().message }
    try {
      if (what === 'rollups') {
        const reports = (await keeper?.verify()) ?? []
        const problems = reports.flatMap(({ name, different, unmarked }) => [
          ...different.map(
            (start) => `${name}: bucket ${formatIsoMicros(start)} differs from its rows`,
          ),
          ...unmarked.map(
            (start) => `${name}: bucket ${formatIsoMicros(start)} has rows but no mark`,
          ),
        ])
        return {
          ok: true,
          checked: reports.map(({ name, checked }) => ({ name, count: checked })),
          problems,
        }
      }
      const tables = await store.maintain(readEveryBlock)
      return {
        ok: true,
        checked: tables.map(({ table, rows }) => ({ name: table, count: rows })),
        problems: [],
      }
    } catch (error) {
      return { ok: false, message: messageOf(error) }
    }
  }

  /**
   * Begins a compaction, if there is room for it. Applying stops and questions are refused until it
   * ends, which `status` tells; whatever becomes of it, the store is opened again.
   */
  async compact(): Promise<CompactionStart> {
    const store = this.#store
    if (this.#compaction.running !== null) {
      return { ok: false, failure: 'running', message: 'a compaction is under way' }
    }
    if (store === null || this.#state !== 'ready' || this.#closed) {
      return { ok: false, failure: 'rebuilding', message: this.#refusal().message }
    }
    const since = this.#options.clock.now()
    this.#compaction = { ...this.#compaction, running: { since, tables: 0, copied: 0 } }
    const refusal = await this.#refuseCompaction(store).catch(
      (error: unknown): CompactionStart => ({
        ok: false,
        failure: 'rebuilding',
        message: messageOf(error),
      }),
    )
    if (refusal !== null) {
      this.#compaction = { ...this.#compaction, running: null }
      return refusal
    }
    const applier = this.#applier
    const keeper = this.#keeper
    this.#store = null
    this.#applier = null
    this.#keeper = null
    this.#change('rebuilding', 'the database file is being compacted')
    this.#changing = this.#changing.then(async () => {
      await keeper?.stop()
      await applier?.stop()
      await store.close()
      await this.#compactFile()
    })
    return { ok: true }
  }

  /** Why there can be no compaction now: not enough room, or the store went away meanwhile. */
  async #refuseCompaction(store: DuckDbStore): Promise<CompactionStart | null> {
    const { liveBytes } = await this.#lookAtSpace(store)
    const needed = Math.ceil(liveBytes * (1 + COPY_MARGIN)) + COPY_RESERVE_BYTES
    const free = await (this.#options.freeBytes ?? (() => freeBytes(this.#options.path)))()
    if (free < needed) {
      const message = `the new file needs about ${needed} bytes, ${free} are free`
      return { ok: false, failure: 'no_space', message }
    }
    if (this.#store === store && this.#state === 'ready' && !this.#closed) return null
    return { ok: false, failure: 'rebuilding', message: this.#refusal().message }
  }

  async #lookAtSpace(store: DuckDbStore) {
    const space = await store.maintain((connection) => fileSpace(connection, store.rows))
    const deadBytes = Math.max(0, space.fileBytes - space.liveBytes)
    this.#compaction = { ...this.#compaction, deadBytes }
    return space
  }

  async #compactFile(): Promise<void> {
    const { clock, path, wal } = this.#options
    const began = clock.monotonic()
    const result = await compactFile({
      path,
      wal,
      ...optional(this.#options, 'memoryLimitMib', 'threads'),
      signal: this.#compactionStop.signal,
      rollups: this.#options.rollups ?? [],
      onProgress: (progress) => {
        const { running } = this.#compaction
        if (running !== null && progress.tables > 0) {
          const { tables, copied } = progress
          this.#compaction = { ...this.#compaction, running: { ...running, tables, copied } }
          this.#report()
        }
        this.#options.onCompaction?.(progress)
      },
    })
    const bytes = await bytesOf(path)
    this.#compaction = {
      deadBytes: result.ok ? 0 : this.#compaction.deadBytes,
      running: this.#compaction.running,
      last: {
        at: clock.now(),
        seconds: (clock.monotonic() - began) / 1000,
        bytesBefore: result.ok ? result.bytesBefore : bytes,
        bytesAfter: result.ok ? result.bytesAfter : bytes,
        problem: result.ok ? null : result.message,
      },
    }
    const corrupt = !result.ok && result.corrupt
    if (corrupt) this.#breakage = { fault: 'corrupt', reason: result.message }
    await this.#open(corrupt)
    this.#compaction = { ...this.#compaction, running: null }
    this.#report()
  }

  #compactWhenIdle(): void {
    const store = this.#store
    if (store === null || this.#state !== 'ready' || this.#compaction.running !== null) return
    const share = this.#options.compactDeadShare ?? 0
    this.#lookAtSpace(store)
      .then(({ fileBytes, liveBytes }) => {
        const dead = fileBytes - liveBytes
        if (share === 0 || this.#compactionCutShort || this.#isActive()) return undefined
        if (dead < MIN_DEAD_BYTES || dead < share * fileBytes) return undefined
        return this.compact()
      })
      .catch((error: unknown) => this.#note(messageOf(error)))
  }

  checkpoint(): Promise<boolean> {
    return this.#store?.checkpoint() ?? Promise.resolve(false)
  }

  /** Stops after the batch under way. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    this.#compactionStop.abort()
    for (const stop of this.#stopTimers) stop()
    await this.#changing.catch(() => {})
    await this.#keeper?.stop()
    await this.#applier?.stop()
    await this.#store?.close()
  }
}

/** The named options that are set: a missing one must stay missing, not become undefined. */
function optional<T, K extends keyof T>(options: T, ...names: readonly K[]): Partial<Pick<T, K>> {
  const set: Partial<Pick<T, K>> = {}
  for (const name of names) if (options[name] !== undefined) set[name] = options[name]
  return set
}
