import duckdb from '@duckdb/node-bindings'
import { type Batch, type Column, validityBytes } from '@llmhub/stream'
import type { RowPlace } from '../../log/operation-rows.ts'
import type { Connection } from './driver.ts'
import { DERIVED_COLUMNS } from './physical.ts'

/** Places of one SQL statement: bounds its text and its plan. */
const PLACES_PER_STATEMENT = 1000

/**
 * The places that operations suppress and whose rows are not applied yet: rows of another partition,
 * which is behind. Remembering them keeps the rows a function of the log alone, whichever partition
 * is applied first.
 */
export class PendingSuppressions {
  readonly #byPartition = new Map<number, Map<bigint, Set<number>>>()

  static async load(connection: Connection): Promise<PendingSuppressions> {
    const pending = new PendingSuppressions()
    const { rows } = await connection.rows(
      'SELECT log_partition, log_offset, log_index FROM pending_suppressions',
    )
    for (const [partition, offset, index] of rows) {
      pending.add({
        partition: Number(partition),
        offset: BigInt(offset as bigint),
        index: Number(index),
      })
    }
    return pending
  }

  add({ partition, offset, index }: RowPlace): void {
    let offsets = this.#byPartition.get(partition)
    if (offsets === undefined) {
      offsets = new Map()
      this.#byPartition.set(partition, offsets)
    }
    const indexes = offsets.get(offset)
    if (indexes === undefined) offsets.set(offset, new Set([index]))
    else indexes.add(index)
  }

  /** Places within [first, next) of a partition. */
  within(partition: number, first: bigint, next: bigint): RowPlace[] {
    const places: RowPlace[] = []
    for (const [offset, indexes] of this.#byPartition.get(partition) ?? []) {
      if (offset < first || offset >= next) continue
      for (const index of indexes) places.push({ partition, offset, index })
    }
    return places
  }

  /** Forgets the places below `next`: their rows are in. */
  forget(partition: number, next: bigint): void {
    const offsets = this.#byPartition.get(partition)
    if (offsets === undefined) return
    for (const offset of offsets.keys()) if (offset < next) offsets.delete(offset)
  }
}

/** The batch with the rows of `indexes` suppressed. */
export function withSuppressed(batch: Batch, indexes: ReadonlySet<number>): Batch {
  const before = batch.columns.get('suppressed')
  const data = new Uint8Array(batch.rows)
  const valid = new Uint8Array(validityBytes(batch.rows))
  if (before?.type === 'bool') {
    data.set(before.data)
    if (before.valid === null) valid.fill(0xff)
    else valid.set(before.valid)
  }
  for (const index of indexes) {
    if (index < 0 || index >= batch.rows) continue
    data[index] = 1
    valid[index >> 3] = (valid[index >> 3] ?? 0) | (1 << (index & 7))
  }
  const column: Column = { type: 'bool', valid, data }
  return { rows: batch.rows, columns: new Map(batch.columns).set('suppressed', column) }
}

/**
 * Suppresses rows that are in the store: each is inserted anew with the mark and the old one deleted,
 * because an UPDATE would keep DuckDB from checkpointing while a reader is open. Doing it twice is
 * doing it once. Answers the hours of the rows it changed, as [project, hour].
 */
export async function suppressStored(
  connection: Connection,
  places: readonly RowPlace[],
): Promise<(readonly [project: number, hour: number])[]> {
  const hours: (readonly [number, number])[] = []
  for (let at = 0; at < places.length; at += PLACES_PER_STATEMENT) {
    const some = places.slice(at, at + PLACES_PER_STATEMENT)
    const matching = whereOf(some)
    const touched = await connection.rows(
      `SELECT DISTINCT coalesce(project, -1), CAST(floor(time / 3600000000.0) AS BIGINT) FROM event_rows WHERE ${matching}`,
    )
    if (touched.rows.length === 0) continue
    for (const [project, hour] of touched.rows) hours.push([Number(project), Number(hour)])
    await connection.execute(
      `INSERT INTO event_rows SELECT * EXCLUDE (${[...DERIVED_COLUMNS.keys()].join(', ')}) REPLACE (true AS suppressed) FROM event_rows WHERE ${matching}`,
    )
    await connection.execute(`DELETE FROM event_rows WHERE ${matching}`)
  }
  return hours
}

/** Rows at the places that are not suppressed. The bounds let DuckDB skip row groups by their extremes. */
function whereOf(places: readonly RowPlace[]): string {
  const offsets = places.map(({ offset }) => offset)
  const least = offsets.reduce((a, b) => (b < a ? b : a))
  const most = offsets.reduce((a, b) => (b > a ? b : a))
  const list = places.map((p) => `(${p.partition}, ${p.offset}, ${p.index})`).join(', ')
  return `NOT suppressed AND log_offset BETWEEN ${least} AND ${most} AND (log_partition, log_offset, log_index) IN (VALUES ${list})`
}

/** Remembers places whose rows are to come; part of the transaction of their operation. */
export function insertPlaces(
  connection: Connection,
  catalog: string,
  places: readonly RowPlace[],
): void {
  if (places.length === 0) return
  const appender = duckdb.appender_create_ext(
    connection.handle,
    catalog,
    'main',
    'pending_suppressions',
  )
  for (const { partition, offset, index } of places) {
    duckdb.append_int16(appender, partition)
    duckdb.append_int64(appender, offset)
    duckdb.append_int32(appender, index)
    duckdb.appender_end_row(appender)
  }
  duckdb.appender_close_sync(appender)
}
