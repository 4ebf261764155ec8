/** A row as the index of calls knows it, and how it is packed into 32-bit words. */

/** Kinds that report a call, best first. */
export const CALL_KINDS: readonly string[] = ['llm_request', 'token_cost', 'token_usage', 'latency']

/** Words of a packed row: time 2, id 2, flags, offset 2, index, received. */
export const CALL_VALUE_WORDS = 9

/**
 * Place of a row: its record's offset, or while that is unknown (`pending`) the sequence number of its
 * group.
 */
export interface CallTarget {
  readonly project: string
  readonly partition: number
  readonly pending: boolean
  readonly offset: bigint
  readonly index: number
}

/** One row that reports a call. Reused, never kept. */
export interface CallRow {
  /** Place in CALL_KINDS. */
  rank: number
  hasResponse: boolean
  /** A better row of the bucket is known. */
  suppressed: boolean
  /** Event time in two words, low first. */
  timeLow: number
  timeHigh: number
  /** Upper two words of the id hash. */
  idLow: number
  idHigh: number
  partition: number
  pending: boolean
  offsetLow: number
  offsetHigh: number
  index: number
  receivedSeconds: number
}

export function emptyCallRow(): CallRow {
  return {
    rank: 0,
    hasResponse: false,
    suppressed: false,
    timeLow: 0,
    timeHigh: 0,
    idLow: 0,
    idHigh: 0,
    partition: 0,
    pending: false,
    offsetLow: 0,
    offsetHigh: 0,
    index: 0,
    receivedSeconds: 0,
  }
}

/**
 * The total order of rows that report one call: better kind, then earlier event time, then smaller id
 * hash. It depends on nothing but the events, so that the same row wins in whatever order they arrive.
 */
export function isBetter(a: CallRow, b: CallRow): boolean {
  if (a.rank !== b.rank) return a.rank < b.rank
  if (a.timeHigh !== b.timeHigh) return a.timeHigh < b.timeHigh
  if (a.timeLow !== b.timeLow) return a.timeLow >>> 0 < b.timeLow >>> 0
  if (a.idHigh !== b.idHigh) return a.idHigh < b.idHigh
  return a.idLow < b.idLow
}

export function copyCallRow(from: CallRow, to: CallRow): void {
  to.rank = from.rank
  to.hasResponse = from.hasResponse
  to.suppressed = from.suppressed
  to.timeLow = from.timeLow
  to.timeHigh = from.timeHigh
  to.idLow = from.idLow
  to.idHigh = from.idHigh
  to.partition = from.partition
  to.pending = from.pending
  to.offsetLow = from.offsetLow
  to.offsetHigh = from.offsetHigh
  to.index = from.index
  to.receivedSeconds = from.receivedSeconds
}

const RANK = 3
const HAS_RESPONSE = 4
const PENDING = 8
const SUPPRESSED = 16
const COUNT_SHIFT = 8
const PARTITION_SHIFT = 16

/** Writes `row` at word `at`; `count` is the number of rows of its bucket (first row only). */
export function packCallRow(row: CallRow, count: number, words: Int32Array, at: number): void {
  words[at] = row.timeLow
  words[at + 1] = row.timeHigh
  words[at + 2] = row.idLow
  words[at + 3] = row.idHigh
  words[at + 4] =
    row.rank |
    (row.hasResponse ? HAS_RESPONSE : 0) |
    (row.pending ? PENDING : 0) |
    (row.suppressed ? SUPPRESSED : 0) |
    (count << COUNT_SHIFT) |
    (row.partition << PARTITION_SHIFT)
  words[at + 5] = row.offsetLow
  words[at + 6] = row.offsetHigh
  words[at + 7] = row.index
  words[at + 8] = row.receivedSeconds
}

/** Reads the row at word `at` into `row`; answers the number of rows of its bucket. */
export function unpackCallRow(words: Int32Array, at: number, row: CallRow): number {
  const flags = words[at + 4] ?? 0
  row.timeLow = words[at] ?? 0
  row.timeHigh = words[at + 1] ?? 0
  row.idLow = words[at + 2] ?? 0
  row.idHigh = words[at + 3] ?? 0
  row.rank = flags & RANK
  row.hasResponse = (flags & HAS_RESPONSE) !== 0
  row.pending = (flags & PENDING) !== 0
  row.suppressed = (flags & SUPPRESSED) !== 0
  row.partition = flags >>> PARTITION_SHIFT
  row.offsetLow = words[at + 5] ?? 0
  row.offsetHigh = words[at + 6] ?? 0
  row.index = words[at + 7] ?? 0
  row.receivedSeconds = words[at + 8] ?? 0
  return (flags >>> COUNT_SHIFT) & 255
}

/** Whether the packed row at `at` waits for the offset of group `sequence`; if so it gets it. */
export function resolveCallRow(
  words: Int32Array,
  at: number,
  offsetOf: (sequence: number) => bigint | undefined,
): void {
  const flags = words[at + 4] ?? 0
  if ((flags & PENDING) === 0) return
  const offset = offsetOf((words[at + 5] ?? 0) >>> 0)
  if (offset === undefined) throw new Error('a row refers to a group whose append is not settled')
  words[at + 4] = flags & ~PENDING
  words[at + 5] = Number(BigInt.asIntN(32, offset))
  words[at + 6] = Number(BigInt.asIntN(32, offset >> 32n))
}

export function offsetOfCallRow(row: CallRow): bigint {
  return (BigInt(row.offsetHigh) << 32n) | BigInt(row.offsetLow >>> 0)
}
