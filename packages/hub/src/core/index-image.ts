/**
 * The indexes of ids and calls as files to be copied, for backups. They can be made again from the log,
 * which takes a reading of all of it; a restored copy leaves only the tail to be read.
 *
 * A copy is of use for any point at or behind what it covers, and must never be given to an earlier one:
 * it would call events duplicates that the log does not have.
 */

/** Partition → offset: what lies before it. */
type Reach = ReadonlyMap<number, bigint>

/** A run: an immutable file of an index. */
export interface ImagedRun {
  /** Below the data folder, with `/`. */
  readonly path: string
  /** This run and those before it hold every record before these offsets, and know of none beyond. */
  readonly covered: Reach
  /** Names the bytes without reading them: runs of one history with the same mark are the same. */
  readonly mark: string
}

export interface IndexImage {
  /** What the index consists of: a small file that names its runs. */
  readonly list: { readonly path: string; readonly bytes: Uint8Array }
  /** Oldest first. Their files stay where they are until `release`. */
  readonly runs: readonly ImagedRun[]
  /** Lets the files go. Idempotent. */
  release(): Promise<void>
}

/** What backups need of the files of an index that nobody has open. */
export interface IndexFiles {
  /** Reads every page of a run with its checksum. Answers what is wrong, or null. */
  check(file: string): Promise<string | null>
  /**
   * Makes the list in `folder` one of its first `runs` runs alone. Answers why that cannot be done, or null.
   * The list then covers what those runs cover.
   */
  keepFirst(folder: string, runs: number): Promise<string | null>
}
