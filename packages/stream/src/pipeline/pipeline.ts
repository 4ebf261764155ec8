import { QuantileSketch } from '@llmhub/stats'
import type { Batch } from '../batch/batch.ts'
import { UnseenColumns } from '../batch/unseen-columns.ts'
import { checkFunction, checkLimit, checkOptions, invalidInput, shown } from '../check-options.ts'
import { readValue, writeValue } from '../snapshot/json-value.ts'
import { checkIsNew, Restoring, type Snapshots } from '../snapshot/restoring.ts'
import { beginSnapshot, endSnapshot } from '../snapshot/snapshot-frame.ts'
import type { Key } from '../state/key-dictionary.ts'
import { StreamError } from '../stream-error.ts'
import { END_OF_TIME } from '../time/time.ts'
import type { SourceWatermarks } from '../watermark/source-watermarks.ts'
import { checkTimeColumn, readTimes } from '../window/event-times.ts'
import type { LateReason } from '../window/window-core.ts'
import type { LateEvent } from '../window/window-operator.ts'
import type { Node, Outlet } from './node.ts'
import { batchesOf, type PlainRecord } from './records.ts'
import { ResultQueue } from './result-queue.ts'
import { type Row, rowAt } from './row.ts'
import { type Stage, sourceWatermarks } from './stage.ts'

export interface PipelineOptions {
  /**
   * Tells the processing time in the unit of the stream, for triggers, idleness and the guard against the future; and how
   * long pushes take. Asked once before and after each push, and by `tick`. Default: always 0.
   */
  readonly clock?: () => number
  /** Results that may wait to be taken before `push` waits and `offer` refuses. Default 10,000. */
  readonly results?: number
  /** Late events kept for `takeLate`. Default 1,000; others are only counted. */
  readonly late?: number
}

/** An event that a stage left out, as an object. */
export interface LateRecord {
  readonly stage: string
  readonly event: Row
  readonly time: number
  readonly key: Key
  readonly reason: LateReason | 'future'
}

/** Which source and which of its partitions events are of. */
export interface PushTo {
  /** Default: the first source. */
  readonly source?: string
  /** Default: one partition, ''. */
  readonly partition?: string
}

export interface PipelineStatistics {
  readonly events: number
  readonly results: number
  /** Late events of all stages, and those that were not kept. */
  readonly late: number
  readonly lateNotKept: number
  /** Events refused because they were too far in the future. */
  readonly future: number
  /** How often the clock was not believed, because it went back or said what is no time. */
  readonly clockIgnored: number
  /** Results that wait. */
  readonly waiting: number
  /** Least watermark of the sources. */
  readonly watermark: number
  /** How long pushes took by the clock, in its unit; null before the first. */
  readonly latency: {
    readonly p50: number | null
    readonly p95: number | null
    readonly p99: number | null
  }
  /** Of each stage that counts anything, in the order of the stages. */
  readonly stages: readonly {
    readonly name: string
    readonly counts: Readonly<Record<string, number>>
  }[]
  /**
   * What looks like a mistake: columns that a source or stage reads and no event has had. An event may lack any column, so
   * that a misspelt one cannot be refused where the columns are not known (`stream({ columns })`).
   */
  readonly warnings: readonly string[]
}

interface Source {
  readonly name: string
  readonly time: string
  readonly watermarks: SourceWatermarks
  readonly unseen: UnseenColumns
  readonly out: Outlet
  watermark: number
}

/**
 * A pipeline that runs. Events go in by `push`, results come out by `for await` or a sink; everything in
 * between happens within `push`, `tick` and `end`. Where nobody takes results, `push` waits: time spent so is
 * not silence of the source.
 */
export class Pipeline<O> implements AsyncIterable<O> {
  readonly #options: PipelineOptions
  readonly #shape: string
  readonly #sources: Source[] = []
  /** In the order of the stages, the last one first. */
  readonly #nodes: { readonly name: string; readonly node: Node }[] = []
  readonly #results: ResultQueue<O>
  readonly #latency = new QuantileSketch()
  #late: LateRecord[] = []
  /** Processing time, as the clock says it and as a whole number. */
  #exact = 0
  #now = 0
  #counts = { events: 0, results: 0, late: 0, lateNotKept: 0, clockIgnored: 0 }
  #ended = false
  #isNew = true

  /** Throws a StreamError when something in the description or the options is wrong. */
  constructor(stage: Stage, options: PipelineOptions) {
    checkOptions(options, 'run', ['clock', 'results', 'late'])
    if (options.clock !== undefined) checkFunction(options.clock, 'clock', '() => Date.now()')
    checkLimit(options.results ?? 10_000, 1, 'results')
    checkLimit(options.late ?? 1000, 0, 'late')
    this.#options = options
    this.#results = new ResultQueue(options.results ?? 10_000)
    const end: Outlet = {
      takes: 'results',
      check: () => {},
      batch: (batch, rows) => {
        const count = rows?.length ?? batch.rows
        for (let i = 0; i < count; i++) this.#give(rowAt(batch, rows?.[i] ?? i) as O)
      },
      result: (result) => {
        this.#give(result as O)
      },
      watermark: () => {},
      late: (name, event) => {
        this.#keepLate(name, event)
      },
    }
    this.#build(stage, end, new Map())
    this.#shape = JSON.stringify(this.#nodes.map(({ name }) => name))
    if (new Set(this.#sources.map(({ name }) => name)).size < this.#sources.length) {
      throw new StreamError('invalid_input', 'two sources have the same name', 'name')
    }
  }

  /** Makes the node of a stage, and before it those that it takes from; of a stage that several take from, once. */
  #build(stage: Stage, out: Outlet, made: Map<Stage, Outlet[]>): void {
    const outs = made.get(stage)
    if (outs !== undefined) {
      outs.push(out)
      return
    }
    const all = [out]
    made.set(stage, all)
    const spread = spreadOver(all, out)
    if (stage.source !== undefined) {
      const { time = 'time', maxFuture } = stage.source
      if (maxFuture !== undefined && this.#options.clock === undefined) {
        const message = 'maxFuture is measured from the clock: give one, run({ clock: Date.now })'
        throw new StreamError('invalid_input', message, 'maxFuture')
      }
      const { watermark } = stage.source
      this.#sources.push({
        name: stage.name,
        time,
        watermarks: sourceWatermarks(stage.source),
        unseen: new UnseenColumns([
          time,
          ...(watermark.type === 'punctuated' ? [watermark.column] : []),
        ]),
        out: spread,
        watermark: Number.NEGATIVE_INFINITY,
      })
      return
    }
    const node = stage.node?.(spread)
    if (node === undefined) throw new TypeError(`stage ${stage.name} makes no node`)
    this.#nodes.push({ name: stage.name, node })
    for (const [input, from] of stage.from.entries()) {
      const into: Outlet = {
        takes: 'batches',
        check: (batch, rows) => {
          node.check(batch, rows, input)
        },
        batch: (batch, rows) => {
          node.push(batch, rows, input)
        },
        result: () => {},
        watermark: (time) => {
          node.watermark(time, input)
        },
        late: out.late,
      }
      this.#build(from, into, made)
    }
  }

  #give(result: O): void {
    this.#counts.results++
    this.#results.add(result)
  }

  #keepLate(stage: string, late: LateEvent): void {
    const { time, key, reason } = late
    this.#addLate({ stage, event: rowAt(late.batch, late.row), time, key, reason })
  }

  #addLate(late: LateRecord): void {
    this.#counts.late++
    if (this.#late.length < (this.#options.late ?? 1000)) this.#late.push(late)
    else this.#counts.lateNotKept++
  }

  /**
   * Takes in one event or several, after waiting until there is room for results. All of them or none: what the
   * stages cannot read rejects with a StreamError `invalid_input`, and then nothing was counted and no watermark raised.
   * Results of one stage that the next cannot read are found later, when they come. Rejects after `end`.
   */
  async push(events: PlainRecord | readonly PlainRecord[], to: PushTo = {}): Promise<void> {
    await this.#pushAll(asBatches(events), to)
  }

  /** The same for a batch. A batch is processed whole, so that it may leave more results than there is room for. */
  async pushBatch(batch: Batch, to: PushTo = {}): Promise<void> {
    await this.#pushAll([checkedBatch(batch)], to)
  }

  async #pushAll(batches: readonly Batch[], to: PushTo): Promise<void> {
    if (this.#results.isFull) {
      this.#block(true)
      await this.#results.room()
      this.#block(false)
    }
    this.#process(batches, to)
  }

  /** Takes in events if there is room for results, else answers false and takes none. Throws as `push` rejects. */
  offer(events: PlainRecord | readonly PlainRecord[], to: PushTo = {}): boolean {
    if (this.#results.isFull) return false
    this.#process(asBatches(events), to)
    return true
  }

  #block(blocked: boolean): void {
    this.#askClock()
    for (const { watermarks } of this.#sources) watermarks.block(blocked, this.#now)
  }

  #source(name: string | undefined): Source {
    const source =
      name === undefined ? this.#sources[0] : this.#sources.find((one) => one.name === name)
    if (source !== undefined) return source
    const names = this.#sources.map((one) => one.name).join(', ')
    throw new StreamError(
      'invalid_input',
      `there is no source '${name}'; there is ${names}`,
      'source',
    )
  }

  /** Batches that came together: one step of time, taken whole or not at all. */
  #process(batches: readonly Batch[], to: PushTo): void {
    checkOptions(to, 'push', ['source', 'partition'], 'to')
    if (this.#ended) throw new StreamError('invalid_input', 'the pipeline has ended')
    const source = this.#source(to.source)
    if (batches.length === 0) return
    this.#isNew = false
    this.tick()
    const before = this.#exact
    for (const batch of batches) {
      checkTimeColumn(batch, source.time)
      source.out.check(batch)
    }
    const learned = batches.map((batch) => this.#take(batch, source))
    for (const { batch, times, rows, count } of learned) {
      source.watermarks.observe(to.partition ?? '', times, rows, count, this.#now, batch)
    }
    this.#advance()
    this.#askClock()
    this.#latency.add(this.#exact - before)
  }

  /** Hands a batch on; answers the rows that the watermark may learn from. */
  #take(batch: Batch, source: Source): Learned {
    const timed = readTimes(batch, source.time)
    const { times } = timed
    const { rows, count, future } = source.watermarks.admit(
      times,
      timed.rows,
      timed.count,
      this.#now,
    )
    this.#counts.events += batch.rows
    source.unseen.see(batch)
    if (future > 0)
      this.#refuse(batch, source, timed.rows, timed.count, new Set(rows.subarray(0, count)))
    // Rows without a time go on, so that the stage counts them; those of the future do not.
    source.out.batch(batch, future > 0 ? rows.slice(0, count) : undefined)
    return { batch, times, rows, count }
  }

  #refuse(
    batch: Batch,
    source: Source,
    rows: Int32Array,
    count: number,
    admitted: ReadonlySet<number>,
  ): void {
    for (let i = 0; i < count; i++) {
      const row = rows[i] ?? 0
      if (admitted.has(row)) continue
      const event = rowAt(batch, row)
      const time = Number(event[source.time])
      this.#addLate({ stage: source.name, event, time, key: null, reason: 'future' })
    }
  }

  #advance(): void {
    for (const source of this.#sources) {
      const { watermark } = source.watermarks
      if (watermark <= source.watermark) continue
      source.watermark = watermark
      source.out.watermark(watermark)
    }
  }

  #askClock(): void {
    const { clock } = this.#options
    if (clock === undefined) return
    const now = clock()
    // A clock that goes back, or says what is no time, is not believed.
    if (!(now >= this.#exact && now <= END_OF_TIME)) {
      this.#counts.clockIgnored++
      return
    }
    this.#exact = now
    this.#now = Math.max(this.#now, Math.floor(now))
  }

  /** Tells the processing time to all stages. To be called now and then where anything goes by it. */
  tick(): void {
    this.#askClock()
    if (this.#options.clock === undefined) return
    for (const { node } of [...this.#nodes].reverse()) node.clock(this.#now)
    for (const { watermarks } of this.#sources) watermarks.tick(this.#now)
    this.#advance()
  }

  /** Makes a partition known before its first event, so that the watermark waits for it. */
  addPartition(partition: string, source?: string): void {
    this.#source(source).watermarks.add(partition)
  }

  removePartition(partition: string, source?: string): void {
    this.#source(source).watermarks.remove(partition)
  }

  /** Partitions that should not be read now: too far ahead of the slowest. */
  paused(source?: string): string[] {
    return this.#source(source).watermarks.paused()
  }

  /** End of all input: everything open fires, and iteration ends behind the last result. */
  end(): void {
    if (this.#ended) return
    this.tick()
    this.#ended = true
    for (const source of this.#sources) {
      source.watermark = Number.POSITIVE_INFINITY
      source.watermarks.end()
      source.out.watermark(Number.POSITIVE_INFINITY)
    }
    this.#results.end()
  }

  [Symbol.asyncIterator](): AsyncIterator<O> {
    return this.#results.iterate()
  }

  /** Results that wait, without waiting for more. */
  take(): O[] {
    return this.#results.take()
  }

  /** Hands results to a function from now on, one after the other. */
  drainTo(sink: (result: O) => void | Promise<void>): void {
    this.#results.drainTo(sink)
  }

  /** Ends the input and waits until every result was taken. Rejects with the error of a sink. */
  async finish(): Promise<void> {
    this.end()
    await this.#results.drained()
  }

  takeLate(): LateRecord[] {
    const late = this.#late
    this.#late = []
    return late
  }

  statistics(): PipelineStatistics {
    const warnings = this.#sources.flatMap(({ name, unseen }) =>
      unseen.warnings(`source '${name}'`),
    )
    const stages: { name: string; counts: Readonly<Record<string, number>> }[] = []
    for (const { name, node } of [...this.#nodes].reverse()) {
      const counts = node.statistics?.()
      if (counts !== undefined) stages.push({ name, counts })
      warnings.push(...(node.warnings?.(`stage '${name}'`) ?? []))
    }
    return {
      ...this.#counts,
      future: this.#sources.reduce((sum, { watermarks }) => sum + watermarks.future, 0),
      waiting: this.#results.length,
      watermark: Math.min(...this.#sources.map((source) => source.watermark)),
      latency: {
        p50: this.#latency.quantile(0.5),
        p95: this.#latency.quantile(0.95),
        p99: this.#latency.quantile(0.99),
      },
      stages,
      warnings,
    }
  }

  /** Everything: sources, stages, and results and late events that wait. Between any two calls. */
  snapshot(): Uint8Array {
    const out = beginSnapshot('a pipeline', this.#shape)
    out.f64(this.#now)
    out.u8(this.#ended ? 1 : 0)
    writeValue({ counts: this.#counts, results: this.#results.peek(), late: this.#late }, out)
    for (const { watermark, watermarks } of this.#sources) {
      out.f64(watermark)
      watermarks.write(out)
    }
    for (const { node } of this.#nodes) node.write?.(out)
    return endSnapshot(out)
  }

  /**
   * Takes over a snapshot, or those of several instances, by the rules of `Restoring`; with `owns`, the keys of which it
   * says so. Results and late events that wait cannot be divided by key: with `owns` there must be none. To be called
   * before anything else. Throws a StreamError `bad_snapshot`, or `invalid_input` when this is no new pipeline.
   */
  restore(snapshots: Snapshots, owns?: (key: Key) => boolean): void {
    checkIsNew(this.#isNew)
    this.#isNew = false
    const restoring = new Restoring(snapshots, 'a pipeline', this.#shape, owns)
    const { readers } = restoring
    for (const from of readers) {
      this.#now = restoring.agreed('clock', from.f64())
      this.#ended = restoring.agreed('end', from.u8()) === 1
      this.#readWaiting(readValue(from) as Waiting<O>, restoring.keepsCounters, owns !== undefined)
    }
    this.#exact = this.#now
    for (const source of this.#sources) {
      for (const from of readers) {
        source.watermark = restoring.agreed(`watermark of '${source.name}'`, from.f64())
        source.watermarks.read(from)
      }
    }
    for (const { node } of this.#nodes) node.read?.(readers, owns)
    restoring.end()
    if (this.#ended) this.#results.end()
  }

  #readWaiting(
    { counts, results, late }: Waiting<O>,
    keepsCounters: boolean,
    divides: boolean,
  ): void {
    if (divides && results.length + late.length > 0) {
      throw new StreamError(
        'bad_snapshot',
        'results and late events that wait cannot be divided by key: take them before the snapshot',
      )
    }
    if (keepsCounters) this.#counts = { ...this.#counts, ...counts }
    for (const result of results) this.#results.add(result)
    this.#late.push(...late)
  }
}

/** One outlet for all of `outs`, to which more may be added. */
function spreadOver(outs: readonly Outlet[], first: Outlet): Outlet {
  return {
    takes: first.takes,
    check: (batch, rows) => {
      for (const out of outs) out.check(batch, rows)
    },
    batch: (batch, rows) => {
      for (const out of outs) out.batch(batch, rows)
    },
    result: first.result,
    watermark: (time) => {
      for (const out of outs) out.watermark(time)
    },
    late: first.late,
  }
}

interface Waiting<O> {
  readonly counts: Readonly<Record<string, number>>
  readonly results: readonly O[]
  readonly late: readonly LateRecord[]
}

function asBatches(events: PlainRecord | readonly PlainRecord[]): Batch[] {
  return batchesOf(
    Array.isArray(events) ? (events as readonly PlainRecord[]) : [events as PlainRecord],
  )
}

function checkedBatch(batch: Batch): Batch {
  const { rows, columns } = (batch ?? {}) as Partial<Batch>
  if (typeof rows === 'number' && columns instanceof Map) return batch
  throw invalidInput('batch', `${shown(batch)} is no batch: push takes plain events`)
}

/** Rows that the watermark learns from once all batches of a push are processed. */
interface Learned {
  readonly batch: Batch
  readonly times: Float64Array
  readonly rows: Int32Array
  readonly count: number
}
