import type { Table } from '../core/table.ts'
import { plainCell } from './plain-cell.ts'

/** One JSON object per row, by column name; JSON columns as what they hold. */
export async function* encodeNdjson({ columns, batches }: Table): AsyncGenerator<string> {
  for await (const rows of batches) {
    yield rows
      .map((row) => {
        const pairs = columns.map(({ name, type }, at) => {
          const cell = row[at] ?? null
          const value: unknown =
            type === 'json' && typeof cell === 'string' ? JSON.parse(cell) : plainCell(cell, type)
          return [name, value] as const
        })
        return `${JSON.stringify(Object.fromEntries(pairs))}\n`
      })
      .join('')
  }
}
