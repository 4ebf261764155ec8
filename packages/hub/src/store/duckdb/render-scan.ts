import { type ColumnSpec, type ColumnType, REJECT_COLUMNS } from '@llmhub/schema'
import type { RowPlace } from '../../log/operation-rows.ts'
import type { ScanPage, ScanRequest } from '../protocol.ts'
import type { FrameCell, Literal } from '../store.ts'
import { renderPredicate } from './render-predicate.ts'
import { EVENT_TABLE, Parameters, quote, storedColumn } from './render-sql.ts'
import type { Texts } from './texts.ts'

/** Rows of one page at most: bounds the memory of an answer. */
const MAX_PAGE = 20_000

/** What a dead letter has become, beside the columns of its row. */
const RESOLUTION_COLUMNS: readonly ColumnSpec[] = [
  { name: 'status', type: 'text', doc: 'open | replayed | dismissed.' },
  { name: 'resolved_at', type: 'i64', unit: 'us', doc: 'When that was said.' },
  { name: 'replayed_event_id', type: 'text', doc: 'The event that the letter became.' },
]

const LETTER_TABLE: ReadonlyMap<string, ColumnSpec> = new Map(
  [...REJECT_COLUMNS, ...RESOLUTION_COLUMNS].map((column) => [column.name, column]),
)

const LETTERS = `(SELECT r.*, coalesce(s.resolution, 'open') AS status, s.resolved_at, s.event_id AS replayed_event_id FROM reject_rows r LEFT JOIN reject_resolutions s ON s.project = r.project AND s.reject_id = r.reject_id)`

const PLACE = ['e.log_partition', 'e.log_offset', 'e.log_index']

export interface RenderedScan {
  readonly sql: string
  readonly values: Literal[]
  /** Of the cells; the place follows them. */
  readonly types: readonly { readonly name: string; readonly type: ColumnType }[]
}

/**
 * SQL of one page within one partition, of rows before the offset `next`: those whose texts are known.
 * The bound of `after` lets the scan skip what is behind it, since rows lie in the order of their
 * arrival but for those that operations have changed.
 * @throws RangeError, TypeError for a request that names no column of its table or compares unlike types
 */
export function renderScan(
  request: ScanRequest,
  partition: number,
  next: bigint,
  after: RowPlace | null,
  texts: Texts,
): RenderedScan {
  const events = request.table === 'events'
  const parameters = new Parameters(texts, events ? EVENT_TABLE : LETTER_TABLE)
  const columns = request.columns.map((name) => storedColumn(name, parameters.columns))
  const time = events ? 'e."time"' : 'e."received_at"'
  const conditions = [
    `e.log_partition = ${partition} AND e.log_offset < ${next}`,
    `${time} >= ${parameters.integer(request.from)}`,
    `${time} < ${parameters.integer(request.to)}`,
  ]
  if (after?.partition === partition) {
    const offset = parameters.integer(after.offset)
    conditions.push(
      `e.log_offset >= ${offset}`,
      `(e.log_offset > ${offset} OR e.log_index > ${parameters.integer(after.index)})`,
    )
  }
  if (request.project !== null) {
    const id = parameters.idsOf('project', [request.project])
    conditions.push(id === null ? 'FALSE' : `e."project" = ${id}`)
  }
  if (request.where !== null) conditions.push(renderPredicate(request.where, parameters))
  const cells = columns.map(({ name }) => `e.${quote(name)}`)
  const read = `SELECT ${[...cells, ...PLACE].join(', ')}`
  const chosen = `WHERE ${conditions.join(' AND ')} ORDER BY ${PLACE.join(', ')} LIMIT ${limitOf(request)}`
  // The page's rows are found by the columns of its conditions alone, and all their cells read only
  // then: the sort would otherwise take every column of all rows that follow, for every page.
  const sql = events
    ? `${read} FROM event_rows e WHERE e.rowid IN (SELECT e.rowid FROM event_rows e ${chosen}) ORDER BY ${PLACE.join(', ')}`
    : `${read} FROM ${LETTERS} e ${chosen}`
  return { ...parameters.finish(sql), types: columns }
}

export function limitOf({ limit }: ScanRequest): number {
  if (!Number.isInteger(limit) || limit < 1) throw new RangeError(`no page of ${limit} rows`)
  return Math.min(limit, MAX_PAGE)
}

/** Rows of a result, ids of dictionaries as their texts. */
export function scannedRows(
  types: RenderedScan['types'],
  rows: readonly (readonly FrameCell[])[],
  texts: Texts,
): ScanPage['rows'] {
  const width = types.length
  return rows.map((row) => ({
    partition: Number(row[width]),
    offset: row[width + 1] as bigint,
    index: Number(row[width + 2]),
    cells: types.map(({ name, type }, i) => {
      const cell = row[i] ?? null
      if (type !== 'dict' || cell === null) return cell
      return texts.get(name)?.valueOf(Number(cell)) ?? null
    }),
  }))
}
