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

/**
 * A file as a stream of chunks. A stream that is given up does not wait for the read under way, so
 * whoever closes the file must `stop` first, or its number may by then belong to another file.
 */
export class ChunkedFile {
  readonly #file: DiskFile
  #reading: Promise<number> | undefined
  #stopped = false
  /** The error of a failed read, so that it is not taken for bad data by whoever decodes the stream. */
  failure: Error | undefined

  constructor(file: DiskFile) {
    this.#file = file
  }

  async *chunks(): AsyncGenerator<Buffer, void, void> {
    for (let position = 0; !this.#stopped; ) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
      this.#reading = this.#file.read(chunk, position)
      let n: number
      try {
        n = await this.#reading
      } catch (error) {
        this.failure = error instanceof Error ? error : new Error(String(error))
        throw error
      }
      if (n === 0) return
      position += n
      yield chunk.subarray(0, n)
    }
  }

  /** Resolves when no read is under way and none will begin. */
  async stop(): Promise<void> {
    this.#stopped = true
    try {
      await this.#reading
    } catch {
      // Whoever reads the stream has got the error.
    }
  }
}

function zstdSource(file: DiskFile, path: string): ByteSource {
  const input = new ChunkedFile(file)
  const decompress = createZstdDecompress()
  // The callback receives the same error that iterating throws, so there is nothing left to do in it.
  pipeline(Readable.from(input.chunks(), { objectMode: false }), decompress, () => {})
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
        throw input.failure ?? new DecompressionError(path, error)
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
      await input.stop()
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
