import { QuantileSketch } from '@llmhub/stats'
import type { Batch } from '../batch/batch.ts'
import { readValue, writeValue } from '../snapshot/json-value.ts'
import { beginSnapshot, endSnapshot, openSnapshot } from '../snapshot/snapshot-frame.ts'
import type { Key } from '../state/key-dictionary.ts'
import { StreamError } from '../stream-error.ts'
import { SourceWatermarks } from '../watermark/source-watermarks.ts'
import { readTimes } from '../window/event-times.ts'
import type { LateReason } from '../window/window-core.ts'
import type { LateEvent } from '../window/window-operator.ts'
import type { Node, Outlet } from './node.ts'
import { batchesOf, type PlainRecord } from './records.ts'
import { ResultQueue } from './result-queue.ts'
import { type Row, rowAt } from './row.ts'
import type { Stage } from './stage.ts'

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
}

interface Source {
  readonly name: string
  readonly time: string
  readonly watermarks: SourceWatermarks
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
  #counts = { events: 0, results: 0, late: 0, lateNotKept: 0 }
  #ended = false

  constructor(stage: Stage, options: PipelineOptions) {
    this.#options = options
    this.#results = new ResultQueue(options.results ?? 10_000)
    const end: Outlet = {
      takes: 'results',
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
      const watermarks = new SourceWatermarks(stage.source)
      const watermark = Number.NEGATIVE_INFINITY
      this.#sources.push({ name: stage.name, time, watermarks, out: spread, watermark })
      return
    }
    const node = stage.node?.(spread)
    if (node === undefined) throw new TypeError(`stage ${stage.name} makes no node`)
    this.#nodes.push({ name: stage.name, node })
    for (const [input, from] of stage.from.entries()) {
      const into: Outlet = {
        takes: 'batches',
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

  /** Takes in one event or several, after waiting until there is room for results. Rejects after `end`. */
  async push(events: PlainRecord | readonly PlainRecord[], to: PushTo = {}): Promise<void> {
    for (const batch of asBatches(events)) await this.pushBatch(batch, to)
  }

  /** The same for a batch. A batch is processed whole, so that it may leave more results than there is room for. */
  async pushBatch(batch: Batch, to: PushTo = {}): Promise<void> {
    if (this.#results.isFull) {
      this.#block(true)
      await this.#results.room()
      this.#block(false)
    }
    this.#process(batch, to)
  }

  /** Takes in events if there is room for results, else answers false and takes none. */
  offer(events: PlainRecord | readonly PlainRecord[], to: PushTo = {}): boolean {
    if (this.#results.isFull) return false
    for (const batch of asBatches(events)) this.#process(batch, to)
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

  #process(batch: Batch, to: PushTo): void {
    if (this.#ended) throw new StreamError('invalid_input', 'the pipeline has ended')
    const source = this.#source(to.source)
    this.tick()
    const before = this.#exact
    const timed = readTimes(batch, source.time)
    const { times } = timed
    const { rows, count, future } = source.watermarks.admit(
      times,
      timed.rows,
      timed.count,
      this.#now,
    )
    this.#counts.events += batch.rows
    if (future > 0)
      this.#refuse(batch, source, timed.rows, timed.count, new Set(rows.subarray(0, count)))
    // Rows without a time go on, so that the stage counts them; those of the future do not.
    source.out.batch(batch, future > 0 ? rows.slice(0, count) : undefined)
    source.watermarks.observe(to.partition ?? '', times, rows, count, this.#now, batch)
    this.#advance()
    this.#askClock()
    this.#latency.add(this.#exact - before)
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
    const now = this.#options.clock?.() ?? 0
    // A clock that goes back, or says no number, is not believed.
    if (!(now > this.#exact)) return
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
    const stages: { name: string; counts: Readonly<Record<string, number>> }[] = []
    for (const { name, node } of [...this.#nodes].reverse()) {
      const counts = node.statistics?.()
      if (counts !== undefined) stages.push({ name, counts })
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
   * Takes in the state of a snapshot, or of those of several instances of which this one has the keys that
   * `owns` says. To be called before anything else. Throws a StreamError `bad_snapshot`.
   */
  restore(snapshots: Uint8Array | readonly Uint8Array[], owns?: (key: Key) => boolean): void {
    const all = snapshots instanceof Uint8Array ? [snapshots] : snapshots
    const readers = all.map((bytes) => openSnapshot(bytes, 'a pipeline', this.#shape))
    for (const from of readers) {
      this.#now = from.f64()
      this.#ended = from.u8() === 1
      const waiting = readValue(from) as Waiting<O>
      // Results and counters cannot be divided by key: they stay with whom takes over everything.
      if (owns !== undefined) continue
      this.#counts = waiting.counts
      for (const result of waiting.results) this.#results.add(result)
      this.#late.push(...waiting.late)
    }
    for (const source of this.#sources) {
      for (const from of readers) {
        source.watermark = from.f64()
        source.watermarks.read(from)
      }
    }
    for (const { node } of this.#nodes) node.read?.(readers, owns)
    if (this.#ended) this.#results.end()
  }
}

/** One outlet for all of `outs`, to which more may be added. */
function spreadOver(outs: readonly Outlet[], first: Outlet): Outlet {
  return {
    takes: first.takes,
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
  readonly counts: { events: number; results: number; late: number; lateNotKept: number }
  readonly results: readonly O[]
  readonly late: readonly LateRecord[]
}

function asBatches(events: PlainRecord | readonly PlainRecord[]): Batch[] {
  return batchesOf(
    Array.isArray(events) ? (events as readonly PlainRecord[]) : [events as PlainRecord],
  )
}
