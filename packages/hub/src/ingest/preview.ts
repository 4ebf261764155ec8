import { type Batch, type Column, hasValue, textAt } from '@llmhub/stream'

/** The rows of a batch as objects by column name; 64-bit numbers that are not safe are decimal text. */
export function previewRows(batch: Batch): Readonly<Record<string, unknown>>[] {
  const rows: Record<string, unknown>[] = []
  for (let row = 0; row < batch.rows; row++) {
    const object: Record<string, unknown> = {}
    for (const [name, column] of batch.columns) {
      const value = valueAt(column, row)
      if (value !== null) object[name] = value
    }
    rows.push(object)
  }
  return rows
}

function valueAt(column: Column, row: number): unknown {
  if (!hasValue(column, row)) return null
  switch (column.type) {
    case 'dict':
    case 'text':
      return textAt(column, row)
    case 'i64': {
      const value = column.data[row] ?? 0n
      const number = Number(value)
      return Number.isSafeInteger(number) ? number : String(value)
    }
    case 'bool':
      return column.data[row] === 1
    case 'f64':
    case 'i32':
    case 'i16':
      return column.data[row] ?? null
    case 'tags': {
      const tags: [string, string][] = []
      for (let at = column.offsets[row] ?? 0; at < (column.offsets[row + 1] ?? 0); at++) {
        tags.push([column.keyNames[column.keys[at] ?? 0] ?? '', textAt(column.values, at) ?? ''])
      }
      return tags.length === 0 ? null : Object.fromEntries(tags)
    }
  }
}
