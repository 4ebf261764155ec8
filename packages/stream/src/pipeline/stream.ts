import type { Aggregate, AggregateSpec } from '../aggregate/aggregate.ts'
import { columnsRead } from '../aggregate/columns-read.ts'
import type { Batch } from '../batch/batch.ts'
import {
  checkColumns,
  checkFunction,
  checkNames,
  checkOptions,
  invalidInput,
  shown,
} from '../check-options.ts'
import { StreamError } from '../stream-error.ts'
import type { Duration } from '../time/duration.ts'
import type { TimeUnit } from '../time/time.ts'
import type { TriggerSpec } from '../trigger/trigger-spec.ts'
import type { WindowResult } from '../window/window-core.ts'
import type { WindowOperatorOptions } from '../window/window-operator.ts'
import type { WindowingSpec, WindowSpec } from '../window/window-spec.ts'
import { checkProcess } from './check-process.ts'
import {
  type IntervalJoinOptions,
  intervalJoin,
  type JoinType,
  type Pair,
  type WindowPair,
  windowJoin,
} from './join.ts'
import {
  FilterNode,
  MapNode,
  MergeNode,
  type Node,
  type Outlet,
  ProcessNode,
  RESULT_COLUMNS,
  SelectNode,
  WindowNode,
} from './node.ts'
import { Pipeline, type PipelineOptions } from './pipeline.ts'
import type {
  ProcessFunction,
  ProcessInput,
  ProcessOptions,
  ProcessResult,
} from './process-operator.ts'
import type { PlainRecord } from './records.ts'
import type { Row } from './row.ts'
import { checkSource, type Stage, type StreamOptions } from './stage.ts'

interface Origin {
  readonly unit: TimeUnit
  /** Column of the event time at this place. */
  readonly time: string
  /** All columns that events may have at this place; null where they are not known. */
  readonly columns: readonly string[] | null
}

/**
 * A stream of events, described step by step: `stream(…).keyBy('service').window(tumbling('5m')).aggregate({ n: 'count' })`. Every
 * step gives a new description; nothing runs until `run`. `E` is an event as the next step sees it, `O` what the
 * pipeline gives if it ends here.
 */
export class Stream<E extends object, O = E> {
  readonly #stage: Stage
  readonly #origin: Origin

  constructor(stage: Stage, origin: Origin) {
    this.#stage = stage
    this.#origin = origin
  }

  /** Keeps events for which `keeps` says true. It is given an object per event: see `select`. */
  filter(keeps: (event: E) => boolean): Stream<E> {
    checkFunction(keeps, 'filter', '(event) => event.value > 0')
    const test = keeps as unknown as (event: Row) => boolean
    return this.#then<E>('filter', (out) => new FilterNode(test, out))
  }

  /** Keeps the rows of a batch that `select` answers, without an object per event. */
  select(select: (batch: Batch, rows: Int32Array) => Int32Array): Stream<E> {
    checkFunction(select, 'select', '(batch, rows) => rows')
    return this.#then<E>('select', (out) => new SelectNode(select, out))
  }

  /**
   * Makes one event, several or none of each. They need the member of the event time; what is no number, text
   * or boolean in them becomes the text of its JSON.
   */
  map<R extends object>(map: (event: E) => R | readonly R[] | null): Stream<R> {
    checkFunction(map, 'map', '(event) => ({ ...event })')
    const make = map as unknown as (event: Row) => PlainRecord | readonly PlainRecord[] | null
    const origin = { ...this.#origin, columns: null }
    return this.#then<R>('map', (out) => new MapNode(make, out), origin)
  }

  #then<R extends object>(
    name: string,
    node: (out: Outlet) => Node,
    origin: Origin = this.#origin,
  ): Stream<R> {
    return new Stream<R>({ name, from: [this.#stage], node }, origin)
  }

  /** Several streams of the same kind of events as one. */
  union(...others: readonly Stream<E>[]): Stream<E> {
    for (const [i, other] of others.entries()) {
      if (other instanceof Stream) continue
      throw invalidInput(`union[${i}]`, `${shown(other)} is no stream`)
    }
    const all = [this, ...others]
    const from = all.map((one) => one.#stage)
    const node = (out: Outlet): Node => new MergeNode(from.length, out)
    const known = all.map((one) => one.#origin.columns)
    const columns = known.includes(null) ? null : known.flatMap((one) => one ?? [])
    return new Stream<E>({ name: 'union', from, node }, { ...this.#origin, columns })
  }

  /**
   * Groups by columns; by none, all events are one group. Throws a StreamError `unknown_column` where the columns are
   * known (behind a window, or from `stream({ columns })`) and this is none of them. Where they are not, a column that
   * no event has is null for all, and is told by the `warnings` of the statistics: an event may lack any column.
   */
  keyBy(...columns: readonly (keyof E & string)[]): KeyedStream<E> {
    checkNames(columns, 'keyBy')
    checkColumns(columns, this.#origin.columns, 'keyBy')
    return new KeyedStream<E>(this.#stage, this.#origin, columns)
  }

  /** A pipeline that runs. Throws a StreamError when something in its description is wrong. */
  run(options: PipelineOptions = {}): Pipeline<O> {
    return new Pipeline<O>(this.#stage, options)
  }

  /** A pipeline that hands every result to `sink`, and waits for it. */
  to(sink: (result: O) => void | Promise<void>, options: PipelineOptions = {}): Pipeline<O> {
    checkFunction(sink, 'to', '(result) => console.log(result)')
    const pipeline = this.run(options)
    pipeline.drainTo(sink)
    return pipeline
  }
}

export interface ProcessSettings<S, O, E = Row> extends ProcessFunction<S, O, E> {
  /** Distinguishes functions in snapshots. Default `process`. */
  readonly name?: string
  readonly ttl?: ProcessOptions<S, O>['ttl']
  readonly limits?: ProcessOptions<S, O>['limits']
}

interface JoinSettings {
  readonly join?: JoinType
  readonly keys?: number
}

/** Events by key. */
export class KeyedStream<E extends object> {
  readonly #stage: Stage
  readonly #origin: Origin
  readonly #columns: readonly string[]

  constructor(stage: Stage, origin: Origin, columns: readonly string[]) {
    this.#stage = stage
    this.#origin = origin
    this.#columns = columns
  }

  window(window: WindowSpec): WindowedStream {
    return new WindowedStream(this.#stage, this.#origin, this.#columns, { window }, {})
  }

  /** A function with state and timers by key. */
  process<S, O>(settings: ProcessSettings<S, O, E>): Stream<Row, ProcessResult<O>> {
    return processed([this.#input()], [this.#stage], this.#origin, settings)
  }

  /** The same over two inputs: `onEvent` is told which (0 this, 1 the other). */
  connect<S, O, F extends object = Row>(
    other: KeyedStream<F>,
    settings: ProcessSettings<S, O, E | F>,
  ): Stream<Row, ProcessResult<O>> {
    checkKeyed(other, 'connect')
    const inputs = [this.#input(), other.#input()]
    return processed(inputs, [this.#stage, other.#stage], this.#origin, settings)
  }

  #input(): ProcessInput {
    return { time: this.#origin.time, keys: this.#columns }
  }

  /** Pairs of events of the same key in the same window. */
  joinWindow<F extends object>(
    right: KeyedStream<F>,
    window: WindowSpec,
    settings: JoinSettings & { readonly take?: 'all' | 'first' | 'last' } = {},
  ): Stream<Row, ProcessResult<WindowPair>> {
    const { unit } = this.#origin
    checkKeyed(right, 'joinWindow')
    checkOptions(settings, 'a window join', ['join', 'keys', 'take'])
    const options = { ...settings, unit, window, left: this.#input(), right: right.#input() }
    const node = (out: Outlet): Node => new ProcessNode(() => windowJoin(options), out)
    const from = [this.#stage, right.#stage]
    return new Stream(
      { name: 'join', from, node },
      { unit, time: 'time', columns: ['time', 'left', 'right', 'window'] },
    )
  }

  /** Pairs of events of the same key, the right one from `from` to `to` after the left. */
  joinInterval<F extends object>(
    right: KeyedStream<F>,
    interval: Pick<IntervalJoinOptions, 'from' | 'to'>,
    settings: JoinSettings = {},
  ): Stream<Row, ProcessResult<Pair>> {
    const { unit } = this.#origin
    checkKeyed(right, 'joinInterval')
    checkOptions(interval, 'an interval', ['from', 'to'])
    checkOptions(settings, 'an interval join', ['join', 'keys'])
    const options = { ...settings, ...interval, unit, left: this.#input(), right: right.#input() }
    const node = (out: Outlet): Node => new ProcessNode(() => intervalJoin(options), out)
    const from = [this.#stage, right.#stage]
    return new Stream(
      { name: 'join', from, node },
      { unit, time: 'time', columns: ['time', 'left', 'right'] },
    )
  }
}

function checkKeyed(other: unknown, step: string): void {
  if (other instanceof KeyedStream) return
  throw invalidInput(step, `${shown(other)} is no stream by key: give it other.keyBy('id')`)
}

function processed<S, O, E>(
  inputs: readonly ProcessInput[],
  from: readonly Stage[],
  { unit }: Origin,
  settings: ProcessSettings<S, O, E>,
): Stream<Row, ProcessResult<O>> {
  const members = ['onEvent', 'onTimer', 'onClockTimer', 'name', 'ttl', 'limits']
  checkOptions(settings, 'process', members)
  const { name = 'process', ttl, limits } = settings
  const options: ProcessOptions<S, O> = {
    unit,
    name,
    inputs,
    process: settings as ProcessSettings<S, O>,
    ...(ttl === undefined ? {} : { ttl }),
    ...(limits === undefined ? {} : { limits }),
  }
  const node = (out: Outlet): Node => ProcessNode.of(options, out)
  checkProcess(options)
  return new Stream({ name, from, node }, { unit, time: 'time', columns: null })
}

/** What to compute under a name: an aggregate with its parameters, or just its name. */
export type AggregateChoice = string | Omit<AggregateSpec, 'as'>

const SETTINGS: readonly Exclude<keyof WindowingSpec, 'window'>[] = [
  'trigger',
  'accumulation',
  'lateness',
  'stamp',
  'closing',
  'evaluation',
]

/** Events by key and window. */
export class WindowedStream {
  readonly #stage: Stage
  readonly #origin: Origin
  readonly #columns: readonly string[]
  readonly #windowing: WindowingSpec
  readonly #more: Pick<WindowOperatorOptions, 'limits' | 'others' | 'path'>

  constructor(
    stage: Stage,
    origin: Origin,
    columns: readonly string[],
    windowing: WindowingSpec,
    more: Pick<WindowOperatorOptions, 'limits' | 'others' | 'path'>,
  ) {
    this.#stage = stage
    this.#origin = origin
    this.#columns = columns
    this.#windowing = windowing
    this.#more = more
  }

  #with(
    windowing: Partial<WindowingSpec>,
    more: Pick<WindowOperatorOptions, 'limits' | 'others' | 'path'> = {},
  ): WindowedStream {
    return new WindowedStream(
      this.#stage,
      this.#origin,
      this.#columns,
      { ...this.#windowing, ...windowing },
      { ...this.#more, ...more },
    )
  }

  /** When windows give results. Default: at their end, and with every late event. */
  trigger(trigger: TriggerSpec): WindowedStream {
    return this.#with({ trigger })
  }

  /** How long after their end windows take late events. Default 0. */
  lateness(lateness: Duration): WindowedStream {
    return this.#with({ lateness })
  }

  accumulating(): WindowedStream {
    return this.#with({ accumulation: 'accumulating' })
  }

  discarding(): WindowedStream {
    return this.#with({ accumulation: 'discarding' })
  }

  retracting(): WindowedStream {
    return this.#with({ accumulation: 'retracting' })
  }

  /** Any members of the specification: stamp, closing, evaluation, and those that have a step of their own. */
  settings(windowing: Omit<Partial<WindowingSpec>, 'window'>): WindowedStream {
    checkOptions(windowing, 'windowing', SETTINGS)
    return this.#with(windowing)
  }

  limits(limits: NonNullable<WindowOperatorOptions['limits']>): WindowedStream {
    return this.#with({}, { limits })
  }

  /**
   * Results by name; `others` are aggregates of your own. Throws a StreamError `unknown_column` for columns as `keyBy`.
   */
  aggregate(
    aggregates: Readonly<Record<string, AggregateChoice>>,
    others: Readonly<Record<string, Aggregate>> = {},
  ): Stream<Row, WindowResult> {
    const specs = aggregateSpecs(aggregates)
    const { unit, time, columns } = this.#origin
    if (columns !== null) {
      const { window } = this.#windowing
      if (window?.type === 'session' && typeof window.gap === 'object') {
        checkColumns([window.gap.column], columns, 'window.gap.column')
      }
      for (const [column, place] of columnsRead(specs, { ...this.#more.others, ...others })) {
        checkColumns([column], columns, place)
      }
    }
    const keys = this.#columns
    const options: WindowOperatorOptions = {
      ...this.#more,
      unit,
      time,
      keys,
      windowing: this.#windowing,
      aggregates: specs,
      others: { ...this.#more.others, ...others },
    }
    const isRetracting = this.#windowing.accumulation === 'retracting'
    const node = (out: Outlet): Node => {
      if (out.takes === 'batches') checkFeeds(specs, keys, isRetracting)
      return new WindowNode('window', options, out)
    }
    const given = [...RESULT_COLUMNS, ...keys, ...specs.map((spec) => spec.as)]
    const origin = { unit, time: 'time', columns: given }
    return new Stream({ name: 'window', from: [this.#stage], node }, origin)
  }
}

function aggregateSpecs(aggregates: Readonly<Record<string, AggregateChoice>>): AggregateSpec[] {
  const example = "{ calls: 'count', p95: { aggregate: 'quantile', of: 'ms', q: 0.95 } }"
  if (typeof aggregates !== 'object' || aggregates === null || Array.isArray(aggregates)) {
    const problem = `${shown(aggregates)} are no aggregates by name, such as ${example}`
    throw new StreamError('invalid_aggregate', `aggregate: ${problem}`, 'aggregate')
  }
  return Object.entries(aggregates).map(([as, choice]): AggregateSpec => {
    if (typeof choice === 'string') return { as, aggregate: choice }
    if (typeof choice === 'object' && choice !== null && typeof choice['aggregate'] === 'string') {
      return { ...choice, as, aggregate: choice['aggregate'] }
    }
    const problem = `${shown(choice)} names no aggregate; an example: ${example}`
    throw new StreamError('invalid_aggregate', `${as}: ${problem}`, as)
  })
}

/** Whether the results of a window can be events of a later stage. */
function checkFeeds(
  specs: readonly AggregateSpec[],
  keys: readonly string[],
  isRetracting: boolean,
): void {
  if (isRetracting) {
    throw new StreamError(
      'invalid_window',
      'a later stage would count withdrawn results too: use accumulating or discarding',
      'accumulation',
    )
  }
  const names = [...keys, ...specs.map((spec) => spec.as), ...RESULT_COLUMNS]
  const twice = names.find((one, i) => names.indexOf(one) !== i)
  if (twice === undefined) return
  throw new StreamError('invalid_aggregate', `two columns of the results are '${twice}'`, twice)
}

/**
 * Begins the description of a pipeline. `E` is the type of its events. Throws a StreamError that names the option that is
 * wrong, missing or not known.
 */
export function stream<E extends object = Row>(options: StreamOptions): Stream<E> {
  checkSource(options)
  const { name = 'events', unit = 'ms', time = 'time', columns = null } = options
  return new Stream<E>({ name, from: [], source: options }, { unit, time, columns })
}
