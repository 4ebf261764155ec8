import { DecompressionError } from './byte-source.ts'
import type { Disk } from './disk.ts'
import type { SegmentFile } from './folder.ts'
import type { HeaderFault } from './format.ts'
import { FrameReader, type ResumePoint } from './frame-reader.ts'

/** What a walk over a whole segment found. */
export interface SegmentScan {
  readonly segment: SegmentFile
  /** Present when the header does not validate or is not that of the file's name; then nothing else was read. */
  readonly headerFault?: HeaderFault | 'name' | 'undecodable'
  /** Offset after the last record of a whole unit. */
  readonly next: bigint
  readonly records: number
  /** End of the last whole unit, from which a writer can go on. */
  readonly end: ResumePoint
  /** Every offset below this was durable, as the valid frames tell. */
  readonly durable: bigint
  /** Where the last group commit begins; 0 while nothing proves that even the header was durable. */
  readonly undurable: number
  /** Present when the segment does not end with a whole unit. */
  readonly fault?: SegmentFault
}

export interface SegmentFault {
  readonly position: number
  /** Offset of the record that does not validate. */
  readonly offset: bigint
  readonly reason: string
  /** True when the bytes before the fault end in the middle of a unit and nothing else is wrong. */
  readonly unfinished: boolean
  /** The file does not decompress beyond the fault, so what follows it cannot be looked at. */
  readonly undecodable: boolean
  /** The first valid frame of a later group commit: proof that the faulty record was durable once. */
  readonly follower?: {
    readonly position: number
    readonly offset: bigint
    readonly durable: bigint
  }
}

interface Progress {
  next: bigint
  records: number
  end: ResumePoint
  durable: bigint
  undurable: number
}

/**
 * Walks a segment to its end or its first fault. After a fault it looks for valid frames of a later
 * group commit: group commits follow each other, so such a frame, whose durable mark lies above the
 * faulty record, proves that the record had been durable and is now damaged. A later frame of the same
 * group commit proves nothing, because a disk may write the sectors of one write in any order.
 */
export async function scanSegment(
  disk: Disk,
  segment: SegmentFile,
  options: { readonly verify?: boolean; readonly onBytes?: (bytes: number) => void } = {},
): Promise<SegmentScan> {
  const opened = await openScan(disk, segment, options)
  const start = opened?.reader.point() ?? NOWHERE
  const found: Progress = {
    next: segment.first,
    records: 0,
    end: start,
    durable: segment.first,
    undurable: 0,
  }
  if (opened === undefined) return { segment, headerFault: 'undecodable', ...found }
  const { reader, header } = opened
  try {
    if (!header.ok) return { segment, headerFault: header.fault, ...found }
    const { first, partition } = header.header
    if (first !== segment.first || partition !== segment.partition) {
      return { segment, headerFault: 'name', ...found }
    }
    const fault = await walk(reader, found, options.onBytes)
    return fault === undefined ? { segment, ...found } : { segment, ...found, fault }
  } finally {
    await reader.close()
  }
}

const NOWHERE: ResumePoint = { position: 0, offset: 0n, previous: 0, segmentCheck: 0 }

async function openScan(
  disk: Disk,
  segment: SegmentFile,
  options: { readonly verify?: boolean },
): Promise<Awaited<ReturnType<typeof FrameReader.open>> | undefined> {
  try {
    return await FrameReader.open(disk, segment, options)
  } catch (error) {
    if (error instanceof DecompressionError) return undefined
    throw error
  }
}

async function walk(
  reader: FrameReader,
  found: Progress,
  onBytes: ((bytes: number) => void) | undefined,
): Promise<SegmentFault | undefined> {
  let inUnit = false
  let unitRecords = 0
  for (;;) {
    const at = reader.point()
    try {
      const step = await reader.next()
      if (step.is === 'end') {
        if (!inUnit) return undefined
        return {
          position: step.position,
          offset: at.offset,
          reason: 'the last unit of records is not whole',
          unfinished: true,
          undecodable: false,
        }
      }
      if (step.is === 'bad') return await tailFault(reader, step.reason)
      if (step.frame.firstOfUnit === inUnit) {
        return await tailFault(reader, 'the frame is not where its unit has it', at)
      }
      if (step.frame.durable > found.durable) {
        found.durable = step.frame.durable
        found.undurable = step.position
      }
      unitRecords += 1
      inUnit = !step.frame.lastOfUnit
      if (!inUnit) {
        found.records += unitRecords
        unitRecords = 0
        found.end = reader.point()
        found.next = found.end.offset
      }
      onBytes?.(found.end.position)
    } catch (error) {
      if (!(error instanceof DecompressionError)) throw error
      return {
        position: at.position,
        offset: at.offset,
        reason: 'the file does not decompress',
        unfinished: false,
        undecodable: true,
      }
    }
  }
}

async function tailFault(
  reader: FrameReader,
  reason: string,
  at = reader.point(),
): Promise<SegmentFault> {
  const fault = {
    position: at.position,
    offset: at.offset,
    reason,
    unfinished: false,
    undecodable: false,
  }
  try {
    for (let skip = 1; ; skip = 1) {
      const frame = await reader.resync(skip)
      if (frame === undefined) return fault
      if (frame.durable > at.offset) {
        const { position } = reader.point()
        return { ...fault, follower: { position, offset: frame.offset, durable: frame.durable } }
      }
    }
  } catch (error) {
    if (!(error instanceof DecompressionError)) throw error
    return { ...fault, undecodable: true }
  }
}
