import { basename } from 'node:path'
import type { SegmentBytes } from '../log-image.ts'
import { ChunkedFile, openSource } from './byte-source.ts'
import { type Disk, sizeOf } from './disk.ts'
import type { SegmentFile } from './folder.ts'
import { SEGMENT_HEADER_BYTES } from './format.ts'
import { FrameReader } from './frame-reader.ts'
import { JournalError, problem } from './problem.ts'

const CHUNK_BYTES = 256 * 1024

/**
 * The file of a closed segment, byte by byte. Its mark is made of its form, its seed, which every
 * rewriting changes, and its size.
 */
export async function wholeSegment(disk: Disk, segment: SegmentFile): Promise<SegmentBytes> {
  const seed = await seedOf(disk, segment)
  const bytes = await sizeOf(disk, segment.path)
  return {
    compressed: segment.compressed,
    mark: `${segment.compressed ? 'zst' : 'seg'}:${seed}:${bytes}`,
    async *chunks() {
      const file = await disk.open(segment.path, 'read')
      const input = new ChunkedFile(file)
      try {
        yield* input.chunks()
      } finally {
        await input.stop()
        await file.close()
      }
    },
  }
}

/**
 * The segment up to the record before `next`, uncompressed. Costs one reading of that part, with all
 * checksums, and another one for the bytes.
 * @throws JournalError when the segment is damaged before that
 */
export async function segmentUntil(
  disk: Disk,
  segment: SegmentFile,
  next: bigint,
): Promise<SegmentBytes> {
  const length = await positionOf(disk, segment, next)
  return {
    compressed: false,
    mark: `seg:${await seedOf(disk, segment)}:${length}`,
    async *chunks() {
      const source = await openSource(disk, segment)
      try {
        for (let left = length; left > 0; ) {
          const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, left))
          const read = await source.read(chunk)
          if (read === 0) throw new Error(`${segment.path} became shorter while it was read`)
          left -= read
          yield chunk.subarray(0, read)
        }
      } finally {
        await source.close()
      }
    },
  }
}

/** Byte of the uncompressed segment at which the frame of offset `next` begins, or would. */
async function positionOf(disk: Disk, segment: SegmentFile, next: bigint): Promise<number> {
  const { partition, path, first } = segment
  const { reader, header } = await FrameReader.open(disk, segment)
  try {
    if (!header.ok) {
      const place = { partition, path, position: 0, offset: first }
      throw new JournalError(problem('corrupt_header', place, `segment header: ${header.fault}`))
    }
    for (;;) {
      const { offset, position } = reader.point()
      if (offset >= next) return position
      const step = await reader.next()
      if (step.is === 'frame') continue
      const what = step.is === 'bad' ? step.reason : `it ends before offset ${next}`
      throw new JournalError(problem('corrupt_frame', { partition, path, position, offset }, what))
    }
  } finally {
    await reader.close()
  }
}

async function seedOf(disk: Disk, segment: SegmentFile): Promise<string> {
  const source = await openSource(disk, segment)
  try {
    const header = Buffer.alloc(SEGMENT_HEADER_BYTES)
    const read = await source.read(header)
    if (read < SEGMENT_HEADER_BYTES) throw new Error(`${basename(segment.path)} has no header`)
    return header.toString('hex', 24, 40)
  } finally {
    await source.close()
  }
}
