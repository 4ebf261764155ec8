/**
 * Cursors of lists of events. One by time holds the place after the last row and the range as it was
 * resolved for the first page, so that `now` does not move between pages. One by arrival holds a place
 * in each partition, so that asking with it again goes on where it ended, for as long as the log has
 * the history it was made in. Both are bound to the filters and refused with others.
 */

import { cursorParts, cursorText } from '../../core/cursor-text.ts'
import type { ListPlan, Predicate } from '../../store/store.ts'
import { stableText } from '../stable-text.ts'

/** Raised when what a cursor holds changes; older cursors are refused. */
const VERSION = 2

export interface ArrivalPlace {
  readonly offset: bigint
  readonly index: number
}

interface Range {
  readonly from: number
  readonly to: number
}

export type EventCursor =
  | (Range & { readonly order: 'time'; readonly before: NonNullable<ListPlan['before']> })
  | (Range & {
      readonly order: 'arrival'
      /** By partition: rows up to this place were given. */
      readonly places: ReadonlyMap<number, ArrivalPlace>
    })

/** What a cursor is bound to: the filters. */
export function bindingOf(where: Predicate | null): string {
  return `events ${VERSION} ${stableText(where)}`
}

export function encodeCursor(cursor: EventCursor, binding: string): string {
  const { from, to } = cursor
  const head = [cursor.order, from, to]
  if (cursor.order === 'time') {
    const { time, partition, offset, index } = cursor.before
    return cursorText([...head, time, partition, `${offset}`, index], binding)
  }
  const places = [...cursor.places].flatMap(([partition, { offset, index }]) => [
    partition,
    `${offset}`,
    index,
  ])
  return cursorText([...head, ...places], binding)
}

/** Null when the text is not a cursor of this version, is damaged, or was made for other filters. */
export function decodeCursor(encoded: string, binding: string): EventCursor | null {
  const parts = cursorParts(encoded, binding)
  if (parts === null) return null
  const [order, from, to, ...rest] = parts
  if (!isWhole(from) || !isWhole(to)) return null
  if (order === 'time') {
    const [time, ...place] = rest
    const [at] = placesOf(place) ?? []
    if (!isWhole(time) || place.length !== 3 || at === undefined) return null
    const [partition, { offset, index }] = at
    return { order, from, to, before: { time, partition, offset, index } }
  }
  const places = placesOf(rest)
  if (order !== 'arrival' || places === null) return null
  return { order, from, to, places: new Map(places) }
}

function placesOf(parts: readonly unknown[]): [number, ArrivalPlace][] | null {
  if (parts.length % 3 !== 0 || parts.length > 300) return null
  const places: [number, ArrivalPlace][] = []
  for (let at = 0; at < parts.length; at += 3) {
    const [partition, offset, index] = parts.slice(at, at + 3)
    if (!isWhole(partition) || !isWhole(index)) return null
    if (typeof offset !== 'string' || !/^\d{1,18}$/u.test(offset)) return null
    places.push([partition, { offset: BigInt(offset), index }])
  }
  return places
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value)
}
