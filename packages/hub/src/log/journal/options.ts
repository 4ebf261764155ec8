import type { Clock } from '../../core/clock.ts'
import type { Disk } from './disk.ts'

/** Breaks the journal on purpose, so that a fault harness can prove that it would notice. Never set in production. */
export interface Sabotage {
  /** Acknowledges after the write, before the fdatasync. */
  readonly ackBeforeSync?: boolean
  /** Reads and recovers without looking at checksums. */
  readonly skipChecksum?: boolean
}

export interface JournalOptions {
  /** The log folder, usually `<dataDir>/log`. Created when missing. One process at a time may open it. */
  readonly dir: string
  /** Per partition, the offset below which the store has applied everything. Default 0. */
  readonly keepFrom?: ReadonlyMap<number, bigint>
  /** Size at which a segment is closed, in bytes including its headers. Default 32 MiB. */
  readonly segmentBytes?: number
  /** Most bytes of one group commit; a single larger append still is one. Default 8 MiB. */
  readonly groupBytes?: number
  /** Compresses closed segments in the background. Default true. */
  readonly compress?: boolean
  /** zstd level, 1 (fastest) to 19. Default 1. */
  readonly compressionLevel?: number
  /** Default: the file system of the machine. */
  readonly disk?: Disk
  /** Answers 16 random bytes for the chain of a new segment. Default: `node:crypto`. */
  readonly newSeed?: () => Uint8Array
  /** Times fsyncs. Default: the clock of the machine. */
  readonly clock?: Clock
  /** Test-only; default off. */
  readonly sabotage?: Sabotage
}

/** The open segment is the one that is not compressed: smaller ones leave less of the log so. */
export const DEFAULT_SEGMENT_BYTES: number = 32 * 1024 * 1024
export const DEFAULT_GROUP_BYTES: number = 8 * 1024 * 1024
