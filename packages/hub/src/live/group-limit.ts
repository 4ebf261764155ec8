import { OTHER_KEY } from '../store/store.ts'

/** Values of the dimensions of a group. */
export type GroupKey = readonly (string | null)[]

/**
 * The groups that a definition may tell apart at one time, over all projects. A group beyond the limit counts
 * under the overflow key of its project. Groups give their place back when their last windows are long over.
 */
export class GroupLimit {
  readonly #most: number
  /** Latest event time of each group. */
  readonly #groups: Map<string, number>

  constructor(most: number, groups: Iterable<readonly [string, number]> = []) {
    this.#most = most
    this.#groups = new Map(groups)
  }

  get size(): number {
    return this.#groups.size
  }

  /** The key to count under: the group's own, or the overflow key. */
  admit(project: string, key: GroupKey, time: number): GroupKey {
    const text = JSON.stringify([project, ...key])
    const latest = this.#groups.get(text)
    if (latest === undefined && this.#groups.size >= this.#most) return key.map(() => OTHER_KEY)
    if (latest === undefined || latest < time) this.#groups.set(text, time)
    return key
  }

  /** Forgets groups without events since `time`. */
  forget(time: number): void {
    for (const [text, latest] of this.#groups) if (latest < time) this.#groups.delete(text)
  }

  entries(): (readonly [string, number])[] {
    return [...this.#groups]
  }
}
