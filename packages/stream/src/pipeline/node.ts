import type { Batch } from '../batch/batch.ts'
import type { ByteReader, ByteWriter } from '../bytes.ts'
import { invalidInput, shown } from '../check-options.ts'
import type { Key } from '../state/key-dictionary.ts'
import { StreamError } from '../stream-error.ts'
import { CombinedWatermark } from '../watermark/combined-watermark.ts'
import { allRows } from '../window/event-times.ts'
import type { Pane, WindowResult } from '../window/window-core.ts'
import {
  createWindowOperator,
  type LateEvent,
  restoreWindowOperator,
  type WindowOperator,
  type WindowOperatorOptions,
} from '../window/window-operator.ts'
import { ProcessOperator, type ProcessOptions, type ProcessResult } from './process-operator.ts'
import { batchesOf, type PlainRecord } from './records.ts'
import { type Row, rowAt } from './row.ts'

/**
 * A stage of a running pipeline. Rows and watermarks go from node to node in one call: what a node makes of a watermark
 * has reached the next node before the watermark does.
 */
export interface Node {
  /**
   * Throws what `push` of the same would throw because of what the batch is, before anything is counted anywhere: so that
   * a batch is taken by the whole pipeline or not at all. Functions of the user are called here, and their answers kept
   * for `push`.
   */
  check(batch: Batch, rows: Int32Array | undefined, input: number): void
  push(batch: Batch, rows: Int32Array | undefined, input: number): void
  watermark(time: number, input: number): void
  clock(now: number): void
  /** State of nodes that have any. */
  write?(out: ByteWriter): void
  /** Takes in the state of the same node of one or several pipelines. */
  read?(from: readonly ByteReader[], owns: ((key: Key) => boolean) | undefined): void
  /** For statistics, with the name of the stage. */
  statistics?(): Readonly<Record<string, number>>
  /** What looks like a mistake, as sentences that begin with `where`. */
  warnings?(where: string): string[]
}

/** Where the results of a node go: another node's input, or the end of the pipeline. */
export interface Outlet {
  /** Whether results are wanted as batches, or as they are. */
  readonly takes: 'batches' | 'results'
  /** As `Node.check`. */
  check(this: void, batch: Batch, rows?: Int32Array): void
  batch(this: void, batch: Batch, rows?: Int32Array): void
  result(this: void, result: unknown): void
  watermark(this: void, time: number): void
  late(this: void, stage: string, event: LateEvent): void
}

/** What a node made of rows when they were checked, for when they are pushed. */
class Prepared<T> {
  readonly #made = new WeakMap<
    Batch,
    { readonly rows: Int32Array | undefined; readonly value: T }[]
  >()

  put(batch: Batch, rows: Int32Array | undefined, value: T): T {
    const others = (this.#made.get(batch) ?? []).filter((one) => one.rows !== rows)
    this.#made.set(batch, [...others, { rows, value }])
    return value
  }

  /** Once: the same batch may come again, and a function may then answer otherwise. */
  take(batch: Batch, rows: Int32Array | undefined): T | undefined {
    const all = this.#made.get(batch)
    const at = all?.findIndex((one) => one.rows === rows) ?? -1
    return at < 0 ? undefined : all?.splice(at, 1)[0]?.value
  }
}

/** Several streams as one: the watermark is the least of theirs. Also the way into the next node. */
export class MergeNode implements Node {
  readonly #out: Outlet
  readonly #inputs = new CombinedWatermark()

  constructor(inputs: number, out: Outlet) {
    this.#out = out
    for (let i = 0; i < inputs; i++) this.#inputs.add(String(i))
  }

  check(batch: Batch, rows: Int32Array | undefined): void {
    this.#out.check(batch, rows)
  }

  push(batch: Batch, rows: Int32Array | undefined): void {
    this.#out.batch(batch, rows)
  }

  watermark(time: number, input: number): void {
    const { watermark } = this.#inputs.advance(String(input), time)
    if (watermark !== null) this.#out.watermark(watermark)
  }

  clock(): void {}

  write(out: ByteWriter): void {
    this.#inputs.write(out)
  }

  read(from: readonly ByteReader[]): void {
    for (const one of from) this.#inputs.read(one)
  }
}

/** Leaves rows out. */
export class FilterNode implements Node {
  readonly #out: Outlet
  readonly #keeps: (event: Row) => boolean
  readonly #prepared = new Prepared<Int32Array>()

  constructor(keeps: (event: Row) => boolean, out: Outlet) {
    this.#keeps = keeps
    this.#out = out
  }

  check(batch: Batch, rows: Int32Array | undefined): void {
    const kept = this.#prepared.put(batch, rows, this.#kept(batch, rows))
    if (kept.length > 0) this.#out.check(batch, kept)
  }

  push(batch: Batch, rows: Int32Array | undefined): void {
    const kept = this.#prepared.take(batch, rows) ?? this.#kept(batch, rows)
    if (kept.length > 0) this.#out.batch(batch, kept)
  }

  #kept(batch: Batch, rows: Int32Array | undefined): Int32Array {
    return (rows ?? allRows(batch.rows)).filter((row) => this.#keeps(rowAt(batch, row)))
  }

  watermark(time: number): void {
    this.#out.watermark(time)
  }

  clock(): void {}
}

/** Leaves rows out by a function of whole batches. */
export class SelectNode implements Node {
  readonly #out: Outlet
  readonly #select: (batch: Batch, rows: Int32Array) => Int32Array
  readonly #prepared = new Prepared<Int32Array>()

  constructor(select: (batch: Batch, rows: Int32Array) => Int32Array, out: Outlet) {
    this.#select = select
    this.#out = out
  }

  check(batch: Batch, rows: Int32Array | undefined): void {
    const kept = this.#prepared.put(batch, rows, this.#kept(batch, rows))
    if (kept.length > 0) this.#out.check(batch, kept)
  }

  push(batch: Batch, rows: Int32Array | undefined): void {
    const kept = this.#prepared.take(batch, rows) ?? this.#kept(batch, rows)
    if (kept.length > 0) this.#out.batch(batch, kept)
  }

  #kept(batch: Batch, rows: Int32Array | undefined): Int32Array {
    const kept: unknown = this.#select(batch, rows ?? allRows(batch.rows))
    if (kept instanceof Int32Array) return kept
    throw invalidInput('select', `its answer, ${shown(kept)}, is no Int32Array of rows`)
  }

  watermark(time: number): void {
    this.#out.watermark(time)
  }

  clock(): void {}
}

/** Makes other events of events. */
export class MapNode implements Node {
  readonly #out: Outlet
  readonly #map: (event: Row) => PlainRecord | readonly PlainRecord[] | null
  readonly #prepared = new Prepared<Batch[]>()

  constructor(map: (event: Row) => PlainRecord | readonly PlainRecord[] | null, out: Outlet) {
    this.#map = map
    this.#out = out
  }

  check(batch: Batch, rows: Int32Array | undefined): void {
    const made = this.#prepared.put(batch, rows, this.#made(batch, rows))
    for (const one of made) this.#out.check(one)
  }

  push(batch: Batch, rows: Int32Array | undefined): void {
    const made = this.#prepared.take(batch, rows) ?? this.#made(batch, rows)
    for (const one of made) this.#out.batch(one)
  }

  #made(batch: Batch, rows: Int32Array | undefined): Batch[] {
    const records: PlainRecord[] = []
    for (const row of rows ?? allRows(batch.rows)) {
      const made = this.#map(rowAt(batch, row))
      if (made === null) continue
      if (Array.isArray(made)) records.push(...(made as readonly PlainRecord[]))
      else records.push(made as PlainRecord)
    }
    return batchesOf(records)
  }

  watermark(time: number): void {
    this.#out.watermark(time)
  }

  clock(): void {}
}

/** Members of a window's result as an event of the next stage, beside its key columns and values. */
export const RESULT_COLUMNS = [
  'time',
  'window_start',
  'window_end',
  'pane_index',
  'pane_timing',
] as const

export class WindowNode implements Node {
  readonly #name: string
  readonly #options: WindowOperatorOptions
  readonly #out: Outlet
  #operator: WindowOperator

  constructor(name: string, options: WindowOperatorOptions, out: Outlet) {
    this.#name = name
    this.#options = options
    this.#out = out
    this.#operator = createWindowOperator(options)
  }

  check(batch: Batch): void {
    this.#operator.check(batch)
  }

  push(batch: Batch, rows: Int32Array | undefined): void {
    this.#operator.push(batch, rows)
    this.#drain()
  }

  watermark(time: number): void {
    this.#operator.watermark(time)
    this.#drain()
    this.#out.watermark(Math.min(time, this.#operator.hold()))
  }

  clock(now: number): void {
    this.#operator.clock(now)
    this.#drain()
  }

  #drain(): void {
    for (const late of this.#operator.takeLate()) this.#out.late(this.#name, late)
    const results = this.#operator.takeResults()
    if (results.length === 0) return
    if (this.#out.takes === 'results') {
      for (const result of results) this.#out.result(result)
      return
    }
    const records = results.map((result) => recordOf(result, this.#options.keys ?? []))
    for (const batch of batchesOf(records)) this.#out.batch(batch)
  }

  write(out: ByteWriter): void {
    out.bytes(this.#operator.snapshot())
  }

  read(from: readonly ByteReader[], owns: ((key: Key) => boolean) | undefined): void {
    const all = from.map((one) => one.bytes())
    this.#operator = restoreWindowOperator(this.#options, all, owns)
  }

  statistics(): Readonly<Record<string, number>> {
    const { unseenColumns: _, ...counts } = this.#operator.statistics()
    return counts
  }

  warnings(where: string): string[] {
    return this.#operator.warnings(where)
  }
}

function recordOf(result: WindowResult, keys: readonly string[]): PlainRecord {
  const record: Record<string, unknown> = {}
  for (const [i, name] of keys.entries()) {
    record[name] = keys.length === 1 ? result.key : (result.key as readonly unknown[])[i]
  }
  const { index, timing }: Pane = result.pane
  Object.assign(record, {
    time: result.time,
    window_start: result.window.start,
    window_end: result.window.end,
    pane_index: index,
    pane_timing: timing,
  })
  return Object.assign(record, result.values)
}

/** A process function or join; results that are records can go on as events of their time. */
export class ProcessNode<S, O> implements Node {
  readonly #make: () => ProcessOperator<S, O>
  readonly #out: Outlet
  #operator: ProcessOperator<S, O>

  constructor(make: () => ProcessOperator<S, O>, out: Outlet) {
    this.#make = make
    this.#out = out
    this.#operator = make()
  }

  static of<S, O>(options: ProcessOptions<S, O>, out: Outlet): ProcessNode<S, O> {
    return new ProcessNode(() => new ProcessOperator(options), out)
  }

  check(batch: Batch, _rows: Int32Array | undefined, input: number): void {
    this.#operator.check(batch, input)
  }

  push(batch: Batch, rows: Int32Array | undefined, input: number): void {
    this.#operator.push(batch, rows, input)
    this.#drain()
  }

  watermark(time: number, input: number): void {
    this.#operator.watermark(time, input)
    this.#drain()
    this.#out.watermark(this.#operator.currentWatermark)
  }

  clock(now: number): void {
    this.#operator.clock(now)
    this.#drain()
  }

  #drain(): void {
    const results = this.#operator.takeResults()
    if (results.length === 0) return
    if (this.#out.takes === 'results') {
      for (const result of results) this.#out.result(result)
      return
    }
    for (const batch of batchesOf(results.map(eventOf))) this.#out.batch(batch)
  }

  write(out: ByteWriter): void {
    out.bytes(this.#operator.snapshot())
  }

  read(from: readonly ByteReader[], owns: ((key: Key) => boolean) | undefined): void {
    this.#operator = this.#make()
    const all = from.map((one) => one.bytes())
    this.#operator.restore(all, owns)
  }

  statistics(): Readonly<Record<string, number>> {
    const { unseenColumns: _, ...counts } = this.#operator.statistics()
    return counts
  }

  warnings(where: string): string[] {
    return this.#operator.warnings(where)
  }
}

function eventOf<O>(result: ProcessResult<O>): PlainRecord {
  const { value } = result
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return { ...value, time: result.time }
  }
  throw new StreamError(
    'invalid_input',
    'a process function gave a result that is no record, and a later stage needs records',
  )
}
