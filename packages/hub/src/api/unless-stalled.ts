import { Readable } from 'node:stream'
import type { Clock } from '../core/clock.ts'

/**
 * A stream of `chunks` that makes one only when the one before it was taken, and breaks off once its
 * reader has taken nothing for `patienceMs`: who waits for ever must not hold what the chunks are made of.
 */
export function unlessStalled(
  chunks: AsyncIterable<string | Uint8Array>,
  patienceMs: number,
  clock: Clock,
): Readable {
  const stream = Readable.from(watched(), { objectMode: false })
  return stream

  async function* watched(): AsyncGenerator<string | Uint8Array> {
    for await (const chunk of chunks) {
      const cancel = clock.after(patienceMs, () =>
        stream.destroy(new Error(`the reader has taken nothing for ${patienceMs / 1000} s`)),
      )
      try {
        yield chunk
      } finally {
        cancel()
      }
    }
  }
}
