import type { ScanOutcome, ScanRequest } from '../protocol.ts'
import type { Dictionaries } from './dictionary.ts'
import type { SqlValue } from './driver.ts'
import type { ReadOutcome } from './read-pool.ts'
import type { SqlResult } from './read-result.ts'
import { limitOf, type RenderedScan, renderScan, scannedRows } from './render-scan.ts'

/**
 * A page of rows in the order of their places, of one partition: the next page goes on in it, or in
 * the next one. A request that cannot be asked is refused as `invalid`.
 *
 * @param position taken before the snapshot of the answer, which may hold more: that is left out
 */
export async function scanPage(
  request: ScanRequest,
  position: ReadonlyMap<number, bigint>,
  dictionaries: Dictionaries,
  read: (sql: string, values: readonly SqlValue[]) => Promise<ReadOutcome<SqlResult>>,
): Promise<ScanOutcome> {
  const partitions = [...position.keys()].toSorted((a, b) => a - b)
  const { after } = request
  const partition = after?.partition ?? partitions[0]
  if (partition === undefined) return { ok: true, page: { rows: [], next: null, position } }
  let rendered: RenderedScan
  try {
    rendered = renderScan(request, partition, position.get(partition) ?? 0n, after, dictionaries)
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error
    return { ok: false, failure: 'invalid', message: error.message }
  }
  const outcome = await read(rendered.sql, rendered.values)
  if (!outcome.ok) return outcome
  const rows = scannedRows(rendered.types, outcome.value.rows, dictionaries)
  const last = rows.at(-1)
  const following = partitions.find((each) => each > partition)
  const next =
    last !== undefined && rows.length === limitOf(request)
      ? { partition, offset: last.offset, index: last.index }
      : following === undefined
        ? null
        : { partition: following, offset: 0n, index: -1 }
  return { ok: true, page: { rows, next, position } }
}
