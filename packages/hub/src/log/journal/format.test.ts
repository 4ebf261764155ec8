/** The byte format as documented, as coded and as written are one and the same. */
import { readFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RecordKind } from '../log.ts'
import {
  decodeFrameHeader,
  decodeSegmentHeader,
  encodeFrameHeader,
  encodeSegmentHeader,
  FORMAT_VERSION,
  FRAME_HEADER_BYTES,
  SEGMENT_HEADER_BYTES,
} from './format.ts'
import { openJournal } from './journal.ts'
import { openJournalReader } from './reader.ts'
import { repairJournal } from './repair.ts'
import { SimulatedDisk } from './simulated-disk.fixture.ts'

const document = readFileSync(
  new URL('../../../../../docs/formats/journal.md', import.meta.url),
  'utf8',
)

function section(title: string): string {
  const start = document.indexOf(`## ${title}\n`)
  const end = document.indexOf('\n## ', start + 1)
  return document.slice(start, end < 0 ? undefined : end)
}

/** Sizes of the fields in a table of a section, whose positions must follow from them. */
function fieldBytes(title: string): number {
  let position = 0
  for (const [, at, size] of section(title).matchAll(/^\| (\d+) \| (\d+) \|/gm)) {
    expect(Number(at)).toBe(position)
    position += Number(size)
  }
  return position
}

const golden = Buffer.from(
  [...section('Example').matchAll(/^[0-9a-f]{4} {2}(.*)$/gm)]
    .map(([, bytes]) => bytes?.replaceAll(' ', ''))
    .join(''),
  'hex',
)

const DIR = '/data/log'
const PATH = `${DIR}/1/00000000000000000007.seg`
const START = new Map([[1, 7n]])

describe('the documented format', () => {
  test('has the sizes of the code', () => {
    expect(document).toContain(`Format version ${FORMAT_VERSION}.`)
    expect(fieldBytes('Segment header')).toBe(SEGMENT_HEADER_BYTES)
    expect(fieldBytes('Frame')).toBe(FRAME_HEADER_BYTES)
  })

  test('has an example that is what the code writes', async () => {
    const disk = new SimulatedDisk()
    const newSeed = () => Uint8Array.from({ length: 16 }, (_, index) => index)
    await repairJournal(DIR, { dryRun: false, keepFrom: START, disk, newSeed })
    const result = await openJournal({ dir: DIR, disk, newSeed, keepFrom: START })
    if (!result.ok) throw new Error(result.error.message)
    await result.journal.append(1, [
      { kind: 'events', payload: Buffer.from('hello') },
      { kind: 'operation', payload: Buffer.alloc(0) },
    ])
    await result.journal.append(1, [{ kind: 'rejects', payload: Buffer.from('x') }])
    await result.journal.close()
    expect(disk.files().get(PATH)?.toString('hex')).toBe(golden.toString('hex'))
  })

  test('has an example that the reader reads', async () => {
    const disk = new SimulatedDisk(new Map([[PATH, golden]]))
    const found = []
    for await (const { offset, kind, payload } of openJournalReader(DIR, { disk }).read(
      1,
      7n,
      10n,
    )) {
      found.push([offset, kind, payload.toString()])
    }
    expect(found).toEqual([
      [7n, 'events', 'hello'],
      [8n, 'operation', ''],
      [9n, 'rejects', 'x'],
    ])
  })
})

const uint32 = fc.integer({ min: 0, max: 0xffffffff })
const uint64 = fc.bigInt({ min: 0n, max: 0xffffffffffffffffn })
const frame = fc.record({
  kind: fc.constantFrom<RecordKind>('events', 'rejects', 'operation'),
  firstOfUnit: fc.boolean(),
  lastOfUnit: fc.boolean(),
  offset: uint64,
  durable: uint64,
  length: uint32,
  payloadCheck: uint32,
})

describe('frame and segment headers', () => {
  test('decode to what was encoded, under the same segment only', () => {
    fc.assert(
      fc.property(frame, uint32, uint32, uint32, (original, segmentCheck, other, previous) => {
        fc.pre(segmentCheck !== other)
        const bytes = Buffer.alloc(FRAME_HEADER_BYTES)
        const check = encodeFrameHeader(bytes, 0, original, segmentCheck, previous)
        expect(decodeFrameHeader(bytes, 0, segmentCheck)).toEqual({
          frame: original,
          previous,
          check,
        })
        expect(decodeFrameHeader(bytes, 0, other)).toBeUndefined()
      }),
    )
  })

  test('do not decode with any one bit flipped', () => {
    fc.assert(
      fc.property(frame, uint32, (original, segmentCheck) => {
        const bytes = Buffer.alloc(FRAME_HEADER_BYTES)
        encodeFrameHeader(bytes, 0, original, segmentCheck, segmentCheck)
        for (let bit = 0; bit < bytes.length * 8; bit++) {
          const damaged = Buffer.from(bytes)
          damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
          expect(decodeFrameHeader(damaged, 0, segmentCheck)).toBeUndefined()
        }
      }),
      { numRuns: 20 },
    )
  })

  test('of a newer version are told from damage', () => {
    const seed = new Uint8Array(16)
    const { bytes } = encodeSegmentHeader({ partition: 0, first: 3n, seed })
    expect(decodeSegmentHeader(bytes)).toMatchObject({ ok: true, header: { first: 3n } })
    bytes.writeUInt16LE(FORMAT_VERSION + 1, 8)
    expect(decodeSegmentHeader(bytes)).toEqual({ ok: false, fault: 'checksum' })
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 44)), 44)
    expect(decodeSegmentHeader(bytes)).toEqual({ ok: false, fault: 'version' })
  })
})
