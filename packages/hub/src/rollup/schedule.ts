import { DAY_MICROS, HOUR_MICROS, type Span } from '../store/rollup.ts'

/** What could be built. All starts are epoch microseconds, in any order, repeats allowed. */
export interface Backlog {
  /** Hours whose rows changed since their cells were made, or that never had any. */
  readonly dirtyHours: readonly number[]
  /** Hours whose cells are of another definition. */
  readonly staleHours: readonly number[]
  /** Days whose cells are older than those of their hours, or of another definition. */
  readonly staleDays: readonly number[]
}

export interface Budget {
  /** Buckets that end later than this may still get rows: they are left alone. Epoch microseconds. */
  readonly closedBefore: number
  /** Hours that one transaction rebuilds; 0 builds nothing. A day counts as 24. */
  readonly maxHours: number
}

/** Consecutive buckets to rebuild in one transaction. */
export interface Build {
  readonly grain: 'hour' | 'day'
  readonly span: Span
}

/**
 * What to build next; null when nothing is due.
 *
 * Hours come first and the newest of them first, because that is where questions look. A day waits
 * until none of its hours is due, else it would be built again after each of them.
 */
export function nextBuild(backlog: Backlog, budget: Budget): Build | null {
  if (budget.maxHours <= 0) return null
  const hours = new Set([...backlog.dirtyHours, ...backlog.staleHours])
  const closed = [...hours].filter((hour) => hour + HOUR_MICROS <= budget.closedBefore)
  const hourSpan = newestRun(closed, HOUR_MICROS, budget.maxHours)
  if (hourSpan !== null) return { grain: 'hour', span: hourSpan }

  const waiting = new Set([...hours].map((hour) => Math.floor(hour / DAY_MICROS) * DAY_MICROS))
  const days = backlog.staleDays.filter(
    (day) => day + DAY_MICROS <= budget.closedBefore && !waiting.has(day),
  )
  const daySpan = newestRun(days, DAY_MICROS, Math.max(1, Math.floor(budget.maxHours / 24)))
  return daySpan === null ? null : { grain: 'day', span: daySpan }
}

/** The newest start and the consecutive ones before it, at most `limit` of them. */
function newestRun(starts: readonly number[], grain: number, limit: number): Span | null {
  const descending = [...new Set(starts)].sort((a, b) => b - a)
  const newest = descending[0]
  if (newest === undefined) return null
  let from = newest
  for (const start of descending.slice(1, limit)) {
    if (start !== from - grain) break
    from = start
  }
  return { from, to: newest + grain }
}
