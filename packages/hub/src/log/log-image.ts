/**
 * A log as files to be copied, for backups. The image is taken at one instant: whatever a record of it
 * refers to (the cut of an operation, the place of a suppressed row) was durable before that record
 * was written, in whichever partition, and so lies in the image too.
 */

import type { Cut } from './operation.ts'

/** One segment as bytes. A partly copied one is not compressed, whatever form its file has. */
export interface SegmentBytes {
  readonly compressed: boolean
  /**
   * Names the bytes without reading them: files with the same mark hold the same bytes. A segment
   * that is rewritten, compressed or longer than before has another mark.
   */
  readonly mark: string
  chunks(): AsyncIterable<Uint8Array>
}

export interface ImagedSegment {
  readonly partition: number
  readonly first: bigint
  /** Offset after the last record of it that belongs to the image. */
  readonly next: bigint
  /** False for the segment that was open for appending: only its durable part belongs to the image. */
  readonly closed: boolean
  /**
   * Gives the segment as it is now to `work`; it is not replaced meanwhile. Answers undefined when it
   * was trimmed since the image was taken.
   */
  use<T>(work: (bytes: SegmentBytes) => Promise<T>): Promise<T | undefined>
}

export interface LogImage {
  /** Offset after the last durable record, per partition. */
  readonly next: Cut
  /** Oldest first, partition by partition. */
  readonly segments: readonly ImagedSegment[]
}

/** A segment in a file of any name. */
export interface StoredSegment {
  readonly partition: number
  readonly first: bigint
  readonly next: bigint
  readonly compressed: boolean
}

/** What backups need of the files of a log that nobody has open. */
export interface LogFiles {
  /** Path of a segment below the data folder, with `/`. */
  readonly pathOf: (segment: Pick<StoredSegment, 'partition' | 'first' | 'compressed'>) => string
  /**
   * Reads every frame with every checksum. Answers what is wrong, or null when the file holds the
   * records of [first, next), and perhaps more behind them.
   * @param lost offsets of the partition that are on record as lost
   */
  check(
    file: string,
    segment: StoredSegment,
    lost: readonly { readonly first: bigint; readonly next: bigint }[],
  ): Promise<string | null>
  /** Parses a list of lost offsets. Throws when it is none. */
  lostIn(
    text: string,
  ): readonly { readonly partition: number; readonly first: bigint; readonly next: bigint }[]
  /** Records of a partition in a log folder, in order. Throws at damage. */
  records(logDir: string, partition: number): AsyncIterable<StoredRecord>
  /** Removes every record at or beyond `cut`, which is durable when this is answered. Twice is once. */
  cutAt(logDir: string, cut: Cut): Promise<void>
}

export interface StoredRecord {
  readonly offset: bigint
  readonly kind: 'events' | 'rejects' | 'operation'
  /** Valid until the next step. */
  readonly payload: Uint8Array
  /** Records of one append are one unit, which is in a log as a whole or not at all. */
  readonly firstOfUnit: boolean
}
