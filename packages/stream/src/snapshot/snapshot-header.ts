import { type ByteReader, ByteWriter } from '../bytes.ts'
import { StreamError } from '../stream-error.ts'

/** "LSS": a snapshot of a stream. */
const MAGIC = [0x4c, 0x53, 0x53] as const
const VERSION = 1

/**
 * Begins a snapshot: magic, version, what it is of, and a fingerprint of the specification, so that state is
 * never read by an operator that would understand it as something else.
 */
export function beginSnapshot(kind: string, fingerprint: unknown): ByteWriter {
  const out = new ByteWriter()
  for (const byte of MAGIC) out.u8(byte)
  out.u8(VERSION)
  out.text(kind)
  out.text(JSON.stringify(fingerprint))
  return out
}

/** Reads the beginning. Throws a StreamError `bad_snapshot` when it is of something else. */
export function checkSnapshot(from: ByteReader, kind: string, fingerprint: unknown): void {
  for (const byte of MAGIC) {
    if (from.u8() !== byte) throw new StreamError('bad_snapshot', 'these bytes are no snapshot')
  }
  const version = from.u8()
  if (version !== VERSION) {
    throw new StreamError('bad_snapshot', `the snapshot has version ${version}, not ${VERSION}`)
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
}
