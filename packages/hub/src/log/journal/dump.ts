import type { LogRecord } from '../log.ts'
import type { Disk } from './disk.ts'
import { listSegments, type SegmentFile } from './folder.ts'
import { FrameReader } from './frame-reader.ts'
import { nodeDisk } from './node-disk.ts'
import { JournalError, problem } from './problem.ts'
import { scanSegment } from './segment-scan.ts'

/** A record with its place in the folder. `payload` is valid until the next step. */
export interface DumpedRecord extends LogRecord {
  readonly path: string
  /** Byte of the frame in the uncompressed segment. */
  readonly position: number
  /** Every offset below this was durable when the record was written. */
  readonly durable: bigint
  readonly firstOfUnit: boolean
  readonly lastOfUnit: boolean
}

export interface DumpOptions {
  readonly partition: number
  /** First offset wanted. Default: the oldest. */
  readonly from?: bigint
  /** Most records. Default: no limit. */
  readonly limit?: number
}

/**
 * Lists what a folder holds, whether or not it was acknowledged; missing offsets are passed over.
 * Ends at a torn tail; throws a `JournalError` at damage. Memory is bounded by the largest record.
 */
export async function* dumpJournal(
  dir: string,
  options: DumpOptions,
  disk: Disk = nodeDisk,
): AsyncGenerator<DumpedRecord, void, void> {
  const { partition, from = 0n } = options
  let left = options.limit ?? Number.POSITIVE_INFINITY
  const segments = await listSegments(disk, dir, partition)
  for (const [index, segment] of segments.entries()) {
    const successor = segments[index + 1]
    if (left <= 0) return
    if (successor !== undefined && successor.first <= from) continue
    for await (const record of recordsOf(disk, segment, from, successor === undefined)) {
      yield record
      left -= 1
      if (left <= 0) return
    }
  }
}

async function* recordsOf(
  disk: Disk,
  segment: SegmentFile,
  from: bigint,
  last: boolean,
): AsyncGenerator<DumpedRecord, void, void> {
  const { partition, path } = segment
  const { reader, header } = await FrameReader.open(disk, segment)
  try {
    if (!header.ok) {
      const place = { partition, path, position: 0, offset: segment.first }
      throw new JournalError(problem('corrupt_header', place, `segment header: ${header.fault}`))
    }
    for (;;) {
      const step = await reader.next((offset) => offset >= from)
      if (step.is === 'end') return
      if (step.is === 'bad') {
        const { position, offset } = reader.point()
        const { fault } = await scanSegment(disk, segment)
        if (last && fault?.follower === undefined) return
        const place = { partition, path, position, offset }
        throw new JournalError(problem('corrupt_frame', place, step.reason))
      }
      const { kind, offset, durable, firstOfUnit, lastOfUnit } = step.frame
      if (offset < from) continue
      const { payload, position } = step
      yield { partition, offset, kind, payload, path, position, durable, firstOfUnit, lastOfUnit }
    }
  } finally {
    await reader.close()
  }
}
