import { Readable } from 'node:stream'
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { BodyBudget } from './body-budget.ts'
import { DEFAULT_RECEIVER_LIMITS } from './limits.ts'
import type { ContentEncoding } from './read-body.ts'
import { readBody } from './read-body.ts'

const MIB = 1024 * 1024

async function read(
  chunks: readonly Uint8Array[],
  encoding: ContentEncoding = 'identity',
  budget = new BodyBudget(256 * MIB),
) {
  const source = Readable.from(chunks, { objectMode: false })
  const body = await readBody(source, encoding, null, DEFAULT_RECEIVER_LIMITS, budget)
  expect(budget.heldBytes).toBe(body.held)
  budget.give(body.held)
  return body
}

/** Bytes that compress little. */
function noise(length: number): Buffer {
  let state = 1
  return Buffer.from(
    Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      return state >> 16
    }),
  )
}

const text = noise(200_000)

test.each<[string, ContentEncoding, Uint8Array[]]>([
  ['as it is', 'identity', [text]],
  ['in pieces', 'identity', [text.subarray(0, 7), text.subarray(7, 9), text.subarray(9)]],
  ['gzip', 'gzip', [gzipSync(text)]],
  ['gzip of two members', 'gzip', [gzipSync(text.subarray(0, 500)), gzipSync(text.subarray(500))]],
  ['zstd', 'zstd', [zstdCompressSync(text)]],
  [
    'zstd byte by byte',
    'zstd',
    [...zstdCompressSync(text).subarray(0, 100)]
      .map((byte) => Uint8Array.of(byte))
      .concat([zstdCompressSync(text).subarray(100)]),
  ],
])('a body arrives whole: %s', async (_name, encoding, chunks) => {
  const body = await read(chunks, encoding)
  expect(body.ok && body.bytes.equals(text)).toBe(true)
})

test.each<[string, ContentEncoding, Uint8Array, string]>([
  ['gzip that is none', 'gzip', Buffer.from('{"a":1}'), 'invalid_encoding'],
  ['zstd that is none', 'zstd', Buffer.from('{"a":1}'), 'invalid_encoding'],
  ['brotli called gzip', 'gzip', brotliCompressSync(text), 'invalid_encoding'],
  ['gzip cut off', 'gzip', gzipSync(text).subarray(0, -20), 'invalid_encoding'],
  ['zstd cut off', 'zstd', zstdCompressSync(text).subarray(0, -20), 'invalid_encoding'],
  ['gzip with a wrong checksum', 'gzip', flipped(gzipSync(text), -6), 'invalid_encoding'],
  ['nothing called gzip', 'gzip', Buffer.alloc(0), 'invalid_encoding'],
  ['one byte too many', 'identity', Buffer.alloc(10 * MIB + 1), 'body_too_large'],
  ['a gzip bomb', 'gzip', gzipSync(Buffer.alloc(100 * MIB)), 'body_too_large'],
  ['a zstd bomb', 'zstd', zstdCompressSync(Buffer.alloc(100 * MIB)), 'body_too_large'],
  ['small but beyond 100:1', 'gzip', gzipSync(Buffer.alloc(50_000)), 'body_too_large'],
])('%s', async (_name, encoding, bytes, code) => {
  expect(await read([bytes], encoding)).toMatchObject({ ok: false, code })
})

test('exactly the limit is taken in', async () => {
  expect((await read([Buffer.alloc(10 * MIB)])).ok).toBe(true)
})

test('a bomb is stopped before it is unpacked', async () => {
  const budget = new BodyBudget(256 * MIB)
  const bomb = gzipSync(Buffer.alloc(200 * MIB), { level: 9 })
  const body = await readBody(
    Readable.from([bomb], { objectMode: false }),
    'gzip',
    bomb.length,
    DEFAULT_RECEIVER_LIMITS,
    budget,
  )
  expect(body).toMatchObject({ ok: false, code: 'body_too_large' })
  expect(body.held).toBeLessThan(11 * MIB)
})

test('bodies are refused while too many bytes are held, and taken again after', async () => {
  const budget = new BodyBudget(300_000)
  expect(budget.take(150_000)).toBe(true)
  expect(await read200k(budget)).toBe('overloaded')
  expect(budget.refused).toBe(1)
  budget.give(150_000)
  expect(await read200k(budget)).toBe('ok')
  expect(budget.heldBytes).toBe(0)
})

async function read200k(budget: BodyBudget): Promise<string> {
  const source = Readable.from([text], { objectMode: false })
  const body = await readBody(source, 'identity', null, DEFAULT_RECEIVER_LIMITS, budget)
  budget.give(body.held)
  return body.ok ? 'ok' : body.code
}

test('a sender that goes away leaves nothing behind', async () => {
  const budget = new BodyBudget(MIB)
  const source = new Readable({ read: () => undefined })
  source.push(Buffer.alloc(1000))
  const reading = readBody(source, 'identity', null, DEFAULT_RECEIVER_LIMITS, budget)
  source.destroy(new Error('aborted'))
  const body = await reading
  expect(body).toMatchObject({ ok: false, code: 'aborted' })
  budget.give(body.held)
  expect(budget.heldBytes).toBe(0)
})

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  const index = copy.length + at
  copy[index] = (copy[index] ?? 0) ^ 0xff
  return copy
}
