import fc from 'fast-check'
import { expect, test } from 'vitest'
import { numberAt, textAt } from './batch.ts'
import { BatchBuilder } from './batch-builder.ts'

const SPECS = [
  { name: 'dict', type: 'dict' },
  { name: 'i64', type: 'i64' },
  { name: 'f64', type: 'f64' },
] as const

test('cells hold what was set last, in whatever order and however often they are set', () => {
  const cells = fc.integer({ min: 1, max: 300 }).chain((rows) =>
    fc.record({
      rows: fc.constant(rows),
      /** Rows set in order from 0 before anything else. */
      dense: fc.integer({ min: 0, max: rows }),
      sets: fc.array(fc.tuple(fc.nat(rows - 1), fc.integer({ min: 0, max: 3 })), { maxLength: 80 }),
    }),
  )
  fc.assert(
    fc.property(cells, ({ rows, dense, sets }) => {
      const builder = new BatchBuilder(SPECS)
      const expected: (number | null)[] = Array.from({ length: rows }, () => null)
      const set = (row: number, value: number): void => {
        expected[row] = value
        builder.dict('dict').set(row, `value ${value}`)
        builder.int64('i64').set(row, value)
        builder.number('f64').set(row, value)
      }
      for (let row = 0; row < rows; row++) builder.addRow()
      for (let row = 0; row < dense; row++) set(row, row % 3)
      for (const [row, value] of sets) set(row, value)
      const { columns } = builder.finish()
      for (const [row, value] of expected.entries()) {
        expect(textAt(columns.get('dict'), row)).toBe(value === null ? null : `value ${value}`)
        expect(numberAt(columns.get('i64'), row)).toBe(value)
        expect(numberAt(columns.get('f64'), row)).toBe(value)
      }
      const column = columns.get('f64')
      if (column !== undefined && column.type === 'f64') {
        expect(column.valid === null).toBe(!expected.includes(null))
      }
    }),
  )
})
