import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Batch, type BatchColumnSpec, hasValue, numberAt, textAt } from './batch.ts'
import { BatchBuilder } from './batch-builder.ts'
import { decodeBatch, encodeBatch } from './batch-codec.ts'
import { ERASED_COLUMN, eraseRows, isErased } from './erase-rows.ts'

const SPECS = [
  { name: 'project', type: 'dict' },
  { name: 'time', type: 'i64' },
  { name: 'model', type: 'dict' },
  { name: 'id', type: 'text' },
  { name: 'count', type: 'i32' },
  { name: 'value', type: 'f64' },
  { name: 'flag', type: 'bool' },
  { name: 'tags', type: 'tags' },
] as const satisfies readonly BatchColumnSpec[]
const KEEP = ['project', 'time']

interface Row {
  readonly project: string
  readonly time: number
  readonly model: string | null
  readonly id: string | null
  readonly count: number | null
  readonly value: number | null
  readonly flag: number | null
  readonly tags: readonly (readonly [string, string])[]
}

const text = fc.string({ unit: 'grapheme', maxLength: 8 })
const row: fc.Arbitrary<Row> = fc.record({
  project: fc.constantFrom('a', 'b'),
  time: fc.maxSafeInteger(),
  model: fc.option(text, { nil: null }),
  id: fc.option(text, { nil: null }),
  count: fc.option(fc.integer(), { nil: null }),
  value: fc.option(fc.double({ noNaN: true }), { nil: null }),
  flag: fc.option(fc.constantFrom(0, 1), { nil: null }),
  tags: fc.uniqueArray(fc.tuple(text, text), { maxLength: 3, selector: ([key]) => key }),
})
const batches = fc
  .array(row, { minLength: 1, maxLength: 80 })
  .chain((rows) => fc.tuple(fc.constant(rows), fc.uniqueArray(fc.nat(rows.length - 1))))

function build(rows: readonly Row[]): Batch {
  const builder = new BatchBuilder(SPECS)
  for (const source of rows) {
    const at = builder.addRow()
    builder.dict('project').set(at, source.project)
    builder.int64('time').set(at, source.time)
    if (source.model !== null) builder.dict('model').set(at, source.model)
    if (source.id !== null) builder.text('id').set(at, source.id)
    if (source.count !== null) builder.number('count').set(at, source.count)
    if (source.value !== null) builder.number('value').set(at, source.value)
    if (source.flag !== null) builder.number('flag').set(at, source.flag)
    for (const [key, value] of source.tags) builder.tags('tags').add(at, key, value)
  }
  return builder.finish()
}

function read(batch: Batch): Row[] {
  const { columns } = batch
  const tags = columns.get('tags')
  return Array.from({ length: batch.rows }, (_, at) => {
    const pairs: (readonly [string, string])[] = []
    if (tags?.type === 'tags') {
      for (let i = tags.offsets[at] ?? 0; i < (tags.offsets[at + 1] ?? 0); i++) {
        pairs.push([tags.keyNames[tags.keys[i] ?? -1] ?? '', textAt(tags.values, i) ?? ''])
      }
    }
    return {
      project: textAt(columns.get('project'), at) ?? '',
      time: numberAt(columns.get('time'), at) ?? -1,
      model: textAt(columns.get('model'), at),
      id: textAt(columns.get('id'), at),
      count: numberAt(columns.get('count'), at),
      value: numberAt(columns.get('value'), at),
      flag: numberAt(columns.get('flag'), at),
      tags: pairs,
    }
  })
}

const EMPTY = { model: null, id: null, count: null, value: null, flag: null, tags: [] }

describe('erased rows', () => {
  it('are null but for what is kept; all others are as they were, through encoding and back', () => {
    fc.assert(
      fc.property(batches, ([rows, indexes]) => {
        const erased = eraseRows(build(rows), new Set(indexes), KEEP)
        const back = decodeBatch(encodeBatch(erased))
        for (const batch of [erased, back]) {
          expect(read(batch)).toEqual(
            rows.map((one, at) => (indexes.includes(at) ? { ...one, ...EMPTY } : one)),
          )
          expect(rows.map((_, at) => isErased(batch, at))).toEqual(
            rows.map((_, at) => indexes.includes(at)),
          )
        }
        expect(encodeBatch(back)).toEqual(encodeBatch(erased))
      }),
    )
  })

  it('leave no byte of their texts and numbers in the encoding', () => {
    const marked = (rows: readonly Row[], indexes: readonly number[]): Row[] =>
      rows.map((one, at) =>
        indexes.includes(at)
          ? {
              ...one,
              model: 'SECRET-model',
              id: 'SECRET-id',
              value: 1.2345678901234567e89,
              tags: [['SECRET-key', 'SECRET-value']],
            }
          : one,
      )
    const number = Buffer.from(new Float64Array([1.2345678901234567e89]).buffer)
    fc.assert(
      fc.property(batches, ([rows, indexes]) => {
        fc.pre(indexes.length > 0)
        const batch = build(marked(rows, indexes))
        const before = Buffer.from(encodeBatch(batch))
        expect(before.includes('SECRET')).toBe(true)
        expect(before.includes(number)).toBe(true)
        const bytes = Buffer.from(encodeBatch(eraseRows(batch, new Set(indexes), KEEP)))
        expect(bytes.includes('SECRET')).toBe(false)
        expect(bytes.includes(number)).toBe(false)
      }),
    )
  })

  it('stay erased: twice is once, in parts is at once, and none is the batch itself', () => {
    fc.assert(
      fc.property(batches, fc.array(fc.nat(80)), ([rows, indexes], more) => {
        const batch = build(rows)
        const once = encodeBatch(eraseRows(batch, new Set([...indexes, ...more]), KEEP))
        const first = eraseRows(batch, new Set(indexes), KEEP)
        const then = eraseRows(decodeBatch(encodeBatch(first)), new Set(more), KEEP)
        expect(encodeBatch(then)).toEqual(once)
        const none = eraseRows(batch, new Set([1000]), KEEP)
        expect(none.columns.has(ERASED_COLUMN)).toBe(false)
        expect(read(none)).toEqual(rows)
      }),
    )
  })

  it('hide nothing behind a null: the data of a cell without a value is zero', () => {
    const data = Int32Array.of(7, 8, 9)
    const batch: Batch = {
      rows: 3,
      columns: new Map([
        ['count', { type: 'i32', valid: Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0), data }],
      ]),
    }
    const column = eraseRows(batch, new Set([0]), []).columns.get('count')
    expect(column?.type === 'i32' ? [...column.data] : null).toEqual([0, 0, 9])
    expect([0, 1, 2].map((at) => column !== undefined && hasValue(column, at))).toEqual([
      false,
      false,
      true,
    ])
  })
})
