import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StreamError } from '../stream-error.ts'
import { type Batch, type BatchColumnSpec, numberAt, textAt } from './batch.ts'
import { BatchBuilder } from './batch-builder.ts'
import { BatchFormatError, decodeBatch, encodeBatch } from './batch-codec.ts'

const SPECS = [
  { name: 'model', type: 'dict' },
  { name: 'id', type: 'text' },
  { name: 'time', type: 'i64' },
  { name: 'count', type: 'i32' },
  { name: 'bin', type: 'i16' },
  { name: 'value', type: 'f64' },
  { name: 'flag', type: 'bool' },
  { name: 'tags', type: 'tags' },
] as const satisfies readonly BatchColumnSpec[]

interface Row {
  readonly model: string | null
  readonly id: string | null
  readonly time: number | null
  readonly count: number | null
  readonly bin: number | null
  readonly value: number | null
  readonly flag: number | null
  readonly tags: readonly (readonly [string, string])[]
}

const text = fc.string({ unit: 'grapheme', maxLength: 12 })
const row: fc.Arbitrary<Row> = fc.record({
  model: fc.option(text, { nil: null }),
  id: fc.option(text, { nil: null }),
  time: fc.option(fc.maxSafeInteger(), { nil: null }),
  count: fc.option(fc.integer(), { nil: null }),
  bin: fc.option(fc.integer({ min: -32_768, max: 32_767 }), { nil: null }),
  value: fc.option(fc.double({ noNaN: true }), { nil: null }),
  flag: fc.option(fc.constantFrom(0, 1), { nil: null }),
  tags: fc.uniqueArray(fc.tuple(text, text), { maxLength: 4, selector: ([key]) => key }),
})

function build(rows: readonly Row[]): Batch {
  const builder = new BatchBuilder(SPECS)
  const tags = builder.tags('tags')
  for (const source of rows) {
    const at = builder.addRow()
    if (source.model !== null) builder.dict('model').set(at, source.model)
    if (source.id !== null) builder.text('id').set(at, source.id)
    if (source.time !== null) builder.int64('time').set(at, source.time)
    if (source.count !== null) builder.number('count').set(at, source.count)
    if (source.bin !== null) builder.number('bin').set(at, source.bin)
    if (source.value !== null) builder.number('value').set(at, source.value)
    if (source.flag !== null) builder.number('flag').set(at, source.flag)
    for (const [key, value] of source.tags) tags.add(at, key, value)
  }
  return builder.finish()
}

function tagsAt(batch: Batch, at: number): (readonly [string, string])[] {
  const column = batch.columns.get('tags')
  if (column === undefined || column.type !== 'tags') return []
  const pairs: (readonly [string, string])[] = []
  for (let i = column.offsets[at] ?? 0; i < (column.offsets[at + 1] ?? 0); i++) {
    pairs.push([column.keyNames[column.keys[i] ?? -1] ?? '', textAt(column.values, i) ?? ''])
  }
  return pairs
}

function read(batch: Batch): Row[] {
  const columns = batch.columns
  return Array.from({ length: batch.rows }, (_, at) => ({
    model: textAt(columns.get('model'), at),
    id: textAt(columns.get('id'), at),
    time: numberAt(columns.get('time'), at),
    count: numberAt(columns.get('count'), at),
    bin: numberAt(columns.get('bin'), at),
    value: numberAt(columns.get('value'), at),
    flag: numberAt(columns.get('flag'), at),
    tags: tagsAt(batch, at),
  }))
}

const rows = fc.array(row, { maxLength: 150 })

describe('column batch', () => {
  it('holds what was put in', () => {
    fc.assert(
      fc.property(rows, (input) => {
        expect(read(build(input))).toEqual(input)
      }),
    )
  })

  it('decode ∘ encode = id, at any alignment of the bytes', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 0, max: 15 }), (input, shift) => {
        const bytes = encodeBatch(build(input))
        const moved = new Uint8Array(bytes.length + shift)
        moved.set(bytes, shift)
        expect(read(decodeBatch(moved.subarray(shift)))).toEqual(input)
        // The journal reads into Buffers, whose `slice` does not copy.
        expect(read(decodeBatch(Buffer.from(moved.buffer).subarray(shift)))).toEqual(input)
      }),
    )
  })

  it('is encoded to the same bytes again', () => {
    fc.assert(
      fc.property(rows, (input) => {
        const bytes = encodeBatch(build(input))
        expect(encodeBatch(decodeBatch(bytes))).toEqual(bytes)
      }),
    )
  })

  it('refuses damaged bytes or reads them as some batch, and never reads beyond them', () => {
    fc.assert(
      fc.property(
        rows,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.nat(),
        (input, at, flip, cut) => {
          const bytes = encodeBatch(build(input))
          const index = at % bytes.length
          bytes[index] = (bytes[index] ?? 0) ^ flip
          let failure: unknown = null
          try {
            const batch = decodeBatch(bytes.subarray(0, bytes.length - (cut % 9)))
            if (batch.rows < 1000) read(batch)
          } catch (error) {
            failure = error
          }
          expect(failure === null || failure instanceof BatchFormatError).toBe(true)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('answers the nearest double of a 64-bit number', () => {
    const builder = new BatchBuilder(SPECS)
    builder.int64('time').setBig(builder.addRow(), 2n ** 53n + 1n)
    expect(numberAt(builder.finish().columns.get('time'), 0)).toBe(2 ** 53)
  })

  it('refuses a name that does not fit, in place of cutting it off', () => {
    for (const [name, fits] of [
      ['x'.repeat(255), true],
      ['x'.repeat(256), false],
      ['ä'.repeat(127), true],
      ['ä'.repeat(128), false],
    ] as const) {
      const builder = new BatchBuilder([{ name, type: 'f64' }])
      builder.number(name).set(builder.addRow(), 1)
      const batch = builder.finish()
      if (fits) expect([...decodeBatch(encodeBatch(batch)).columns.keys()]).toEqual([name])
      else {
        expect(() => encodeBatch(batch)).toThrow(
          expect.objectContaining({ code: 'invalid_input', path: name }),
        )
      }
    }
    const column = { type: 'f64', valid: null, data: new Float64Array(0) } as const
    const columns = new Map(Array.from({ length: 65_536 }, (_, i) => [`c${i}`, column]))
    expect(() => encodeBatch({ rows: 0, columns })).toThrow(StreamError)
  })

  it('refuses a writer that it does not have by a typed error', () => {
    const builder = new BatchBuilder(SPECS)
    expect(() => builder.number('model')).toThrow(StreamError)
    expect(() => builder.dict('modell')).toThrow(/modell/)
  })

  it('keeps 64-bit words and bigints as they are', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const builder = new BatchBuilder(SPECS)
        builder.int64('time').setBig(builder.addRow(), value)
        const column = decodeBatch(encodeBatch(builder.finish())).columns.get('time')
        expect(column?.type === 'i64' ? column.data[0] : null).toBe(value)
      }),
    )
  })
})
