import type { Batch } from '../batch/batch.ts'
import type { ByteReader, ByteWriter } from '../bytes.ts'
import { checkOptions, checkUnit } from '../check-options.ts'
import { type Duration, parseDuration } from '../time/duration.ts'
import { checkClock, type TimeUnit } from '../time/time.ts'
import { CombinedWatermark } from './combined-watermark.ts'
import { IdleClock } from './idle-clock.ts'
import { WatermarkGenerator, type WatermarkSpec } from './watermark-generator.ts'

export interface SourceWatermarkOptions {
  readonly unit?: TimeUnit
  readonly watermark: WatermarkSpec
  /** Silence after which a partition is left out; absent: never. */
  readonly idleAfter?: Duration
  /** How far a partition may be ahead of the slowest active one before it should pause; absent: any. */
  readonly maxDrift?: Duration
  /** How far ahead of the clock an event may be; absent: any. Others are taken out before they move the watermark. */
  readonly maxFuture?: Duration
}

export const SOURCE_MEMBERS: readonly (keyof SourceWatermarkOptions)[] = [
  'unit',
  'watermark',
  'idleAfter',
  'maxDrift',
  'maxFuture',
]

interface Partition {
  readonly generator: WatermarkGenerator
  readonly idle: IdleClock | null
}

/** Rows of a batch that are not too far in the future. */
export interface AdmittedRows {
  readonly rows: Int32Array
  readonly count: number
  /** How many were taken out. */
  readonly future: number
}

/**
 * The watermark of a source with partitions: one generator each, combined; idleness and alignment. Times of the clock
 * that go back change nothing; what is no time throws a StreamError `invalid_input`.
 */
export class SourceWatermarks {
  readonly #options: SourceWatermarkOptions
  readonly #unit: TimeUnit
  readonly #idleAfter: number | null
  readonly #maxDrift: number
  readonly #maxFuture: number
  readonly #partitions = new Map<string, Partition>()
  readonly #combined = new CombinedWatermark()
  #blocked = false
  #future = 0

  /** Throws a StreamError when an option is wrong, missing or not known. */
  constructor(options: SourceWatermarkOptions) {
    checkOptions(options, 'the watermarks of a source', SOURCE_MEMBERS)
    checkUnit(options.unit ?? 'ms')
    const { unit = 'ms', idleAfter, maxDrift, maxFuture } = options
    const optional = (value: Duration | undefined, path: string): number =>
      value === undefined ? Number.POSITIVE_INFINITY : parseDuration(value, unit, path, 'from zero')
    this.#options = options
    this.#unit = unit
    this.#idleAfter = idleAfter === undefined ? null : parseDuration(idleAfter, unit, 'idleAfter')
    this.#maxDrift = optional(maxDrift, 'maxDrift')
    this.#maxFuture = optional(maxFuture, 'maxFuture')
    // Refuses a wrong specification now, not with the first partition.
    new WatermarkGenerator(options.watermark, unit).tick(0)
  }

  /** No event before it is expected from any partition that counts. */
  get watermark(): number {
    return this.#combined.watermark
  }

  get idle(): boolean {
    return this.#combined.idle
  }

  /** Events taken out because they were too far in the future. */
  get future(): number {
    return this.#future
  }

  /** Partitions that are known. One is known by its first batch, or by this: it then holds the watermark. */
  add(partition: string): void {
    this.#partition(partition)
  }

  /** Takes out a partition that is read elsewhere from now on. */
  remove(partition: string): void {
    this.#partitions.delete(partition)
    this.#combined.remove(partition)
  }

  #partition(name: string): Partition {
    let partition = this.#partitions.get(name)
    if (partition === undefined) {
      partition = {
        generator: new WatermarkGenerator(this.#options.watermark, this.#unit),
        idle: this.#idleAfter === null ? null : new IdleClock(this.#idleAfter),
      }
      this.#partitions.set(name, partition)
      this.#combined.add(name)
    }
    return partition
  }

  /**
   * Rows that are not too far ahead of the clock; those the watermark may learn from, by `observe`, after they
   * were processed.
   */
  admit(times: Float64Array, rows: Int32Array, count: number, now: number): AdmittedRows {
    checkClock(now)
    const limit = now + this.#maxFuture
    let good = 0
    while (good < count && (times[rows[good] ?? 0] ?? 0) <= limit) good++
    if (good === count) return { rows, count, future: 0 }
    const kept = new Int32Array(count)
    let n = 0
    for (let i = 0; i < count; i++) {
      const row = rows[i] ?? 0
      if ((times[row] ?? 0) <= limit) kept[n++] = row
    }
    this.#future += count - n
    return { rows: kept, count: n, future: count - n }
  }

  /** Learns from rows of a partition, which thereby is active. */
  observe(
    name: string,
    times: Float64Array,
    rows: Int32Array,
    count: number,
    now: number,
    batch: Batch | null = null,
  ): void {
    checkClock(now)
    const partition = this.#partition(name)
    if (count === 0) return
    partition.idle?.active(now)
    this.#combined.setActive(name)
    partition.generator.observe(times, rows, count, now, batch)
    this.#combined.advance(name, partition.generator.watermark)
  }

  /** Learns the processing time: generators that go by the clock, and silence. */
  tick(now: number): void {
    checkClock(now)
    for (const [name, { generator }] of this.#partitions) {
      generator.tick(now)
      this.#combined.advance(name, generator.watermark)
    }
    if (this.#idleAfter === null) return
    this.#stopIdleClocks(now)
    for (const [name, { idle }] of this.#partitions) {
      if (idle?.check(now) === true) this.#combined.setIdle(name)
    }
  }

  /** Silence does not count while nobody reads, nor in partitions that we asked to pause. */
  #stopIdleClocks(now: number): void {
    const paused = new Set(this.paused())
    for (const [name, { idle }] of this.#partitions) {
      if (this.#blocked || paused.has(name)) idle?.block(now)
      else idle?.unblock(now)
    }
  }

  /** Whether we ourselves keep the source from speaking: silence does not count meanwhile. */
  block(blocked: boolean, now: number): void {
    checkClock(now)
    this.#blocked = blocked
    this.#stopIdleClocks(now)
  }

  /** Partitions further ahead of the slowest active one than `maxDrift`: they should not be read now. */
  paused(): string[] {
    if (this.#maxDrift === Number.POSITIVE_INFINITY) return []
    const active = [...this.#partitions].filter(([name]) => !this.#combined.isIdle(name))
    const least = active.reduce(
      (found, [, { generator }]) => Math.min(found, generator.watermark),
      Number.POSITIVE_INFINITY,
    )
    return active
      .filter(([, { generator }]) => generator.watermark > least + this.#maxDrift)
      .map(([name]) => name)
  }

  /** End of one partition, or of all. */
  end(name?: string): void {
    for (const [one, { generator }] of this.#partitions) {
      if (name !== undefined && one !== name) continue
      generator.end()
      this.#combined.setActive(one)
      this.#combined.advance(one, Number.POSITIVE_INFINITY)
    }
  }

  write(out: ByteWriter): void {
    this.#combined.write(out)
    out.varint(this.#future)
    out.varint(this.#partitions.size)
    for (const [name, { generator, idle }] of this.#partitions) {
      out.text(name)
      generator.write(out)
      idle?.write(out)
    }
  }

  /** Reads what `write` wrote, with the same options. */
  read(from: ByteReader): void {
    this.#combined.read(from)
    this.#future = from.varint()
    for (let left = from.count(); left > 0; left--) {
      const { generator, idle } = this.#partition(from.text())
      generator.read(from)
      idle?.read(from)
    }
  }
}
