import { checkLimit, checkOptions, checkUnit, checkWord } from '../check-options.ts'
import { StreamError } from '../stream-error.ts'
import { type Duration, parseDuration } from '../time/duration.ts'
import type { TimeUnit } from '../time/time.ts'
import { createGrid } from '../window/window-grid.ts'
import { resolveWindow, type WindowSpec } from '../window/window-spec.ts'
import type { ProcessFunction, ProcessInput } from './process-operator.ts'
import { ProcessOperator } from './process-operator.ts'
import type { Row } from './row.ts'

/** Which events without a partner are given, with null in its place. */
export type JoinType = 'inner' | 'left' | 'right' | 'outer'

/** Two events of one key that belong together. */
export interface Pair {
  readonly left: Row | null
  readonly right: Row | null
}

/** A pair of a window. */
export interface WindowPair extends Pair {
  readonly window: { readonly start: number; readonly end: number }
}

interface JoinInputs {
  readonly unit?: TimeUnit
  readonly left: ProcessInput
  readonly right: ProcessInput
  /** Default `inner`. */
  readonly join?: JoinType
  /** Keys with events waiting at one time; events of further keys are dropped and counted. Default 1,000,000. */
  readonly keys?: number
}

export interface WindowJoinOptions extends JoinInputs {
  /** Tumbling, hopping, cumulating or calendar windows. */
  readonly window: WindowSpec
  /** Which events of a side take part: all (every pair of them, default), or the first or last by event time. */
  readonly take?: 'all' | 'first' | 'last'
}

type Side = 'left' | 'right'
interface Waiting {
  /** Event time and event, in order of arrival. */
  readonly left: [time: number, event: Row][]
  readonly right: [time: number, event: Row][]
}
/** By end of window. */
type WindowJoinState = Record<string, Waiting>

/**
 * Pairs events of the same key and window when the window ends. Late events are dropped: their windows
 * are gone. Results have the time of the window's end − 1. Throws a StreamError for wrong options.
 */
export function windowJoin(
  options: WindowJoinOptions,
): ProcessOperator<WindowJoinState, WindowPair> {
  checkJoin(options, 'a window join', ['window', 'take'])
  const { unit = 'ms', left, right, join = 'inner', take = 'all' } = options
  checkWord(take, ['all', 'first', 'last'], 'take')
  const grid = createGrid(resolveWindow(options.window, unit), unit)
  if (grid === null) {
    throw new StreamError(
      'invalid_window',
      `window: windows of type ${options.window.type} cannot be joined`,
      'window',
    )
  }
  const process: ProcessFunction<WindowJoinState, WindowPair> = {
    onEvent(event, context, input) {
      const side: Side = input === 0 ? 'left' : 'right'
      grid.seek(context.time)
      const { firstEnd, lastEnd } = grid
      for (let end = firstEnd; end <= lastEnd; end = grid.endAfter(end)) {
        if (end <= context.watermark) continue
        context.state ??= {}
        const windows = context.state
        let waiting = windows[String(end)]
        if (waiting === undefined) {
          waiting = { left: [], right: [] }
          windows[String(end)] = waiting
          context.setTimer(end)
        }
        keep(waiting[side], context.time, event, take)
      }
    },
    onTimer(context) {
      const windows = context.state
      const end = context.time
      const waiting = windows?.[String(end)]
      if (windows === undefined || waiting === undefined) return
      const window = { start: grid.startOf(end), end }
      for (const pair of pairs(waiting, join)) context.emit({ ...pair, window }, end - 1)
      const rest = Object.entries(windows).filter(([other]) => other !== String(end))
      context.state = rest.length === 0 ? undefined : Object.fromEntries(rest)
    },
  }
  return joinOperator(options, 'window join', process, [left, right])
}

function keep(
  side: [time: number, event: Row][],
  time: number,
  event: Row,
  take: 'all' | 'first' | 'last',
): void {
  const held = side[0]
  if (take === 'all' || held === undefined) side.push([time, event])
  else if (take === 'first' ? time < held[0] : time >= held[0]) side[0] = [time, event]
}

function* pairs(waiting: Waiting, join: JoinType): Generator<Pair> {
  const { left, right } = waiting
  for (const [, one] of left) for (const [, other] of right) yield { left: one, right: other }
  if (right.length === 0 && (join === 'left' || join === 'outer')) {
    for (const [, one] of left) yield { left: one, right: null }
  }
  if (left.length === 0 && (join === 'right' || join === 'outer')) {
    for (const [, other] of right) yield { left: null, right: other }
  }
}

export interface IntervalJoinOptions extends JoinInputs {
  /** A right event may be this much before the left one (negative) … */
  readonly from: Duration
  /** … to this much after it. Both inclusive. */
  readonly to: Duration
}

/** Event time, event, whether it had a partner. */
type Waiter = [time: number, event: Row, matched: boolean]
interface IntervalJoinState {
  left: Waiter[]
  right: Waiter[]
}

/**
 * Pairs a left event at t with the right events of its key from t + from to t + to, as soon as both are there.
 * Results have the later time of the two; events without a partner are given when none can come any more, and have
 * the time of that − 1, so that they are not late for a later stage.
 * An event behind the watermark still meets those that wait. Throws a StreamError for wrong options.
 */
export function intervalJoin(
  options: IntervalJoinOptions,
): ProcessOperator<IntervalJoinState, Pair> {
  checkJoin(options, 'an interval join', ['from', 'to'])
  const { unit = 'ms', left, right, join = 'inner' } = options
  const from = parseDuration(options.from, unit, 'from', 'any')
  const to = parseDuration(options.to, unit, 'to', 'any')
  if (from > to) throw new StreamError('invalid_duration', 'from: is greater than to', 'from')
  // A left event waits until no right one at t + to is expected, a right one until no left one at t − from is.
  const waits = { left: Math.max(to, 0) + 1, right: Math.max(-from, 0) + 1 }
  const gives = {
    left: join === 'left' || join === 'outer',
    right: join === 'right' || join === 'outer',
  }

  const process: ProcessFunction<IntervalJoinState, Pair> = {
    onEvent(event, context, input) {
      const side: Side = input === 0 ? 'left' : 'right'
      const other: Side = input === 0 ? 'right' : 'left'
      const { time } = context
      context.state ??= { left: [], right: [] }
      const waiter: Waiter = [time, event, false]
      for (const partner of context.state[other]) {
        const distance = side === 'left' ? partner[0] - time : time - partner[0]
        if (distance < from || distance > to) continue
        waiter[2] = true
        partner[2] = true
        const pair =
          side === 'left' ? { left: event, right: partner[1] } : { left: partner[1], right: event }
        context.emit(pair, Math.max(time, partner[0]))
      }
      context.state[side].push(waiter)
      context.setTimer(time + waits[side])
    },
    onTimer(context) {
      const { state } = context
      if (state === undefined) return
      for (const side of ['left', 'right'] as const) {
        const kept: Waiter[] = []
        for (const waiter of state[side]) {
          if (waiter[0] + waits[side] > context.time) kept.push(waiter)
          else if (!waiter[2] && gives[side]) context.emit(alone(side, waiter[1]), context.time - 1)
        }
        state[side] = kept
      }
      if (state.left.length + state.right.length === 0) context.state = undefined
    },
  }
  return joinOperator(options, 'interval join', process, [left, right])
}

function alone(side: Side, event: Row): Pair {
  return side === 'left' ? { left: event, right: null } : { left: null, right: event }
}

function checkJoin(options: JoinInputs, what: string, more: readonly string[]): void {
  checkOptions(options, what, ['unit', 'left', 'right', 'join', 'keys', ...more])
  checkUnit(options.unit ?? 'ms')
  checkWord(options.join ?? 'inner', ['inner', 'left', 'right', 'outer'], 'join')
  checkLimit(options.keys ?? 1, 1, 'keys')
  for (const side of ['left', 'right'] as const) {
    checkOptions(options[side], 'an input', ['time', 'keys'], side)
  }
}

function joinOperator<S, P>(
  options: WindowJoinOptions | IntervalJoinOptions,
  kind: string,
  process: ProcessFunction<S, P>,
  inputs: readonly ProcessInput[],
): ProcessOperator<S, P> {
  const { unit = 'ms', keys = 1_000_000 } = options
  // Events of different keys must never meet, so none share the overflow key.
  const limits = { keys, overflow: 'drop' } as const
  return new ProcessOperator({
    unit,
    inputs,
    process,
    name: `${kind} ${JSON.stringify(options)}`,
    limits,
  })
}
