/** One event by its id, with the other reports of its call and why one of them is the one that counts. */

import type { Frame, FrameCell, ListPlan, Predicate } from '../../store/store.ts'
import type { RunPlan } from '../answer-meta.ts'
import { columnsOf, EVENT_FIELDS, type EventObject, eventOf } from './event-fields.ts'
import type { ReadFailure } from './list-events.ts'
import { boundTo } from './parse-request.ts'

export interface CallReport {
  readonly event_id: unknown
  readonly kind: unknown
  readonly time: unknown
  readonly counted: boolean
  readonly why: string
}

export interface FoundEvent {
  readonly event: EventObject
  /** Reports of the same call, this event among them; empty when it is the only one. */
  readonly reports: readonly CallReport[]
}

export type FindOutcome = { readonly ok: true; readonly found: readonly FoundEvent[] } | ReadFailure

/** Events of one id: one per project at most, and no key sees more projects than this. */
const MAX_FOUND = 100
/** Reports of one call come close together: the index that tells them forgets after this long. */
const REACH = 7 * 86_400 * 1_000_000
const MAX_REPORTS = 20

/**
 * Cost: one scan of the ids of the range, and, for an event that names its call, one of the range around it.
 * @param callKinds kinds that report a call, best first
 */
export async function findEvent(
  id: string,
  range: { readonly from: number; readonly to: number },
  callKinds: readonly string[],
  run: RunPlan,
): Promise<FindOutcome> {
  const columns = columnsOf(EVENT_FIELDS)
  const plan: ListPlan = {
    type: 'list',
    ...range,
    where: boundTo(isText('event_id', id), true),
    columns,
    limit: MAX_FOUND,
  }
  const outcome = await run(plan)
  if (!outcome.ok) return outcome
  const { frame } = outcome
  const found: FoundEvent[] = []
  for (const row of frame.rows) {
    const reports = await reportsOf(frame, row, callKinds, run)
    if (!Array.isArray(reports)) return reports as ReadFailure
    found.push({ event: eventOf(frame, row, EVENT_FIELDS, false), reports })
  }
  return { ok: true, found }
}

async function reportsOf(
  frame: Frame,
  row: readonly FrameCell[],
  callKinds: readonly string[],
  run: RunPlan,
): Promise<readonly CallReport[] | ReadFailure> {
  const text = (column: string): string | null => {
    const cell = cellOf(frame, row, column)
    return typeof cell === 'string' && cell !== '' ? cell : null
  }
  const [kind, response, request] = [text('kind'), text('response_id'), text('request_id')]
  if (kind === null || !callKinds.includes(kind)) return []
  if (response === null && request === null) return []
  const names: Predicate[] = [
    ...(response === null ? [] : [isText('response_id', response)]),
    ...(request === null ? [] : [isText('request_id', request)]),
  ]
  const time = Number(cellOf(frame, row, 'time'))
  const outcome = await run({
    type: 'list',
    from: Math.max(0, time - REACH),
    to: time + REACH,
    where: boundTo(
      {
        op: 'and',
        parts: [
          { op: 'or', parts: names },
          isText('project', text('project') ?? ''),
          { op: 'in', field: { type: 'column', column: 'kind' }, values: [...callKinds] },
        ],
      },
      true,
    ),
    columns: columnsOf(EVENT_FIELDS),
    limit: MAX_REPORTS * 4,
  })
  if (!outcome.ok) return outcome
  const own = reportOf(frame, row)
  const others = outcome.frame.rows
    .map((each) => reportOf(outcome.frame, each))
    .filter((other) => isSameCall(own, other))
  if (others.length < 2) return []
  return explained(others, callKinds).slice(0, MAX_REPORTS)
}

interface Report {
  readonly event: EventObject
  readonly time: number
}

function reportOf(frame: Frame, row: readonly FrameCell[]): Report {
  return {
    event: eventOf(frame, row, EVENT_FIELDS, false),
    time: Number(cellOf(frame, row, 'time')),
  }
}

/** Two different response ids are two calls, also when a client used one request id for a retry. */
function isSameCall({ event: a }: Report, { event: b }: Report): boolean {
  const [ra, rb] = [a['response_id'] ?? null, b['response_id'] ?? null]
  if (ra !== null && rb !== null) {
    return ra === rb && (a['provider'] ?? null) === (b['provider'] ?? null)
  }
  return (a['request_id'] ?? null) !== null && a['request_id'] === b['request_id']
}

/** The counted one first, then the better before the worse. */
function explained(reports: readonly Report[], callKinds: readonly string[]): CallReport[] {
  const rank = ({ event }: Report): number => callKinds.indexOf(String(event['kind']))
  const sorted = reports.toSorted(
    (a, b) =>
      Number(b.event['counted']) - Number(a.event['counted']) ||
      rank(a) - rank(b) ||
      a.time - b.time,
  )
  const [best] = sorted
  return sorted.map((report) => {
    const { event } = report
    const counted = event['counted'] === true
    return {
      event_id: event['event_id'],
      kind: event['kind'],
      time: event['time'],
      counted,
      why: counted ? 'the best report of this call' : whyNot(report, best, rank),
    }
  })
}

function whyNot(
  report: Report,
  best: Report | undefined,
  rank: (report: Report) => number,
): string {
  if (best === undefined || best.event['counted'] !== true) {
    return 'a better report of this call counts, which is not here any more'
  }
  const name = String(best.event['event_id'])
  if (rank(best) < rank(report)) {
    return `${name} counts: ${String(best.event['kind'])} says more of a call than ${String(report.event['kind'])}`
  }
  return best.time < report.time
    ? `${name} counts: of two reports of a kind the earlier one does`
    : `${name} counts: of two reports of a kind and time one is chosen by its id`
}

export function isText(column: string, value: string): Predicate {
  return { op: 'in', field: { type: 'column', column }, values: [value] }
}

export function cellOf(frame: Frame, row: readonly FrameCell[], column: string): FrameCell {
  return row[frame.columns.lastIndexOf(column)] ?? null
}
