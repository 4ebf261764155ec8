import type { Batch, BatchColumnType } from '../batch/batch.ts'
import { BatchBuilder } from '../batch/batch-builder.ts'
import { invalidInput, shown } from '../check-options.ts'

/** Plain objects: events as people have them, or results of a stage on their way to the next. */
export type PlainRecord = Readonly<Record<string, unknown>>

type RecordColumn = Extract<BatchColumnType, 'dict' | 'f64' | 'bool'>

/**
 * Objects as batches, in their order: numbers, booleans and texts as such, null and undefined as no value,
 * anything else as the text of its JSON. Usually one batch; where a member changes its type from one object to the
 * next, another one begins, so that no value becomes something else. Throws a StreamError `invalid_input` for what is
 * no object.
 */
export function batchesOf(records: readonly PlainRecord[]): Batch[] {
  for (const [i, record] of records.entries()) {
    if (typeof record === 'object' && record !== null && !Array.isArray(record)) continue
    throw invalidInput(
      `events[${i}]`,
      `${shown(record)} is no event, such as { time: 0, value: 1 }`,
    )
  }
  const batches: Batch[] = []
  let from = 0
  while (from < records.length) {
    const types = new Map<string, RecordColumn>()
    let to = from
    while (to < records.length && fits(records[to] ?? {}, types)) to++
    batches.push(batchOf(records.slice(from, to), types))
    from = to
  }
  return batches
}

/** Whether an object goes with those before it; if so, its members are added to `types`. */
function fits(record: PlainRecord, types: Map<string, RecordColumn>): boolean {
  const members = Object.entries(record)
  for (const [name, value] of members) {
    const type = typeOf(value)
    const known = types.get(name)
    if (type !== null && known !== undefined && known !== type) return false
  }
  for (const [name, value] of members) {
    const type = typeOf(value)
    if (type !== null) types.set(name, type)
  }
  return true
}

function typeOf(value: unknown): RecordColumn | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'number') return 'f64'
  if (typeof value === 'boolean') return 'bool'
  return 'dict'
}

function batchOf(records: readonly PlainRecord[], types: ReadonlyMap<string, RecordColumn>): Batch {
  const specs = [...types].map(([name, type]) => ({ name, type }))
  const builder = new BatchBuilder(specs, records.length)
  const writers = specs.map(({ name, type }) => ({
    name,
    numbers: type === 'dict' ? null : builder.number(name),
    texts: type === 'dict' ? builder.dict(name) : null,
  }))
  for (const record of records) {
    const row = builder.addRow()
    for (const { name, numbers, texts } of writers) {
      const value = record[name]
      if (value === null || value === undefined) continue
      numbers?.set(row, Number(value))
      texts?.set(row, typeof value === 'string' ? value : JSON.stringify(value))
    }
  }
  return builder.finish()
}
