import { decodeBatch } from '@llmhub/stream'
import { BACKFILL, LIVE, type LogRecord } from '../log/log.ts'
import { decodeOperation } from '../log/operation.ts'
import { doubtChanged } from './changed-rows.ts'
import { type CheckpointState, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts'
import { CheckpointSchedule } from './checkpoint-schedule.ts'
import type { ConsumerStatus, LiveConsumerOptions } from './consumer-options.ts'
import { countedBatch } from './counted-rows.ts'
import { type Beginning, DefinitionSet } from './definition-set.ts'
import type {
  LiveDefinition,
  LiveSnapshot,
  LiveUpdate,
  PutOutcome,
  SnapshotRequest,
} from './live.ts'
import { OpenDoubts } from './open-doubts.ts'
import { Restater } from './restater.ts'
import { ALL } from './restating.ts'
import { RowPlaces } from './row-places.ts'
import { Watermark } from './watermark.ts'
import type { WindowSeries } from './window-series.ts'

/** A log that is at most so long is read from its beginning where there is no checkpoint. */
const REREAD_RECORDS = 1000n
/** Rows that are added up before windows get them. */
const PASS_ROWS = 50_000
const TICK_MS = 1000
const RETRY_MS = 1000

/**
 * Counts the live partition as it grows, from a position of its own. It never holds up ingest or store: it may
 * lag, and begins anew at the end of the log when it lags too far.
 *
 * What a window's rows are is decided by the log alone; whatever this cannot tell from reading the live
 * partition once, in order — rows of imports, rows that operations changed, rows from before it began, rows that
 * came too late — puts the window in doubt, and its values are asked from the store (`Restating`). So a result
 * of a closed window is right wherever it comes from, and reading records twice repeats nothing.
 */
export class LiveConsumer {
  readonly #options: LiveConsumerOptions
  readonly #places: RowPlaces
  readonly #restater: Restater
  readonly #set: DefinitionSet
  readonly #positions = new Map<number, bigint>([
    [LIVE, 0n],
    [BACKFILL, 0n],
  ])
  readonly #committed = new Map<number, bigint>()
  readonly #doubts: OpenDoubts
  readonly #checkpoints: CheckpointSchedule
  #watermark: Watermark
  #incompleteBefore = Number.NEGATIVE_INFINITY
  #waitingSince: number | null = null
  #lastEvent: number
  #lastTick: number | null = null
  #listeners = 0
  /** Counting was left in the middle: what is counted is of no use. */
  #isTorn = false
  /** Windows that ended before this were told as closed. */
  #toldBefore = Number.NEGATIVE_INFINITY
  readonly #counts = { events: 0, updates: 0, resets: 0, errors: 0 }
  #begun = false
  #stopped = false
  #wake: () => void = () => {}
  #settling: (() => void)[] = []
  #running: Promise<void> = Promise.resolve()

  constructor(options: LiveConsumerOptions) {
    this.#options = options
    const { log, lookUp, clock, limits, planMeasures } = options
    this.#set = new DefinitionSet({ limits, planMeasures })
    this.#places = new RowPlaces(lookUp ?? log)
    this.#watermark = new Watermark(limits.disorderMs * 1000)
    this.#lastEvent = clock.monotonic()
    this.#restater = new Restater({
      ask: options.ask,
      projects: options.projects,
      clock,
      positions: () => new Map(this.#positions),
      onUpdates: (updates) => this.#tell(updates),
      onError: (error) => this.#problem(error),
      isThere: (series) => this.#set.has(series),
    })
    this.#doubts = new OpenDoubts({
      restater: this.#restater,
      clock,
      watermark: () => this.#watermark.value,
    })
    this.#checkpoints = new CheckpointSchedule({
      file: options.checkpoint,
      clock,
      encode: () => this.#encode(),
      onError: (error) => this.#problem(error),
    })
  }

  /**
   * Restores the checkpoint or begins anew, and follows the log from there; it is durable up to `committed`.
   * Resolves once definitions are there; what cannot be read is tried again and again.
   */
  async start(committed: ReadonlyMap<number, bigint>): Promise<void> {
    for (const [partition, next] of committed) this.#committed.set(partition, next)
    await this.#open()
    this.#begun = true
    this.#running = this.#run()
  }

  /** The log is durable up to `next`. */
  committed(partition: number, next: bigint): void {
    if (next <= (this.#committed.get(partition) ?? 0n)) return
    this.#committed.set(partition, next)
    if (partition === LIVE) this.#waitingSince ??= this.#options.clock.monotonic()
    this.#wake()
  }

  /** Somebody listens: present values of open windows are told too. Answers how to stop. */
  listen(): () => void {
    this.#listeners++
    this.#wake()
    return () => {
      this.#listeners--
    }
  }

  definitions(): readonly LiveDefinition[] {
    return this.#set.definitions()
  }

  /** Adds or replaces a definition, from the next event on; windows that are open get their past from the store. */
  put(definition: LiveDefinition): PutOutcome {
    const outcome = this.#set.put(definition, this.#here())
    if (outcome.ok) this.#checkpoints.changed()
    this.#wake()
    return outcome
  }

  remove(name: string): boolean {
    const removed = this.#set.remove(name)
    if (removed) this.#checkpoints.changed()
    return removed
  }

  /** Kept results, with the present values of open windows. */
  async snapshot(request: SnapshotRequest): Promise<LiveSnapshot | null> {
    await this.present(request)
    return this.keptResults(request)
  }

  /** Brings the results of open windows up to date. */
  async present(request: SnapshotRequest): Promise<void> {
    const series = this.#seriesOf(request)
    if (series === undefined) return
    this.#tick()
    await this.#doubts.askNow(series, request.project).catch((error: unknown) => {
      this.#problem(error)
    })
  }

  /** Everything that was told is in it, and what is told from then on is newer. */
  keptResults(request: SnapshotRequest): LiveSnapshot | null {
    const updates = this.#seriesOf(request)?.kept.newest(request.project, request.limit)
    if (updates === undefined) return null
    const position = `${LIVE}:${this.#positions.get(LIVE) ?? 0n}`
    return { updates, position, watermark: this.#watermark.value }
  }

  #seriesOf({ definition, size }: SnapshotRequest): WindowSeries | undefined {
    return this.#set.named(definition)?.series.find((each) => each.size === size)
  }

  status(): ConsumerStatus {
    const { clock } = this.#options
    const lagRecords = Number(this.#lag(LIVE))
    const lagMs = this.#waitingSince === null ? 0 : clock.monotonic() - this.#waitingSince
    const watermark = this.#watermark.value
    const all = [...this.#set.all()]
    return {
      ...this.#counts,
      watermark,
      lagRecords,
      lagMs,
      checkpointBytes: this.#checkpoints.bytes,
      checkpointAgeMs: this.#checkpoints.ageMs,
      stateBytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      series: all.flatMap(({ name, series, groups, overflow }) =>
        series.map(({ size, late, restated, openWindows }) => ({
          definition: name,
          size,
          watermark,
          lagRecords,
          lagMs,
          late,
          openWindows,
          groups,
          overflow,
          restated,
        })),
      ),
    }
  }

  /** Resolves once everything committed by now is counted and nothing is due, or it has stopped. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stopped) return resolve()
      this.#settling.push(resolve)
      this.#wake()
    })
  }

  /**
   * Resolves once what is committed by now is read and a checkpoint written after it, or there is none. False when
   * that failed, or it has stopped before.
   */
  forget(): Promise<boolean> {
    if (this.#stopped) return Promise.resolve(false)
    const isWritten = this.#checkpoints.wait(new Map(this.#committed))
    this.#wake()
    return isWritten
  }

  /** Writes a checkpoint and ends. Idempotent. */
  async stop(): Promise<void> {
    const wasRunning = !this.#stopped
    this.#stopped = true
    this.#wake()
    await this.#restater.stop()
    await this.#running
    // What is counted in part is not kept: reading again from the checkpoint before it counts it once.
    if (wasRunning && this.#begun && !this.#isTorn) await this.#checkpoints.finish()
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        const waitMs = await this.#step()
        if (waitMs > 0) await this.#pause(waitMs, waitMs === TICK_MS ? 'idle' : 'due')
      } catch (error) {
        this.#problem(error)
        await this.#pause(RETRY_MS, 'retry')
      }
    }
    for (const resolve of this.#settling.splice(0)) resolve()
    this.#checkpoints.giveUp()
  }

  async #open(): Promise<void> {
    const { log, definitions, clock } = this.#options
    if (await this.#restore()) return
    this.#checkpoints.changed()
    const isWhole =
      (await log.earliest(LIVE)) === 0n && (this.#committed.get(LIVE) ?? 0n) <= REREAD_RECORDS
    if (!isWhole) return this.#beginAtEnd()
    const openFrom = clock.nowMicros()
    const beginning = { incompleteBefore: Number.NEGATIVE_INFINITY, watermark: null, openFrom }
    this.#refused(this.#set.beginAll(definitions, beginning))
  }

  /** Every definition begins at the end of the log; what is before it, the store knows. */
  #beginAtEnd(): void {
    this.#goToEnd()
    const here = this.#here()
    this.#toldBefore = here.openFrom
    this.#refused(this.#set.beginAll(this.#options.definitions, here))
  }

  #goToEnd(): void {
    for (const [partition, next] of this.#committed) this.#positions.set(partition, next)
    this.#waitingSince = null
    this.#incompleteBefore = this.#latestPossible()
    this.#watermark = new Watermark(this.#options.limits.disorderMs * 1000)
  }

  /** Event times of everything that is in the log now lie before this. */
  #latestPossible(): number {
    const { clock, limits } = this.#options
    const known = this.#watermark.latest ?? Number.NEGATIVE_INFINITY
    return Math.max(known + 1, clock.nowMicros() + limits.futureMs * 1000)
  }

  /** Where a definition begins that begins now. */
  #here(): Beginning {
    const { clock, limits } = this.#options
    const { latest, value: watermark } = this.#watermark
    const openFrom = watermark ?? clock.nowMicros() - limits.disorderMs * 1000
    const incompleteBefore = Math.max(this.#incompleteBefore, (latest ?? -Infinity) + 1)
    return { incompleteBefore, watermark, openFrom }
  }

  #refused(refused: readonly string[]): void {
    for (const message of refused) this.#problem(new Error(message))
  }

  async #restore(): Promise<boolean> {
    const { checkpoint, logName, limits, log } = this.#options
    const bytes = await checkpoint?.read()
    if (bytes === null || bytes === undefined) return false
    const anew = (why: string): boolean => {
      this.#counts.resets++
      this.#options.onProblem(`the checkpoint of the live windows is not used: ${why}`)
      this.#set.clear()
      this.#watermark = new Watermark(limits.disorderMs * 1000)
      for (const partition of this.#positions.keys()) this.#positions.set(partition, 0n)
      return false
    }
    const read = decodeCheckpoint(bytes)
    if (!read.ok) return anew(read.message)
    const { state } = read
    if (state.log !== logName) return anew('it is of another log')
    for (const [partition, next] of state.positions) {
      if (next > (this.#committed.get(partition) ?? 0n)) return anew('it is ahead of the log')
      const isGone = partition === LIVE && next < (await log.earliest(partition))
      if (isGone) return anew('the log does not go back so far')
    }
    try {
      this.#continue(state)
    } catch (error) {
      return anew(error instanceof Error ? error.message : String(error))
    }
    this.#checkpoints.restored(bytes.length)
    return true
  }

  #continue(state: CheckpointState): void {
    const { limits, definitions, clock } = this.#options
    for (const [partition, next] of state.positions) this.#positions.set(partition, next)
    this.#watermark = new Watermark(limits.disorderMs * 1000, state.watermark)
    this.#toldBefore = this.#watermark.value ?? Number.NEGATIVE_INFINITY
    this.#incompleteBefore = state.incompleteBefore ?? Number.NEGATIVE_INFINITY
    const before = this.#incompleteBefore
    this.#refused(this.#set.restore(definitions, state.definitions, before, this.#here()))
    if (this.#lag(LIVE) > 0n) this.#waitingSince = clock.monotonic()
  }

  #lag(partition: number): bigint {
    const lag = (this.#committed.get(partition) ?? 0n) - (this.#positions.get(partition) ?? 0n)
    return lag > 0n ? lag : 0n
  }

  /** One pass over what is committed. Answers in how many milliseconds there may be something to do. */
  async #step(): Promise<number> {
    const { limits } = this.#options
    if (this.#isTorn) this.#reset('they could not be counted')
    else if (this.#lag(LIVE) > BigInt(limits.maxLagRecords)) {
      this.#reset(`they were ${this.#lag(LIVE)} records behind the log`)
    }
    // What is committed while this reads is for the next pass: else traffic without a pause would leave no
    // time for anything else.
    const startedAt = this.#options.clock.monotonic()
    const until = this.#committed.get(LIVE) ?? 0n
    await this.#readLive(until)
    const isBehind = (this.#positions.get(LIVE) ?? 0n) < until
    if (!isBehind) {
      this.#waitingSince = this.#lag(LIVE) > 0n ? startedAt : null
      if (this.#watermark.value === null) this.#beginTime()
      await this.#readBackfill()
    }
    this.#goOn(isBehind)
    if (!isBehind && this.#listeners > 0) this.#doubts.askLater(this.#set.series())
    const dueMs = this.#restater.work(() => this.#set.series())
    await this.#checkpoints.save(this.#positions)
    if (this.#lag(LIVE) + this.#lag(BACKFILL) > 0n) return 0
    if (this.#restater.isRunning) {
      if (this.#settling.length > 0) await this.#restater.settled()
      else await Promise.race([this.#restater.settled(), this.#pause(TICK_MS, 'idle')])
      return 0
    }
    if (dueMs === null) for (const resolve of this.#settling.splice(0)) resolve()
    return dueMs === null ? TICK_MS : Math.max(1, Math.min(TICK_MS - 1, dueMs))
  }

  #reset(why: string): void {
    this.#counts.resets++
    this.#isTorn = false
    this.#options.onProblem(`the live windows begin anew: ${why}`)
    this.#goToEnd()
    const here = this.#here()
    // Windows that nobody was told the end of are open, however long ago that was.
    this.#set.beginAnew({ ...here, openFrom: Math.min(here.openFrom, this.#toldBefore) })
    this.#checkpoints.changed()
  }

  /** No event has come yet: what imports bring from long ago is in windows that have ended. */
  #beginTime(): void {
    const { clock, limits } = this.#options
    this.#watermark.idle(clock.nowMicros() - limits.idleMs * 1000)
    const { value } = this.#watermark
    if (value !== null) this.#counting(() => this.#set.advance(value))
  }

  async #readLive(until: bigint): Promise<void> {
    const from = this.#positions.get(LIVE) ?? 0n
    if (from >= until) return
    let rows = 0
    for await (const record of this.#options.log.read(LIVE, from, until)) {
      rows += await this.#takeLive(record)
      this.#positions.set(LIVE, record.offset + 1n)
      if (rows >= PASS_ROWS || this.#stopped) return
    }
    // Offsets at the end may be holes that the reader passed over.
    this.#positions.set(LIVE, until)
  }

  async #takeLive(record: LogRecord): Promise<number> {
    this.#checkpoints.changed()
    if (record.kind === 'operation') await this.#takeOperation(record)
    if (record.kind !== 'events') return 0
    const batch = decodeBatch(record.payload, this.#set.columns)
    this.#places.note(LIVE, record.offset, batch)
    this.#watermark.observe(batch)
    this.#counting(() => this.#set.add(countedBatch(batch)))
    this.#counts.events += batch.rows
    this.#lastEvent = this.#options.clock.monotonic()
    return batch.rows
  }

  /** Rows of imports and replays are not counted here: their windows are the store's. */
  async #readBackfill(): Promise<void> {
    const until = this.#committed.get(BACKFILL) ?? 0n
    const from = this.#positions.get(BACKFILL) ?? 0n
    if (from >= until) return
    const earliest = await this.#options.log.earliest(BACKFILL)
    const isTooFar = until - from > BigInt(this.#options.limits.maxLagRecords)
    if (earliest > from || isTooFar) {
      this.#set.doubtWithin(ALL, Number.NEGATIVE_INFINITY, this.#latestPossible())
      this.#positions.set(BACKFILL, until)
      this.#checkpoints.changed()
      return
    }
    let rows = 0
    for await (const record of this.#options.log.read(BACKFILL, from, until)) {
      this.#checkpoints.changed()
      if (record.kind === 'operation') await this.#takeOperation(record)
      else if (record.kind === 'events') {
        const batch = decodeBatch(record.payload, this.#set.columns)
        this.#watermark.note(batch)
        this.#set.doubtRows(countedBatch(batch))
        rows += batch.rows
      }
      this.#positions.set(BACKFILL, record.offset + 1n)
      if (rows >= PASS_ROWS || this.#stopped) return
    }
    this.#positions.set(BACKFILL, until)
  }

  #takeOperation(record: LogRecord): Promise<void> {
    return doubtChanged(decodeOperation(record.payload), {
      set: this.#set,
      places: this.#places,
      latest: () => this.#latestPossible(),
      beginAnew: (windows) => this.#set.begin(windows.compiled, this.#here(), windows),
    })
  }

  #goOn(isBehind: boolean): void {
    const { clock, limits } = this.#options
    const now = clock.nowMicros()
    this.#counting(() => this.#set.flush())
    if (!isBehind && clock.monotonic() - this.#lastEvent >= limits.idleMs) this.#watermark.idle(now)
    const watermark = this.#watermark.value
    if (watermark !== null && watermark > now + limits.futureMs * 1000) {
      return this.#reset('the clock was set back')
    }
    if (watermark !== null) this.#counting(() => this.#set.advance(watermark))
    if (this.#listeners > 0 && !isBehind) this.#tick()
    this.#takeResults()
    if (watermark !== null) this.#toldBefore = watermark
  }

  /** Present values of open windows, at most once a second. */
  #tick(): void {
    const { clock } = this.#options
    const at = clock.monotonic()
    if (this.#lastTick !== null && at - this.#lastTick < TICK_MS) return
    this.#lastTick = at
    this.#counting(() => this.#set.tick(clock.nowMicros()))
    this.#takeResults()
  }

  #takeResults(): void {
    const now = this.#options.clock.nowMicros()
    this.#tell(this.#counting(() => this.#set.take(now)))
  }

  #tell(updates: readonly LiveUpdate[]): void {
    if (updates.length === 0) return
    this.#checkpoints.changed()
    this.#counts.updates += updates.length
    this.#options.onUpdates(updates)
  }

  #encode(): Uint8Array {
    // Rows that were read but not handed to windows are behind the positions too.
    this.#counting(() => this.#set.flush())
    this.#takeResults()
    const before = this.#incompleteBefore
    return encodeCheckpoint({
      log: this.#options.logName,
      positions: this.#positions,
      watermark: this.#watermark.state(),
      incompleteBefore: Number.isFinite(before) ? before : null,
      definitions: this.#set.states(),
    })
  }

  /** Should `work` throw, rows may be counted in some windows and not in others: nothing more is told or kept. */
  #counting<T>(work: () => T): T {
    if (this.#isTorn) throw new Error('the live windows could not be counted')
    this.#isTorn = true
    const done = work()
    this.#isTorn = false
    return done
  }

  #problem(error: unknown): void {
    this.#counts.errors++
    this.#options.onProblem(error instanceof Error ? error.message : String(error))
  }

  /**
   * Waits `ms`; what comes meanwhile is gathered for `intervalMs`. Stopping ends it at once, and somebody who
   * waits for the consumer ends an idle pause: one before another try, or before something is due, goes on.
   */
  #pause(ms: number, why: 'idle' | 'due' | 'retry'): Promise<void> {
    return new Promise((resolve) => {
      const isAwaited = (): boolean => this.#settling.length > 0 || this.#checkpoints.isAwaited
      if (this.#stopped || (why === 'idle' && isAwaited())) return resolve()
      const { clock, limits } = this.#options
      const end = (): void => {
        cancel()
        // A later pause may have begun: what wakes that one is not ours.
        if (this.#wake === wake) this.#wake = () => {}
        resolve()
      }
      let cancel = clock.after(ms, end)
      let isGathering = false
      const wake = (): void => {
        if (this.#stopped || (why !== 'retry' && isAwaited())) return end()
        if (isGathering || why === 'retry') return
        isGathering = true
        cancel()
        cancel = clock.after(Math.min(ms, limits.intervalMs), end)
      }
      this.#wake = wake
    })
  }
}
