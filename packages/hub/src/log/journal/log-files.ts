import { join } from 'node:path'
import type { LogFiles, StoredSegment } from '../log-image.ts'
import { type Disk, syncAll, syncFolder } from './disk.ts'
import { dumpJournal } from './dump.ts'
import {
  listPartition,
  listSegments,
  PARTITIONS,
  partitionFolder,
  type SegmentFile,
  segmentPath,
  TEMPORARY,
} from './folder.ts'
import { holesIn, removeIfThere } from './holes.ts'
import { nodeDisk } from './node-disk.ts'
import { segmentUntil } from './segment-bytes.ts'
import { scanSegment } from './segment-scan.ts'

/** The files of a journal that no process has open. */
export function journalFiles(disk: Disk = nodeDisk): LogFiles {
  return {
    pathOf: ({ partition, first, compressed }) =>
      segmentPath('log', partition, first, compressed).replaceAll('\\', '/'),
    check: (file, segment, lost) => check(disk, file, segment, lost),
    lostIn: (text) => holesIn(text, 'the list of holes'),
    records: (logDir, partition) => dumpJournal(logDir, { partition }, disk),
    async cutAt(logDir, cut) {
      for (const partition of PARTITIONS) {
        await cutPartition(disk, logDir, partition, cut.get(partition) ?? 0n)
      }
    },
  }
}

async function check(
  disk: Disk,
  path: string,
  { partition, first, next, compressed }: StoredSegment,
  lost: readonly { readonly first: bigint; readonly next: bigint }[],
): Promise<string | null> {
  const scan = await scanSegment(disk, { partition, path, first, compressed })
  if (scan.headerFault !== undefined) return `segment header: ${scan.headerFault}`
  const { fault } = scan
  if (fault !== undefined) {
    return `byte ${fault.position}, offset ${fault.offset}: ${fault.reason}`
  }
  if (scan.next >= next) return null
  const isLost = lost.some((hole) => hole.first <= scan.next && hole.next >= next)
  return isLost ? null : `it ends at offset ${scan.next}, before ${next}`
}

/** Newest first, so that what a crash leaves has no gap before its end. */
async function cutPartition(
  disk: Disk,
  dir: string,
  partition: number,
  cut: bigint,
): Promise<void> {
  const folder = partitionFolder(dir, partition)
  for (const path of (await listPartition(disk, dir, partition)).temporary) await disk.unlink(path)
  const segments = await listSegments(disk, dir, partition)
  for (const segment of segments.toReversed()) {
    // A segment that begins at the cut is kept empty where it is the oldest: its name says where to go on.
    const isOldest = segment === segments[0]
    if (segment.first > cut || (segment.first === cut && !isOldest)) {
      await disk.unlink(segment.path)
      await syncFolder(disk, folder)
      continue
    }
    const scan = await scanSegment(disk, segment)
    if (scan.next > cut) await shorten(disk, dir, segment, cut)
    return
  }
}

async function shorten(disk: Disk, dir: string, segment: SegmentFile, cut: bigint): Promise<void> {
  const { partition, first, path } = segment
  const target = segmentPath(dir, partition, first)
  const temporary = target + TEMPORARY
  await removeIfThere(disk, temporary)
  const bytes = await segmentUntil(disk, segment, cut)
  const file = await disk.open(temporary, 'create')
  try {
    let position = 0
    for await (const chunk of bytes.chunks()) {
      await file.write([chunk], position)
      position += chunk.length
    }
    await syncAll(file, temporary)
  } finally {
    await file.close()
  }
  await disk.rename(temporary, target)
  if (path !== target) await disk.unlink(path)
  await syncFolder(disk, join(dir, String(partition)))
}
