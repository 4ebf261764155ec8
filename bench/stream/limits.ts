/** What a million keys hold, and what keys beyond the limit cost the others. */
import { type Batch, type Column, createWindowOperator, type WindowOperator } from '@llmhub/stream'
import { quantile } from './measure.ts'

const HOUR = 3_600_000
const BATCH_ROWS = 4_096

export interface KeyMemory {
  readonly keys: number
  /** What the process holds more than before, and what the operator says of itself. */
  readonly held: number
  readonly told: number
}

/** Count and sum of an hour for so many keys, all open at once. Needs `--expose-gc`. */
export function measureKeys(keys: number): KeyMemory {
  const before = heldMemory()
  const operator = perKey(keys)
  for (let from = 0; from < keys; from += BATCH_ROWS) {
    const rows = Math.min(BATCH_ROWS, keys - from)
    operator.push(
      keyBatch(
        rows,
        (row) => from + row,
        (row) => ((from + row) * 997) % HOUR,
      ),
    )
  }
  const { bytes, open } = operator.statistics()
  const held = heldMemory() - before
  // Read behind the measurement, so that nothing is collected before it.
  if (open === 0) throw new Error('no window is open')
  return { keys, held, told: bytes }
}

function heldMemory(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

export interface Flood {
  readonly limit: number
  /** ns per row of known keys, alone and among as many rows of keys beyond the limit. */
  readonly alone: number
  readonly flooded: number
}

/** Rows of known keys before and while as many rows of new ones come, each with a key never seen. */
export function measureFlood(limit: number, rounds: number): Flood {
  const operator = perKey(limit)
  let time = 0
  const run = (keyOf: (row: number) => number): number => {
    const batches = Array.from({ length: 200 }, () => {
      time += 10
      return keyBatch(BATCH_ROWS, keyOf, () => time)
    })
    const start = performance.now()
    for (const batch of batches) operator.push(batch)
    return ((performance.now() - start) * 1e6) / (batches.length * BATCH_ROWS)
  }
  let next = 0
  const known = (): number => {
    next = (next + 7_919) % limit
    return next
  }
  let fresh = limit
  for (let i = 0; i < limit; i += BATCH_ROWS)
    operator.push(
      keyBatch(
        BATCH_ROWS,
        (row) => (i + row) % limit,
        () => 0,
      ),
    )
  run(known)
  const alone: number[] = []
  const flooded: number[] = []
  for (let round = 0; round < rounds; round++) {
    alone.push(run(known))
    // Half of the rows are new keys: the time of both halves is laid to the rows of known keys.
    flooded.push(run((row) => (row % 2 === 0 ? known() : fresh++)))
  }
  return { limit, alone: quantile(alone, 0.5), flooded: quantile(flooded, 0.5) }
}

function perKey(keys: number): WindowOperator {
  return createWindowOperator({
    keys: ['key'],
    windowing: { window: { type: 'tumbling', size: '1h' } },
    aggregates: [
      { as: 'n', aggregate: 'count' },
      { as: 'sum', aggregate: 'sum', of: 'value' },
    ],
    limits: { keys },
  })
}

function keyBatch(
  rows: number,
  keyOf: (row: number) => number,
  timeOf: (row: number) => number,
): Batch {
  const key = new Int32Array(rows)
  const time = new Float64Array(rows)
  const value = new Float64Array(rows)
  for (let row = 0; row < rows; row++) {
    key[row] = keyOf(row)
    time[row] = timeOf(row)
    value[row] = row
  }
  const columns = new Map<string, Column>([
    ['time', { type: 'f64', valid: null, data: time }],
    ['key', { type: 'i32', valid: null, data: key }],
    ['value', { type: 'f64', valid: null, data: value }],
  ])
  return { rows, columns }
}
