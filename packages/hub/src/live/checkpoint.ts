import { crc32 } from 'node:zlib'
import type { DefinitionState } from './definition-windows.ts'
import type { WatermarkState } from './watermark.ts'
import type { SeriesState } from './window-series.ts'

/** Everything that the consumer knows, as of a position of each partition. */
export interface CheckpointState {
  /** Which log the positions are of. */
  readonly log: string
  readonly positions: ReadonlyMap<number, bigint>
  readonly watermark: WatermarkState
  /** Windows that begin before this miss rows from before the consumer's first position; null: none do. */
  readonly incompleteBefore: number | null
  readonly definitions: readonly {
    /** Tells whether the state fits the definition as it is now. */
    readonly fingerprint: string
    readonly state: DefinitionState
  }[]
}

/** 'LHLW' in the order of the bytes. */
const MAGIC = 0x574c_484c
/** Version of the file (docs/formats/live.md). */
export const CHECKPOINT_VERSION = 2
/** Magic, version, length of the header, checksum of all that follows. */
const HEAD_BYTES = 16

type WithoutBytes = Omit<SeriesState, 'operator'> & { readonly bytes: number }

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

export function encodeCheckpoint(state: CheckpointState): Uint8Array {
  const blobs: Uint8Array[] = []
  const header = encoder.encode(
    JSON.stringify({
      ...state,
      positions: [...state.positions].map(([partition, next]) => [partition, String(next)]),
      definitions: state.definitions.map(({ fingerprint, state: { series, ...rest } }) => ({
        fingerprint,
        ...rest,
        series: series.map(({ operator, ...each }): WithoutBytes => {
          blobs.push(operator)
          return { ...each, bytes: operator.length }
        }),
      })),
    }),
  )
  const length = blobs.reduce((sum, blob) => sum + blob.length, HEAD_BYTES + header.length)
  const out = new Uint8Array(length)
  out.set(header, HEAD_BYTES)
  let at = HEAD_BYTES + header.length
  for (const blob of blobs) {
    out.set(blob, at)
    at += blob.length
  }
  const view = new DataView(out.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, CHECKPOINT_VERSION, true)
  view.setUint32(8, header.length, true)
  view.setUint32(12, crc32(out.subarray(HEAD_BYTES)), true)
  return out
}

export type CheckpointRead =
  | { readonly ok: true; readonly state: CheckpointState }
  | { readonly ok: false; readonly message: string }

/** What the bytes hold, or why they are no checkpoint. The operators' own bytes are not looked at. */
export function decodeCheckpoint(bytes: Uint8Array): CheckpointRead {
  const bad = (message: string): CheckpointRead => ({ ok: false, message })
  if (bytes.length < HEAD_BYTES) return bad('it ends within its head')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.getUint32(0, true) !== MAGIC) return bad('it is no checkpoint')
  const version = view.getUint32(4, true)
  if (version !== CHECKPOINT_VERSION) {
    return bad(`it is of version ${version}, which another release wrote`)
  }
  if (view.getUint32(12, true) !== crc32(bytes.subarray(HEAD_BYTES))) {
    return bad('its checksum is wrong')
  }
  const headerEnd = HEAD_BYTES + view.getUint32(8, true)
  if (headerEnd > bytes.length) return bad('it ends within its header')
  // The checksum was right: what is in it is what `encodeCheckpoint` wrote.
  const header = JSON.parse(decoder.decode(bytes.subarray(HEAD_BYTES, headerEnd))) as Omit<
    CheckpointState,
    'positions' | 'definitions'
  > & {
    readonly positions: readonly (readonly [number, string])[]
    readonly definitions: readonly (Omit<DefinitionState, 'series'> & {
      readonly fingerprint: string
      readonly series: readonly WithoutBytes[]
    })[]
  }
  let at = headerEnd
  const definitions = header.definitions.map(({ fingerprint, series, ...rest }) => ({
    fingerprint,
    state: {
      ...rest,
      series: series.map(({ bytes: length, ...each }) => {
        const operator = bytes.slice(at, at + length)
        at += length
        return { ...each, operator }
      }),
    },
  }))
  if (at !== bytes.length) return bad('its length is not that of its parts')
  const positions = new Map(
    header.positions.map(([partition, next]) => [partition, BigInt(next)] as const),
  )
  return { ok: true, state: { ...header, positions, definitions } }
}
