import { type Batch, type Column, decodeBatch, isErased, numberAt, textAt } from '@llmhub/stream'
import { LETTERS } from '../core/retention.ts'
import type { Log, LogRecord } from '../log/log.ts'
import { decodeOperation, type Operation } from '../log/operation.ts'
import { isCut, type RetentionCut } from './retention-rules.ts'

const HOUR = 3_600_000_000

/** What a segment holds, as far as giving it up depends on it. Some kilobytes per segment. */
export interface SegmentSummary {
  /** Rows that are not tombstones, by project and family (or `LETTERS`), then by hour since 1970. */
  readonly living: readonly {
    readonly project: string
    readonly family: string
    readonly hours: ReadonlyMap<number, number>
  }[]
  readonly tombstones: number
  readonly operations: readonly Operation[]
}

/** Reads the records [first, next) of a partition: costs their decoding. */
export async function summarise(
  log: Pick<Log, 'read'>,
  partition: number,
  first: bigint,
  next: bigint,
): Promise<SegmentSummary> {
  const groups = new Map<
    string,
    SegmentSummary['living'][number] & { hours: Map<number, number> }
  >()
  const operations: Operation[] = []
  let tombstones = 0
  for await (const record of log.read(partition, first, next)) {
    if (record.kind === 'operation') {
      // Its batch would be a view on bytes that the next step reuses.
      operations.push(decodeOperation(Uint8Array.from(record.payload)))
      continue
    }
    for (const row of rowsOf(record)) {
      if (row === null) {
        tombstones++
        continue
      }
      const key = `${row.project}\0${row.family}`
      let group = groups.get(key)
      if (group === undefined) {
        group = { project: row.project, family: row.family, hours: new Map() }
        groups.set(key, group)
      }
      const hour = Math.floor(row.time / HOUR)
      group.hours.set(hour, (group.hours.get(hour) ?? 0) + 1)
    }
  }
  return { living: [...groups.values()], tombstones, operations }
}

export function livingRows(summary: SegmentSummary): number {
  let rows = 0
  for (const { hours } of summary.living) for (const count of hours.values()) rows += count
  return rows
}

/** Rows of the segment that the cuts let go. Hours that a cut takes in part only are not counted. */
export function cutRows(summary: SegmentSummary, cuts: readonly RetentionCut[]): number {
  let rows = 0
  for (const { project, family, hours } of summary.living) {
    for (const [hour, count] of hours) {
      if (isCut(cuts, project, family, hour * HOUR, (hour + 1) * HOUR)) rows += count
    }
  }
  return rows
}

/** Indexes of the rows of a record that the cuts let go and that are no tombstones yet. */
export function cutIndexes(record: LogRecord, cuts: readonly RetentionCut[]): ReadonlySet<number> {
  const indexes = new Set<number>()
  let index = 0
  for (const row of rowsOf(record)) {
    if (row !== null && isCut(cuts, row.project, row.family, row.time, row.time + 1)) {
      indexes.add(index)
    }
    index++
  }
  return indexes
}

interface Row {
  readonly project: string
  /** Of an event; `LETTERS` for a dead letter. */
  readonly family: string
  readonly time: number
}

/** Rows of a record of events or rejects in order; null for a tombstone. */
function* rowsOf({ kind, payload }: LogRecord): Generator<Row | null, void, void> {
  const batch: Batch = decodeBatch(payload)
  const project = batch.columns.get('project')
  const family = kind === 'events' ? batch.columns.get('family') : undefined
  const time: Column | undefined = batch.columns.get(kind === 'events' ? 'time' : 'received_at')
  for (let row = 0; row < batch.rows; row++) {
    if (isErased(batch, row)) yield null
    else {
      yield {
        project: textAt(project, row) ?? '',
        family: kind === 'events' ? (textAt(family, row) ?? '') : LETTERS,
        time: numberAt(time, row) ?? 0,
      }
    }
  }
}

/** When the first row of a record was received, in epoch microseconds; null when it has no rows. */
export function firstReceived(record: LogRecord): number | null {
  if (record.kind === 'operation') return null
  return numberAt(decodeBatch(record.payload).columns.get('received_at'), 0)
}
