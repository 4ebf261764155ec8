/**
 * Emptying rows of records that are in the log. A row stays as a tombstone, because places never
 * change; of what it held only that is kept which recognises the event when it is sent again.
 */

import { decodeBatch, encodeBatch, eraseRows } from '@llmhub/stream'
import type { LogEntry } from './log.ts'

/** Columns that a tombstone keeps: hashes for deduplication, and what the store may tell without it. */
const KEPT = {
  events: ['id_lo', 'id_hi', 'content_hash', 'received_at', 'project', 'time'],
  rejects: ['received_at', 'project'],
} as const

/**
 * The payload of a record of events or rejects with the rows of `indexes` emptied.
 * @throws TypeError for an operation, which has no rows of its own
 */
export function withTombstones(record: LogEntry, indexes: ReadonlySet<number>): Uint8Array {
  if (record.kind === 'operation') throw new TypeError('an operation has no rows to erase')
  return encodeBatch(eraseRows(decodeBatch(record.payload), indexes, KEPT[record.kind]))
}
