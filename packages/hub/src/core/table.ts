/**
 * A table on its way out of the hub, whatever it is written as. Rows come in batches, so that a table
 * of any length passes through a bounded memory.
 */

/**
 * What the cells of a column are, where they are not null:
 * - `text`: string; `json`: string that holds JSON
 * - `number`: number; `integer`: number, or bigint beyond the safe ones, within 64 bits
 * - `money`: bigint of pico-dollars
 * - `time`: epoch microseconds as a number
 * - `boolean`
 */
export type TableType = 'text' | 'json' | 'number' | 'integer' | 'money' | 'time' | 'boolean'

export interface TableColumn {
  readonly name: string
  readonly type: TableType
  readonly unit?: string
}

export type TableCell = string | number | bigint | boolean | null

export type TableRow = readonly TableCell[]

export interface Table {
  readonly name: string
  readonly columns: readonly TableColumn[]
  /** Not empty one by one. */
  readonly batches: AsyncIterable<readonly TableRow[]>
}

/** A table that is there already. */
export function tableOf(
  name: string,
  columns: readonly TableColumn[],
  rows: readonly TableRow[],
): Table {
  return {
    name,
    columns,
    // oxlint-disable-next-line require-await
    batches: (async function* () {
      if (rows.length > 0) yield rows
    })(),
  }
}
