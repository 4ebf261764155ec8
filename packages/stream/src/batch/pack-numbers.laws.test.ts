import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch, Column } from './batch.ts'
import { decodeBatch, encodeBatch } from './batch-codec.ts'

/** The column after a way through the codec, and the bytes that took. */
function through(column: Column, rows: number): { column: Column | undefined; bytes: number } {
  const batch: Batch = { rows, columns: new Map([['c', column]]) }
  const bytes = encodeBatch(batch)
  return { column: decodeBatch(bytes).columns.get('c'), bytes: bytes.length }
}

/** Header, directory and padding of a batch of one column of numbers. */
const OVERHEAD = 64

/** Numbers whose distance from each other takes any number of bits. */
const close = fc
  .record({
    base: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    bits: fc.integer({ min: 0, max: 64 }),
    distances: fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 40 }),
  })
  .map(({ base, bits, distances }) =>
    BigInt64Array.from(distances, (d) =>
      BigInt.asIntN(64, base + (d & ((1n << BigInt(bits)) - 1n))),
    ),
  )

describe('packed numbers', () => {
  it('are the 64-bit numbers that were put in, in no more bytes', () => {
    fc.assert(
      fc.property(close, (data) => {
        const { column, bytes } = through({ type: 'i64', valid: null, data }, data.length)
        expect(column).toEqual({ type: 'i64', valid: null, data })
        expect(bytes).toBeLessThanOrEqual(OVERHEAD + data.byteLength)
      }),
      { numRuns: 500 },
    )
  })

  it('are the smaller numbers that were put in', () => {
    fc.assert(
      fc.property(close, fc.constantFrom('i32', 'i16', 'bool'), (numbers, type) => {
        const small = Array.from(numbers, Number)
        const arrays = {
          i32: Int32Array.from(small),
          i16: Int16Array.from(small),
          bool: Uint8Array.from(small),
        }
        const data = arrays[type]
        const wrapped = { type, valid: null, data } as Column
        const { column, bytes } = through(wrapped, data.length)
        expect(column).toEqual(wrapped)
        expect(bytes).toBeLessThanOrEqual(OVERHEAD + data.byteLength)
      }),
      { numRuns: 500 },
    )
  })

  it('are the doubles that were put in, bit by bit', () => {
    const decimal = fc
      .tuple(fc.integer({ min: -(2 ** 31), max: 2 ** 31 }), fc.integer({ min: 0, max: 6 }))
      .map(([whole, digits]) => whole / 10 ** digits)
    const doubles = fc.oneof(
      fc.array(decimal, { maxLength: 40 }),
      fc.array(fc.integer({ min: 0, max: 100_000 }).map((whole) => whole / 100)),
      fc.array(fc.oneof(fc.integer(), fc.constantFrom(-0, 0, 2 ** 52, -(2 ** 53), 2 ** 60))),
      fc.array(fc.double()),
    )
    fc.assert(
      fc.property(doubles, (numbers) => {
        const data = Float64Array.from(numbers)
        const { column, bytes } = through({ type: 'f64', valid: null, data }, data.length)
        if (column?.type !== 'f64') throw new Error('another type came back')
        expect([...new BigInt64Array(column.data.slice().buffer)]).toEqual([
          ...new BigInt64Array(data.buffer),
        ])
        expect(bytes).toBeLessThanOrEqual(OVERHEAD + data.byteLength)
      }),
      { numRuns: 1000 },
    )
  })

  it('take no bytes when equal, one when near, two for hundredths near each other', () => {
    const rows = 1000
    const bytes = (data: BigInt64Array | Float64Array): number =>
      through(
        { type: data instanceof Float64Array ? 'f64' : 'i64', valid: null, data } as Column,
        rows,
      ).bytes
    const equal = bytes(new BigInt64Array(rows).fill(-(2n ** 62n)))
    const near = bytes(BigInt64Array.from({ length: rows }, (_, i) => 2n ** 60n + BigInt(i % 256)))
    const hundredths = bytes(Float64Array.from({ length: rows }, (_, i) => (i * 64) / 100))
    expect(equal).toBeLessThanOrEqual(OVERHEAD)
    expect(near).toBeLessThanOrEqual(OVERHEAD + rows)
    expect(hundredths).toBeLessThanOrEqual(OVERHEAD + 2 * rows)
  })

  it('are not read with another number of rows than were written', () => {
    const data = new BigInt64Array(100).fill(7n)
    const bytes = encodeBatch({
      rows: 100,
      columns: new Map([['c', { type: 'i64', valid: null, data }]]),
    })
    new DataView(bytes.buffer).setUint32(8, 1_000_000, true)
    expect(() => decodeBatch(bytes)).toThrow('wrong check')
  })
})
