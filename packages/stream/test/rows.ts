import { type Batch, BatchBuilder, numberAt, textAt } from '../src/index.ts'

export type Cell = string | number | null
export type Row = readonly Cell[]

/** Columns behind the time, as `name:type`. */
export type Fields = readonly string[]

/** What a case without fields has. Its rows are [key, time, value]. */
export const KEY_VALUE: Fields = ['key:dict', 'value:f64']

interface Field {
  readonly name: string
  readonly type: 'f64' | 'dict'
}

export function parseFields(fields: Fields): Field[] {
  return fields.map((field) => {
    const [name = '', type] = field.split(':')
    if (type !== 'f64' && type !== 'dict') throw new TypeError(`${field}: no such type of a field`)
    return { name, type }
  })
}

/** Rows [time, …fields] as a batch with the event time in column `time`. */
export function batchOf(rows: readonly Row[], fields: Fields): Batch {
  const columns = parseFields(fields)
  const builder = new BatchBuilder([{ name: 'time', type: 'f64' }, ...columns], rows.length)
  for (const [time, ...cells] of rows) {
    const row = builder.addRow()
    if (typeof time === 'number') builder.number('time').set(row, time)
    for (const [i, cell] of cells.entries()) {
      const column = columns[i]
      if (column === undefined || cell === null) continue
      if (column.type === 'f64') builder.number(column.name).set(row, Number(cell))
      else builder.dict(column.name).set(row, String(cell))
    }
  }
  return builder.finish()
}

/** The row of a batch that `batchOf` made, as it was. */
export function rowOf(batch: Batch, row: number, fields: Fields): Row {
  return [
    numberAt(batch.columns.get('time'), row),
    ...parseFields(fields).map(({ name, type }) =>
      type === 'f64'
        ? numberAt(batch.columns.get(name), row)
        : textAt(batch.columns.get(name), row),
    ),
  ]
}

/** [key, time, value] → [time, key, value]. */
export function timeFirst([key = null, time = null, ...rest]: Row): Row {
  return [time, key, ...rest]
}
