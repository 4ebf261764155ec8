/**
 * What can be wrong with a log folder. Always a value that says where, what it means and what to run;
 * readers, which cannot answer a value from the middle of an iteration, throw it as a `JournalError`.
 *
 * - `corrupt_frame`: a frame does not validate and is not the torn tail of the last write.
 * - `corrupt_header`: a segment header does not validate, though records may follow it.
 * - `corrupt_file`: a compressed segment does not decompress.
 * - `unsupported_version`: written by a newer program.
 * - `gap`: offsets are missing between two segments, and no hole is recorded for them.
 * - `behind_store`: the store has applied records that the log does not have.
 * - `trimmed`: the offset asked for was removed by retention.
 * - `not_there`: the offset asked for is above the last record of the log.
 * - `io`: the file system refused.
 */
export type ProblemCode =
  | 'corrupt_frame'
  | 'corrupt_header'
  | 'corrupt_file'
  | 'unsupported_version'
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

const RUN: Readonly<Record<ProblemCode, string>> = {
  corrupt_frame: 'llmhub journal repair --dry-run',
  corrupt_header: 'llmhub journal repair --dry-run',
  corrupt_file: 'llmhub journal repair --dry-run',
  unsupported_version: 'the program version that wrote this folder, or a newer one',
  gap: 'llmhub journal repair --dry-run',
  behind_store: 'llmhub journal repair --dry-run',
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

export function problem(code: ProblemCode, place: Place, what: string): JournalProblem {
  const message = `${place.path}, byte ${place.position}, offset ${place.offset}: ${what}; run: ${RUN[code]}`
  const { partition, path, position, offset } = place
  return { code, partition, path, position, offset, message, run: RUN[code] }
}

export class JournalError extends Error {
  readonly problem: JournalProblem

  constructor(found: JournalProblem, options?: ErrorOptions) {
    super(found.message, options)
    this.name = 'JournalError'
    this.problem = found
  }
}
