import type { RangeVersion } from '../store.ts'

/** Microseconds of a day. */
const DAY = 86_400_000_000
const HOURS_PER_DAY = 24

/**
 * When the rows of each (project, day) last changed, counted in changes of the store. The version of
 * a range is the latest change of its days: it grows with every change of them and never otherwise.
 * Kept in memory: versions start anew with each opening, which `incarnation` tells apart.
 */
export class TouchedRanges {
  readonly #incarnation: string
  readonly #byProject = new Map<number, Map<number, number>>()
  readonly #anyProject = new Map<number, number>()
  #changes = 0

  /** @param incarnation differs from that of every earlier opening of the store */
  constructor(incarnation: string) {
    this.#incarnation = incarnation
  }

  /** Notes one change: hours since 1970 by project id. Call after the change can be seen, never before. */
  touch(hours: ReadonlyMap<number, ReadonlySet<number>>): void {
    if (hours.size === 0) return
    const change = ++this.#changes
    for (const [project, touched] of hours) {
      let days = this.#byProject.get(project)
      if (days === undefined) {
        days = new Map()
        this.#byProject.set(project, days)
      }
      for (const hour of touched) {
        const day = Math.floor(hour / HOURS_PER_DAY)
        days.set(day, change)
        this.#anyProject.set(day, change)
      }
    }
  }

  /** `project` is null for all, undefined for one that the store has never seen. */
  version(project: number | null | undefined, from: number, to: number): RangeVersion {
    const days =
      project === null
        ? this.#anyProject
        : project === undefined
          ? undefined
          : this.#byProject.get(project)
    let latest = 0
    if (days !== undefined && to > from) {
      const first = Math.floor(from / DAY)
      const last = Math.floor((to - 1) / DAY)
      if (last - first < days.size) {
        for (let day = first; day <= last; day++) latest = Math.max(latest, days.get(day) ?? 0)
      } else {
        for (const [day, change] of days) {
          if (day >= first && day <= last) latest = Math.max(latest, change)
        }
      }
    }
    return `${this.#incarnation}.${latest}`
  }
}
