/**
 * All rows of a filter, as they were when the export began: rows that come in meanwhile are left out,
 * by their places. Rows that an operation deletes or changes meanwhile are gone, or come as changed:
 * what has been erased must not leave the hub. One page of rows is in memory at a time.
 */

import type { RowPlace } from '../log/operation-rows.ts'
import type { ScanFailure, ScanOutcome, ScanPage, ScanRequest } from '../store/protocol.ts'
import type { FrameCell, Predicate } from '../store/store.ts'
import type { EventOptions } from './event-of-row.ts'

export interface ExportRequest {
  /** Null exports every project. */
  readonly project: string | null
  /** Event time in epoch microseconds, [from, to). */
  readonly from: number
  readonly to: number
  readonly where: Predicate | null
  /** Columns of event rows. */
  readonly columns: readonly string[]
  /** Rows that questions do not count, too: suppressed and outdated ones. */
  readonly uncounted: boolean
}

export type Scan = (request: ScanRequest, signal: AbortSignal) => Promise<ScanOutcome>

export interface ExportSnapshot {
  /** Position of each partition: rows at or beyond it are left out. */
  readonly position: ReadonlyMap<number, bigint>
  /** Pages that are not empty; in each, cells by the columns of the request. */
  readonly pages: AsyncIterable<readonly (readonly FrameCell[])[]>
}

export type ExportStart =
  | { readonly ok: true; readonly snapshot: ExportSnapshot }
  /** `busy`: as many exports run already as may at once. */
  | { readonly ok: false; readonly failure: ScanFailure | 'busy'; readonly message: string }

/** What a hub can export. */
export interface Exporting extends EventOptions {
  readonly start: (request: ExportRequest, signal: AbortSignal) => Promise<ExportStart>
}

/** The store could not go on with an export that had begun. */
export class ExportBroken extends Error {
  override readonly name = 'ExportBroken'
}

/**
 * Cells of a page: as many as can be written without holding up other requests, and so few that they
 * are garbage before the collector would take them for something that lasts.
 */
const PAGE_CELLS = 64_000
const MOST_PAGE_ROWS = 2000
const LEAST_PAGE_ROWS = 200

function pageRows(columns: number): number {
  const fitting = Math.floor(PAGE_CELLS / Math.max(1, columns))
  return Math.min(MOST_PAGE_ROWS, Math.max(LEAST_PAGE_ROWS, fitting))
}

const COUNTED: Predicate = {
  op: 'and',
  parts: [
    {
      op: 'in',
      field: { type: 'column', column: 'suppressed' },
      values: [false],
    },
    { op: 'in', field: { type: 'column', column: 'is_current' }, values: [true] },
  ],
}

/** Begins an export: the first page is read before this answers, so that what cannot be read is known. */
export async function startExport(
  scan: Scan,
  request: ExportRequest,
  signal: AbortSignal,
): Promise<ExportStart> {
  const { project, from, to, columns, uncounted } = request
  const conditions = [
    ...(uncounted ? [] : [COUNTED]),
    ...(request.where === null ? [] : [request.where]),
  ]
  const page = (after: RowPlace | null): Promise<ScanOutcome> =>
    scan(
      {
        table: 'events',
        project,
        from,
        to,
        where: conditions.length === 0 ? null : { op: 'and', parts: conditions },
        columns,
        after,
        limit: pageRows(columns.length),
      },
      signal,
    )
  const first = await page(null)
  if (!first.ok) return first
  const { position } = first.page
  return { ok: true, snapshot: { position, pages: pagesFrom(first.page, position, page) } }
}

async function* pagesFrom(
  first: ScanPage,
  position: ReadonlyMap<number, bigint>,
  read: (after: RowPlace) => Promise<ScanOutcome>,
): AsyncGenerator<readonly (readonly FrameCell[])[]> {
  let page = first
  for (;;) {
    const rows = page.rows.filter(
      ({ partition, offset }) => offset < (position.get(partition) ?? 0n),
    )
    if (rows.length > 0) yield rows.map(({ cells }) => cells)
    const { next } = page
    if (next === null) return
    const outcome = await read(next)
    if (!outcome.ok) throw new ExportBroken(outcome.message)
    page = outcome.page
  }
}
