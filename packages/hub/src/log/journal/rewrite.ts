import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, crc32, createZstdCompress } from 'node:zlib'
import type { EditRecord } from '../log.ts'
import { DecompressionError } from './byte-source.ts'
import { type Disk, sizeOf, syncAll, syncFolder } from './disk.ts'
import { type SegmentFile, TEMPORARY } from './folder.ts'
import { encodeFrameHeader, encodeSegmentHeader, FRAME_HEADER_BYTES, type Frame } from './format.ts'
import { FrameReader } from './frame-reader.ts'
import { removeIfThere } from './holes.ts'
import { JournalError, problem } from './problem.ts'
import { endsAt } from './recover.ts'

/**
 * - `unchanged`: `edit` changed no record; the file was only read.
 * - `rewritten`: the new file is in place and durable. Bytes are those of the files.
 * - `damaged`: the segment does not validate; it is left as it is.
 * - `stopped`: asked to stop before the end; the segment is left as it is.
 */
export type SegmentRewrite =
  | { readonly is: 'unchanged' }
  | {
      readonly is: 'rewritten'
      readonly records: number
      readonly bytesBefore: number
      readonly bytesAfter: number
    }
  | { readonly is: 'damaged'; readonly message: string }
  | { readonly is: 'stopped' }

export interface SegmentRewriteOptions {
  readonly newSeed: () => Uint8Array
  /** zstd level of a compressed segment. */
  readonly level: number
  /** Asked between records. */
  readonly stopped: () => boolean
}

class Stopped extends Error {}

/** A record that `edit` changed. */
interface Change {
  readonly offset: bigint
  readonly payload: Uint8Array
}

/**
 * Writes a closed segment anew with some payloads replaced: same name and form, same offsets, kinds
 * and units, another seed. The new file is written beside the old one, read back with every checksum
 * and renamed over it, so that a crash at any point leaves the old or the new segment. Whoever has the
 * old file open goes on reading it; the new seed tells whoever wants to go on in the middle that
 * positions have moved.
 *
 * `edit` sees each record once and in order. Until it changes one nothing is written.
 */
export async function rewriteSegment(
  disk: Disk,
  segment: SegmentFile,
  edit: EditRecord,
  options: SegmentRewriteOptions,
): Promise<SegmentRewrite> {
  const temporary: SegmentFile = { ...segment, path: segment.path + TEMPORARY }
  try {
    const change = await firstChange(disk, segment, edit, options)
    if (change === undefined) return { is: 'unchanged' }
    await removeIfThere(disk, temporary.path)
    const found = { records: 0, next: segment.first }
    const bytes = rewritten(disk, segment, edit, change, options, found)
    const bytesAfter = await write(disk, temporary, bytes, options.level)
    if (!(await endsAt(disk, temporary, found.next))) {
      throw new Error(`${temporary.path} does not read back as it was written`)
    }
    const bytesBefore = await sizeOf(disk, segment.path)
    await disk.rename(temporary.path, segment.path)
    await syncFolder(disk, dirname(segment.path))
    return { is: 'rewritten', records: found.records, bytesBefore, bytesAfter }
  } catch (error) {
    await removeIfThere(disk, temporary.path).catch(() => {
      // The first error is the one to report; opening the journal removes temporary files too.
    })
    if (error instanceof Stopped) return { is: 'stopped' }
    if (error instanceof JournalError || error instanceof DecompressionError) {
      return { is: 'damaged', message: error.message }
    }
    throw error
  }
}

async function firstChange(
  disk: Disk,
  segment: SegmentFile,
  edit: EditRecord,
  { stopped }: SegmentRewriteOptions,
): Promise<Change | undefined> {
  for await (const { frame, payload } of framesOf(disk, segment)) {
    if (stopped()) throw new Stopped()
    const { kind, offset } = frame
    const edited = await edit({ partition: segment.partition, offset, kind, payload })
    if (edited !== null) return { offset, payload: edited }
  }
  return undefined
}

/** The bytes of the new segment. `found` tells afterwards how many records changed and the offset after the last. */
async function* rewritten(
  disk: Disk,
  segment: SegmentFile,
  edit: EditRecord,
  change: Change,
  { newSeed, stopped }: SegmentRewriteOptions,
  found: { records: number; next: bigint },
): AsyncGenerator<Buffer, void, void> {
  const { partition, first } = segment
  const header = encodeSegmentHeader({ partition, first, seed: newSeed() })
  yield header.bytes
  let previous = header.check
  for await (const { frame, payload } of framesOf(disk, segment)) {
    if (stopped()) throw new Stopped()
    const { kind, offset } = frame
    let edited: Uint8Array | null = null
    if (offset === change.offset) edited = change.payload
    else if (offset > change.offset) edited = await edit({ partition, offset, kind, payload })
    const written = edited ?? payload
    const bytes = Buffer.allocUnsafe(FRAME_HEADER_BYTES + written.length)
    bytes.set(written, FRAME_HEADER_BYTES)
    const { length } = written
    const next = { ...frame, length, payloadCheck: crc32(written) }
    previous = encodeFrameHeader(bytes, 0, next, header.check, previous)
    if (edited !== null) found.records += 1
    found.next = offset + 1n
    yield bytes
  }
}

/** The frames of a closed segment. A payload is valid until the next step. Throws a `JournalError` where one does not validate. */
async function* framesOf(
  disk: Disk,
  segment: SegmentFile,
): AsyncGenerator<{ readonly frame: Frame; readonly payload: Buffer }, void, void> {
  const { reader, header } = await FrameReader.open(disk, segment)
  try {
    const place = { partition: segment.partition, path: segment.path, position: 0 }
    if (!header.ok || header.header.first !== segment.first) {
      const what = 'the segment header does not validate'
      throw new JournalError(problem('corrupt_header', { ...place, offset: segment.first }, what))
    }
    for (let whole = true; ; ) {
      const { offset, position } = reader.point()
      const step = await reader.next()
      if (step.is === 'frame') {
        whole = step.frame.lastOfUnit
        yield step
        continue
      }
      if (step.is === 'end' && whole) return
      const what = step.is === 'bad' ? step.reason : 'the last unit of records is not whole'
      throw new JournalError(problem('corrupt_frame', { ...place, position, offset }, what))
    }
  } finally {
    await reader.close()
  }
}

/** Writes and syncs a new file; answers its size. */
async function write(
  disk: Disk,
  segment: SegmentFile,
  bytes: AsyncGenerator<Buffer, void, void>,
  level: number,
): Promise<number> {
  const target = await disk.open(segment.path, 'create')
  try {
    let position = 0
    const store = async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        await target.write([chunk], position)
        position += chunk.length
      }
    }
    if (segment.compressed) {
      const params = {
        [constants.ZSTD_c_compressionLevel]: level,
        [constants.ZSTD_c_checksumFlag]: 1,
      }
      await pipeline(
        Readable.from(bytes, { objectMode: false }),
        createZstdCompress({ params }),
        store,
      )
    } else await store(bytes)
    await syncAll(target, segment.path)
    return position
  } finally {
    await bytes.return()
    await target.close()
  }
}
