/** How long rows are kept, and holds that keep them longer: as data, and who wins where several speak. */

/** In place of a family: rejected events, by the time they were received. */
export const LETTERS = 'dead_letters'

export interface RetentionPolicy {
  /** Null: every project. */
  readonly project: string | null
  /** A family of events, null for every one of them, or `LETTERS`. */
  readonly family: string | null
  /** 0 keeps for ever. */
  readonly days: number
}

/** Days where no policy speaks; 0 keeps for ever. */
export interface RetentionDefaults {
  readonly events: number
  readonly letters: number
}

/** A legal hold: rows of a project in a range are kept whatever policies and erasures ask for. */
export interface Hold {
  readonly name: string
  readonly project: string
  /** A family, `LETTERS`, or null: all events and dead letters of the project. */
  readonly family: string | null
  /** Epoch microseconds, [from, to); null: unbounded. Event time, or receive time of dead letters. */
  readonly from: number | null
  readonly to: number | null
  readonly reason: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Id of the key. */
  readonly createdBy: string | null
  readonly releasedAt: number | null
}

/**
 * Days that rows of a family in a project are kept, null for ever. The most specific policy wins:
 * project and family, then project, then family, then all. Policies without a family are about events;
 * dead letters have policies of their own.
 */
export function daysKept(
  policies: readonly RetentionPolicy[],
  defaults: RetentionDefaults,
  project: string,
  family: string,
): number | null {
  const letters = family === LETTERS
  const matching = policies.filter(
    (policy) =>
      (policy.project === null || policy.project === project) &&
      (policy.family === family || (policy.family === null && !letters)),
  )
  const rank = (policy: RetentionPolicy): number =>
    (policy.project === null ? 0 : 2) + (policy.family === null ? 0 : 1)
  const best = matching.toSorted((a, b) => rank(b) - rank(a))[0]
  const days = best?.days ?? (letters ? defaults.letters : defaults.events)
  return days === 0 ? null : days
}

/** Half-open range of time in epoch microseconds; a null bound is none. */
export interface TimeRange {
  readonly from: number | null
  readonly to: number | null
}

/**
 * Holds in force that keep rows of a range: any erasure or retention has to leave those rows alone.
 * @param family null asks about all families and dead letters
 */
export function holdsOn(
  holds: readonly Hold[],
  project: string,
  family: string | null,
  range: TimeRange = { from: null, to: null },
): readonly Hold[] {
  return holds.filter(
    (hold) =>
      hold.releasedAt === null &&
      hold.project === project &&
      (hold.family === null || family === null || hold.family === family) &&
      (hold.to === null || range.from === null || hold.to > range.from) &&
      (hold.from === null || range.to === null || hold.from < range.to),
  )
}

/** What is left of everything before `before` when the ranges of the holds are taken out, ascending. */
export function withoutHeld(
  before: number,
  holds: readonly TimeRange[],
): readonly { readonly from: number | null; readonly before: number }[] {
  const pieces: { from: number | null; before: number }[] = []
  let from: number | null = null
  const ordered = holds
    .filter((hold) => hold.from === null || hold.to === null || hold.from < hold.to)
    .toSorted((a, b) => (a.from ?? Number.NEGATIVE_INFINITY) - (b.from ?? Number.NEGATIVE_INFINITY))
  for (const hold of ordered) {
    const start = hold.from ?? Number.NEGATIVE_INFINITY
    if (start >= before) break
    if (start > (from ?? Number.NEGATIVE_INFINITY)) pieces.push({ from, before: start })
    if (hold.to === null || hold.to >= before) return pieces
    from = Math.max(from ?? Number.NEGATIVE_INFINITY, hold.to)
  }
  pieces.push({ from, before })
  return pieces
}
