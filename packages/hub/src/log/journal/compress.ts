import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress } from 'node:zlib'
import { ChunkedFile } from './byte-source.ts'
import { type Disk, syncAll, syncFolder } from './disk.ts'
import { type SegmentFile, TEMPORARY } from './folder.ts'
import { removeIfThere } from './holes.ts'
import { endsAt } from './recover.ts'

class Aborted extends Error {}

/**
 * Writes the compressed form of a closed segment beside it, proves by decompressing that it holds the
 * same records, and only then removes the original. A crash at any point leaves at least one whole form.
 *
 * @param next offset after the last record of the segment
 * @param aborted asked between chunks
 * @returns `corrupt` when the segment itself does not validate; it is then left as it is
 */
export async function compressSegment(
  disk: Disk,
  segment: SegmentFile,
  next: bigint,
  level: number,
  aborted: () => boolean,
): Promise<
  { readonly is: 'compressed'; readonly segment: SegmentFile } | { is: 'corrupt' | 'aborted' }
> {
  const folder = dirname(segment.path)
  const compressed: SegmentFile = { ...segment, path: `${segment.path}.zst`, compressed: true }
  const temporary: SegmentFile = { ...compressed, path: compressed.path + TEMPORARY }
  await removeIfThere(disk, temporary.path)
  try {
    await writeCompressed(disk, segment.path, temporary.path, level, aborted)
  } catch (error) {
    await removeIfThere(disk, temporary.path)
    if (error instanceof Aborted) return { is: 'aborted' }
    throw error
  }
  if (!(await endsAt(disk, temporary, next))) {
    await disk.unlink(temporary.path)
    return { is: 'corrupt' }
  }
  await disk.rename(temporary.path, compressed.path)
  await syncFolder(disk, folder)
  await disk.unlink(segment.path)
  await syncFolder(disk, folder)
  return { is: 'compressed', segment: compressed }
}

async function writeCompressed(
  disk: Disk,
  from: string,
  to: string,
  level: number,
  aborted: () => boolean,
): Promise<void> {
  const source = await disk.open(from, 'read')
  const input = new ChunkedFile(source)
  try {
    const target = await disk.open(to, 'create')
    try {
      const params = {
        [constants.ZSTD_c_compressionLevel]: level,
        [constants.ZSTD_c_checksumFlag]: 1,
      }
      await pipeline(
        Readable.from(input.chunks(), { objectMode: false }),
        createZstdCompress({ params }),
        async (chunks: AsyncIterable<Buffer>) => {
          let position = 0
          for await (const chunk of chunks) {
            if (aborted()) throw new Aborted()
            await target.write([chunk], position)
            position += chunk.length
          }
        },
      )
      await syncAll(target, to)
    } finally {
      await target.close()
    }
  } finally {
    await input.stop()
    await source.close()
  }
}
