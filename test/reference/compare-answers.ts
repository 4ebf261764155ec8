/** Whether an answer is the recorded one, but for what is another every time. */

/** Members whose values are others every time, whatever they hold. */
const VARYING: ReadonlySet<string> = new Set([
  'asOf',
  'at',
  'by',
  'bytes_after',
  'bytes_before',
  // Null until there is one.
  'checkpointAgeSeconds',
  'created_at',
  'created_by',
  'cut',
  'dead_bytes',
  'elapsedMs',
  'finished_at',
  'history',
  'id',
  'key',
  'last_used_at',
  'next',
  'place',
  'places',
  'position',
  'received_at',
  'records',
  'records_rewritten',
  'released_at',
  'resolved_at',
  'revoked_at',
  'seconds',
  'segments_rewritten',
  'source',
  'subject_hash',
  'version',
  'watermark',
])

/** Members that are named after what there is, where only shapes are compared. */
const NAMED_BY_DATA: ReadonlySet<string> = new Set([
  'by_code',
  'by_project',
  'by_receiver',
  'projects',
  'rejectedByCode',
])

const LONGEST_LIST = 3

/** An answer as the record keeps it: of lists the first three. */
export function trimmed(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, LONGEST_LIST).map(trimmed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, trimmed(part)]))
}

/** What two answers have to share: all but what varies; or, with `shapeOnly`, the shape. */
export function comparable(value: unknown, shapeOnly: boolean): unknown {
  if (Array.isArray(value)) {
    return shapeOnly
      ? value.slice(0, 1).map((part) => comparable(part, true))
      : value.map((part) => comparable(part, false))
  }
  if (typeof value !== 'object' || value === null) {
    return shapeOnly && value !== null ? typeof value : value
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      VARYING.has(key) || (shapeOnly && NAMED_BY_DATA.has(key)) ? '…' : comparable(part, shapeOnly),
    ]),
  )
}
