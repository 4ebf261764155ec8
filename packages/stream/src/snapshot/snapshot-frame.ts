import { ByteReader, ByteWriter } from '../bytes.ts'
import { StreamError } from '../stream-error.ts'

/** "LSS": a snapshot of a stream. */
const MAGIC = [0x4c, 0x53, 0x53] as const
const VERSION = 1
const CHECKSUM_BYTES = 4

/**
 * Begins a snapshot: magic, version, what it is of, and a fingerprint of the specification, so that state is
 * never read by an operator that would understand it as something else. `endSnapshot` adds a checksum.
 */
export function beginSnapshot(kind: string, fingerprint: unknown): ByteWriter {
  const out = new ByteWriter()
  for (const byte of MAGIC) out.u8(byte)
  out.u8(VERSION)
  out.text(kind)
  out.text(JSON.stringify(fingerprint))
  return out
}

export function endSnapshot(out: ByteWriter): Uint8Array {
  out.i32(checksum(out.finish()))
  return out.finish()
}

/**
 * A reader behind the beginning of a snapshot, which ends before the checksum. Throws a StreamError `bad_snapshot` when it
 * is damaged, of another version or of something else.
 */
export function openSnapshot(bytes: Uint8Array, kind: string, fingerprint: unknown): ByteReader {
  const length = Math.max(0, bytes.length - CHECKSUM_BYTES)
  const from = new ByteReader(bytes.subarray(0, length))
  for (const byte of MAGIC) {
    if (from.u8() !== byte) throw new StreamError('bad_snapshot', 'these bytes are no snapshot')
  }
  const version = from.u8()
  if (version !== VERSION) {
    throw new StreamError('bad_snapshot', `the snapshot has version ${version}, not ${VERSION}`)
  }
  if (new ByteReader(bytes.subarray(length)).i32() !== checksum(bytes.subarray(0, length))) {
    throw new StreamError('bad_snapshot', 'the snapshot is damaged: its checksum differs')
  }
  const found = from.text()
  if (found !== kind) throw new StreamError('bad_snapshot', `a snapshot of ${found}, not ${kind}`)
  const wanted = JSON.stringify(fingerprint)
  const written = from.text()
  if (written !== wanted) {
    throw new StreamError(
      'bad_snapshot',
      `the snapshot was made with other options: ${written}, now ${wanted}`,
    )
  }
  return from
}

/** FNV-1a of 32 bits: every step is a bijection, so that no change of one byte goes unseen. */
function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193)
  return hash | 0
}
