import duckdb from '@duckdb/node-bindings'
import { type Batch, decodeBatch, isValid } from '@llmhub/stream'
import type { LogRecord } from '../../log/log.ts'
import { LIVE } from '../../log/log.ts'
import { cutOf, decodeOperation } from '../../log/operation.ts'
import type { RowPlace } from '../../log/operation-rows.ts'
import { applyOperation, requireCut } from './apply-operation.ts'
import { ChunkWriter } from './chunk-writer.ts'
import { type Dictionaries, insertPending } from './dictionary.ts'
import type { Connection } from './driver.ts'
import { REJECT_ROW_COLUMNS, type StoredColumn, WRITTEN_EVENT_COLUMNS } from './physical.ts'
import {
  insertPlaces,
  type PendingSuppressions,
  suppressStored,
  withSuppressed,
} from './suppressions.ts'

/** Microseconds of an hour. */
const HOUR = 3_600_000_000

export interface WriteContext {
  readonly connection: Connection
  readonly catalog: string
  readonly dictionaries: Dictionaries
  readonly pending: PendingSuppressions
  readonly positions: ReadonlyMap<number, bigint>
}

/** What the records changed; valid once the transaction has committed. */
export interface Written {
  /** How many rows of events there are more, or, when negative, fewer. */
  readonly rows: number
  readonly rejects: number
  /** Rows that operations changed or deleted, suppressed ones left out. */
  readonly changed: number
  /** Hours since 1970 whose rows changed, by project id. */
  readonly hours: ReadonlyMap<number, ReadonlySet<number>>
  /** Greatest event time of the live partition's rows in microseconds, or null. */
  readonly watermark: number | null
  /** Suppressions of rows still to come. */
  readonly deferred: readonly RowPlace[]
}

/**
 * Writes the records [first, next) of a partition within the open transaction of the connection:
 * rows, rejected events, operations, new dictionary texts and dirty hours. The position is the
 * caller's. Only inserts, but for operations.
 *
 * An operation of maintenance sees all rows of the records before it, so these are handed to the
 * transaction first. Suppressions come before and after in any order: they mark rows, which nothing
 * else reads or changes.
 * @throws CutNotReachedError
 */
export async function writeRecords(
  context: WriteContext,
  partition: number,
  first: bigint,
  next: bigint,
  records: readonly LogRecord[],
): Promise<Written> {
  const { connection, catalog, dictionaries, positions } = context
  const suppressed = sortSuppressions(context, partition, first, next, records)
  const touched = new TouchedHours()
  const touch = (hours: Iterable<readonly [project: number, hour: number]>): void => {
    for (const [project, hour] of hours) touched.add(project, hour)
  }
  const appending = new RowWriters(connection, catalog, dictionaries)
  let rows = 0
  let rejected = 0
  let changed = 0
  let watermark: number | null = null
  try {
    for (const record of records) {
      if (record.kind === 'operation') {
        if (cutOf(record.payload) === null) continue
        appending.finish()
        const operation = decodeOperation(record.payload)
        if (operation.op === 'suppress') continue
        requireCut(operation.cut, (each) =>
          each === partition ? record.offset : (positions.get(each) ?? 0n),
        )
        const effect = await applyOperation({ connection, dictionaries }, operation)
        rows -= effect.deleted
        changed += effect.changed
        touch(effect.hours)
        continue
      }
      const batch = decodeBatch(record.payload)
      if (record.kind === 'rejects') {
        rejected += appending.rejects.append(batch, partition, record.offset)
        continue
      }
      const marks = suppressed.here.get(record.offset)
      const marked = marks === undefined ? batch : withSuppressed(batch, marks)
      rows += appending.events.append(marked, partition, record.offset)
      const latest = touched.addBatch(marked, dictionaries)
      if (partition === LIVE && latest !== null) watermark = Math.max(watermark ?? latest, latest)
    }
    appending.finish()
  } catch (error) {
    appending.abandon()
    throw error
  }
  insertPending(connection, catalog, dictionaries)
  touch(await suppressStored(connection, suppressed.stored))
  insertPlaces(connection, catalog, suppressed.deferred)
  if (suppressed.due) {
    await connection.execute(
      `DELETE FROM pending_suppressions WHERE log_partition = ${partition} AND log_offset < ${next}`,
    )
  }
  insertDirtyHours(connection, catalog, touched.hours, partition, next - 1n)
  const { hours } = touched
  return { rows, rejects: rejected, changed, hours, watermark, deferred: suppressed.deferred }
}

/** The writers of rows, opened when first needed and again after `finish`. */
class RowWriters {
  readonly #open: (
    table: 'event_rows' | 'reject_rows',
    columns: readonly StoredColumn[],
  ) => ChunkWriter
  #events: ChunkWriter | null = null
  #rejects: ChunkWriter | null = null

  constructor(connection: Connection, catalog: string, dictionaries: Dictionaries) {
    this.#open = (table, columns) =>
      new ChunkWriter(connection, catalog, table, columns, dictionaries)
  }

  get events(): ChunkWriter {
    this.#events ??= this.#open('event_rows', WRITTEN_EVENT_COLUMNS)
    return this.#events
  }

  get rejects(): ChunkWriter {
    this.#rejects ??= this.#open('reject_rows', REJECT_ROW_COLUMNS)
    return this.#rejects
  }

  /** Hands every row to the transaction. */
  finish(): void {
    this.#events?.finish()
    this.#events = null
    this.#rejects?.finish()
    this.#rejects = null
  }

  abandon(): void {
    this.#events?.abandon()
    this.#rejects?.abandon()
  }
}

interface SortedSuppressions {
  /** Rows of the records being written: the mark is set before they are inserted. */
  readonly here: ReadonlyMap<bigint, ReadonlySet<number>>
  /** Rows applied earlier. */
  readonly stored: readonly RowPlace[]
  /** Rows of records still to come. */
  readonly deferred: readonly RowPlace[]
  /** Whether suppressions deferred earlier are among `here`. */
  readonly due: boolean
}

function sortSuppressions(
  context: WriteContext,
  partition: number,
  first: bigint,
  next: bigint,
  records: readonly LogRecord[],
): SortedSuppressions {
  const here = new Map<bigint, Set<number>>()
  const stored: RowPlace[] = []
  const deferred: RowPlace[] = []
  const mark = (place: RowPlace): void => {
    const indexes = here.get(place.offset)
    if (indexes === undefined) here.set(place.offset, new Set([place.index]))
    else indexes.add(place.index)
  }
  const due = context.pending.within(partition, first, next)
  for (const place of due) mark(place)
  for (const record of records) {
    if (record.kind !== 'operation') continue
    if (cutOf(record.payload) !== null) continue
    const operation = decodeOperation(record.payload)
    if (operation.op !== 'suppress') continue
    for (const row of operation.rows) {
      const place = { partition: row.partition, offset: BigInt(row.offset), index: row.index }
      const applied = context.positions.get(place.partition) ?? 0n
      if (place.partition === partition && place.offset >= first && place.offset < next) mark(place)
      else if (place.offset < applied) stored.push(place)
      else deferred.push(place)
    }
  }
  return { here, stored, deferred, due: due.length > 0 }
}

/** Collects the distinct (project, hour) of rows; runs of equal ones cost a comparison each. */
class TouchedHours {
  readonly hours = new Map<number, Set<number>>()

  add(project: number, hour: number): void {
    const hours = this.hours.get(project)
    if (hours === undefined) this.hours.set(project, new Set([hour]))
    else hours.add(hour)
  }

  /** Answers the greatest time of the batch, or null when no row has one. */
  addBatch(batch: Batch, dictionaries: Dictionaries): number | null {
    const time = batch.columns.get('time')
    if (time?.type !== 'i64') return null
    const project = batch.columns.get('project')
    const codes = project?.type === 'dict' ? project.codes : null
    const ids = project?.type === 'dict' ? dictionaries.get('project')?.idsOf(project.values) : null
    // As pairs of 32-bit words, since reading a BigInt64Array makes an object per element.
    const words = new Int32Array(time.data.buffer, time.data.byteOffset, batch.rows * 2)
    let latest: number | null = null
    let lastProject = Number.NaN
    let lastHour = Number.NaN
    for (let row = 0; row < batch.rows; row++) {
      if (!isValid(time.valid, row)) continue
      const micros = (words[row * 2 + 1] ?? 0) * 0x1_0000_0000 + ((words[row * 2] ?? 0) >>> 0)
      if (latest === null || micros > latest) latest = micros
      const hour = Math.floor(micros / HOUR)
      const id = ids?.[codes?.[row] ?? -1] ?? NO_PROJECT
      if (hour === lastHour && id === lastProject) continue
      lastHour = hour
      lastProject = id
      this.add(id, hour)
    }
    return latest
  }
}

/** Stands for rows without a project, which ingest does not make. */
const NO_PROJECT = -1

function insertDirtyHours(
  connection: Connection,
  catalog: string,
  hours: ReadonlyMap<number, ReadonlySet<number>>,
  partition: number,
  offset: bigint,
): void {
  if (hours.size === 0) return
  const appender = duckdb.appender_create_ext(connection.handle, catalog, 'main', 'dirty_hours')
  for (const [project, touched] of hours) {
    for (const hour of touched) {
      duckdb.append_int32(appender, project)
      duckdb.append_int64(appender, BigInt(hour))
      duckdb.append_int16(appender, partition)
      duckdb.append_int64(appender, offset)
      duckdb.appender_end_row(appender)
    }
  }
  duckdb.appender_close_sync(appender)
}
