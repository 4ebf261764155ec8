import { checkOptions } from '../check-options.ts'
import { StreamError } from '../stream-error.ts'
import { parseDuration } from '../time/duration.ts'
import type { TimeUnit } from '../time/time.ts'
import type { TriggerSpec } from './trigger-spec.ts'

/**
 * Triggers as state machines, one state per window. The nodes of a trigger are numbered; node i keeps two
 * numbers, at 2i whether it has finished, at 2i + 1 what its kind needs:
 *
 * - watermark: 1 once the on-time pane has been given, so that late parts count
 * - count: events since the last pane
 * - processing_time, the periods: when to fire next, +∞ when nothing is set
 *
 * A window tells its trigger of every event (`onElement`) and of windows merged into it (`onMerge`), asks
 * `shouldFire`, and after a pane says `onFire`.
 */

/** What a trigger may look at. One object, changed from call to call. */
export interface TriggerContext {
  /** End of the window. */
  end: number
  /** Infinite at the end of input. */
  watermark: number
  clock: number
  /** Event time of the element. */
  time: number
  /** Events since the last pane, the present one included. */
  fresh: number
  /** Set by `shouldFire` when a period is up: then content counts that is not new. */
  periodic: boolean
}

export type TriggerState = number[]

type Kind = TriggerSpec['on']

interface Node {
  readonly kind: Kind
  /** Where its two numbers are. */
  readonly at: number
  /** n, delay or period. */
  readonly amount: number
  readonly of: readonly Node[]
  /** Of watermark. */
  readonly early: Node | null
  readonly late: Node | null
}

export class Trigger {
  readonly #root: Node
  readonly #length: number
  /** Whether the end of the window itself makes a pane, so that one is due there even if nothing is new. */
  readonly hasWatermark: boolean
  readonly #initial: TriggerState

  /** Throws a StreamError `invalid_trigger` or `invalid_duration` that names the member. */
  constructor(spec: TriggerSpec, unit: TimeUnit) {
    const nodes: Node[] = []
    this.#root = compile(spec, unit, 'trigger', nodes)
    this.#length = 2 * nodes.length
    this.hasWatermark = nodes.some((node) => node.kind === 'watermark')
    this.#initial = Array.from({ length: this.#length }, () => 0)
    reset(this.#root, this.#initial)
  }

  /** Numbers in a state. */
  get length(): number {
    return this.#length
  }

  create(): TriggerState {
    return this.#initial.slice()
  }

  finished(state: TriggerState): boolean {
    return state[this.#root.at] === 1
  }

  onElement(state: TriggerState, context: TriggerContext): void {
    onElement(this.#root, state, context)
  }

  shouldFire(state: TriggerState, context: TriggerContext): boolean {
    context.periodic = false
    return state[this.#root.at] === 0 && shouldFire(this.#root, state, context)
  }

  onFire(state: TriggerState, context: TriggerContext): void {
    onFire(this.#root, state, context)
  }

  /**
   * Makes `into` the state of the window that all `parts` became; `into` may be one of them. `fresh` are the
   * events of each part since its last pane.
   */
  onMerge(
    into: TriggerState,
    parts: readonly TriggerState[],
    fresh: readonly number[],
    context: TriggerContext,
  ): void {
    const merged = this.create()
    const copies = parts.map((part) => part.slice())
    reopen(this.#root, copies, fresh, context)
    onMerge(this.#root, merged, copies, context)
    for (let i = 0; i < merged.length; i++) into[i] = merged[i] ?? 0
  }

  /** Watermark at which it should be asked again, apart from the end of the window; +∞ for none. */
  nextTime(state: TriggerState): number {
    return nextOf(this.#root, state, 'event_time_period')
  }

  /** Processing time at which it should be asked again; +∞ for none. */
  nextClock(state: TriggerState): number {
    return Math.min(
      nextOf(this.#root, state, 'processing_time'),
      nextOf(this.#root, state, 'processing_time_period'),
    )
  }
}

function compile(spec: TriggerSpec, unit: TimeUnit, path: string, nodes: Node[]): Node {
  if (typeof spec !== 'object' || spec === null) throw invalid(path, 'is no trigger')
  const known = Object.hasOwn(MEMBERS, spec.on) ? MEMBERS[spec.on] : undefined
  if (known !== undefined) checkOptions(spec, `a trigger on ${spec.on}`, known, path)
  const at = 2 * nodes.length
  const node = { kind: spec.on, at, amount: 0, of: [] as Node[], early: null, late: null }
  // Held for its number; the finished node takes its place.
  nodes.push(node)
  const part = (sub: TriggerSpec, member: string): Node =>
    compile(sub, unit, `${path}.${member}`, nodes)
  const made = { ...node, ...members(spec, unit, path, part) }
  nodes[at / 2] = made
  return made
}

const MEMBERS: Readonly<Record<TriggerSpec['on'], readonly string[]>> = {
  watermark: ['on', 'early', 'late'],
  count: ['on', 'n'],
  processing_time: ['on', 'delay'],
  event_time_period: ['on', 'every'],
  processing_time_period: ['on', 'every'],
  repeatedly: ['on', 'of'],
  or_finally: ['on', 'of', 'until'],
  first_of: ['on', 'of'],
  all_of: ['on', 'of'],
  in_turn: ['on', 'of'],
  never: ['on'],
}

type Part = (sub: TriggerSpec, member: string) => Node

function members(spec: TriggerSpec, unit: TimeUnit, path: string, part: Part): Partial<Node> {
  switch (spec.on) {
    case 'watermark':
      return {
        early: spec.early === undefined ? null : part(spec.early, 'early'),
        late: spec.late === undefined ? null : part(spec.late, 'late'),
      }
    case 'count':
      if (!Number.isSafeInteger(spec.n) || spec.n < 1) {
        throw invalid(`${path}.n`, `${spec.n} is not a whole number from 1`)
      }
      return { amount: spec.n }
    case 'processing_time':
      return { amount: parseDuration(spec.delay, unit, `${path}.delay`, 'from zero') }
    case 'event_time_period':
    case 'processing_time_period':
      return { amount: parseDuration(spec.every, unit, `${path}.every`) }
    case 'repeatedly':
      return { of: [part(spec.of, 'of')] }
    case 'or_finally':
      return { of: [part(spec.of, 'of'), part(spec.until, 'until')] }
    case 'first_of':
    case 'all_of':
    case 'in_turn':
      return { of: listOf(spec.of, `${path}.of`).map((sub, i) => part(sub, `of.${i}`)) }
    case 'never':
      return {}
    default:
      throw invalid(`${path}.on`, `there is no trigger '${String((spec as { on: unknown }).on)}'`)
  }
}

/** The triggers of a list, which comes from JSON and may be none. */
function listOf(of: unknown, path: string): readonly TriggerSpec[] {
  if (Array.isArray(of) && of.length > 0) return of as TriggerSpec[]
  throw invalid(path, 'needs a list of at least one trigger')
}

function invalid(path: string, problem: string): StreamError {
  return new StreamError('invalid_trigger', `${path}: ${problem}`, path)
}

function reset(node: Node, state: TriggerState): void {
  state[node.at] = 0
  const timed =
    node.kind === 'processing_time' ||
    node.kind === 'event_time_period' ||
    node.kind === 'processing_time_period'
  state[node.at + 1] = timed ? Number.POSITIVE_INFINITY : 0
  for (const sub of node.of) reset(sub, state)
  if (node.early !== null) reset(node.early, state)
  if (node.late !== null) reset(node.late, state)
}

function isFinished(node: Node, state: TriggerState): boolean {
  return state[node.at] === 1
}

function valueOf(node: Node, state: TriggerState): number {
  return state[node.at + 1] ?? 0
}

function onElement(node: Node, state: TriggerState, context: TriggerContext): void {
  if (isFinished(node, state)) return
  switch (node.kind) {
    case 'watermark': {
      const part = valueOf(node, state) === 0 ? node.early : node.late
      if (part !== null) onElement(part, state, context)
      return
    }
    case 'count':
      state[node.at + 1] = valueOf(node, state) + 1
      return
    case 'processing_time':
      if (valueOf(node, state) === Number.POSITIVE_INFINITY) {
        state[node.at + 1] = context.clock + node.amount
      }
      return
    case 'event_time_period':
      if (valueOf(node, state) === Number.POSITIVE_INFINITY && context.watermark < context.end) {
        state[node.at + 1] = nextMultiple(context.time, node.amount)
      }
      return
    case 'processing_time_period':
      if (valueOf(node, state) === Number.POSITIVE_INFINITY) {
        state[node.at + 1] = nextMultiple(context.clock, node.amount)
      }
      return
    case 'repeatedly':
    case 'or_finally':
    case 'first_of':
    case 'all_of':
      for (const sub of node.of) onElement(sub, state, context)
      return
    case 'in_turn': {
      const sub = node.of.find((one) => !isFinished(one, state))
      if (sub !== undefined) onElement(sub, state, context)
      return
    }
    case 'never':
  }
}

function nextMultiple(time: number, every: number): number {
  return Math.floor(time / every) * every + every
}

function shouldFire(node: Node, state: TriggerState, context: TriggerContext): boolean {
  switch (node.kind) {
    case 'watermark':
      if (valueOf(node, state) === 0) {
        if (context.watermark >= context.end) return true
        return node.early !== null && shouldFire(node.early, state, context)
      }
      return node.late !== null && shouldFire(node.late, state, context)
    case 'count':
      return valueOf(node, state) >= node.amount
    case 'processing_time':
      return context.clock >= valueOf(node, state)
    case 'event_time_period':
      // From the end of the window on there is no period any more: every new event is given at once.
      if (context.watermark >= context.end) {
        const isFirst = valueOf(node, state) !== Number.NEGATIVE_INFINITY
        context.periodic ||= isFirst
        return isFirst || context.fresh > 0
      }
      if (context.watermark < valueOf(node, state)) return false
      context.periodic = true
      return true
    case 'processing_time_period':
      if (context.clock < valueOf(node, state)) return false
      context.periodic = true
      return true
    case 'repeatedly':
    case 'or_finally':
    case 'first_of':
      // No short cut: every period that is up has to say so.
      return node.of.map((sub) => shouldFire(sub, state, context)).includes(true)
    case 'all_of':
      return node.of.every((sub) => shouldFire(sub, state, context))
    case 'in_turn': {
      const sub = node.of.find((one) => !isFinished(one, state))
      return sub !== undefined && shouldFire(sub, state, context)
    }
    case 'never':
      return false
  }
}

function onFire(node: Node, state: TriggerState, context: TriggerContext): void {
  switch (node.kind) {
    case 'watermark':
      if (valueOf(node, state) === 0 && context.watermark >= context.end) {
        state[node.at + 1] = 1
        if (node.early !== null) reset(node.early, state)
        if (node.late === null) state[node.at] = 1
        else reset(node.late, state)
      } else {
        const part = valueOf(node, state) === 0 ? node.early : node.late
        if (part !== null) fireAgain(part, state, context)
      }
      return
    case 'count':
    case 'processing_time':
      state[node.at] = 1
      return
    case 'event_time_period':
      if (context.watermark >= context.end) state[node.at + 1] = Number.NEGATIVE_INFINITY
      else if (context.watermark >= valueOf(node, state)) {
        state[node.at + 1] = nextMultiple(context.watermark, node.amount)
      }
      return
    case 'processing_time_period':
      if (context.clock >= valueOf(node, state)) {
        state[node.at + 1] = nextMultiple(context.clock, node.amount)
      }
      return
    case 'repeatedly':
      for (const sub of node.of) fireAgain(sub, state, context)
      return
    case 'or_finally': {
      const [of, until] = node.of
      if (of === undefined || until === undefined) return
      if (shouldFire(until, state, context)) {
        onFire(until, state, context)
        state[node.at] = 1
      } else {
        onFire(of, state, context)
        if (isFinished(of, state)) state[node.at] = 1
      }
      return
    }
    case 'first_of':
    case 'all_of':
      for (const sub of node.of) if (shouldFire(sub, state, context)) onFire(sub, state, context)
      state[node.at] = 1
      return
    case 'in_turn': {
      const sub = node.of.find((one) => !isFinished(one, state))
      if (sub !== undefined) onFire(sub, state, context)
      if (node.of.every((one) => isFinished(one, state))) state[node.at] = 1
      return
    }
    case 'never':
  }
}

function fireAgain(node: Node, state: TriggerState, context: TriggerContext): void {
  onFire(node, state, context)
  if (isFinished(node, state)) reset(node, state)
}

function onMerge(
  node: Node,
  into: TriggerState,
  parts: readonly TriggerState[],
  context: TriggerContext,
): void {
  into[node.at] = parts.every((part) => isFinished(node, part)) ? 1 : 0
  switch (node.kind) {
    case 'watermark':
      // A window that reaches beyond the watermark again has its end still to come.
      if (context.watermark < context.end) into[node.at] = 0
      else into[node.at + 1] = parts.every((part) => valueOf(node, part) === 1) ? 1 : 0
      break
    case 'count':
      into[node.at + 1] = parts.reduce((sum, part) => sum + valueOf(node, part), 0)
      break
    case 'processing_time':
    case 'processing_time_period':
      into[node.at + 1] = earliest(node, parts)
      break
    case 'event_time_period': {
      const next = earliest(node, parts)
      const isOpen = context.watermark < context.end
      into[node.at + 1] =
        isOpen && next === Number.NEGATIVE_INFINITY
          ? nextMultiple(context.watermark, node.amount)
          : next
      break
    }
    case 'repeatedly':
    case 'or_finally':
    case 'first_of':
    case 'all_of':
    case 'in_turn':
    case 'never':
  }
  for (const sub of node.of) onMerge(sub, into, parts, context)
  if (node.early !== null) onMerge(node.early, into, parts, context)
  if (node.late !== null) onMerge(node.late, into, parts, context)
}

/**
 * A part that was past its end has counted its late events with its late trigger. Where the merged window
 * has its end still to come, they count for the early one, as all events since the last pane do.
 */
function reopen(
  node: Node,
  parts: readonly TriggerState[],
  fresh: readonly number[],
  context: TriggerContext,
): void {
  if (node.kind === 'watermark' && context.watermark < context.end && node.early !== null) {
    for (const [i, part] of parts.entries()) {
      if (valueOf(node, part) === 1) count(node.early, part, fresh[i] ?? 0, context)
    }
  }
  for (const sub of node.of) reopen(sub, parts, fresh, context)
}

/** Makes a fresh trigger one that has seen `fresh` events. */
function count(node: Node, state: TriggerState, fresh: number, context: TriggerContext): void {
  if (fresh === 0) return
  if (node.kind === 'count') state[node.at + 1] = fresh
  else if (node.kind === 'processing_time') state[node.at + 1] = context.clock + node.amount
  else if (node.kind === 'processing_time_period') {
    state[node.at + 1] = nextMultiple(context.clock, node.amount)
  } else if (node.kind === 'event_time_period') {
    state[node.at + 1] = nextMultiple(context.watermark, node.amount)
  }
  for (const sub of node.of) count(sub, state, fresh, context)
  if (node.early !== null) count(node.early, state, fresh, context)
}

function earliest(node: Node, parts: readonly TriggerState[]): number {
  return parts.reduce(
    (least, part) => Math.min(least, valueOf(node, part)),
    Number.POSITIVE_INFINITY,
  )
}

function nextOf(node: Node, state: TriggerState, kind: Kind): number {
  if (isFinished(node, state)) return Number.POSITIVE_INFINITY
  let next = Number.POSITIVE_INFINITY
  if (node.kind === kind && valueOf(node, state) !== Number.NEGATIVE_INFINITY) {
    next = valueOf(node, state)
  }
  for (const sub of node.of) next = Math.min(next, nextOf(sub, state, kind))
  if (node.kind === 'watermark') {
    const part = valueOf(node, state) === 0 ? node.early : node.late
    if (part !== null) next = nextOf(part, state, kind)
  }
  return next
}
