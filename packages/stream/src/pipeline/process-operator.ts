import type { Batch } from '../batch/batch.ts'
import { UnseenColumns } from '../batch/unseen-columns.ts'
import type { ByteReader, ByteWriter } from '../bytes.ts'
import { invalidInput } from '../check-options.ts'
import { readValue, writeValue } from '../snapshot/json-value.ts'
import { checkIsNew, Restoring, type Snapshots } from '../snapshot/restoring.ts'
import { beginSnapshot, endSnapshot } from '../snapshot/snapshot-frame.ts'
import {
  checkKeyColumns,
  type Key,
  KeyDictionary,
  OVERFLOW_ID,
  readKey,
  writeKey,
} from '../state/key-dictionary.ts'
import { addTime, type KeyRecord, keyRecord, removeTime } from '../state/keyed-records.ts'
import { TimerWheel } from '../state/timer-wheel.ts'
import { StreamError } from '../stream-error.ts'
import { type Duration, parseDuration } from '../time/duration.ts'
import {
  addToTime,
  checkProcessingTime,
  checkWatermark,
  END_OF_TIME,
  isTime,
  type TimeUnit,
} from '../time/time.ts'
import { CombinedWatermark } from '../watermark/combined-watermark.ts'
import { checkTimeColumn, readTimes } from '../window/event-times.ts'
import { checkProcess } from './check-process.ts'
import { type Row, rowAt } from './row.ts'

/** What a process function may do for the key of its event or timer. Not to be kept after the call. */
export interface ProcessContext<S, O> {
  readonly key: Key
  /** State of the key; undefined when there is none or it has outlived its time. Assign undefined to drop it. */
  state: S | undefined
  /** Time of the event, or for which the timer was set. */
  readonly time: number
  readonly watermark: number
  readonly clock: number
  /** Calls `onTimer` for this key once the watermark has reached `time`, at once if it has. Once per time. */
  setTimer(time: number): void
  cancelTimer(time: number): void
  /** The same by processing time. */
  setClockTimer(time: number): void
  cancelClockTimer(time: number): void
  /** Gives a result, by default of the time of the call. */
  emit(value: O, time?: number): void
}

/** A function with state and timers by key. State must be plain data: it is in snapshots as JSON. */
export interface ProcessFunction<S, O, E = Row> {
  /** `input` is the index of the input that the event came from: 0 for the only one. */
  onEvent(event: E, context: ProcessContext<S, O>, input: number): void
  onTimer?(context: ProcessContext<S, O>): void
  onClockTimer?(context: ProcessContext<S, O>): void
}

export interface ProcessInput {
  /** Column of the event time. Default `time`. */
  readonly time?: string
  /** Columns of the key. */
  readonly keys: readonly string[]
}

export interface ProcessOptions<S, O> {
  readonly unit?: TimeUnit
  /** One or several inputs; their keys have the same number of columns. */
  readonly inputs: readonly ProcessInput[]
  readonly process: ProcessFunction<S, O>
  /** Distinguishes functions in snapshots. */
  readonly name: string
  /**
   * How long state lives, by event time, after the last event of the key (`refresh: 'event'`, default) or after
   * the first (`'created'`). Absent: until the function drops it.
   */
  readonly ttl?: { readonly after: Duration; readonly refresh?: 'event' | 'created' }
  readonly limits?: {
    /** Keys with state or timers at one time. Default 1,000,000. */
    readonly keys?: number
    /** What becomes of events of further keys: they share the key `__other__` (default), or are dropped. */
    readonly overflow?: 'share' | 'drop'
  }
}

export interface ProcessResult<O> {
  readonly key: Key
  readonly time: number
  readonly value: O
}

export interface ProcessStatistics {
  readonly events: number
  readonly invalid: number
  /** Events of keys beyond the limit, shared or dropped. */
  readonly overflowed: number
  readonly results: number
  /** States dropped because they outlived their time. */
  readonly expired: number
  /** Watermarks and clocks that went back. */
  readonly regressions: number
  readonly keys: number
  readonly watermark: number
  /** Columns of time and key that no batch of their input has had; as in `OperatorStatistics`. */
  readonly unseenColumns: readonly string[]
}

const COUNTERS = ['events', 'invalid', 'results', 'expired', 'regressions'] as const

/** A process function over batches. Within an input, the calls are those of `WindowOperator`. */
export class ProcessOperator<S, O> {
  readonly #options: ProcessOptions<S, O>
  readonly #keys: KeyDictionary
  readonly #dictionaries: readonly KeyColumns[]
  readonly #records = new Map<number, KeyRecord>()
  readonly #timers: TimerWheel<KeyRecord>
  readonly #clockTimers: TimerWheel<KeyRecord>
  readonly #inputs = new CombinedWatermark()
  readonly #ttl: number
  readonly #counts = { events: 0, invalid: 0, results: 0, expired: 0, regressions: 0 }
  readonly #context: Context<S, O>
  #watermark = Number.NEGATIVE_INFINITY
  #overflowedBefore = 0
  #isNew = true
  readonly #unseen: readonly UnseenColumns[]
  #results: ProcessResult<O>[] = []
  #keyIds = new Int32Array(0)

  /** Throws a StreamError that names the option that is wrong, missing or not known. */
  constructor(options: ProcessOptions<S, O>) {
    checkProcess(options)
    const { unit = 'ms', inputs, ttl, limits } = options
    const columns = inputs[0]?.keys ?? []
    this.#options = options
    this.#keys = new KeyDictionary(columns.length, limits?.keys ?? 1_000_000)
    this.#dictionaries = inputs.map((input) => input.keys)
    this.#ttl =
      ttl === undefined
        ? Number.POSITIVE_INFINITY
        : parseDuration(ttl.after, unit, 'ttl.after', 'positive')
    this.#unseen = inputs.map(({ time = 'time', keys }) => new UnseenColumns([time, ...keys]))
    const second = unit === 'ms' ? 1000 : 1_000_000
    this.#timers = new TimerWheel(second)
    this.#clockTimers = new TimerWheel(second)
    for (const i of inputs.keys()) this.#inputs.add(String(i))
    this.#context = new Context<S, O>(this.#timers, this.#clockTimers, (value, time, key) => {
      checkResultTime(time)
      this.#counts.results++
      this.#results.push({ key: this.#keys.key(key), time, value })
    })
  }

  /** Throws what `push` of the batch would throw before it calls the function, and changes nothing. */
  check(batch: Batch, input = 0): void {
    const columns = this.#columnsOf(input)
    checkKeyColumns(batch, columns)
    checkTimeColumn(batch, this.#options.inputs[input]?.time ?? 'time')
  }

  #columnsOf(input: number): KeyColumns {
    const columns = this.#dictionaries[input]
    if (columns !== undefined) return columns
    throw invalidInput(
      'input',
      `there is no input ${input}; there are ${this.#dictionaries.length}`,
    )
  }

  push(batch: Batch, rows?: Int32Array, input = 0): void {
    this.check(batch, input)
    const columns = this.#columnsOf(input)
    this.#isNew = false
    this.#unseen[input]?.see(batch)
    const timed = readTimes(batch, this.#options.inputs[input]?.time ?? 'time', rows)
    this.#counts.events += timed.count + timed.invalid
    this.#counts.invalid += timed.invalid
    if (timed.count === 0) return
    if (this.#keyIds.length < batch.rows) this.#keyIds = new Int32Array(batch.rows)
    this.#keys.resolve(batch, columns, timed.rows, timed.count, this.#keyIds)
    const drops = this.#options.limits?.overflow === 'drop'
    const { process } = this.#options
    for (let i = 0; i < timed.count; i++) {
      const row = timed.rows[i] ?? 0
      const key = this.#keyIds[row] ?? OVERFLOW_ID
      if (drops && key === OVERFLOW_ID) continue
      const time = timed.times[row] ?? 0
      const record = this.#record(key)
      this.#call(record, time, () => {
        process.onEvent(rowAt(batch, row), this.#context, input)
      })
      this.#refresh(record, time, this.#options.ttl?.refresh !== 'created')
      this.#settle(record)
    }
    // A timer may have been set for what has passed.
    this.#fire()
    // Keys of which nothing is kept must not count against the limit.
    this.#keys.sweep()
  }

  #record(key: number): KeyRecord {
    let record = this.#records.get(key)
    if (record === undefined) {
      record = keyRecord(key)
      this.#records.set(key, record)
      this.#keys.retain(key)
    }
    return record
  }

  #call(record: KeyRecord, time: number, run: () => void): void {
    this.#context.enter(record, this.#keys.key(record.key), time, this.#watermark)
    run()
    record.state = this.#context.state
  }

  /** Sets when the state of a record will have outlived its time; with `again` also if that was set before. */
  #refresh(record: KeyRecord, time: number, again: boolean): void {
    if (this.#ttl === Number.POSITIVE_INFINITY) return
    if (record.state === undefined) {
      record.expires = Number.POSITIVE_INFINITY
      return
    }
    const isNew = record.expires === Number.POSITIVE_INFINITY
    const expires = addToTime(time, this.#ttl)
    if (!isNew && (!again || expires <= record.expires)) return
    record.expires = expires
    this.#timers.set(expires, record)
  }

  /** Gives the key back when nothing is kept of it. */
  #settle(record: KeyRecord): void {
    if (record.state !== undefined || record.timers.length + record.clockTimers.length > 0) return
    if (this.#records.get(record.key) !== record) return
    this.#records.delete(record.key)
    this.#keys.release(record.key)
  }

  /** Tells the watermark of an input; the function goes by the least of all inputs. */
  watermark(time: number, input = 0): void {
    checkWatermark(time)
    this.#columnsOf(input)
    this.#isNew = false
    const name = String(input)
    if (time < this.#inputs.watermarkOf(name)) {
      this.#counts.regressions++
      return
    }
    const to = time >= END_OF_TIME ? Number.POSITIVE_INFINITY : time
    const { watermark } = this.#inputs.advance(name, to)
    if (watermark === null) return
    this.#watermark = watermark
    this.#fire()
    this.#keys.sweep()
  }

  #fire(): void {
    const { process } = this.#options
    this.#timers.due(this.#watermark, (record, time) => {
      if (record.expires <= time) {
        record.state = undefined
        record.expires = Number.POSITIVE_INFINITY
        this.#counts.expired++
      }
      if (removeTime(record.timers, time)) {
        this.#call(record, time, () => process.onTimer?.(this.#context))
        this.#refresh(record, time, false)
      }
      this.#settle(record)
    })
  }

  clock(now: number): void {
    checkProcessingTime(now)
    this.#isNew = false
    if (now < this.#context.clock) {
      this.#counts.regressions++
      return
    }
    this.#context.clock = now
    const { process } = this.#options
    this.#clockTimers.due(now, (record, time) => {
      if (!removeTime(record.clockTimers, time)) return
      this.#call(record, time, () => process.onClockTimer?.(this.#context))
      this.#settle(record)
    })
    this.#fire()
  }

  /** End of all inputs. */
  end(): void {
    for (const i of this.#options.inputs.keys()) this.watermark(END_OF_TIME, i)
  }

  takeResults(): ProcessResult<O>[] {
    const results = this.#results
    this.#results = []
    return results
  }

  /** Least watermark of the inputs. */
  get currentWatermark(): number {
    return this.#watermark
  }

  statistics(): ProcessStatistics {
    return {
      ...this.#counts,
      overflowed: this.#overflowedBefore + this.#keys.overflowed,
      keys: this.#records.size,
      watermark: this.#watermark,
      unseenColumns: this.#unseen.flatMap((unseen) => unseen.names()),
    }
  }

  /** The same as sentences. */
  warnings(where: string): string[] {
    return this.#unseen.flatMap((unseen) => unseen.warnings(where))
  }

  snapshot(): Uint8Array {
    if (this.#results.length > 0) {
      throw new StreamError('invalid_input', 'take the results before a snapshot')
    }
    const out = beginSnapshot('a process operator', this.#fingerprint())
    this.#inputs.write(out)
    out.f64(this.#watermark)
    out.f64(this.#context.clock)
    for (const counter of COUNTERS) out.varint(this.#counts[counter])
    out.varint(this.#overflowedBefore + this.#keys.overflowed)
    out.varint(this.#records.size)
    for (const record of this.#records.values()) this.#writeRecord(record, out)
    return endSnapshot(out)
  }

  #writeRecord(record: KeyRecord, out: ByteWriter): void {
    writeKey(this.#keys.key(record.key), out)
    out.u8(record.state === undefined ? 0 : 1)
    if (record.state !== undefined) writeValue(record.state, out)
    out.f64(record.expires)
    for (const times of [record.timers, record.clockTimers]) {
      out.varint(times.length)
      for (const time of times) out.f64(time)
    }
  }

  #fingerprint(): unknown {
    const { unit = 'ms', name, inputs, ttl } = this.#options
    return { unit, name, inputs, ttl: ttl ?? null }
  }

  /**
   * Takes over a snapshot, or those of several instances, by the rules of `Restoring`; with `owns`, the keys of which it
   * says so. Throws a StreamError `bad_snapshot`, or `invalid_input` when this is not a new operator.
   */
  restore(snapshots: Snapshots, owns?: (key: Key) => boolean): void {
    checkIsNew(this.#isNew)
    this.#isNew = false
    const kind = 'a process operator'
    const restoring = new Restoring(snapshots, kind, this.#fingerprint(), owns)
    for (const from of restoring.readers) {
      this.#inputs.read(from)
      this.#watermark = restoring.agreed('watermark', from.f64())
      this.#context.clock = restoring.agreed('clock', from.f64())
      for (const counter of COUNTERS) this.#counts[counter] = restoring.counter(from.varint())
      this.#overflowedBefore = restoring.counter(from.varint())
      for (let left = from.count(); left > 0; left--) this.#readRecord(from, restoring)
    }
    restoring.end()
    this.#keys.sweep()
  }

  #readRecord(from: ByteReader, restoring: Restoring): void {
    const key = readKey(this.#dictionaries[0]?.length ?? 0, from)
    const state = from.u8() === 1 ? readValue(from) : undefined
    const expires = from.f64()
    const lists: number[][] = []
    for (let list = 0; list < 2; list++) {
      const times: number[] = []
      for (let left = from.count(8); left > 0; left--) times.push(from.f64())
      lists.push(times)
    }
    if (!restoring.owns(key)) return
    const record = this.#record(this.#keys.idOf(key))
    // Of several overflow keys, one's state stays: a function's state cannot be put together.
    record.state ??= state
    record.expires = Math.min(record.expires, expires)
    if (expires < Number.POSITIVE_INFINITY) this.#timers.set(expires, record)
    for (const time of lists[0] ?? []) {
      if (addTime(record.timers, time)) this.#timers.set(time, record)
    }
    for (const time of lists[1] ?? []) {
      if (addTime(record.clockTimers, time)) this.#clockTimers.set(time, record)
    }
  }
}

type KeyColumns = readonly string[]

function checkResultTime(time: number): void {
  if (isTime(time)) return
  throw invalidInput('time', `a result of ${time}, which is no time of a stream`)
}

function checkTimer(time: number): void {
  if (isTime(time)) return
  throw invalidInput('timer', `${time} is no time of a stream`)
}

/** One object for all calls. */
class Context<S, O> implements ProcessContext<S, O> {
  readonly #timers: TimerWheel<KeyRecord>
  readonly #clockTimers: TimerWheel<KeyRecord>
  readonly #give: (value: O, time: number, key: number) => void
  #record: KeyRecord = keyRecord(OVERFLOW_ID)
  key: Key = null
  state: S | undefined = undefined
  time = 0
  watermark = Number.NEGATIVE_INFINITY
  clock = 0

  constructor(
    timers: TimerWheel<KeyRecord>,
    clockTimers: TimerWheel<KeyRecord>,
    give: (value: O, time: number, key: number) => void,
  ) {
    this.#timers = timers
    this.#clockTimers = clockTimers
    this.#give = give
  }

  enter(record: KeyRecord, key: Key, time: number, watermark: number): void {
    this.#record = record
    this.key = key
    this.state = record.state as S | undefined
    this.time = time
    this.watermark = watermark
  }

  setTimer(time: number): void {
    checkTimer(time)
    if (addTime(this.#record.timers, time)) this.#timers.set(time, this.#record)
  }

  cancelTimer(time: number): void {
    removeTime(this.#record.timers, time)
  }

  setClockTimer(time: number): void {
    checkTimer(time)
    if (addTime(this.#record.clockTimers, time)) this.#clockTimers.set(time, this.#record)
  }

  cancelClockTimer(time: number): void {
    removeTime(this.#record.clockTimers, time)
  }

  emit(value: O, time: number = this.time): void {
    this.#give(value, time, this.#record.key)
  }
}
