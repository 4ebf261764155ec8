import type { LiveUpdate } from './live.ts'
import { boundsName } from './window-times.ts'

type ByGroup = Map<string, LiveUpdate>

/** The latest result of each window and group of one definition and size: open windows and the last closed ones. */
export class KeptResults {
  readonly #windows: number
  readonly #results: number
  readonly #kept = new Map<string, ByGroup>()
  #count = 0

  /** @param windows most closed windows @param results most results, closed windows go first */
  constructor(windows: number, results: number) {
    this.#windows = windows
    this.#results = results
  }

  get size(): number {
    return this.#count
  }

  put(update: LiveUpdate): void {
    const name = boundsName(update.window)
    let groups = this.#kept.get(name)
    if (groups === undefined) {
      groups = new Map()
      this.#kept.set(name, groups)
    }
    const group = groupName(update)
    const known = groups.has(group)
    if (update.removed === true) groups.delete(group)
    else groups.set(group, update)
    this.#count += Number(groups.has(group)) - Number(known)
    if (groups.size === 0) this.#kept.delete(name)
  }

  /** The results of a window and project. */
  of(window: LiveUpdate['window'], project: string): LiveUpdate[] {
    const groups = this.#kept.get(boundsName(window))
    return [...(groups?.values() ?? [])].filter((update) => update.project === project)
  }

  /** Results of the same group whose windows lie within that of `update` and are other ones. Cost: all kept. */
  within({ window, project, key }: LiveUpdate): LiveUpdate[] {
    const group = groupName({ project, key })
    const name = boundsName(window)
    return [...this.#kept].flatMap(([bounds, groups]) => {
      const part = groups.get(group)
      const isPart =
        part !== undefined &&
        bounds !== name &&
        part.window.start >= window.start &&
        part.window.end <= window.end
      return isPart ? [part] : []
    })
  }

  /** The results of a project; null: of all. */
  all(project: string | null): LiveUpdate[] {
    return [...this.#kept.values()].flatMap((groups) =>
      [...groups.values()].filter((update) => project === null || update.project === project),
    )
  }

  /** The results of the newest windows, ordered by window and key. */
  newest(project: string | null, most: number): LiveUpdate[] {
    const all = this.all(project).toSorted((a, b) => byWindow(b, a))
    return all.slice(0, most).toSorted((a, b) => byWindow(a, b) || compareKeys(a.key, b.key))
  }

  /** Results of closed windows, the newest ones. */
  newestClosed(most: number): LiveUpdate[] {
    const closed = this.all(null).filter(({ pane }) => pane.closed)
    return closed.sort(byWindow).slice(-most)
  }

  /** Drops closed windows that ended by `keptFrom`, which nobody corrects, and those beyond the limits, the oldest first. */
  trim(watermark: number, keptFrom: number): void {
    const closed = [...this.#kept].filter(([, groups]) => endOf(groups) <= watermark)
    closed.sort(([, a], [, b]) => endOf(a) - endOf(b))
    let left = closed.length
    for (const [name, groups] of closed) {
      const isKept = endOf(groups) > keptFrom
      if (isKept && left <= this.#windows && this.#count <= this.#results) return
      this.#kept.delete(name)
      this.#count -= groups.size
      left--
    }
  }

  clear(): void {
    this.#kept.clear()
    this.#count = 0
  }
}

function endOf(groups: ByGroup): number {
  for (const { window } of groups.values()) return window.end
  return Number.NEGATIVE_INFINITY
}

function groupName({ project, key }: Pick<LiveUpdate, 'project' | 'key'>): string {
  return JSON.stringify([project, ...key])
}

function byWindow({ window: a }: LiveUpdate, { window: b }: LiveUpdate): number {
  return a.start - b.start || a.end - b.end
}

function compareKeys(a: readonly (string | null)[], b: readonly (string | null)[]): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1
}
