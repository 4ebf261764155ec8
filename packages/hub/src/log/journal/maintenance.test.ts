/** The operations of the command line on a damaged folder: verify, dump, repair; and leftovers of compression. */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { dumpJournal } from './dump.ts'
import { FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES } from './format.ts'
import { openJournal } from './journal.ts'
import { openJournalReader } from './reader.ts'
import { repairJournal } from './repair.ts'
import { SimulatedDisk } from './simulated-disk.fixture.ts'
import { verifyJournal } from './verify.ts'

const DIR = '/data/log'
const PAYLOAD_BYTES = 60
const FRAME = FRAME_HEADER_BYTES + PAYLOAD_BYTES
/** Five records fit a segment. */
const SEGMENT_BYTES = SEGMENT_HEADER_BYTES + 5 * FRAME
const RECORDS = 18

function path(first: number, compressed: boolean): string {
  return `${DIR}/0/${String(first).padStart(20, '0')}.seg${compressed ? '.zst' : ''}`
}

async function opened(
  disk: SimulatedDisk,
  options: { compress?: boolean; keepFrom?: bigint } = {},
) {
  const keepFrom = new Map([[0, options.keepFrom ?? 0n]])
  const { compress = true } = options
  return openJournal({ dir: DIR, disk, segmentBytes: SEGMENT_BYTES, compress, keepFrom })
}

async function mustOpen(...args: Parameters<typeof opened>) {
  const result = await opened(...args)
  if (!result.ok) throw new Error(result.error.message)
  return result.journal
}

/** Segments 0–4, 5–9, 10–14 closed, 15–17 open; every record a commit of its own. */
async function written(compress: boolean): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk()
  const journal = await mustOpen(disk, { compress })
  for (let i = 0; i < RECORDS; i++) {
    await journal.append(0, [{ kind: 'events', payload: Buffer.alloc(PAYLOAD_BYTES, `${i},`) }])
  }
  await journal.idle()
  await journal.close()
  return disk
}

function frameAt(index: number): number {
  return SEGMENT_HEADER_BYTES + index * FRAME
}

function change(disk: SimulatedDisk, name: string, edit: (bytes: Buffer) => Buffer): void {
  const bytes = disk.files().get(name)
  if (bytes === undefined) throw new Error(`${name} is not there`)
  disk.setFile(name, edit(bytes))
}

function flip(disk: SimulatedDisk, name: string, at: number): void {
  change(disk, name, (bytes) => {
    bytes[at] = (bytes[at] ?? 0) ^ 1
    return bytes
  })
}

async function offsets(disk: SimulatedDisk, from = 0n): Promise<number[]> {
  const reader = openJournalReader(DIR, { disk })
  const found: number[] = []
  for await (const { offset, payload } of reader.read(0, from, BigInt(RECORDS))) {
    expect(payload).toEqual(Buffer.alloc(PAYLOAD_BYTES, `${offset},`))
    found.push(Number(offset))
  }
  return found
}

function without(...lost: number[]): number[] {
  return Array.from({ length: RECORDS }, (_, i) => i).filter((i) => !lost.includes(i))
}

describe('a healthy folder', () => {
  test.each([false, true])('verifies, compressed: %s', async (compress) => {
    const disk = await written(compress)
    const seen: number[] = []
    const report = await verifyJournal(DIR, ({ done }) => seen.push(done), disk)
    expect(report).toMatchObject({ ok: true, records: RECORDS, gaps: [] })
    expect(report.segments.map(({ records }) => records)).toEqual([5, 5, 5, 3])
    expect(report.segments.map(({ compressed }) => compressed)).toEqual([
      compress,
      compress,
      compress,
      false,
    ])
    expect(seen).toEqual([1, 2, 3, 4])
  })

  test('is listed record by record with its place', async () => {
    const disk = await written(true)
    const found = []
    for await (const record of dumpJournal(DIR, { partition: 0, from: 9n, limit: 3 }, disk)) {
      found.push([record.offset, record.position, record.durable, record.path, record.lastOfUnit])
    }
    expect(found).toEqual([
      [9n, frameAt(4), 9n, path(5, true), true],
      [10n, frameAt(0), 10n, path(10, true), true],
      [11n, frameAt(1), 11n, path(10, true), true],
    ])
  })

  test('is left alone by a repair', async () => {
    const disk = await written(true)
    const before = disk.files()
    const report = await repairJournal(DIR, { dryRun: false, disk })
    expect(report).toEqual({ ok: true, dryRun: false, actions: [], holes: [] })
    expect(disk.files()).toEqual(before)
  })
})

describe('damage in the middle', () => {
  interface Case {
    readonly name: string
    readonly compress: boolean
    readonly damage: (disk: SimulatedDisk) => void
    readonly lost: readonly number[]
    readonly opens: boolean
  }
  const cases: readonly Case[] = [
    {
      name: 'a flipped payload bit in a closed segment',
      compress: false,
      damage: (disk) => flip(disk, path(5, false), frameAt(2) + FRAME_HEADER_BYTES + 3),
      lost: [7],
      opens: true,
    },
    {
      name: 'two damaged frames in a compressed segment',
      compress: true,
      damage: (disk) =>
        change(disk, path(5, true), (bytes) => {
          const plain = zstdDecompressSync(bytes)
          plain[frameAt(1) + 8] = 77
          plain[frameAt(3) + 24] = 255
          return zstdCompressSync(plain)
        }),
      lost: [6, 8],
      opens: true,
    },
    {
      name: 'a compressed segment cut short',
      compress: true,
      damage: (disk) => change(disk, path(5, true), (bytes) => bytes.subarray(0, 30)),
      lost: [5, 6, 7, 8, 9],
      opens: true,
    },
    {
      name: 'a damaged segment header',
      compress: false,
      damage: (disk) => flip(disk, path(10, false), 17),
      lost: [],
      opens: true,
    },
    {
      name: 'a damaged segment header and first frame',
      compress: false,
      damage: (disk) => {
        flip(disk, path(10, false), 17)
        flip(disk, path(10, false), frameAt(0) + 9)
      },
      lost: [10, 11, 12, 13, 14],
      opens: true,
    },
    {
      name: 'a segment that is gone',
      compress: false,
      damage: (disk) => disk.removeFile(path(5, false)),
      lost: [5, 6, 7, 8, 9],
      opens: true,
    },
    {
      name: 'a damaged frame in the open segment, with records after it',
      compress: true,
      damage: (disk) => flip(disk, path(15, false), frameAt(0) + 1),
      lost: [15],
      opens: false,
    },
    {
      name: 'a damaged header of the open segment',
      compress: true,
      damage: (disk) => flip(disk, path(15, false), 44),
      lost: [],
      opens: false,
    },
  ]

  test.each(cases)('$name: detected, repaired, and what is lost recorded', async (item) => {
    const disk = await written(item.compress)
    item.damage(disk)
    const verified = await verifyJournal(DIR, undefined, disk)
    expect(verified.ok).toBe(false)
    await expect(offsets(disk)).rejects.toThrow(/run: llmhub journal/)
    const result = await opened(disk, { compress: item.compress })
    expect(result.ok).toBe(item.opens)
    if (result.ok) await result.journal.close()

    const before = disk.files()
    const keepFrom = new Map([[0, BigInt(RECORDS)]])
    const planned = await repairJournal(DIR, { dryRun: true, keepFrom, disk })
    expect(disk.files()).toEqual(before)
    const done = await repairJournal(DIR, { dryRun: false, keepFrom, disk })
    expect(done).toEqual({ ...planned, dryRun: false })
    const lost = done.ok ? done.actions.flatMap((action) => action.lost) : []
    expect(lost.flatMap(({ first, next }) => range(first, next))).toEqual(item.lost)
    const quarantined = done.ok ? done.actions.flatMap((action) => action.quarantined ?? []) : []
    for (const copy of quarantined) {
      const original = copy.replace(`${DIR}/quarantine/0-`, `${DIR}/0/`)
      expect(disk.files().get(copy)).toEqual(before.get(original))
    }

    expect((await verifyJournal(DIR, undefined, disk)).ok).toBe(true)
    expect(await offsets(disk)).toEqual(without(...item.lost))
    const journal = await mustOpen(disk, { keepFrom: BigInt(RECORDS) })
    const outcome = await journal.append(0, [{ kind: 'events', payload: Buffer.from('after') }])
    expect(outcome).toMatchObject({ ok: true, appended: { first: BigInt(RECORDS) } })
    await journal.close()
    const again = await repairJournal(DIR, { dryRun: false, disk })
    expect(again).toMatchObject({ ok: true, actions: [] })
  })

  test('at the beginning moves the earliest offset past the hole', async () => {
    const disk = await written(false)
    flip(disk, path(0, false), frameAt(0) + FRAME_HEADER_BYTES)
    await repairJournal(DIR, { dryRun: false, disk })
    const reader = openJournalReader(DIR, { disk })
    expect(await reader.earliest(0)).toBe(1n)
    expect(await reader.holes()).toMatchObject([{ partition: 0, first: 0n, next: 1n }])
    const journal = await mustOpen(disk)
    expect(journal.earliest(0)).toBe(1n)
    await journal.close()
  })
})

describe('records that the store has and the log has not', () => {
  test('stop the opening, and a repair records them as lost instead of giving out their offsets again', async () => {
    const disk = await written(true)
    change(disk, path(15, false), (bytes) => bytes.subarray(0, frameAt(1) + 5))
    expect(await opened(disk, { keepFrom: 18n })).toMatchObject({
      ok: false,
      error: { code: 'corrupt_frame' },
    })
    const report = await repairJournal(DIR, { dryRun: false, keepFrom: new Map([[0, 18n]]), disk })
    expect(report).toMatchObject({
      ok: true,
      actions: [{ action: 'cut', lost: [{ first: 16n, next: 18n }] }],
      holes: [{ partition: 0, first: 16n, next: 18n }],
    })
    const journal = await mustOpen(disk, { keepFrom: 18n })
    expect(journal.next(0)).toBe(18n)
    await journal.close()
    expect(await offsets(disk)).toEqual(without(16, 17))
  })

  test('are recorded even when every segment is gone', async () => {
    const disk = new SimulatedDisk()
    const keepFrom = new Map([[1, 7n]])
    expect(await openJournal({ dir: DIR, disk, keepFrom })).toMatchObject({
      error: { code: 'behind_store', run: 'llmhub journal repair --dry-run --keep-from 1:7' },
    })
    await repairJournal(DIR, { dryRun: false, keepFrom, disk })
    const result = await openJournal({ dir: DIR, disk, keepFrom })
    if (!result.ok) throw new Error(result.error.message)
    expect(result.journal.next(1)).toBe(7n)
    await result.journal.close()
  })
})

describe('leftovers of a crash in compression', () => {
  test('both forms: the compressed one stays when it is whole', async () => {
    const disk = await written(true)
    const plain = zstdDecompressSync(disk.files().get(path(5, true)) ?? Buffer.alloc(0))
    disk.setFile(path(5, false), plain)
    await (await mustOpen(disk, { compress: false })).close()
    expect(disk.files().has(path(5, false))).toBe(false)
    expect(await offsets(disk)).toEqual(without())
  })

  test('both forms: the original stays when the compressed one is half written', async () => {
    const disk = await written(true)
    const bytes = disk.files().get(path(5, true)) ?? Buffer.alloc(0)
    disk.setFile(path(5, false), zstdDecompressSync(bytes))
    disk.setFile(path(5, true), bytes.subarray(0, bytes.length >> 1))
    await (await mustOpen(disk, { compress: false })).close()
    expect(disk.files().has(path(5, true))).toBe(false)
    expect(await offsets(disk)).toEqual(without())
  })

  test('a temporary file is removed and the segment compressed again', async () => {
    const disk = await written(false)
    disk.setFile(`${path(5, true)}.tmp`, Buffer.from('half'))
    const journal = await mustOpen(disk)
    await journal.idle()
    await journal.close()
    expect(disk.files().has(`${path(5, true)}.tmp`)).toBe(false)
    expect(disk.files().has(path(5, true))).toBe(true)
    expect(disk.files().has(path(5, false))).toBe(false)
    expect(await offsets(disk)).toEqual(without())
  })

  test('a damaged segment is not compressed and stays as it is', async () => {
    const disk = await written(false)
    flip(disk, path(5, false), frameAt(2))
    const journal = await mustOpen(disk)
    await journal.idle()
    expect(journal.stats()).toMatchObject({ compressionFailures: 1 })
    expect(journal.stats().lastCompressionFailure).toContain(path(5, false))
    await journal.close()
    expect(disk.files().has(path(5, false))).toBe(true)
    expect(disk.files().has(path(5, true))).toBe(false)
  })
})

function range(first: bigint, next: bigint): number[] {
  return Array.from({ length: Number(next - first) }, (_, i) => Number(first) + i)
}
