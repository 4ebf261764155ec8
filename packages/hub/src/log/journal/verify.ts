import type { Disk } from './disk.ts'
import { listSegments, PARTITIONS, type SegmentFile } from './folder.ts'
import { endOfHole, readHoles } from './holes.ts'
import { nodeDisk } from './node-disk.ts'
import { type JournalProblem, problem } from './problem.ts'
import { holdsNothing, judge } from './recover.ts'
import { type SegmentScan, scanSegment } from './segment-scan.ts'

export interface SegmentReport {
  readonly partition: number
  readonly path: string
  readonly compressed: boolean
  readonly first: bigint
  /** Offset after the last whole record. */
  readonly next: bigint
  readonly records: number
  /** Valid bytes, uncompressed. */
  readonly bytes: number
  /** The last segment ends in a write that was not finished; opening the journal cuts it. Nothing acknowledged is in it. */
  readonly tornTail?: { readonly position: number; readonly reason: string }
  readonly problem?: JournalProblem
}

export interface Gap {
  readonly partition: number
  readonly first: bigint
  readonly next: bigint
  /** True when a repair recorded it as a hole. */
  readonly recorded: boolean
}

export interface VerifyReport {
  /** No damage and no unrecorded gap. */
  readonly ok: boolean
  readonly segments: readonly SegmentReport[]
  readonly gaps: readonly Gap[]
  readonly records: number
  readonly bytes: number
}

export interface VerifyProgress {
  /** Segments done, and how many there are. */
  readonly done: number
  readonly segments: number
  readonly path: string
}

/**
 * Reads every frame of every segment with all checksums and compares the offsets of neighbours. For
 * a folder that no process writes to. Costs one read of the whole log; memory is bounded by the
 * largest record.
 */
export async function verifyJournal(
  dir: string,
  onProgress: (progress: VerifyProgress) => void = () => {},
  disk: Disk = nodeDisk,
): Promise<VerifyReport> {
  const holes = await readHoles(disk, dir)
  const lists = await Promise.all(PARTITIONS.map((number) => listSegments(disk, dir, number)))
  const count = lists.reduce((sum, list) => sum + list.length, 0)
  const segments: SegmentReport[] = []
  const gaps: Gap[] = []
  for (const list of lists) {
    for (const [index, segment] of list.entries()) {
      const successor = list[index + 1]
      const scan = await scanSegment(disk, segment)
      const report = await reportOf(disk, scan, successor)
      segments.push(report)
      onProgress({ done: segments.length, segments: count, path: segment.path })
      if (successor === undefined || scan.next >= successor.first) continue
      const { partition } = segment
      const end = endOfHole(holes, partition, scan.next)
      const recorded = end !== undefined && end >= successor.first
      gaps.push({ partition, first: scan.next, next: successor.first, recorded })
    }
  }
  return {
    ok:
      segments.every((report) => report.problem === undefined) && gaps.every((gap) => gap.recorded),
    segments,
    gaps,
    records: segments.reduce((sum, { records }) => sum + records, 0),
    bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

async function reportOf(
  disk: Disk,
  scan: SegmentScan,
  successor: SegmentFile | undefined,
): Promise<SegmentReport> {
  const { segment, next, records, end, fault } = scan
  const { partition, path, compressed, first } = segment
  const report = { partition, path, compressed, first, next, records, bytes: end.position }
  if (successor === undefined) {
    if (scan.headerFault !== undefined && (await holdsNothing(disk, segment))) {
      return { ...report, tornTail: { position: 0, reason: 'the segment was being created' } }
    }
    const refusal = judge(segment, scan, 0n, 0n)
    if (refusal !== undefined) {
      const [code, place, what] = refusal
      return { ...report, problem: problem(code, { partition, ...place }, what) }
    }
    if (fault === undefined) return report
    return { ...report, tornTail: { position: fault.position, reason: fault.reason } }
  }
  if (scan.headerFault !== undefined) {
    const code =
      scan.headerFault === 'version'
        ? 'unsupported_version'
        : scan.headerFault === 'undecodable'
          ? 'corrupt_file'
          : 'corrupt_header'
    const place = { partition, path, position: 0, offset: first }
    return { ...report, problem: problem(code, place, `segment header: ${scan.headerFault}`) }
  }
  if (fault !== undefined) {
    const code = fault.undecodable ? 'corrupt_file' : 'corrupt_frame'
    const place = { partition, path, position: fault.position, offset: fault.offset }
    return { ...report, problem: problem(code, place, `${fault.reason}, in a closed segment`) }
  }
  if (next > successor.first) {
    const place = { partition, path, position: end.position, offset: successor.first }
    const what = 'the next segment begins before this one ends'
    return { ...report, problem: problem('corrupt_frame', place, what) }
  }
  return report
}
