/**
 * A point of the log to go back to. Partitions refer to each other: an operation to rows before its
 * cut, a suppression to a row by its place. A point that had the one without the other would change
 * rows that come later, in the places that were left out. So the point taken is the greatest one at or
 * below the wanted at which nothing refers beyond it, and which parts no append.
 */

import { decodeBatch, numberAt } from '@llmhub/stream'
import type { LogFiles, StoredRecord } from '../log/log-image.ts'
import { type Cut, decodeOperation } from '../log/operation.ts'
import { isBackupId, type Manifest } from './manifest.ts'

/** `time`: nothing received later, in epoch microseconds. */
export type Point =
  | { readonly by: 'latest' }
  | { readonly by: 'id'; readonly id: string }
  | { readonly by: 'cursor'; readonly cursor: Cut }
  | { readonly by: 'time'; readonly micros: number }

/** Reads `latest`, the id of a backup, `<partition>:<offset>` (several by comma), or an ISO time; null for anything else. */
export function parsePoint(text: string): Point | null {
  if (text === 'latest') return { by: 'latest' }
  if (isBackupId(text)) return { by: 'id', id: text }
  if (/^\d+:\d+(,\d+:\d+)*$/.test(text)) {
    const parts = text.split(',').map((part) => part.split(':'))
    return {
      by: 'cursor',
      cursor: new Map(parts.map(([partition, next = '']) => [Number(partition), BigInt(next)])),
    }
  }
  const millis = /^\d{4}-\d{2}-\d{2}T.+(Z|[+-]\d{2}:\d{2})$/.test(text)
    ? Date.parse(text)
    : Number.NaN
  return Number.isNaN(millis) ? null : { by: 'time', micros: millis * 1000 }
}

export type Chosen =
  | { readonly ok: true; readonly manifest: Manifest }
  | { readonly ok: false; readonly message: string }

/**
 * The backup from which a point is restored: the oldest that reaches it, in the history of the newest
 * one; a backup of an earlier history only by its id.
 * @param manifests oldest first
 */
export function chooseBackup(manifests: readonly Manifest[], point: Point): Chosen {
  const newest = manifests.at(-1)
  if (newest === undefined) return { ok: false, message: 'there is no backup' }
  if (point.by === 'latest') return { ok: true, manifest: newest }
  if (point.by === 'id') {
    const manifest = manifests.find(({ id }) => id === point.id)
    return manifest === undefined
      ? { ok: false, message: `there is no backup ${point.id}` }
      : { ok: true, manifest }
  }
  const history = manifests.filter(({ lineage }) => lineage === newest.lineage)
  const manifest = history.find(({ created, cursor }) =>
    point.by === 'time'
      ? created * 1000 >= point.micros
      : [...point.cursor].every(([partition, next]) => (cursor.get(partition) ?? 0n) >= next),
  )
  if (manifest !== undefined) return { ok: true, manifest }
  const reached = [...newest.cursor].map(([partition, next]) => `${partition}:${next}`).join(',')
  const message = `the newest backup is of ${new Date(newest.created).toISOString()} and reaches ${reached}`
  return { ok: false, message }
}

/** A record refers to records of another partition up to `needs`; so does, at least, every later one. */
interface Reference {
  /** First offset of the append that the record belongs to. */
  readonly unit: bigint
  readonly partition: number
  readonly other: number
  readonly needs: bigint
}

/**
 * The greatest point at or below `wanted` that can be restored. Costs one reading of the log; with
 * `received`, also a decoding of its batches.
 * @param received epoch microseconds: the point lies before the first record received later
 */
export async function consistentCut(
  log: LogFiles,
  logDir: string,
  wanted: Cut,
  received: number | null,
): Promise<Cut> {
  const cut = new Map<number, bigint>()
  const references: Reference[] = []
  for (const [partition, end] of wanted) {
    const highest = new Map<number, bigint>()
    let unit = 0n
    let next = end
    for await (const record of log.records(logDir, partition)) {
      if (record.firstOfUnit) unit = record.offset
      if (record.offset >= end) {
        if (unit < end) next = unit
        break
      }
      if (received !== null && receivedAt(record) > received) {
        next = unit
        break
      }
      for (const [other, needs] of needsOf(record)) {
        if (other === partition || needs <= (highest.get(other) ?? 0n)) continue
        highest.set(other, needs)
        references.push({ unit, partition, other, needs })
      }
    }
    cut.set(partition, next)
  }
  for (let changed = true; changed; ) {
    changed = false
    for (const { unit, partition, other, needs } of references) {
      if (unit >= (cut.get(partition) ?? 0n) || needs <= (cut.get(other) ?? 0n)) continue
      cut.set(partition, unit)
      changed = true
    }
  }
  return cut
}

/** Per partition the offset after the last record that this one refers to. */
function needsOf({ kind, payload }: StoredRecord): Cut {
  if (kind !== 'operation') return new Map()
  const operation = decodeOperation(payload)
  if (operation.op !== 'suppress') return operation.cut
  const needs = new Map<number, bigint>()
  for (const { partition, offset } of operation.rows) {
    const next = BigInt(offset) + 1n
    if (next > (needs.get(partition) ?? 0n)) needs.set(partition, next)
  }
  return needs
}

/** When the latest row of a record came in, in epoch microseconds; a suppression has the time of its append's rows. */
function receivedAt({ kind, payload }: StoredRecord): number {
  if (kind === 'operation') {
    const operation = decodeOperation(payload)
    return operation.op === 'suppress' ? 0 : operation.at
  }
  const batch = decodeBatch(payload)
  const column = batch.columns.get('received_at')
  let latest = 0
  for (let row = 0; row < batch.rows; row++) latest = Math.max(latest, numberAt(column, row) ?? 0)
  return latest
}
