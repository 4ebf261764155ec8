/** Reading what was taken in: events one by one, as traces and as conversations. */

import type { Clock } from '../../core/clock.ts'
import type { ProjectScope } from '../../core/scope.ts'
import type { Plan, QueryOutcome } from '../../store/store.ts'
import type { RunPlan } from '../answer-meta.ts'
import { bindingOf, decodeCursor } from './cursor.ts'
import { type EventsOutcome, type EventsPage, listEvents } from './list-events.ts'
import {
  boundTo,
  type EventParameters,
  type EventsRequest,
  parseEventsRequest,
} from './parse-request.ts'

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
}

export function createEventReader(options: EventReaderOptions): EventReader {
  const { query, settle, clock } = options
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
