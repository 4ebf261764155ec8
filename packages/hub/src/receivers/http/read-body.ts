import type { Readable, Transform } from 'node:stream'
import { constants, createGunzip, createZstdDecompress } from 'node:zlib'
import type { BodyBudget } from './body-budget.ts'
import type { ReceiverLimits } from './limits.ts'

/** Forms in which a body may come. */
export const CONTENT_ENCODINGS = ['identity', 'gzip', 'zstd'] as const
export type ContentEncoding = (typeof CONTENT_ENCODINGS)[number]

/**
 * - `aborted`: the sender went away before the end of the body; there is nobody to answer.
 * `held` is what the caller must give back to the budget, whatever the outcome.
 */
export type BodyOutcome =
  | { readonly ok: true; readonly bytes: Buffer; readonly held: number }
  | {
      readonly ok: false
      readonly code: 'body_too_large' | 'invalid_encoding' | 'overloaded' | 'aborted'
      readonly message: string
      readonly held: number
    }

/**
 * Largest window of a zstd frame, as a power of two: 8 MiB, what every level below `--ultra` uses.
 * It bounds the memory a frame can make the decoder allocate.
 */
const ZSTD_WINDOW_LOG_MAX = 23

/**
 * Reads a body and decompresses it. The compressed bytes are collected first, so that the limit on
 * expansion is a property of the whole body and not of how it was cut into packets; decompression
 * then stops at the first chunk beyond the limit. A refused body is drained, not cut off, so that
 * senders who only read after writing see the answer; the server's request timeout ends the rest.
 */
export async function readBody(
  source: Readable,
  encoding: ContentEncoding,
  declaredLength: number | null,
  limits: ReceiverLimits,
  budget: BodyBudget,
): Promise<BodyOutcome> {
  const tooLarge = `the limit is ${limits.maxBodyBytes} bytes after decompression`
  if (declaredLength !== null && declaredLength > limits.maxBodyBytes) {
    source.resume()
    return { ok: false, code: 'body_too_large', message: tooLarge, held: 0 }
  }
  const received = await collect(source, limits.maxBodyBytes, budget)
  if (received.end === 'failed') {
    return { ok: false, code: 'aborted', message: 'the body was cut off', held: received.held }
  }
  if (received.end === 'limit') {
    return { ok: false, code: 'body_too_large', message: tooLarge, held: received.held }
  }
  if (received.end === 'budget') return overloaded(received.held)
  if (encoding === 'identity') {
    return { ok: true, bytes: received.bytes, held: received.held }
  }

  const allowed = Math.min(limits.maxBodyBytes, received.bytes.length * limits.maxExpansion)
  const decoder = createDecoder(encoding)
  decoder.end(received.bytes)
  const decoded = await collect(decoder, allowed, budget)
  decoder.destroy()
  const held = received.held + decoded.held
  switch (decoded.end) {
    case 'complete':
      return { ok: true, bytes: decoded.bytes, held }
    case 'limit':
      return {
        ok: false,
        code: 'body_too_large',
        message:
          allowed < limits.maxBodyBytes
            ? `a body may grow at most ${limits.maxExpansion} times when decompressed`
            : tooLarge,
        held,
      }
    case 'budget':
      return overloaded(held)
    case 'failed':
      return { ok: false, code: 'invalid_encoding', message: `the body is not ${encoding}`, held }
  }
}

function overloaded(held: number): BodyOutcome {
  return { ok: false, code: 'overloaded', message: 'too many bytes are being received', held }
}

function createDecoder(encoding: 'gzip' | 'zstd'): Transform {
  return encoding === 'gzip'
    ? createGunzip({ chunkSize: 64 * 1024 })
    : createZstdDecompress({
        chunkSize: 64 * 1024,
        params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX },
      })
}

interface Collected {
  readonly end: 'complete' | 'limit' | 'budget' | 'failed'
  readonly bytes: Buffer
  readonly held: number
}

const NOTHING = Buffer.alloc(0)

function collect(source: Readable, limit: number, budget: BodyBudget): Promise<Collected> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    let held = 0
    let ended = false
    const finish = (end: Collected['end']): void => {
      if (ended) return
      ended = true
      source.off('data', take)
      const bytes = end === 'complete' ? joined(chunks, length) : NOTHING
      resolve({ end, bytes, held })
      if (end === 'limit' || end === 'budget') source.resume()
    }
    const take = (chunk: Buffer): void => {
      length += chunk.length
      if (length > limit) finish('limit')
      else if (!budget.take(chunk.length)) finish('budget')
      else {
        held += chunk.length
        chunks.push(chunk)
      }
    }
    source.on('data', take)
    source.once('end', () => finish('complete'))
    source.on('error', () => finish('failed'))
    source.once('close', () => finish('failed'))
  })
}

function joined(chunks: readonly Buffer[], length: number): Buffer {
  const [only] = chunks
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, length)
}
