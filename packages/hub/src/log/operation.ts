/**
 * Operations: records of the log that change rows applied earlier. They are applied in log order,
 * so that a rebuild gives identical rows. An operation record's payload is the UTF-8 JSON of one.
 */

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

export type Operation = SuppressOperation

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function encodeOperation(operation: Operation): Uint8Array {
  return encoder.encode(JSON.stringify(operation))
}

/** @throws SyntaxError, TypeError when the payload is not an operation that this program knows */
export function decodeOperation(payload: Uint8Array): Operation {
  const value: unknown = JSON.parse(decoder.decode(payload))
  if (typeof value === 'object' && value !== null && 'op' in value && value.op === 'suppress') {
    return value as SuppressOperation
  }
  throw new TypeError('operation record of an unknown kind: it was written by a newer release')
}
