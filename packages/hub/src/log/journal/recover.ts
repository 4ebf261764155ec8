/**
 * What happens to a partition when the journal is opened.
 *
 * 1. Leftovers of a crash go: temporary files; one of the two forms of a segment whose compression
 *    was just finishing; a last segment whose header was never written whole.
 * 2. The last segment is read with every checksum. What does not validate at its end is a torn tail,
 *    and is cut, only when nothing proves that it was durable once: no valid frame of a later group
 *    commit follows, no durable mark in a valid frame, in the name of a later segment or in the
 *    store's position lies above it. Otherwise opening stops with the exact place.
 * 3. The last group commit is written again over itself and synced. After a failed fsync and a
 *    restart its pages may be clean in the page cache although they never reached the disk; only
 *    writing them again makes the next fsync mean what it says.
 *
 * Of earlier segments only the header is read, for its version: they were durable before their
 * successor began, and reading and `verify` check every frame of them.
 */
import { DecompressionError } from './byte-source.ts'
import { type Disk, type DiskFile, syncAll, syncFolder } from './disk.ts'
import { listPartition, partitionFolder, type SegmentFile } from './folder.ts'
import { SEGMENT_HEADER_BYTES } from './format.ts'
import { FrameReader, type ResumePoint } from './frame-reader.ts'
import { type JournalProblem, type Place, type ProblemCode, problem } from './problem.ts'
import { type SegmentScan, scanSegment } from './segment-scan.ts'

export interface TailCut {
  readonly path: string
  /** Byte from which the file was cut. */
  readonly position: number
  readonly bytes: number
  /** Offset that the next record gets. */
  readonly offset: bigint
  readonly reason: string
}

export interface PartitionRecovery {
  readonly partition: number
  readonly segments: number
  readonly next: bigint
  /** The torn tail that was cut. None of its records had been acknowledged. */
  readonly cut?: TailCut
  /** Leftover files that were removed. */
  readonly discarded: readonly string[]
}

export interface RecoveryReport {
  readonly partitions: readonly PartitionRecovery[]
  readonly cutBytes: number
}

/** An open segment and the place at which the next frame goes. */
export interface ActiveSegment {
  readonly segment: SegmentFile
  readonly file: DiskFile
  readonly end: ResumePoint
}

export interface RecoveredPartition {
  readonly closed: readonly SegmentFile[]
  readonly active?: ActiveSegment
  readonly next: bigint
  readonly report: PartitionRecovery
}

export type Recovered =
  | { readonly ok: true; readonly recovered: RecoveredPartition }
  | { readonly ok: false; readonly problem: JournalProblem }

export interface RecoverOptions {
  readonly disk: Disk
  readonly dir: string
  readonly partition: number
  /** Offsets below this are applied in the store: they must be in the log, and are never cut. */
  readonly keepFrom: bigint
  readonly verify: boolean
}

export async function recoverPartition(options: RecoverOptions): Promise<Recovered> {
  const { disk, dir, partition, keepFrom, verify } = options
  const folder = partitionFolder(dir, partition)
  await disk.makeDirectory(folder)
  // After a kill a segment can be there whose name never became durable.
  await syncFolder(disk, folder)
  const listing = await listPartition(disk, dir, partition)
  const discarded: string[] = []
  const discard = async (path: string) => {
    await disk.unlink(path)
    await syncFolder(disk, folder)
    discarded.push(path)
  }
  for (const path of listing.temporary) await discard(path)
  const segments = await settleForms(disk, listing.segments, discard)

  const stop = (code: ProblemCode, place: Omit<Place, 'partition'>, what: string): Recovered => ({
    ok: false,
    problem: problem(code, { partition, ...place }, what, keepFrom),
  })

  let mark = 0n
  let last = segments.at(-1)
  let scan = last && (await scanSegment(disk, last, { verify }))
  const unmade = scan?.headerFault !== undefined && scan.headerFault !== 'version'
  if (last && unmade && (await holdsNothing(disk, last))) {
    if (keepFrom > last.first) return stop('behind_store', atStart(last), storeIsAhead(keepFrom))
    await discard(last.path)
    segments.pop()
    // A segment is created only when all before it is durable, so even its name is proof of that.
    mark = last.first
    last = segments.at(-1)
    scan = last && (await scanSegment(disk, last, { verify }))
  }

  if (last === undefined || scan === undefined) {
    const place = { path: folder, position: 0, offset: 0n }
    if (mark > 0n) return stop('gap', place, `records before offset ${mark} are missing`)
    if (keepFrom > 0n) return stop('behind_store', place, storeIsAhead(keepFrom))
    const report = { partition, segments: 0, next: 0n, discarded }
    return { ok: true, recovered: { closed: [], next: 0n, report } }
  }

  for (const segment of segments) {
    if (await isNewer(disk, segment)) {
      return stop('unsupported_version', atStart(segment), 'the segment has a newer format')
    }
  }
  const refusal = judge(last, scan, mark, keepFrom)
  if (refusal !== undefined) return stop(...refusal)
  if (last.compressed) {
    const report = { partition, segments: segments.length, next: scan.next, discarded }
    return { ok: true, recovered: { closed: segments, next: scan.next, report } }
  }

  const file = await disk.open(last.path, 'write')
  try {
    const cut = await cutTail(file, scan)
    await rewrite(file, scan.undurable, scan.end.position)
    await syncAll(file, last.path)
    const report = { partition, segments: segments.length, next: scan.next, discarded }
    return {
      ok: true,
      recovered: {
        closed: segments.slice(0, -1),
        active: { segment: last, file, end: scan.end },
        next: scan.next,
        report: cut === undefined ? report : { ...report, cut },
      },
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Whether the segment says that a newer program wrote it; one that is damaged says nothing. */
async function isNewer(disk: Disk, segment: SegmentFile): Promise<boolean> {
  try {
    const { reader, header } = await FrameReader.open(disk, segment)
    await reader.close()
    return !header.ok && header.fault === 'version'
  } catch (error) {
    if (error instanceof DecompressionError) return false
    throw error
  }
}

function storeIsAhead(keepFrom: bigint): string {
  return `the store has applied the records before offset ${keepFrom}, which the log does not have`
}

function atStart(segment: SegmentFile): Omit<Place, 'partition'> {
  return { path: segment.path, position: 0, offset: segment.first }
}

/** Why the last segment must not be used as it is, or undefined when it is whole or its tail may be cut. */
export function judge(
  last: SegmentFile,
  scan: SegmentScan,
  mark: bigint,
  keepFrom: bigint,
): [ProblemCode, Omit<Place, 'partition'>, string] | undefined {
  if (scan.headerFault === 'version') {
    return ['unsupported_version', atStart(last), 'the segment has a newer format']
  }
  if (scan.headerFault !== undefined) {
    return ['corrupt_header', atStart(last), 'the segment header does not validate']
  }
  const { fault } = scan
  if (fault !== undefined) {
    const place = { path: last.path, position: fault.position, offset: fault.offset }
    if (fault.undecodable) return ['corrupt_file', place, fault.reason]
    if (last.compressed) return ['corrupt_frame', place, `${fault.reason}, in a closed segment`]
    if (fault.follower !== undefined) {
      const { position } = fault.follower
      return [
        'corrupt_frame',
        place,
        `${fault.reason}, and valid records follow at byte ${position}`,
      ]
    }
    const durable = mark > scan.durable ? mark : scan.durable
    if (scan.next < durable) {
      return ['corrupt_frame', place, `${fault.reason}, below offset ${durable} that was durable`]
    }
    if (scan.next < keepFrom) {
      return ['corrupt_frame', place, `${fault.reason}; ${storeIsAhead(keepFrom)}`]
    }
  }
  const end = { path: last.path, position: scan.end.position, offset: scan.next }
  if (scan.next < mark)
    return ['gap', end, `the records before offset ${mark} were durable and are missing`]
  if (scan.next < keepFrom) return ['behind_store', end, storeIsAhead(keepFrom)]
  return undefined
}

/**
 * A crash between the last two steps of a compression leaves both forms. The compressed one is kept
 * when it validates to the beginning of the next segment, else the original.
 */
export async function settleForms(
  disk: Disk,
  files: readonly SegmentFile[],
  discard: (path: string) => Promise<void>,
): Promise<SegmentFile[]> {
  const kept: SegmentFile[] = []
  for (let i = 0; i < files.length; i++) {
    const file = files[i]
    const twin = files[i + 1]
    if (file === undefined) continue
    if (twin === undefined || twin.first !== file.first) {
      kept.push(file)
      continue
    }
    const successor = files[i + 2]
    const whole = successor !== undefined && (await endsAt(disk, twin, successor.first))
    await discard(whole ? file.path : twin.path)
    kept.push(whole ? twin : file)
    i += 1
  }
  return kept
}

/** True when every frame of the segment validates and the last one is followed by offset `next`. */
export async function endsAt(disk: Disk, segment: SegmentFile, next: bigint): Promise<boolean> {
  const scan = await scanSegment(disk, segment)
  return scan.headerFault === undefined && scan.fault === undefined && scan.next === next
}

/** True when the file holds no byte that could be a record: it ends with its header, or zeros follow. */
export async function holdsNothing(disk: Disk, segment: SegmentFile): Promise<boolean> {
  if (segment.compressed) return false
  const file = await disk.open(segment.path, 'read')
  try {
    const chunk = Buffer.alloc(256 * 1024)
    for (let position = SEGMENT_HEADER_BYTES; ; position += chunk.length) {
      const n = await file.read(chunk, position)
      if (n === 0) return true
      if (chunk.subarray(0, n).some((byte) => byte !== 0)) return false
    }
  } finally {
    await file.close()
  }
}

async function cutTail(file: DiskFile, scan: SegmentScan): Promise<TailCut | undefined> {
  const { end, fault } = scan
  if (fault === undefined) return undefined
  const bytes = (await file.size()) - end.position
  await file.truncate(end.position)
  return {
    path: scan.segment.path,
    position: end.position,
    bytes,
    offset: scan.next,
    reason: fault.reason,
  }
}

async function rewrite(file: DiskFile, from: number, to: number): Promise<void> {
  const chunk = Buffer.allocUnsafe(Math.min(1024 * 1024, Math.max(0, to - from)))
  for (let position = from; position < to; position += chunk.length) {
    const part = chunk.subarray(0, Math.min(chunk.length, to - position))
    await file.read(part, position)
    await file.write([part], position)
  }
}
