/**
 * Erasing rows for good: out of the store, out of the log, out of every copy the hub has made.
 *
 *     operations appended → applied → log rewritten → caches dropped → database file written anew
 *       → set-aside files removed → looked at again → receipt
 *
 * The places of the rows are in the control store before anything is changed, so that an erasure that
 * was cut short goes on where it was without knowing the subject. Every step may be done again.
 */

import { decodeBatch, isErased } from '@llmhub/stream'
import type { Erasure, ErasureResult, ErasureVerification } from '../core/erasure.ts'
import { BACKFILL, LIVE, type Log, type LogRecord } from '../log/log.ts'
import { cutOf, decodeOperation, type EraseOperation, encodeOperation } from '../log/operation.ts'
import { withTombstones } from '../log/tombstone.ts'
import { ErasedPlaces, unpackPlaces } from './erasure-places.ts'
import { letterKey } from './find-subject.ts'
import type { ActTools } from './operations.ts'
import type { Subject } from './subject.ts'

export type ErasureLog = Pick<Log, 'append' | 'read' | 'next' | 'earliest' | 'rewrite' | 'segments'>

export interface ErasureParts {
  readonly log: ErasureLog
  /** Writes the database file anew; answers its sizes. Rejects when that is not possible now. */
  readonly compact: (
    signal: AbortSignal,
  ) => Promise<{ readonly bytesBefore: number; readonly bytesAfter: number }>
  /** Forgets answers and whatever else was computed from rows. */
  readonly dropCaches: () => Promise<void>
  /** Removes files that were set aside as damaged; answers how many folders of them. */
  readonly removeSetAside: () => Promise<number>
  /** All texts that people gave the control store. */
  readonly controlText: () => string
  readonly now: () => number
}

/** An erasure cannot be brought to its end now; it is tried again. */
class ErasureError extends Error {
  override readonly name = 'ErasureError'
}

/** The reason that operations of erasures give. */
const REASON = 'subject_request'

/** Does what is left to do of an erasure. @param subject null when it is not known any more */
export async function finishErasure(
  parts: ErasureParts,
  tools: Pick<ActTools, 'append' | 'untilApplied' | 'signal'>,
  erasure: Erasure,
  subject: Subject | null,
): Promise<ErasureResult> {
  const { log } = parts
  for (const operation of await missingOperations(log, erasure)) {
    const outcome = await tools.append(operation)
    if (!outcome.ok) throw new ErasureError(`the log did not take the erasure: ${outcome.message}`)
  }
  const everything = { partition: LIVE, first: log.next(LIVE), next: log.next(LIVE) }
  if (!(await tools.untilApplied(everything))) throw new ErasureError('stopped')
  const places = new ErasedPlaces(erasure.places)
  const rewritten = await rewriteLog(log, erasure, places, tools.signal)
  await parts.dropCaches()
  const { bytesBefore, bytesAfter } = await parts.compact(tools.signal)
  const removedFolders = await parts.removeSetAside()
  await parts.dropCaches()
  const verification =
    subject === null
      ? await verifyPlaces(log, places)
      : await verifyText(log, erasure, places, subject, parts.controlText())
  if (verification.failed > 0) {
    throw new ErasureError(`${verification.failed} rows are still in the log`)
  }
  return {
    finishedAt: parts.now(),
    ...rewritten,
    bytesBefore,
    bytesAfter,
    removedFolders,
    verification,
  }
}

/** The operations of an erasure that are not in the log yet. */
export async function missingOperations(
  log: Pick<Log, 'read' | 'next' | 'earliest'>,
  erasure: Erasure,
): Promise<readonly EraseOperation[]> {
  const known = new Set<string>()
  const earliest = log.earliest(LIVE)
  const cut = erasure.cut.get(LIVE) ?? 0n
  // Operations are appended behind their own cut.
  for await (const { kind, payload } of log.read(LIVE, cut > earliest ? cut : earliest)) {
    if (kind !== 'operation' || cutOf(payload) === null) continue
    const operation = decodeOperation(payload)
    if (operation.op === 'erase') known.add(operation.id)
  }
  return erasure.places
    .map((packed, i) => ({
      op: 'erase' as const,
      id: `${erasure.id}.${i}`,
      at: erasure.createdAt * 1000,
      by: erasure.by,
      cut: erasure.cut,
      reason: REASON,
      rows: unpackPlaces(packed),
    }))
    .filter(({ id }) => !known.has(id))
}

/** Empties the rows in the log, and takes what was said of erased dead letters out of its operations. */
async function rewriteLog(
  log: ErasureLog,
  erasure: Erasure,
  places: ErasedPlaces,
  signal: AbortSignal,
): Promise<{ readonly segments: number; readonly records: number }> {
  if (log.rewrite === undefined) throw new ErasureError('this log cannot be rewritten')
  const resolutions = new Set(erasure.resolutions)
  const letters = new Set(erasure.letters.map(([project, id]) => letterKey(project, id)))
  let segments = 0
  let records = 0
  for (const partition of [LIVE, BACKFILL]) {
    const offsets = [...places.offsets(partition), ...(partition === LIVE ? resolutions : [])]
    if (offsets.length === 0) continue
    const touched = ascending(offsets)
    const open = (await log.segments?.(partition))?.find(({ closed }) => !closed)
    const outcome = await log.rewrite(
      partition,
      (record) =>
        record.kind === 'operation'
          ? withoutResolutions(record, resolutions, letters)
          : withoutRows(record, places.at(partition, record.offset)),
      {
        rotate: open === undefined || hasWithin(touched, open.first, open.next),
        wanted: (first, next) => hasWithin(touched, first, next),
        stop: () => signal.aborted,
      },
    )
    if (outcome.problems.length > 0) {
      throw new ErasureError(`segments of the log cannot be read: ${outcome.problems.join('; ')}`)
    }
    if (outcome.stopped !== undefined) {
      throw new ErasureError(`the log was not rewritten: ${outcome.stopped}`)
    }
    segments += outcome.rewritten
    records += outcome.records
  }
  return { segments, records }
}

function withoutRows(record: LogRecord, indexes: ReadonlySet<number>): Uint8Array | null {
  return livingRows(record, indexes) === 0 ? null : withTombstones(record, indexes)
}

/** How many of the rows are no tombstones. */
function livingRows({ payload }: LogRecord, indexes: ReadonlySet<number>): number {
  if (indexes.size === 0) return 0
  const batch = decodeBatch(payload)
  let living = 0
  for (const index of indexes) if (!isErased(batch, index)) living++
  return living
}

function withoutResolutions(
  { offset, payload }: LogRecord,
  resolutions: ReadonlySet<bigint>,
  erased: ReadonlySet<string>,
): Uint8Array | null {
  if (!resolutions.has(offset)) return null
  const operation = decodeOperation(payload)
  if (operation.op !== 'resolve') return null
  const letters = operation.letters.filter(
    ({ project, rejectId }) => !erased.has(letterKey(project, rejectId)),
  )
  if (letters.length === operation.letters.length) return null
  return encodeOperation({ ...operation, letters })
}

function ascending(offsets: readonly bigint[]): readonly bigint[] {
  return offsets.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}

/** Whether one of the ascending offsets lies in [first, next). */
function hasWithin(offsets: readonly bigint[], first: bigint, next: bigint): boolean {
  let low = 0
  let high = offsets.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((offsets[middle] ?? next) < first) low = middle + 1
    else high = middle
  }
  return (offsets[low] ?? next) < next
}

/** Looks at every place: after a restart they are all that is known of the rows. */
export async function verifyPlaces(
  log: Pick<Log, 'read' | 'earliest' | 'next'>,
  places: ErasedPlaces,
): Promise<ErasureVerification> {
  let records = 0
  let failed = 0
  for (const partition of [LIVE, BACKFILL]) {
    const offsets = ascending([...places.offsets(partition)])
    const last = offsets.at(-1)
    const earliest = log.earliest(partition)
    const first = offsets.find((offset) => offset >= earliest)
    if (last === undefined || first === undefined) continue
    for await (const record of log.read(partition, first, last + 1n)) {
      const indexes = places.at(partition, record.offset)
      if (indexes.size === 0) continue
      records++
      failed += livingRows(record, indexes)
    }
  }
  return { by: 'places', records, failed, left: null, control: null }
}

/** Searches everything that was in the log for the name. */
async function verifyText(
  log: ErasureLog,
  erasure: Erasure,
  places: ErasedPlaces,
  subject: Subject,
  controlText: string,
): Promise<ErasureVerification> {
  let records = 0
  let failed = 0
  let left = 0
  for (const [partition, next] of erasure.cut) {
    for await (const record of log.read(partition, log.earliest(partition), next)) {
      records++
      if (subject.isIn(record.payload)) left++
      if (record.kind === 'operation') continue
      failed += livingRows(record, places.at(partition, record.offset))
    }
  }
  const control = subject.relationOf(controlText) !== null
  return { by: 'text', records, failed, left, control }
}
