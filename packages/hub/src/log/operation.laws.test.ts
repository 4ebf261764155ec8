import { BatchBuilder, encodeBatch } from '@llmhub/stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NewerFormatError } from '../core/newer-format.ts'
import {
  type Cut,
  cutOf,
  DEAD_LETTERS,
  decodeOperation,
  encodeOperation,
  type MaintenanceOperation,
  type Operation,
} from './operation.ts'
import {
  erasedRows,
  OPERATION_COLUMNS,
  placesIn,
  type RowPlace,
  type RowPrices,
  repricedRows,
  repricesIn,
} from './operation-rows.ts'

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const money = fc.option(int64, { nil: null })
const text = fc.option(fc.string({ unit: 'grapheme', maxLength: 8 }), { nil: null })
const place: fc.Arbitrary<RowPlace> = fc.record({
  partition: fc.constantFrom(0, 1),
  offset: fc.bigInt({ min: 0n, max: 2n ** 63n - 2n }),
  index: fc.nat(2 ** 31 - 1),
})
const places = fc.uniqueArray(place, {
  maxLength: 40,
  selector: ({ partition, offset, index }) => `${partition}:${offset}:${index}`,
})
const values: fc.Arbitrary<RowPrices> = fc.record({
  costComputed: money,
  costPrompt: money,
  costOther: money,
  costCacheSaved: money,
  priceSource: text,
  priceRule: text,
  priceVersion: text,
})

const above = (rows: readonly RowPlace[]): Cut => {
  const cut = new Map<number, bigint>()
  for (const { partition, offset } of rows) {
    if (offset >= (cut.get(partition) ?? 0n)) cut.set(partition, offset + 1n)
  }
  return cut
}
const head = (cut: Cut) => ({ id: 'o1', at: 1_793_577_600_000_000, by: 'k1', cut })

const operation: fc.Arbitrary<Operation> = fc.oneof(
  places.chain((rows) =>
    fc.tuple(...rows.map(() => values)).map(
      (cells): Operation => ({
        op: 'reprice',
        ...head(above(rows)),
        priceVersion: 'v2',
        rows: repricedRows(
          rows.map((row, i) => Object.assign({}, row, cells[i] as (typeof cells)[number])),
        ),
      }),
    ),
  ),
  fc.tuple(places, places).map(
    ([events, letters]): Operation => ({
      op: 'erase',
      ...head(above([...events, ...letters])),
      reason: 'subject_request',
      rows: erasedRows(events, letters),
    }),
  ),
  fc.record({
    op: fc.constant('retain' as const),
    id: fc.string(),
    at: fc.maxSafeInteger(),
    by: text,
    cut: fc.constant(new Map([[0, 12n]])),
    project: text,
    family: fc.constantFrom(null, 'telemetry', DEAD_LETTERS),
    from: fc.option(fc.maxSafeInteger(), { nil: null }),
    before: fc.maxSafeInteger(),
  }),
  fc.record({
    op: fc.constant('resolve' as const),
    id: fc.string(),
    at: fc.maxSafeInteger(),
    by: text,
    cut: fc.constant(new Map([[1, 2n ** 62n]])),
    as: fc.constantFrom('replayed' as const, 'dismissed' as const),
    letters: fc.array(fc.record({ project: fc.string(), rejectId: fc.string(), eventId: text }), {
      maxLength: 5,
    }),
  }),
  fc.record({
    op: fc.constant('suppress' as const),
    project: fc.string(),
    rows: fc.array(
      place.map((at) => ({ ...at, offset: String(at.offset) })),
      { maxLength: 5 },
    ),
  }),
)

/** What an operation says, its rows as plain values. */
function plain(one: Operation): unknown {
  if (one.op === 'reprice') return { ...one, rows: [...repricesIn(one.rows)] }
  if (one.op === 'erase') return { ...one, rows: [...placesIn(one.rows)] }
  return one
}

describe('an operation record', () => {
  it('says after decoding what was encoded, at any alignment of its bytes', () => {
    fc.assert(
      fc.property(operation, fc.nat(9), (one, shift) => {
        const bytes = encodeOperation(one)
        const moved = new Uint8Array(bytes.length + shift)
        moved.set(bytes, shift)
        expect(plain(decodeOperation(moved.subarray(shift)))).toEqual(plain(one))
        expect(cutOf(moved.subarray(shift))).toEqual(one.op === 'suppress' ? null : one.cut)
        expect(encodeOperation(decodeOperation(bytes))).toEqual(bytes)
      }),
    )
  })

  it('with bytes cut off or added is refused', () => {
    fc.assert(
      fc.property(operation, fc.integer({ min: 1, max: 40 }), (one, by) => {
        const bytes = encodeOperation(one)
        expect(() => decodeOperation(bytes.subarray(0, Math.max(0, bytes.length - by)))).toThrow(
          /./,
        )
        expect(() => decodeOperation(Buffer.concat([bytes, Buffer.alloc(by, 0x7b)]))).toThrow(/./)
      }),
    )
  })

  it('of a kind or a version that this program does not know is refused as newer', () => {
    const bytes = encodeOperation({
      op: 'retain',
      ...head(new Map()),
      project: null,
      family: null,
      from: null,
      before: 1,
    })
    const other = Buffer.from(bytes)
    other.write('"op":"rotate"', other.indexOf('"op":"retain"'))
    expect(() => decodeOperation(other)).toThrow('newer release')
    const version = Buffer.from(bytes)
    version.writeUInt16LE(2, 4)
    expect(() => decodeOperation(version)).toThrow('version 2')
    expect(() => decodeOperation(Buffer.from('{"op":"other"}'))).toThrow('newer release')
  })

  it('with a column that this program does not know is refused as newer, not read again and again', () => {
    const known = encodeOperation({
      op: 'reprice',
      ...head(new Map([[0, 9n]])),
      priceVersion: 'v2',
      rows: repricedRows([]),
    })
    const headerBytes = new DataView(known.buffer).getUint32(8, true)
    const builder = new BatchBuilder([
      ...OPERATION_COLUMNS.reprice,
      { name: 'cost_tax', type: 'i64' },
    ])
    const row = builder.addRow()
    for (const name of ['offset', 'cost_tax']) builder.int64(name).set(row, 1)
    for (const name of ['partition', 'index']) builder.number(name).set(row, 0)
    const batch = encodeBatch(builder.finish())
    const start = (16 + headerBytes + 7) & ~7
    const newer = new Uint8Array(start + batch.length)
    newer.set(known.subarray(0, start))
    newer.set(batch, start)
    new DataView(newer.buffer).setUint32(12, batch.length, true)
    expect(() => decodeOperation(newer)).toThrow(NewerFormatError)
    expect(() => decodeOperation(newer)).toThrow('column cost_tax of type i64')
  })

  it('cannot be made of rows at or beyond its cut, of one row twice, or of too many rows', () => {
    const row = { partition: 1, offset: 7n, index: 0 }
    const erase = (rows: readonly RowPlace[], cut: Cut): MaintenanceOperation => ({
      op: 'erase',
      ...head(cut),
      reason: 'test',
      rows: erasedRows(rows),
    })
    expect(() => encodeOperation(erase([row], new Map([[1, 7n]])))).toThrow('below the cut')
    expect(() => encodeOperation(erase([row], new Map([[0, 9n]])))).toThrow('below the cut')
    expect(() => encodeOperation(erase([row, row], new Map([[1, 8n]])))).toThrow('twice')
    const many = Array.from({ length: 20_001 }, (_, index) => ({ ...row, index }))
    expect(() => encodeOperation(erase(many, new Map([[1, 8n]])))).toThrow('at most 20000')
  })
})
