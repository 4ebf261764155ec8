import { type Batch, ERASED_COLUMN, isValid } from '@llmhub/stream'
import { BatchMasks, type Mask } from './predicate.ts'

/** A batch, which of its rows count, and which of them pass what. */
export interface CountedBatch {
  readonly batch: Batch
  readonly counted: Mask
  readonly masks: BatchMasks
}

export function countedBatch(batch: Batch): CountedBatch {
  return { batch, counted: countedRows(batch), masks: new BatchMasks(batch) }
}

/** Rows that count: current, not suppressed and not erased. */
function countedRows(batch: Batch): Mask {
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
    if (isValid(valid, row) && data[row] === value) mask[row] = 0
  }
}
