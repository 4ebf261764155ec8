import type { Aggregate, AggregateSpec } from '../aggregate/aggregate.ts'
import { columnsRead } from '../aggregate/columns-read.ts'
import type { Batch } from '../batch/batch.ts'
import { UnseenColumns } from '../batch/unseen-columns.ts'
import type { ByteReader } from '../bytes.ts'
import {
  checkLimit,
  checkName,
  checkNames,
  checkOptions,
  checkUnit,
  checkWord,
} from '../check-options.ts'
import { Restoring, type Snapshots } from '../snapshot/restoring.ts'
import { beginSnapshot, endSnapshot } from '../snapshot/snapshot-frame.ts'
import {
  checkKeyColumns,
  type Key,
  KeyDictionary,
  readKey,
  writeKey,
} from '../state/key-dictionary.ts'
import { StreamError } from '../stream-error.ts'
import {
  BEGINNING_OF_TIME,
  checkProcessingTime,
  checkWatermark,
  END_OF_TIME,
  type TimeUnit,
} from '../time/time.ts'
import { createCore } from './create-core.ts'
import { checkTimeColumn, readTimes } from './event-times.ts'
import { Slots } from './slots.ts'
import type { LateReason, WindowCore, WindowResult } from './window-core.ts'
import { resolveWindowing, type WindowingSpec } from './window-spec.ts'

export interface WindowOperatorOptions {
  /** Unit of every time, and of durations given as numbers. Default ms. */
  readonly unit?: TimeUnit
  /** Column of the event time (f64, i64, i32). Default `time`. */
  readonly time?: string
  /** Columns that together are the key. Default none: one group, whose key is null. */
  readonly keys?: readonly string[]
  readonly windowing: WindowingSpec
  readonly aggregates: readonly AggregateSpec[]
  /** The user's own aggregates by name. */
  readonly others?: Readonly<Record<string, Aggregate>>
  readonly limits?: {
    /** Keys with state at one time; further ones count as the overflow key `__other__`. Default 1,000,000. */
    readonly keys?: number
    /** Late events kept until `takeLate`; further ones are only counted. Default 10,000. */
    readonly late?: number
  }
  /** True: a watermark or clock that goes back is an error; else it is ignored and counted. Default false. */
  readonly strict?: boolean
  /**
   * `general`: windows of one kind of code that knows all triggers, even where a faster one would give the same.
   * For tests; default `fast`.
   */
  readonly path?: 'fast' | 'general'
}

/** An event that no window took, as it was pushed. */
export interface LateEvent {
  readonly batch: Batch
  readonly row: number
  readonly time: number
  readonly key: Key
  readonly reason: LateReason
}

/** Counters since the operator was made or restored from (they are in the snapshot), and gauges. */
export interface OperatorStatistics {
  /** Rows pushed. */
  readonly events: number
  /** Rows without a valid event time. */
  readonly invalid: number
  /** Rows all of whose windows were forgotten; whose triggers had finished; that are between windows. */
  readonly late: number
  readonly closed: number
  readonly outside: number
  /** Rows counted under the overflow key. */
  readonly overflowed: number
  /** Watermarks and clocks that went back. */
  readonly regressions: number
  readonly results: number
  /** Late events that `takeLate` will not give because too many were kept. */
  readonly lateNotKept: number
  /** Numbers that aggregates skipped because they were NaN or infinite. Not in the snapshot. */
  readonly invalidValues: number
  /**
   * Columns of time, keys and aggregates that no batch has had: misspelt, or without a value so far. They are told and
   * not refused, because a column without values may be left out of a batch. Not in the snapshot.
   */
  readonly unseenColumns: readonly string[]
  /** Keys with state. */
  readonly keys: number
  /** Windows or slices with state, over all keys. */
  readonly open: number
  readonly watermark: number
  readonly clock: number
  /** Memory held by states, keys and windows, estimated. */
  readonly bytes: number
}

/** Windows over one stream of batches. Nothing happens but in these calls. */
export interface WindowOperator {
  /**
   * Throws what `push` of the batch would throw, a StreamError `invalid_input`, and changes nothing: so that a batch for
   * several is taken by all or by none.
   */
  check(batch: Batch): void
  /**
   * Adds rows, those of `rows` in that order, or all. The batch must not change until late events are taken. Throws
   * a StreamError `invalid_input`, and then nothing of the batch is counted, when an aggregate, the key or the time cannot
   * be read from its column.
   */
  push(batch: Batch, rows?: Int32Array): void
  /** No event before `time` is expected any more. Throws a StreamError `invalid_input` when it is no time. */
  watermark(time: number): void
  /** Tells the processing time, which is 0 until told. Throws a StreamError `invalid_input` when it is no time. */
  clock(now: number): void
  /** End of input: every window fires. */
  end(): void
  takeResults(): WindowResult[]
  takeLate(): LateEvent[]
  /**
   * No result to come has an earlier stamp than this and the watermark, late panes apart. Infinite where stamps are
   * the ends of windows, which the watermark has not reached.
   */
  hold(): number
  statistics(): OperatorStatistics
  /** `unseenColumns` as sentences that begin with `where` and say what may have been meant. */
  warnings(where: string): string[]
  /** All state as bytes. Throws `invalid_input` while there are results or late events not taken. */
  snapshot(): Uint8Array
}

const MEMBERS: readonly (keyof WindowOperatorOptions)[] = [
  'unit',
  'time',
  'keys',
  'windowing',
  'aggregates',
  'others',
  'limits',
  'strict',
  'path',
]

const COUNTERS = [
  'events',
  'invalid',
  'late',
  'closed',
  'outside',
  'regressions',
  'results',
  'lateNotKept',
] as const

/** Throws a StreamError that names the member when an option is wrong. */
export function createWindowOperator(options: WindowOperatorOptions): WindowOperator {
  return new Operator(options)
}

/**
 * An operator with the state of one or several snapshots of the same options, by the rules of `Restoring`. With `owns`,
 * only keys of which it says so: so that the keys of several instances can be divided over another number of them.
 * Throws a StreamError `bad_snapshot`.
 */
export function restoreWindowOperator(
  options: WindowOperatorOptions,
  snapshots: Snapshots,
  owns?: (key: Key) => boolean,
): WindowOperator {
  const operator = new Operator(options)
  operator.restore(snapshots, owns)
  return operator
}

class Operator implements WindowOperator {
  readonly #options: WindowOperatorOptions
  readonly #fingerprint: unknown
  readonly #columns: readonly string[]
  readonly #slots: Slots
  readonly #keys: KeyDictionary
  readonly #core: WindowCore
  readonly #lateLimit: number
  readonly #unseen: UnseenColumns
  readonly #counts = {
    events: 0,
    invalid: 0,
    late: 0,
    closed: 0,
    outside: 0,
    regressions: 0,
    results: 0,
    lateNotKept: 0,
  }
  #watermark = Number.NEGATIVE_INFINITY
  #clock = 0
  #overflowedBefore = 0
  #results: WindowResult[] = []
  #late: LateEvent[] = []
  #keyIds = new Int32Array(0)

  constructor(options: WindowOperatorOptions) {
    checkOptions(options, 'a window operator', MEMBERS)
    const { unit = 'ms', time = 'time', keys = [], limits = {}, others = {} } = options
    checkUnit(unit)
    checkName(time, 'time')
    checkNames(keys, 'keys')
    checkOptions(limits, 'limits', ['keys', 'late'], 'limits')
    const keyLimit = limits.keys ?? 1_000_000
    checkLimit(keyLimit, 1, 'limits.keys')
    checkLimit(limits.late ?? 10_000, 0, 'limits.late')
    checkWord(options.path ?? 'fast', ['fast', 'general'], 'path')
    const windowing = resolveWindowing(options.windowing, unit)
    this.#options = options
    this.#columns = keys
    this.#slots = new Slots(options.aggregates, unit, others)
    this.#keys = new KeyDictionary(keys.length, keyLimit)
    this.#lateLimit = limits.late ?? 10_000
    this.#core = createCore(
      {
        windowing,
        slots: this.#slots,
        keys: this.#keys,
        emit: (result, key) => {
          this.#counts.results++
          this.#results.push({ key: this.#keys.key(key), ...result })
        },
        late: (rows, row, reason) => {
          this.#counts[reason]++
          if (this.#late.length >= this.#lateLimit) {
            this.#counts.lateNotKept++
            return
          }
          const key = this.#keys.key(rows.keys[row] ?? 0)
          this.#late.push({ batch: rows.batch, row, time: rows.times[row] ?? 0, key, reason })
        },
        outside: () => {
          this.#counts.outside++
        },
      },
      unit,
      options.path ?? 'fast',
    )
    const { aggregates, path = 'fast' } = options
    const { window } = windowing
    this.#unseen = new UnseenColumns([
      time,
      ...keys,
      ...(window.type === 'session' && window.gapColumn !== null ? [window.gapColumn] : []),
      ...columnsRead(aggregates, others).keys(),
    ])
    this.#fingerprint = { unit, time, keys, windowing: options.windowing, aggregates, path }
  }

  check(batch: Batch): void {
    this.#slots.check(batch)
    checkKeyColumns(batch, this.#columns)
    checkTimeColumn(batch, this.#options.time ?? 'time')
  }

  push(batch: Batch, chosen?: Int32Array): void {
    this.check(batch)
    this.#unseen.see(batch)
    const { rows, count, times, invalid } = readTimes(batch, this.#options.time ?? 'time', chosen)
    this.#counts.events += count + invalid
    this.#counts.invalid += invalid
    if (count === 0) return
    if (this.#keyIds.length < batch.rows) this.#keyIds = new Int32Array(batch.rows)
    this.#keys.resolve(batch, this.#columns, rows, count, this.#keyIds)
    this.#core.add({ batch, rows, count, times, keys: this.#keyIds })
    // Keys whose events were all late hold nothing, and must not count against the limit.
    this.#keys.sweep()
  }

  watermark(time: number): void {
    checkWatermark(time)
    if (time < this.#watermark) {
      this.#regress('watermark', time, this.#watermark)
      return
    }
    if (time === this.#watermark) return
    this.#watermark = time >= END_OF_TIME ? Number.POSITIVE_INFINITY : time
    this.#core.watermark(this.#watermark)
    this.#keys.sweep()
  }

  clock(now: number): void {
    checkProcessingTime(now)
    if (now < this.#clock) {
      this.#regress('clock', now, this.#clock)
      return
    }
    this.#clock = now
    this.#core.clock(now)
  }

  #regress(what: string, time: number, before: number): void {
    this.#counts.regressions++
    if (this.#options.strict !== true) return
    throw new StreamError('invalid_input', `the ${what} went back from ${before} to ${time}`, what)
  }

  end(): void {
    this.watermark(END_OF_TIME)
  }

  takeResults(): WindowResult[] {
    const results = this.#results
    this.#results = []
    return results
  }

  takeLate(): LateEvent[] {
    const late = this.#late
    this.#late = []
    return late
  }

  hold(): number {
    return this.#core.hold?.() ?? Number.POSITIVE_INFINITY
  }

  statistics(): OperatorStatistics {
    return {
      ...this.#counts,
      overflowed: this.#overflowedBefore + this.#keys.overflowed,
      invalidValues: this.#slots.invalid,
      unseenColumns: this.#unseen.names(),
      keys: this.#keys.live,
      open: this.#core.open,
      watermark: Math.min(Math.max(this.#watermark, BEGINNING_OF_TIME), END_OF_TIME),
      clock: this.#clock,
      bytes: this.#slots.bytes() + this.#keys.bytes() + this.#core.bytes(),
    }
  }

  warnings(where: string): string[] {
    return this.#unseen.warnings(where)
  }

  snapshot(): Uint8Array {
    if (this.#results.length + this.#late.length > 0) {
      throw new StreamError(
        'invalid_input',
        'take the results and late events before a snapshot: it does not hold them',
      )
    }
    const out = beginSnapshot('a window operator', this.#fingerprint)
    out.f64(this.#watermark)
    out.f64(this.#clock)
    for (const counter of COUNTERS) out.varint(this.#counts[counter])
    out.varint(this.#overflowedBefore + this.#keys.overflowed)
    const held = this.#keys.held()
    out.varint(held.length)
    for (const id of held) {
      out.varint(id)
      writeKey(this.#keys.key(id), out)
    }
    this.#core.write(out)
    return endSnapshot(out)
  }

  restore(snapshots: Snapshots, owns?: (key: Key) => boolean): void {
    const restoring = new Restoring(snapshots, 'a window operator', this.#fingerprint, owns)
    for (const from of restoring.readers) this.#read(from, restoring)
    restoring.end()
    this.#keys.sweep()
  }

  #read(from: ByteReader, restoring: Restoring): void {
    this.#watermark = restoring.agreed('watermark', from.f64())
    this.#clock = restoring.agreed('clock', from.f64())
    for (const counter of COUNTERS) this.#counts[counter] = restoring.counter(from.varint())
    this.#overflowedBefore = restoring.counter(from.varint())
    const ids = new Map<number, number>()
    for (let left = from.count(2); left > 0; left--) {
      const id = from.varint()
      const key = readKey(this.#columns.length, from)
      if (restoring.owns(key)) ids.set(id, this.#keys.idOf(key))
    }
    this.#core.read(from, (id) => ids.get(id) ?? -1)
  }
}
