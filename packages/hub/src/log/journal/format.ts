/**
 * The byte format of a journal segment, version 1 (docs/formats/journal.md).
 *
 * A segment is one header and then frames, each frame one record. Every frame's check covers its own
 * header (which holds the checksum of its payload), the check of the frame before it and the random
 * seed of its segment. A frame left over in a reused disk block therefore never validates: one of
 * another segment fails on the seed, one of this segment on its predecessor.
 *
 * All numbers are little-endian.
 */
import { crc32 } from 'node:zlib'
import type { RecordKind } from '../log.ts'

export const FORMAT_VERSION = 1
export const SEGMENT_HEADER_BYTES = 48
export const FRAME_HEADER_BYTES = 40
/** Random bytes in a segment header from which its chain of checks starts. */
export const SEED_BYTES = 16

/** A carriage return and a line feed betray a transfer in text mode. */
const SEGMENT_MAGIC = Buffer.from('LHJRNL\r\n', 'latin1')
export const FRAME_MAGIC: Buffer = Buffer.from('LHJF', 'latin1')
const FRAME_MAGIC_NUMBER = FRAME_MAGIC.readUInt32LE(0)

const KIND_CODE: Readonly<Record<RecordKind, number>> = { events: 1, rejects: 2, operation: 3 }
const KIND_OF: ReadonlyMap<number, RecordKind> = new Map(
  Object.entries(KIND_CODE).map(([kind, code]) => [code, kind as RecordKind]),
)

const FIRST_OF_UNIT = 1
const LAST_OF_UNIT = 2

export interface SegmentHeader {
  readonly partition: number
  /** Offset of the first record of the segment. */
  readonly first: bigint
  readonly seed: Uint8Array
}

/** Why a segment header does not validate. `short`: the file ends inside it. */
export type HeaderFault = 'short' | 'magic' | 'checksum' | 'version'

export type DecodedSegmentHeader =
  | { readonly ok: true; readonly header: SegmentHeader; readonly check: number }
  | { readonly ok: false; readonly fault: HeaderFault }

export function encodeSegmentHeader(header: SegmentHeader): { bytes: Buffer; check: number } {
  if (header.seed.length !== SEED_BYTES) throw new RangeError(`a seed has ${SEED_BYTES} bytes`)
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES)
  SEGMENT_MAGIC.copy(bytes, 0)
  bytes.writeUInt16LE(FORMAT_VERSION, 8)
  bytes.writeUInt16LE(SEGMENT_HEADER_BYTES, 10)
  bytes.writeUInt32LE(header.partition, 12)
  bytes.writeBigUInt64LE(header.first, 16)
  bytes.set(header.seed, 24)
  const check = crc32(bytes.subarray(0, 44))
  bytes.writeUInt32LE(check, 44)
  return { bytes, check }
}

/** The checksum is looked at before the version, so that a flipped version byte is not taken for a newer format. */
export function decodeSegmentHeader(bytes: Buffer): DecodedSegmentHeader {
  if (bytes.length < SEGMENT_HEADER_BYTES) return { ok: false, fault: 'short' }
  if (!bytes.subarray(0, 8).equals(SEGMENT_MAGIC)) return { ok: false, fault: 'magic' }
  const check = bytes.readUInt32LE(44)
  if (crc32(bytes.subarray(0, 44)) !== check) return { ok: false, fault: 'checksum' }
  if (bytes.readUInt16LE(8) !== FORMAT_VERSION) return { ok: false, fault: 'version' }
  const header = {
    partition: bytes.readUInt32LE(12),
    first: bytes.readBigUInt64LE(16),
    seed: Uint8Array.from(bytes.subarray(24, 24 + SEED_BYTES)),
  }
  return { ok: true, header, check }
}

export interface Frame {
  readonly kind: RecordKind
  /** Records appended together are one unit: recovery keeps all of them or none. */
  readonly firstOfUnit: boolean
  readonly lastOfUnit: boolean
  readonly offset: bigint
  /** Every offset below this was durable when the frame was written. */
  readonly durable: bigint
  /** Bytes of the payload that follows the frame header. */
  readonly length: number
  readonly payloadCheck: number
}

/**
 * Writes a frame header into `into` at `at` and answers its check, which is the next frame's `previous`.
 * @param segmentCheck the check of the segment header
 * @param previous the check of the frame before, or `segmentCheck` for the first frame
 */
export function encodeFrameHeader(
  into: Buffer,
  at: number,
  frame: Frame,
  segmentCheck: number,
  previous: number,
): number {
  into.writeUInt32LE(FRAME_MAGIC_NUMBER, at)
  into.writeUInt8(KIND_CODE[frame.kind], at + 4)
  const flags = (frame.firstOfUnit ? FIRST_OF_UNIT : 0) | (frame.lastOfUnit ? LAST_OF_UNIT : 0)
  into.writeUInt8(flags, at + 5)
  into.writeUInt16LE(0, at + 6)
  into.writeBigUInt64LE(frame.offset, at + 8)
  into.writeBigUInt64LE(frame.durable, at + 16)
  into.writeUInt32LE(frame.length, at + 24)
  into.writeUInt32LE(frame.payloadCheck, at + 28)
  into.writeUInt32LE(previous, at + 32)
  const check = crc32(into.subarray(at, at + 36), segmentCheck)
  into.writeUInt32LE(check, at + 36)
  return check
}

export interface DecodedFrame {
  readonly frame: Frame
  readonly previous: number
  readonly check: number
}

/**
 * Reads a frame header, or answers undefined when it is not a valid one of this segment. That its
 * predecessor is the right one is for the caller to compare.
 * @param verify false reads without checksums (tests of the fault harness only)
 */
export function decodeFrameHeader(
  bytes: Buffer,
  at: number,
  segmentCheck: number,
  verify = true,
): DecodedFrame | undefined {
  if (at + FRAME_HEADER_BYTES > bytes.length) return undefined
  if (bytes.readUInt32LE(at) !== FRAME_MAGIC_NUMBER) return undefined
  const check = bytes.readUInt32LE(at + 36)
  if (verify && crc32(bytes.subarray(at, at + 36), segmentCheck) !== check) return undefined
  const kind = KIND_OF.get(bytes.readUInt8(at + 4))
  if (kind === undefined) return undefined
  const flags = bytes.readUInt8(at + 5)
  const frame = {
    kind,
    firstOfUnit: (flags & FIRST_OF_UNIT) !== 0,
    lastOfUnit: (flags & LAST_OF_UNIT) !== 0,
    offset: bytes.readBigUInt64LE(at + 8),
    durable: bytes.readBigUInt64LE(at + 16),
    length: bytes.readUInt32LE(at + 24),
    payloadCheck: bytes.readUInt32LE(at + 28),
  }
  return { frame, previous: bytes.readUInt32LE(at + 32), check }
}
