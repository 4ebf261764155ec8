/**
 * What can be wrong with a log folder. Always a value that says where, what it means and what to run;
 * readers, which cannot answer a value from the middle of an iteration, throw it as a `JournalError`.
 *
 * - `corrupt_frame`: a frame does not validate and is not the torn tail of the last write.
 * - `corrupt_header`: a segment header does not validate, though records may follow it.
 * - `corrupt_file`: a compressed segment does not decompress.
 * - `unsupported_version`: written by a newer program.
 * - `corrupt_holes`: the list of what is lost cannot be read; without it a repair finds the same gaps anew.
 * - `gap`: offsets are missing between two segments, and no hole is recorded for them.
 * - `behind_store`: the store has applied records that the log does not have.
 * - `trimmed`: the offset asked for was removed by retention.
 * - `not_there`: the offset asked for is above the last record of the log.
 * - `io`: the file system refused.
 */
import { commandOf } from '../../core/newer-format.ts'

export type ProblemCode =
  | 'corrupt_frame'
  | 'corrupt_header'
  | 'corrupt_file'
  | 'unsupported_version'
  | 'corrupt_holes'
  | 'gap'
  | 'behind_store'
  | 'trimmed'
  | 'not_there'
  | 'io'

export interface JournalProblem {
  readonly code: ProblemCode
  readonly partition: number
  readonly path: string
  /** Byte in the (uncompressed) segment. */
  readonly position: number
  /** First offset that is affected. */
  readonly offset: bigint
  readonly message: string
  /** The command that deals with it. */
  readonly run: string
}

const REPAIR = 'llmhub journal repair --dry-run'

const RUN: Readonly<Record<ProblemCode, string>> = {
  corrupt_frame: REPAIR,
  corrupt_header: REPAIR,
  corrupt_file: REPAIR,
  unsupported_version: commandOf(),
  corrupt_holes: 'rm log/holes.json, then llmhub journal repair --dry-run',
  gap: REPAIR,
  behind_store: REPAIR,
  trimmed: 'llmhub journal verify',
  not_there: 'llmhub journal verify',
  io: 'llmhub doctor',
}

export interface Place {
  readonly partition: number
  readonly path: string
  readonly position: number
  readonly offset: bigint
}

/**
 * @param keepFrom the offset below which the store has applied everything, where it is known; a repair
 * needs it, so that what the store has and the log has not counts as lost
 */
export function problem(
  code: ProblemCode,
  place: Place,
  what: string,
  keepFrom = 0n,
): JournalProblem {
  const { partition, path, position, offset } = place
  const stored =
    RUN[code] === REPAIR && keepFrom > 0n ? ` --keep-from ${partition}:${keepFrom}` : ''
  const run = RUN[code] + stored
  const message = `${path}, byte ${position}, offset ${offset}: ${what}; run: ${run}`
  return { code, partition, path, position, offset, message, run }
}

export class JournalError extends Error {
  readonly problem: JournalProblem

  get newerFormat(): boolean {
    return this.problem.code === 'unsupported_version'
  }

  constructor(found: JournalProblem, options?: ErrorOptions) {
    super(found.message, options)
    this.name = 'JournalError'
    this.problem = found
  }
}
