/**
 * What an error of DuckDB means for the store. Its driver gives errors as texts that start with
 * their class.
 * - `corrupt`: bytes of the file are not what was written. The file must be given up.
 * - `invalidated`: the instance refuses every later statement, or what it holds in memory may differ
 *   from its file. The file must be opened anew.
 * - `interrupted`: the statement was stopped from outside.
 * - `out_of_memory`, `disk_full`: the statement could not be done now; the instance is fine.
 * - `other`: the statement failed; the instance is fine.
 */
export type Fault =
  | 'corrupt'
  | 'invalidated'
  | 'interrupted'
  | 'out_of_memory'
  | 'disk_full'
  | 'other'

/** In order: the first that matches decides. */
const FAULTS: readonly (readonly [RegExp, Fault])[] = [
  [/^INTERRUPT Error/i, 'interrupted'],
  [/checksum|corrupt|^Serialization Error|failed to deserialize|not a valid DuckDB/i, 'corrupt'],
  [/^(?:FATAL|INTERNAL) Error|invalidated/i, 'invalidated'],
  [/^Out of Memory Error/i, 'out_of_memory'],
  [/No space left on device|Disk quota exceeded/i, 'disk_full'],
  [/^IO Error/i, 'invalidated'],
]

export function faultOf(error: unknown): Fault {
  const message = messageOf(error)
  return FAULTS.find(([pattern]) => pattern.test(message))?.[1] ?? 'other'
}

export function isBreaking(fault: Fault): fault is BreakingFault {
  return fault === 'corrupt' || fault === 'invalidated'
}

/** Faults after which no statement of the instance may be trusted. */
export type BreakingFault = 'corrupt' | 'invalidated'

export interface Breakage {
  readonly fault: BreakingFault
  readonly reason: string
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
