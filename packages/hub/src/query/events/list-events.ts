/** Pages of events: newest first by time, or in the order of their arrival for who follows along. */

import type { AnswerMeta } from '@llmhub/schema'
import type { QuestionIssue } from '../../core/ask.ts'
import { BACKFILL, LIVE } from '../../log/log.ts'
import type { Frame, FrameCell, ListPlan, QueryFailure } from '../../store/store.ts'
import type { RunPlan } from '../answer-meta.ts'
import { metaOf } from '../answer-meta.ts'
import { type ArrivalPlace, bindingOf, encodeCursor } from './cursor.ts'
import {
  columnsOf,
  EVENT_FIELDS,
  type EventField,
  type EventObject,
  eventOf,
} from './event-fields.ts'
import { boundTo, type EventsRequest } from './parse-request.ts'

export interface EventsPage {
  readonly events: readonly EventObject[]
  readonly meta: AnswerMeta
  /** Where to go on: always there by arrival, null on the last page by time. */
  readonly next: string | null
  /** More events were there when this page was read. */
  readonly more: boolean
}

export type ReadFailure =
  | { readonly ok: false; readonly failure: QueryFailure; readonly message: string }
  | { readonly ok: false; readonly failure: 'invalid'; readonly issues: readonly QuestionIssue[] }

export type EventsOutcome = { readonly ok: true; readonly page: EventsPage } | ReadFailure

const PARTITIONS = [LIVE, BACKFILL] as const

export async function listEvents(request: EventsRequest, run: RunPlan): Promise<EventsOutcome> {
  if (request.order === 'time') return byTime(request, run)
  const { cursor } = request
  if (cursor === null && request.last !== null) return lastArrived(request, request.last, run)
  const places = cursor?.order === 'arrival' ? cursor.places : new Map<number, ArrivalPlace>()
  return arrivedAfter(request, places, run)
}

/** A cursor says what range its list has; without one the request does. */
function rangeOf({ cursor, from, to }: EventsRequest): { from: number; to: number } {
  return cursor === null ? { from, to } : { from: cursor.from, to: cursor.to }
}

function planOf(request: EventsRequest, fields: readonly EventField[]): Omit<ListPlan, 'limit'> {
  return {
    type: 'list',
    ...rangeOf(request),
    where: boundTo(request.where, request.everyReport),
    columns: columnsOf(fields),
  }
}

const fieldsOf = (request: EventsRequest): readonly EventField[] => request.fields ?? EVENT_FIELDS

async function byTime(request: EventsRequest, run: RunPlan): Promise<EventsOutcome> {
  const { cursor, limit } = request
  const fields = fieldsOf(request)
  const outcome = await run({
    ...planOf(request, fields),
    ...(cursor?.order === 'time' ? { before: cursor.before } : {}),
    limit: limit + 1,
  })
  if (!outcome.ok) return outcome
  const { frame } = outcome
  const rows = frame.rows.slice(0, limit)
  const last = rows.at(-1)
  const more = frame.rows.length > limit && last !== undefined
  const range = rangeOf(request)
  const next = more
    ? encodeCursor(
        {
          ...range,
          order: 'time',
          before: {
            time: timeOf(frame, last),
            partition: Number(cellOf(frame, last, 'partition')),
            ...placeOf(frame, last),
          },
        },
        bindingOf(boundTo(request.where, request.everyReport)),
      )
    : null
  return { ok: true, page: pageOf(request, [frame], rows.map(inFrame(frame)), next, more) }
}

/** A row with what it takes to show it and to put it in order. */
interface Arrived {
  readonly frame: Frame
  readonly row: readonly FrameCell[]
  readonly partition: number
  readonly receivedAt: number
}

/**
 * Within a partition by place; between partitions by the time of receipt, as far as that agrees with
 * the places, so that an import neither waits for live traffic nor holds it up.
 */
async function arrivedAfter(
  request: EventsRequest,
  places: ReadonlyMap<number, ArrivalPlace>,
  run: RunPlan,
): Promise<EventsOutcome> {
  const { limit } = request
  const queues: Arrived[][] = []
  const frames: Frame[] = []
  const ends = new Map<number, ArrivalPlace>()
  for (const partition of PARTITIONS) {
    const after = places.get(partition)
    const outcome = await run(
      arrivalPlan(request, { partition, ...(after && { after }) }, limit + 1),
    )
    if (!outcome.ok) return outcome
    const { frame } = outcome
    const position = frame.position.get(partition) ?? 0n
    if (after !== undefined && after.offset > position) return beyondTheLog(partition)
    frames.push(frame)
    queues.push(settledRows(frame, position).map((row) => arrivedIn(frame, row, partition)))
    // All rows below the position were in the snapshot: when none is left, the place moves up to it.
    const end = { offset: position, index: -1 }
    ends.set(partition, after !== undefined && isAfter(after, end) ? after : end)
  }
  const taken: Arrived[] = []
  while (taken.length < limit) {
    const next = queues
      .filter((queue) => queue.length > 0)
      .reduce<Arrived[] | null>(
        (best, queue) => (best !== null && receivedAt(best) <= receivedAt(queue) ? best : queue),
        null,
      )
    const row = next?.shift()
    if (row === undefined) break
    taken.push(row)
  }
  const more = queues.some((queue) => queue.length > 0)
  const reached = new Map(places)
  for (const [at, partition] of PARTITIONS.entries()) {
    const last = taken.findLast((row) => row.partition === partition)
    const own = last === undefined ? places.get(partition) : placeOf(last.frame, last.row)
    const end = ends.get(partition)
    const exhausted = queues[at]?.length === 0 && end !== undefined
    const place = exhausted && (own === undefined || isAfter(end, own)) ? end : own
    if (place !== undefined) reached.set(partition, place)
  }
  return { ok: true, page: arrivalPage(request, frames, taken, reached, more) }
}

const receivedAt = (queue: readonly Arrived[]): number => queue[0]?.receivedAt ?? 0

/** The last `count` to have arrived, oldest of them first, and the cursor behind them. */
async function lastArrived(
  request: EventsRequest,
  count: number,
  run: RunPlan,
): Promise<EventsOutcome> {
  const frames: Frame[] = []
  const rows: Arrived[] = []
  const reached = new Map<number, ArrivalPlace>()
  for (const partition of PARTITIONS) {
    const outcome = await run(
      arrivalPlan(request, { partition, descending: true }, Math.max(1, count)),
    )
    if (!outcome.ok) return outcome
    const { frame } = outcome
    frames.push(frame)
    const position = frame.position.get(partition) ?? 0n
    const own = settledRows(frame, position).toReversed()
    rows.push(...own.map((row) => arrivedIn(frame, row, partition)))
    reached.set(partition, { offset: position, index: -1 })
  }
  const sorted = rows.toSorted((a, b) => a.receivedAt - b.receivedAt)
  const taken = count === 0 ? [] : sorted.slice(-count)
  return { ok: true, page: arrivalPage(request, frames, taken, reached, false) }
}

/** The snapshot may hold more than the position says: who goes on from the position gets that next. */
function settledRows(frame: Frame, position: bigint): (readonly FrameCell[])[] {
  return frame.rows.filter((row) => placeOf(frame, row).offset < position)
}

function arrivalPlan(
  request: EventsRequest,
  arrival: NonNullable<ListPlan['arrival']>,
  limit: number,
): ListPlan {
  const plan = planOf(request, fieldsOf(request))
  const columns = [...new Set([...plan.columns, 'received_at'])]
  return { ...plan, columns, arrival, limit }
}

function arrivalPage(
  request: EventsRequest,
  frames: readonly Frame[],
  rows: readonly Arrived[],
  places: ReadonlyMap<number, ArrivalPlace>,
  more: boolean,
): EventsPage {
  const next = encodeCursor(
    { ...rangeOf(request), order: 'arrival', places },
    bindingOf(boundTo(request.where, request.everyReport)),
  )
  return pageOf(request, frames, rows, next, more)
}

function pageOf(
  request: EventsRequest,
  frames: readonly Frame[],
  rows: readonly Pick<Arrived, 'frame' | 'row'>[],
  next: string | null,
  more: boolean,
): EventsPage {
  const fields = fieldsOf(request)
  const asked = request.fields !== null
  const { from, to } = rangeOf(request)
  // A list without a range says so by the instants that can be written.
  const shown = { from, to: Math.min(to, LAST_INSTANT), timezone: 'UTC' }
  return {
    events: rows.map(({ frame, row }) => eventOf(frame, row, fields, asked)),
    meta: metaOf(shown, frames, []),
    next,
    more,
  }
}

/** 9999-12-31T23:59:59.999999Z, but no greater than a safe number: the year 2255. */
const LAST_INSTANT = 9_007_199_254_740_991

const inFrame = (frame: Frame) => (row: readonly FrameCell[]) => ({ frame, row })

function arrivedIn(frame: Frame, row: readonly FrameCell[], partition: number): Arrived {
  return { frame, row, partition, receivedAt: Number(cellOf(frame, row, 'received_at')) }
}

function cellOf(frame: Frame, row: readonly FrameCell[], column: string): FrameCell {
  return row[frame.columns.lastIndexOf(column)] ?? null
}

function timeOf(frame: Frame, row: readonly FrameCell[]): number {
  return Number(cellOf(frame, row, 'time'))
}

function placeOf(frame: Frame, row: readonly FrameCell[]): ArrivalPlace {
  const offset = cellOf(frame, row, 'offset')
  return {
    offset: typeof offset === 'bigint' ? offset : BigInt(Number(offset)),
    index: Number(cellOf(frame, row, 'index')),
  }
}

function isAfter(a: ArrivalPlace, b: ArrivalPlace): boolean {
  return a.offset > b.offset || (a.offset === b.offset && a.index > b.index)
}

/** The log got another history: it was restored to an earlier point. */
function beyondTheLog(partition: number): ReadFailure {
  const message = `lies beyond the end of the log (partition ${partition}): the hub was restored to an earlier point. Leave the cursor out to begin anew.`
  return { ok: false, failure: 'invalid', issues: [{ path: 'cursor', message }] }
}
