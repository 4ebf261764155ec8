import { pipeline, Readable } from 'node:stream'
import { createZstdDecompress } from 'node:zlib'
import type { Disk, DiskFile } from './disk.ts'
import type { SegmentFile } from './folder.ts'

/** The uncompressed bytes of a segment from its beginning, read once and in order. */
export interface ByteSource {
  /** Fills `into`; answers the bytes read, fewer than asked only at the end. */
  read(into: Uint8Array): Promise<number>
  /** Passes over `bytes` bytes; passing over the end is no error. */
  skip(bytes: number): Promise<void>
  close(): Promise<void>
}

const CHUNK_BYTES = 256 * 1024

/** A compressed segment that does not decompress; what came before the fault has been read. */
export class DecompressionError extends Error {
  constructor(path: string, cause: unknown) {
    super(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.name = 'DecompressionError'
  }
}

function fileSource(file: DiskFile): ByteSource {
  let position = 0
  return {
    async read(into) {
      const n = await file.read(into, position)
      position += n
      return n
    },
    async skip(bytes) {
      position += bytes
    },
    close: () => file.close(),
  }
}

/** Yields the file in chunks. A failing read is remembered apart, so that it is not taken for bad zstd data. */
export async function* fileChunks(
  file: DiskFile,
  onError?: (error: unknown) => void,
): AsyncGenerator<Buffer, void, void> {
  let position = 0
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    let n: number
    try {
      n = await file.read(chunk, position)
    } catch (error) {
      onError?.(error)
      throw error
    }
    if (n === 0) return
    position += n
    yield chunk.subarray(0, n)
  }
}

function zstdSource(file: DiskFile, path: string): ByteSource {
  let readError: Error | undefined
  const chunks = fileChunks(file, (error) => {
    readError = error instanceof Error ? error : new Error(String(error))
  })
  const decompress = createZstdDecompress()
  // The callback receives the same error that iterating throws, so there is nothing left to do in it.
  pipeline(Readable.from(chunks, { objectMode: false }), decompress, () => {})
  const iterator = decompress[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let chunk: Buffer = Buffer.alloc(0)
  let ended = false
  let failure: Error | undefined

  async function pull(): Promise<boolean> {
    if (failure !== undefined) throw failure
    while (chunk.length === 0 && !ended) {
      let step: IteratorResult<Buffer>
      try {
        step = await iterator.next()
      } catch (error) {
        ended = true
        throw readError ?? new DecompressionError(path, error)
      }
      if (step.done === true) ended = true
      else chunk = step.value
    }
    return chunk.length > 0
  }

  return {
    async read(into) {
      let filled = 0
      while (filled < into.length) {
        try {
          if (!(await pull())) break
        } catch (error) {
          // What was decompressed before the fault is answered first; the next call throws.
          if (filled === 0) throw error
          failure = error instanceof Error ? error : new Error(String(error))
          break
        }
        const n = Math.min(chunk.length, into.length - filled)
        into.set(chunk.subarray(0, n), filled)
        chunk = chunk.subarray(n)
        filled += n
      }
      return filled
    },
    async skip(bytes) {
      let left = bytes
      while (left > 0 && (await pull())) {
        const n = Math.min(chunk.length, left)
        chunk = chunk.subarray(n)
        left -= n
      }
    },
    async close() {
      await iterator.return?.()
      decompress.destroy()
      await file.close()
    },
  }
}

export async function openSource(
  disk: Disk,
  segment: Pick<SegmentFile, 'path' | 'compressed'>,
): Promise<ByteSource> {
  const file = await disk.open(segment.path, 'read')
  return segment.compressed ? zstdSource(file, segment.path) : fileSource(file)
}
