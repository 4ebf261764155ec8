/**
 * Operations: records of the log that change rows applied earlier. They are applied in log order,
 * so that a rebuild gives identical rows (format: docs/formats/operation.md).
 *
 * `suppress` belongs to ingest and lies in the partition of the better row. All others are
 * maintenance: they lie in the live partition whatever partition their rows are in, and carry a
 * **cut**, the position of every partition at the state of the store that they were worked out from.
 * They are applied only when every partition has reached the cut, and touch no row at or beyond it:
 * their effect is a function of the log, whichever partition a rebuild reads first.
 */

import { type Batch, decodeBatch, encodeBatch } from '@llmhub/stream'
import { NewerFormatError } from '../core/newer-format.ts'
import { checkOperationRows, unknownColumns } from './operation-rows.ts'

/** Place of a row in the log: partition, offset of its record, index within the record's batch. */
export interface RowPosition {
  readonly partition: number
  /** Decimal text, because offsets are 64-bit. */
  readonly offset: string
  readonly index: number
}

/** Rows that report a call which a better row reports too: they stay visible but are not counted. */
export interface SuppressOperation {
  readonly op: 'suppress'
  readonly project: string
  readonly rows: readonly RowPosition[]
}

/** Per partition the offset after the last record known; a partition that is not in it counts as 0. */
export type Cut = ReadonlyMap<number, bigint>

interface Maintenance {
  readonly id: string
  /** When it was written, in epoch microseconds. */
  readonly at: number
  /** Id of the key that asked for it, or null for the hub itself. */
  readonly by: string | null
  readonly cut: Cut
}

/**
 * New costs of rows. The values are in the operation, so that applying it again never depends on the
 * price table of the release that does.
 */
export interface RepriceOperation extends Maintenance {
  readonly op: 'reprice'
  readonly priceVersion: string
  /** Places and values, see `repricedRows`. */
  readonly rows: Batch
}

/** Deletes rows of events and dead letters. It holds their places alone, nothing of what was in them. */
export interface EraseOperation extends Maintenance {
  readonly op: 'erase'
  /** Code of the reason, such as `subject_request`: no free text. */
  readonly reason: string
  /** See `erasedRows`. */
  readonly rows: Batch
}

/** The family of a `retain` operation that deletes dead letters. */
export const DEAD_LETTERS = 'dead_letters'

/** Deletes all rows below the cut whose time lies in [from, before). */
export interface RetainOperation extends Maintenance {
  readonly op: 'retain'
  /** Null for every project. */
  readonly project: string | null
  /** A family of events, null for every one of them, or `DEAD_LETTERS`. */
  readonly family: string | null
  /** Event time of events, receive time of dead letters, in epoch microseconds. Null: from the first. */
  readonly from: number | null
  readonly before: number
}

export type Resolution = 'replayed' | 'dismissed'

/** Says what became of dead letters; the latest operation about a letter holds. */
export interface ResolveOperation extends Maintenance {
  readonly op: 'resolve'
  readonly as: Resolution
  readonly letters: readonly ResolvedLetter[]
}

export interface ResolvedLetter {
  readonly project: string
  readonly rejectId: string
  /** The event that the letter became, where it was replayed. */
  readonly eventId: string | null
}

export type MaintenanceOperation =
  | RepriceOperation
  | EraseOperation
  | RetainOperation
  | ResolveOperation

export type Operation = SuppressOperation | MaintenanceOperation

/** Rows, letters included, of one operation. More belong into several. */
export const MAX_OPERATION_ROWS = 20_000

/** 'LHO1' in the order of the bytes. A record without it is JSON alone, which starts with a brace. */
const MAGIC = 0x314f_484c
/** Version of the frame (docs/formats/operation.md). */
export const OPERATION_VERSION = 1
const HEADER_BYTES = 16

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** @throws RangeError when the operation has too many rows, or rows at or beyond its cut */
export function encodeOperation(operation: Operation): Uint8Array {
  if (operation.op === 'suppress') return encoder.encode(JSON.stringify(operation))
  const { cut, ...rest } = operation
  const rows = operation.op === 'reprice' || operation.op === 'erase' ? operation.rows : null
  if (operation.op === 'reprice' || operation.op === 'erase') {
    checkOperationRows(operation.op, operation.rows, cut)
  }
  const count = rows?.rows ?? (operation.op === 'resolve' ? operation.letters.length : 0)
  if (count > MAX_OPERATION_ROWS) {
    throw new RangeError(`an operation has at most ${MAX_OPERATION_ROWS} rows, not ${count}`)
  }
  const cuts = Object.fromEntries([...cut].map(([partition, next]) => [partition, String(next)]))
  const header = encoder.encode(JSON.stringify({ ...rest, rows: undefined, cut: cuts }))
  const batch = rows === null ? new Uint8Array(0) : encodeBatch(rows)
  const start = (HEADER_BYTES + header.length + 7) & ~7
  const out = new Uint8Array(start + batch.length)
  const view = new DataView(out.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint16(4, OPERATION_VERSION, true)
  view.setUint32(8, header.length, true)
  view.setUint32(12, batch.length, true)
  out.set(header, HEADER_BYTES)
  out.set(batch, start)
  return out
}

/**
 * Rows are views on the bytes of `payload`.
 * @throws NewerFormatError when a newer release wrote it; SyntaxError, TypeError, BatchFormatError when it is damaged
 */
export function decodeOperation(payload: Uint8Array): Operation {
  const framed = headerOf(payload)
  if (framed === null) {
    const value: unknown = JSON.parse(decoder.decode(payload))
    if (isRecord(value) && value['op'] === 'suppress') return value as unknown as SuppressOperation
    return unknown()
  }
  const { header, batch } = framed
  const known = { ...header, cut: cutIn(header) }
  switch (header['op']) {
    case 'reprice':
    case 'erase': {
      const rows = decodeBatch(batch)
      const [strange] = unknownColumns(header['op'], rows)
      if (strange !== undefined) {
        throw new NewerFormatError(
          `operation record of ${header['op']} with a column ${strange}: it was written by a newer release`,
        )
      }
      checkOperationRows(header['op'], rows, known.cut)
      return { ...known, rows } as unknown as RepriceOperation | EraseOperation
    }
    case 'retain':
    case 'resolve':
      return known as unknown as RetainOperation | ResolveOperation
    default:
      return unknown()
  }
}

/** The cut of a maintenance operation, null for any other: without decoding its rows. */
export function cutOf(payload: Uint8Array): Cut | null {
  const framed = headerOf(payload)
  return framed === null ? null : cutIn(framed.header)
}

interface Framed {
  readonly header: Readonly<Record<string, unknown>>
  readonly batch: Uint8Array
}

/** Null when the payload has no frame: then it is JSON alone. */
function headerOf(payload: Uint8Array): Framed | null {
  if (payload.length < HEADER_BYTES) return null
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length)
  if (view.getUint32(0, true) !== MAGIC) return null
  const version = view.getUint16(4, true)
  if (version !== OPERATION_VERSION) {
    throw new NewerFormatError(
      `operation record of version ${version}: it was written by a newer release`,
    )
  }
  const headerEnd = HEADER_BYTES + view.getUint32(8, true)
  const start = (headerEnd + 7) & ~7
  const end = start + view.getUint32(12, true)
  if (headerEnd > payload.length || end !== payload.length) {
    throw new TypeError('operation record whose lengths are not those of its bytes')
  }
  const header: unknown = JSON.parse(decoder.decode(payload.subarray(HEADER_BYTES, headerEnd)))
  if (!isRecord(header)) throw new TypeError('operation record without a header')
  return { header, batch: payload.subarray(start) }
}

function cutIn(header: Readonly<Record<string, unknown>>): Cut {
  const cuts = header['cut']
  if (!isRecord(cuts)) throw new TypeError('operation record without a cut')
  return new Map(
    Object.entries(cuts).map(([partition, next]) => [Number(partition), BigInt(String(next))]),
  )
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unknown(): never {
  throw new NewerFormatError(
    'operation record of an unknown kind: it was written by a newer release',
  )
}
