/** Reading what was taken in: events one by one, as traces and as conversations. */

import type { QuestionIssue } from '../../core/ask.ts'
import type { Clock } from '../../core/clock.ts'
import type { ProjectScope } from '../../core/scope.ts'
import type { Plan, QueryOutcome } from '../../store/store.ts'
import type { RunPlan } from '../answer-meta.ts'
import { bindingOf, decodeCursor } from './cursor.ts'
import { type FindOutcome, findEvent } from './find-event.ts'
import { type EventsOutcome, type EventsPage, listEvents, type ReadFailure } from './list-events.ts'
import {
  boundTo,
  type EventParameters,
  type EventsRequest,
  filterOf,
  parseEventsRequest,
  rangeOf,
  wholeOf,
} from './parse-request.ts'
import { type ConversationOutcome, readConversation } from './read-conversation.ts'
import {
  listTraces,
  readTrace,
  TRACE_LIMITS,
  TRACE_ORDERS,
  type TraceOutcome,
  type TracesOutcome,
} from './read-trace.ts'

interface Range {
  readonly from: number
  readonly to: number
}

export interface EventReaderOptions {
  /** `store.query`. */
  readonly query: (plan: Plan, scope: ProjectScope, signal: AbortSignal) => Promise<QueryOutcome>
  /** Waits until the store has what the log had when it was called, or a short while. */
  readonly settle: (signal: AbortSignal) => Promise<void>
  /** Waits until the store has applied a record at or behind one of these positions; false after `timeoutMs`. */
  readonly arrival: (
    position: Readonly<Record<string, string>>,
    timeoutMs: number,
    signal: AbortSignal,
  ) => Promise<boolean>
  /** Kinds that report a call, best first. */
  readonly callKinds: readonly string[]
  readonly clock: Clock
}

export interface EventReader {
  /** Parameters as in the query string; `where` apart. */
  list(
    parameters: EventParameters,
    wheres: readonly string[],
    scope: ProjectScope,
    signal: AbortSignal,
  ): Promise<EventsOutcome>
  event: ReadOne<FindOutcome>
  trace: ReadOne<TraceOutcome>
  conversation: ReadOne<ConversationOutcome>
  traces(
    parameters: EventParameters,
    wheres: readonly string[],
    scope: ProjectScope,
    signal: AbortSignal,
  ): Promise<TracesOutcome>
}

/** Reads what has this id; `from` and `to` of the parameters say where to look. */
type ReadOne<Outcome> = (
  id: string,
  parameters: EventParameters,
  scope: ProjectScope,
  signal: AbortSignal,
) => Promise<Outcome>

export function createEventReader(options: EventReaderOptions): EventReader {
  const { query, settle, clock } = options
  const readOne =
    <Outcome>(
      order: 'time' | 'arrival',
      read: (id: string, range: Range, run: RunPlan) => Promise<Outcome>,
    ): ReadOne<Outcome | ReadFailure> =>
    async (id, parameters, scope, signal) => {
      const issues: QuestionIssue[] = []
      const range = rangeOf(parameters, order, clock.nowMicros(), issues)
      if (issues.length > 0) return { ok: false, failure: 'invalid', issues }
      await settle(signal)
      return read(id, range, runIn(scope, signal))
    }
  const runIn =
    (scope: ProjectScope, signal: AbortSignal): RunPlan =>
    (plan) =>
      query(plan, scope, signal)

  return {
    async list(parameters, wheres, scope, signal) {
      const parsed = parseEventsRequest(parameters, wheres, clock.nowMicros())
      if (!parsed.ok) return { ok: false, failure: 'invalid', issues: parsed.issues }
      const { request } = parsed
      // Who looks at the newest has often just sent them. Further pages go on in what the first saw.
      if (request.cursor === null) await settle(signal)
      const run = runIn(scope, signal)
      const outcome = await listEvents(request, run)
      return outcome.ok ? follow(options, request, outcome.page, run, signal) : outcome
    },
    // An id is looked for at all times: it names one event, whenever that was.
    event: readOne('arrival', (id, range, run) => findEvent(id, range, options.callKinds, run)),
    trace: readOne('time', readTrace),
    conversation: readOne('time', readConversation),
    async traces(parameters, wheres, scope, signal) {
      const issues: QuestionIssue[] = []
      const range = rangeOf(parameters, 'time', clock.nowMicros(), issues)
      const where = filterOf(undefined, wheres, issues)
      const limit = wholeOf(parameters['limit'], 'limit', [1, TRACE_LIMITS.traces], issues)
      const order = TRACE_ORDERS.find((each) => each === parameters['order']) ?? 'newest'
      if (issues.length > 0) return { ok: false, failure: 'invalid', issues }
      await settle(signal)
      const run = runIn(scope, signal)
      return listTraces(order, limit ?? TRACE_LIMITS.defaultTraces, range, where, run)
    },
  }
}

/** Asks again behind the page while it is empty and something arrives within the time given. */
async function follow(
  { arrival, clock }: EventReaderOptions,
  request: EventsRequest,
  first: EventsPage,
  run: RunPlan,
  signal: AbortSignal,
): Promise<EventsOutcome> {
  const end = clock.monotonic() + request.waitSeconds * 1000
  const binding = bindingOf(boundTo(request.where, request.everyReport))
  let page = first
  for (;;) {
    const left = end - clock.monotonic()
    if (page.events.length > 0 || page.next === null || left <= 0) break
    if (!(await arrival(page.meta.asOf.position, left, signal))) break
    const cursor = decodeCursor(page.next, binding)
    const outcome = await listEvents({ ...request, cursor, last: null }, run)
    if (!outcome.ok) return outcome
    page = outcome.page
  }
  return { ok: true, page }
}
