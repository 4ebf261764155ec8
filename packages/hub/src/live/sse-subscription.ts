import type { LiveUpdate } from './live.ts'

/** What somebody watches of one definition and size. */
export interface LiveSubscription {
  /** Its name in messages; no two of a stream have the same. */
  readonly id: string
  readonly definition: string
  readonly size: string
  /** Names of the dimensions, in the order of the keys. */
  readonly by: readonly string[]
  /** Null: all projects. */
  readonly project: string | null
  /** Most results of a snapshot. */
  readonly limit: number
  /** Chooses by project and key; null takes all of the project's. */
  readonly filter: ((update: LiveUpdate) => boolean) | null
  /** What a snapshot says about itself: measures with their units, …. */
  readonly about: Readonly<Record<string, unknown>>
}

export function isWatched({ project, filter }: LiveSubscription, update: LiveUpdate): boolean {
  if (project !== null && update.project !== project) return false
  return filter === null || filter(update)
}
