import type { BatchColumnSpec } from '@llmhub/stream'
import {
  type Cut,
  DEAD_LETTERS,
  type EraseOperation,
  type MaintenanceOperation,
  type RepriceOperation,
  type ResolvedLetter,
  type ResolveOperation,
  type RetainOperation,
} from '../../log/operation.ts'
import { OPERATION_COLUMNS, placesIn, REPRICED_COLUMNS } from '../../log/operation-rows.ts'
import { ChunkWriter } from './chunk-writer.ts'
import type { Dictionaries } from './dictionary.ts'
import type { Connection, SqlValue } from './driver.ts'
import { DERIVED_COLUMNS, SQL_TYPES } from './physical.ts'
import { quote } from './render-sql.ts'

/**
 * Applies operations of maintenance within the open transaction, to rows that are handed over to it.
 * A changed row is deleted and inserted anew, because an UPDATE would keep DuckDB from checkpointing
 * while a reader is open. Rows that are not there are passed over, so that twice is once.
 */

export interface OperationContext {
  readonly connection: Connection
  readonly dictionaries: Dictionaries
}

/** What an operation changed. */
export interface OperationEffect {
  /** Rows of events and dead letters that were changed, deleted or resolved. */
  readonly changed: number
  /** Rows of events that are gone. */
  readonly deleted: number
  /** Hours of the events changed, as [project id, hour since 1970]. */
  readonly hours: readonly (readonly [project: number, hour: number])[]
}

/** A caller's bug: the operation was worked out from rows that are not applied yet. */
class CutNotReachedError extends Error {
  override readonly name = 'CutNotReachedError'
}

/** @throws CutNotReachedError */
export function requireCut(cut: Cut, reached: (partition: number) => bigint): void {
  for (const [partition, next] of cut) {
    if (reached(partition) >= next) continue
    throw new CutNotReachedError(
      `an operation needs partition ${partition} applied up to ${next}, which is at ${reached(partition)}`,
    )
  }
}

export function applyOperation(
  context: OperationContext,
  operation: MaintenanceOperation,
): Promise<OperationEffect> {
  switch (operation.op) {
    case 'reprice':
      return reprice(context, operation)
    case 'erase':
      return erase(context, operation)
    case 'retain':
      return retain(context, operation)
    case 'resolve':
      return resolve(context, operation)
  }
}

async function reprice(
  context: OperationContext,
  operation: RepriceOperation,
): Promise<OperationEffect> {
  const { connection } = context
  if (operation.rows.rows === 0) return NOTHING
  await fillOperationRows(context, operation)
  const at = atPlaces(operation, 'TRUE')
  const values = REPRICED_COLUMNS.map(({ name }) => `v.${quote(name)} AS ${quote(name)}`)
  const derived = [...DERIVED_COLUMNS.keys()].map((name) => quote(name))
  await connection.execute(
    `CREATE TEMP TABLE changed_rows AS SELECT e.* EXCLUDE (${derived.join(', ')}) REPLACE (${values.join(', ')})
     FROM event_rows e JOIN operation_rows v
       ON e.log_partition = v."partition" AND e.log_offset = v."offset" AND e.log_index = v."index"
     WHERE ${boundsOf(operation)}`,
  )
  const hours = await hoursOf(connection, 'changed_rows', 'TRUE')
  const changed = await count(connection, `DELETE FROM event_rows WHERE ${at}`)
  await connection.execute(
    'INSERT INTO event_rows SELECT * FROM changed_rows ORDER BY log_partition, log_offset, log_index',
  )
  await connection.execute('DROP TABLE temp.changed_rows; DROP TABLE temp.operation_rows')
  return { changed, deleted: 0, hours }
}

async function erase(
  context: OperationContext,
  operation: EraseOperation,
): Promise<OperationEffect> {
  if (operation.rows.rows === 0) return NOTHING
  await fillOperationRows(context, operation)
  const effect = await deleteRows(context.connection, {
    events: atPlaces(operation, 'NOT v.letter'),
    letters: atPlaces(operation, 'v.letter'),
  })
  await context.connection.execute('DROP TABLE temp.operation_rows')
  return effect
}

async function retain(
  { connection, dictionaries }: OperationContext,
  operation: RetainOperation,
): Promise<OperationEffect> {
  const { project, family, from, before, cut } = operation
  const letters = family === DEAD_LETTERS
  const conditions = [belowCut(cut)]
  // A text without an id is in no row.
  const among = (column: string, value: string): boolean => {
    const id = dictionaries.get(column)?.find(value)
    if (id !== undefined) conditions.push(`${quote(column)} = ${id}`)
    return id !== undefined
  }
  if (project !== null && !among('project', project)) return NOTHING
  if (family !== null && !letters && !among('family', family)) return NOTHING
  const time = letters ? 'received_at' : '"time"'
  conditions.push(`${time} < ${BigInt(before)}`)
  if (from !== null) conditions.push(`${time} >= ${BigInt(from)}`)
  const where = conditions.join(' AND ')
  return deleteRows(connection, letters ? { letters: where } : { events: where })
}

async function deleteRows(
  connection: Connection,
  where: { readonly events?: string; readonly letters?: string },
): Promise<OperationEffect> {
  let deleted = 0
  let letters = 0
  let hours: OperationEffect['hours'] = []
  if (where.events !== undefined) {
    hours = await hoursOf(connection, 'event_rows', where.events)
    if (hours.length > 0) {
      deleted = await count(connection, `DELETE FROM event_rows WHERE ${where.events}`)
    }
  }
  if (where.letters !== undefined) {
    // What was said of a letter may name its event: it goes with the letter.
    await connection.execute(
      `DELETE FROM reject_resolutions WHERE (project, reject_id) IN (SELECT project, reject_id FROM reject_rows WHERE ${where.letters})`,
    )
    letters = await count(connection, `DELETE FROM reject_rows WHERE ${where.letters}`)
  }
  return { changed: deleted + letters, deleted, hours }
}

/** Letters of one statement: bounds its text and its plan. */
const LETTERS_PER_STATEMENT = 500

/**
 * Only letters that are there and below the cut are resolved: one that was erased in the log would
 * otherwise come back as a resolution without a letter when the store is rebuilt.
 */
async function resolve(
  { connection, dictionaries }: OperationContext,
  operation: ResolveOperation,
): Promise<OperationEffect> {
  const letters = new Map<string, readonly [project: number, letter: ResolvedLetter]>()
  for (const letter of operation.letters) {
    const project = dictionaries.get('project')?.find(letter.project)
    if (project !== undefined) letters.set(`${project} ${letter.rejectId}`, [project, letter])
  }
  const all = [...letters.values()]
  let changed = 0
  for (let at = 0; at < all.length; at += LETTERS_PER_STATEMENT) {
    const some = all.slice(at, at + LETTERS_PER_STATEMENT)
    const values: SqlValue[] = []
    const rows = some.map(([project, { rejectId, eventId }]) => {
      values.push(rejectId, eventId)
      return `(${project}, CAST($${values.length - 1} AS VARCHAR), CAST($${values.length} AS VARCHAR))`
    })
    const found = `SELECT DISTINCT r.project, r.reject_id, v.event_id FROM reject_rows r JOIN (VALUES ${rows.join(', ')}) v(project, reject_id, event_id) ON r.project = v.project AND r.reject_id = v.reject_id WHERE ${belowCut(operation.cut)}`
    await connection.rows(
      `DELETE FROM reject_resolutions WHERE (project, reject_id) IN (SELECT (project, reject_id) FROM (${found}))`,
      values,
    )
    changed += await count(
      connection,
      `INSERT INTO reject_resolutions SELECT project, reject_id, '${operation.as === 'replayed' ? 'replayed' : 'dismissed'}', ${BigInt(operation.at)}, event_id FROM (${found}) ORDER BY project, reject_id`,
      values,
    )
  }
  return { changed, deleted: 0, hours: [] }
}

const NOTHING: OperationEffect = { changed: 0, deleted: 0, hours: [] }

/** Puts the rows of an operation into the temporary table `operation_rows`. */
async function fillOperationRows(
  { connection, dictionaries }: OperationContext,
  { op, rows }: RepriceOperation | EraseOperation,
): Promise<void> {
  const columns: readonly BatchColumnSpec[] = OPERATION_COLUMNS[op]
  // The first three columns of a chunk are a place of the record, which means nothing here.
  await connection.execute(
    `CREATE TEMP TABLE operation_rows (p SMALLINT, o BIGINT, i INTEGER, ${columns.map(({ name, type }) => `${quote(name)} ${SQL_TYPES[type]}`).join(', ')})`,
  )
  const writer = new ChunkWriter(connection, 'temp', 'operation_rows', columns, dictionaries)
  try {
    writer.append(rows, 0, 0n)
    writer.finish()
  } catch (error) {
    writer.abandon()
    throw error
  }
}

/** Rows at the places of the operation that pass `which`. */
function atPlaces(operation: RepriceOperation | EraseOperation, which: string): string {
  return `${boundsOf(operation)} AND (log_partition, log_offset, log_index) IN (SELECT (v."partition", v."offset", v."index") FROM operation_rows v WHERE ${which})`
}

/** Bounds of the places, which let DuckDB skip row groups by their extremes. */
function boundsOf({ rows }: RepriceOperation | EraseOperation): string {
  let least: bigint | null = null
  let most = 0n
  for (const { offset } of placesIn(rows)) {
    if (least === null || offset < least) least = offset
    if (offset > most) most = offset
  }
  return `log_offset BETWEEN ${least ?? 0n} AND ${most}`
}

function belowCut(cut: Cut): string {
  const parts = [...cut].map(
    ([partition, next]) => `(log_partition = ${partition} AND log_offset < ${next})`,
  )
  return parts.length === 0 ? 'FALSE' : `(${parts.join(' OR ')})`
}

async function hoursOf(
  connection: Connection,
  table: string,
  where: string,
): Promise<(readonly [number, number])[]> {
  const { rows } = await connection.rows(
    `SELECT DISTINCT coalesce(project, -1), CAST(floor(time / 3600000000.0) AS BIGINT) FROM ${table} WHERE ${where}`,
  )
  return rows.map(([project, hour]) => [Number(project), Number(hour)])
}

/** Runs a statement that answers how many rows it changed. */
async function count(
  connection: Connection,
  sql: string,
  values: readonly SqlValue[] = [],
): Promise<number> {
  const { rows } = await connection.rows(sql, values)
  return Number(rows[0]?.[0] ?? 0)
}
