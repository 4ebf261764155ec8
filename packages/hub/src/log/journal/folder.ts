/**
 * Names in a log folder:
 * ```
 * <dir>/<partition>/<first offset, 20 digits>.seg          open, or closed and not yet compressed
 * <dir>/<partition>/<first offset, 20 digits>.seg.zst      closed and compressed
 * <dir>/<partition>/….tmp                                  being written; worthless after a crash
 * <dir>/holes.json                                         offsets known to be lost
 * <dir>/quarantine/                                        what a repair took out
 * ```
 */
import { join } from 'node:path'
import { BACKFILL, LIVE } from '../log.ts'
import type { Disk } from './disk.ts'

export const PARTITIONS: readonly number[] = [LIVE, BACKFILL]
export const TEMPORARY = '.tmp'

const NAME = /^(\d{20})\.seg(\.zst)?$/

export interface SegmentFile {
  readonly partition: number
  readonly path: string
  readonly first: bigint
  readonly compressed: boolean
}

export function partitionFolder(dir: string, partition: number): string {
  return join(dir, String(partition))
}

export function segmentPath(
  dir: string,
  partition: number,
  first: bigint,
  compressed = false,
): string {
  const name = `${first.toString().padStart(20, '0')}.seg${compressed ? '.zst' : ''}`
  return join(partitionFolder(dir, partition), name)
}

export interface Listing {
  /** By first offset. A segment in both forms is listed in both, uncompressed first. */
  readonly segments: SegmentFile[]
  readonly temporary: string[]
}

export async function listPartition(disk: Disk, dir: string, partition: number): Promise<Listing> {
  const folder = partitionFolder(dir, partition)
  const segments: SegmentFile[] = []
  const temporary: string[] = []
  for (const name of (await disk.list(folder)).toSorted()) {
    const match = NAME.exec(name)
    if (name.endsWith(TEMPORARY)) temporary.push(join(folder, name))
    else if (match?.[1] !== undefined) {
      segments.push({
        partition,
        path: join(folder, name),
        first: BigInt(match[1]),
        compressed: match[2] !== undefined,
      })
    }
  }
  return { segments, temporary }
}

/** One file per segment: the uncompressed one where both are there, because it is the original. */
export async function listSegments(
  disk: Disk,
  dir: string,
  partition: number,
): Promise<SegmentFile[]> {
  const { segments } = await listPartition(disk, dir, partition)
  return segments.filter((segment, index) => segments[index - 1]?.first !== segment.first)
}
