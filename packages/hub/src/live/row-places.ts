import { type Batch, decodeBatch, textAt } from '@llmhub/stream'
import type { LogRecord } from '../log/log.ts'
import type { RowPlace } from '../log/operation-rows.ts'

/** What is needed of a log to look up rows. A payload read is valid until the next step of the iteration. */
export interface ReadLog {
  read(partition: number, from: bigint, until: bigint): AsyncIterable<LogRecord>
}

/** Of which project a row is, and when it happened. */
export interface RowOwner {
  readonly project: string
  readonly time: number
}

interface Remembered {
  readonly project: readonly string[]
  readonly codes: Int32Array
  readonly times: Float64Array
}

/** Rows that are remembered, about 12 bytes each. */
const MOST_ROWS = 500_000
/** Records that one operation may have read again; beyond, it may concern anything. */
const MOST_READS = 32

/**
 * Finds project and time of rows by their places: operations name rows by nothing else. The rows of late are
 * remembered, others are read from the log.
 */
export class RowPlaces {
  readonly #log: ReadLog
  readonly #records = new Map<string, Remembered>()
  #rows = 0

  constructor(log: ReadLog) {
    this.#log = log
  }

  note(partition: number, offset: bigint, batch: Batch): void {
    this.#records.set(nameOf(partition, offset), remembered(batch))
    this.#rows += batch.rows
    for (const [name, { times }] of this.#records) {
      if (this.#rows <= MOST_ROWS) return
      this.#records.delete(name)
      this.#rows -= times.length
    }
  }

  /** Null when that would be too much to read. Rows that the log has no more are left out. */
  async find(places: Iterable<RowPlace>): Promise<RowOwner[] | null> {
    const byRecord = Map.groupBy(places, ({ partition, offset }) => nameOf(partition, offset))
    const found: RowOwner[] = []
    let reads = 0
    for (const [name, rows] of byRecord) {
      const [first] = rows
      if (first === undefined) continue
      let record = this.#records.get(name)
      if (record === undefined) {
        if (++reads > MOST_READS) return null
        record = await this.#read(first.partition, first.offset)
      }
      for (const { index } of rows) {
        const project = record?.project[record.codes[index] ?? -1]
        const time = record?.times[index]
        if (project !== undefined && time !== undefined) found.push({ project, time })
      }
    }
    return found
  }

  async #read(partition: number, offset: bigint): Promise<Remembered | undefined> {
    for await (const record of this.#log.read(partition, offset, offset + 1n)) {
      if (record.kind === 'events') return remembered(decodeBatch(record.payload))
    }
    return undefined
  }
}

function nameOf(partition: number, offset: bigint): string {
  return `${partition}:${offset}`
}

function remembered(batch: Batch): Remembered {
  const times = new Float64Array(batch.rows)
  const column = batch.columns.get('time')
  if (column?.type === 'i64') {
    for (let row = 0; row < times.length; row++) times[row] = Number(column.data[row] ?? 0n)
  }
  const project = batch.columns.get('project')
  if (project?.type === 'dict') {
    return { project: [...project.values], codes: project.codes.slice(), times }
  }
  const names = Array.from({ length: batch.rows }, (_, row) => textAt(project, row) ?? '')
  return { project: names, codes: Int32Array.from(names.keys()), times }
}
