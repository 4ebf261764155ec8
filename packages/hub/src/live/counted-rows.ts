import { type Batch, ERASED_COLUMN } from '@llmhub/stream'
import type { Mask } from './predicate.ts'

/** Rows that count: current, not suppressed and not erased. */
export function countedRows(batch: Batch): Mask {
  const mask = new Uint8Array(batch.rows).fill(1)
  drop(batch, 'suppressed', 1, mask)
  drop(batch, 'is_current', 0, mask)
  drop(batch, ERASED_COLUMN, 1, mask)
  return mask
}

/** Drops the rows where a column of truths has that value. */
function drop(batch: Batch, name: string, value: 0 | 1, mask: Mask): void {
  const column = batch.columns.get(name)
  if (column?.type !== 'bool') return
  const { valid, data } = column
  for (let row = 0; row < mask.length; row++) {
    const isThere = valid === null || ((valid[row >> 3] ?? 0) & (1 << (row & 7))) !== 0
    if (isThere && data[row] === value) mask[row] = 0
  }
}
