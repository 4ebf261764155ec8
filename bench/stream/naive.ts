/**
 * The queries with an object per event and a text for every key and window, as a first version would be
 * written: what the engine's results are compared with, and what its speed is measured against.
 */
import { AUCTION, BID, type NexmarkColumns, PERSON } from './nexmark-events.ts'

export interface NaiveEvent {
  readonly kind: number
  readonly time: number
  readonly id: number
  readonly who: number
  readonly price: number
}

export function eventsOf({ kind, time, id, who, price }: NexmarkColumns): NaiveEvent[] {
  return Array.from(kind, (_, row) => ({
    kind: kind[row] ?? 0,
    time: time[row] ?? 0,
    id: id[row] ?? 0,
    who: who[row] ?? 0,
    price: price[row] ?? 0,
  }))
}

/** A query that is fed batch by batch and told the watermark behind each; answers rows as text. */
export interface NaiveQuery {
  add(events: readonly NaiveEvent[], watermark: number): void
  /** Rows so far, taken away. */
  take(): string[]
}

const WINDOW = 10_000
const SLIDE = 2_000

export const NAIVE: Readonly<Record<string, () => NaiveQuery>> = {
  q0: () => perBid(({ id, who, price, time }) => [id, who, price, time].join()),
  q1: () => perBid(({ id, who, price, time }) => [id, who, price * 0.908, time].join()),
  q2: () => perBid(({ id, price }) => (id % 123 === 0 ? [id, price].join() : null)),
  q5: hotAuctions,
  q7: highestBids,
  q8: newSellers,
  q11: bidsPerSession,
  q12: () => bidsPerBidder(),
}

function perBid(row: (bid: NaiveEvent) => string | null): NaiveQuery {
  let rows: string[] = []
  return {
    add(events) {
      for (const event of events) {
        const made = event.kind === BID ? row(event) : null
        if (made !== null) rows.push(made)
      }
    },
    take() {
      const taken = rows
      rows = []
      return taken
    },
  }
}

interface Group {
  readonly start: number
  readonly end: number
  readonly key: number
  count: number
}

/** Groups by key and window in a Map, closed when the watermark passes their end. */
function grouped(
  windowsOf: (event: NaiveEvent) => readonly number[],
  keyOf: (event: NaiveEvent) => number | null,
  size: number,
  closed: (groups: readonly Group[]) => readonly string[],
): NaiveQuery {
  const open = new Map<string, Group>()
  let rows: string[] = []
  return {
    add(events, watermark) {
      for (const event of events) {
        const key = keyOf(event)
        if (key === null) continue
        for (const start of windowsOf(event)) {
          const name = `${key}|${start}`
          const group = open.get(name)
          if (group === undefined) open.set(name, { start, end: start + size, key, count: 1 })
          else group.count++
        }
      }
      const due: Group[] = []
      for (const [name, group] of open) {
        if (group.end > watermark) continue
        due.push(group)
        open.delete(name)
      }
      if (due.length > 0) rows.push(...closed(due))
    },
    take() {
      const taken = rows
      rows = []
      return taken
    },
  }
}

/** The auctions with the most bids of the last 10 s, every 2 s. */
function hotAuctions(): NaiveQuery {
  return grouped(
    ({ time }) => {
      const starts: number[] = []
      for (let start = Math.floor(time / SLIDE) * SLIDE; start > time - WINDOW; start -= SLIDE) {
        starts.push(start)
      }
      return starts
    },
    ({ kind, id }) => (kind === BID ? id : null),
    WINDOW,
    (groups) => {
      const most = new Map<number, number>()
      for (const { end, count } of groups) most.set(end, Math.max(most.get(end) ?? 0, count))
      return groups
        .filter(({ end, count }) => most.get(end) === count)
        .map(({ key, end, count }) => [key, end, count].join())
    },
  )
}

/** The highest bid of every 10 s; of equal ones the earliest. */
function highestBids(): NaiveQuery {
  const best = new Map<number, NaiveEvent>()
  let rows: string[] = []
  return {
    add(events, watermark) {
      for (const event of events) {
        if (event.kind !== BID) continue
        const start = Math.floor(event.time / WINDOW) * WINDOW
        const highest = best.get(start)
        if (
          highest === undefined ||
          event.price > highest.price ||
          (event.price === highest.price && event.time < highest.time)
        ) {
          best.set(start, event)
        }
      }
      for (const [start, { id, price }] of best) {
        if (start + WINDOW > watermark) continue
        rows.push([start + WINDOW, id, price].join())
        best.delete(start)
      }
    },
    take() {
      const taken = rows
      rows = []
      return taken
    },
  }
}

/** People who joined and opened an auction within the same 10 s. */
function newSellers(): NaiveQuery {
  const joined = new Map<string, { readonly start: number; readonly id: number }>()
  const sold = new Set<string>()
  let rows: string[] = []
  return {
    add(events, watermark) {
      for (const { kind, time, id, who } of events) {
        const start = Math.floor(time / WINDOW) * WINDOW
        if (kind === PERSON) joined.set(`${id}|${start}`, { start, id })
        else if (kind === AUCTION) sold.add(`${who}|${start}`)
      }
      for (const [name, { start, id }] of joined) {
        if (start + WINDOW > watermark) continue
        if (sold.has(name)) rows.push([id, start + WINDOW].join())
        joined.delete(name)
      }
      for (const name of sold) {
        if (Number(name.split('|')[1]) + WINDOW <= watermark) sold.delete(name)
      }
    },
    take() {
      const taken = rows
      rows = []
      return taken
    },
  }
}

interface Session {
  start: number
  last: number
  count: number
}

/** Bids of every bidder as long as no 10 s pass without one. */
function bidsPerSession(): NaiveQuery {
  const sessions = new Map<string, Session[]>()
  let rows: string[] = []
  return {
    add(events, watermark) {
      for (const { kind, time, who } of events) {
        if (kind !== BID) continue
        const name = String(who)
        const own = sessions.get(name) ?? []
        const touching = own.filter(
          ({ start, last }) => time >= start - WINDOW && time <= last + WINDOW,
        )
        const merged: Session = {
          start: Math.min(time, ...touching.map(({ start }) => start)),
          last: Math.max(time, ...touching.map(({ last }) => last)),
          count: touching.reduce((sum, { count }) => sum + count, 1),
        }
        sessions.set(name, [...own.filter((one) => !touching.includes(one)), merged])
      }
      for (const [name, own] of sessions) {
        const open = own.filter(({ last }) => last + WINDOW > watermark)
        if (open.length === own.length) continue
        for (const { start, last, count } of own) {
          if (last + WINDOW <= watermark) rows.push([name, start, last + WINDOW, count].join())
        }
        if (open.length === 0) sessions.delete(name)
        else sessions.set(name, open)
      }
    },
    take() {
      const taken = rows
      rows = []
      return taken
    },
  }
}

/** Bids per bidder and 10 s of the clock, which here is told as the event's time. */
function bidsPerBidder(): NaiveQuery {
  return grouped(
    ({ time }) => [Math.floor(time / WINDOW) * WINDOW],
    ({ kind, who }) => (kind === BID ? who : null),
    WINDOW,
    (groups) => groups.map(({ key, end, count }) => [key, end, count].join()),
  )
}
