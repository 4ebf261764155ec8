/** Damage to the end of the log: truncation at every byte and one flipped bit per byte. */
import { describe, expect, test } from 'vitest'
import { FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES } from './format.ts'
import { openJournal } from './journal.ts'
import { SimulatedDisk } from './simulated-disk.fixture.ts'

const DIR = '/data/log'
const PATH = `${DIR}/0/${'0'.repeat(20)}.seg`
/** Payload sizes of the units of each group commit. */
const GROUPS = [[[10], [200, 0, 30]], [[50]], [[5, 300], [40]]]
const RECORDS_BEFORE_LAST = 5
const RECORDS = 8

function groupBytes(group: readonly (readonly number[])[]): number {
  return group.flat().reduce((sum, size) => sum + FRAME_HEADER_BYTES + size, 0)
}

const SECOND_GROUP = SEGMENT_HEADER_BYTES + groupBytes(GROUPS[0] ?? [])
const LAST_GROUP = SECOND_GROUP + groupBytes(GROUPS[1] ?? [])

async function written(): Promise<Buffer> {
  const disk = new SimulatedDisk()
  const opened = await openJournal({ dir: DIR, disk })
  if (!opened.ok) throw new Error(opened.error.message)
  const { journal } = opened
  for (const group of GROUPS) {
    await Promise.all(
      group.map((sizes) =>
        journal.append(
          0,
          sizes.map((size) => ({ kind: 'events' as const, payload: Buffer.alloc(size, size) })),
        ),
      ),
    )
  }
  expect(journal.stats().commits).toBe(GROUPS.length)
  await journal.close()
  const bytes = disk.files().get(PATH)
  if (bytes === undefined) throw new Error('no segment was written')
  return bytes
}

async function reopened(bytes: Buffer, keepFrom = 0n) {
  const disk = new SimulatedDisk(new Map([[PATH, bytes]]))
  const opened = await openJournal({ dir: DIR, disk, keepFrom: new Map([[0, keepFrom]]) })
  if (!opened.ok) return { error: opened.error }
  let records = 0
  for await (const { offset, payload } of opened.journal.read(0, 0n)) {
    expect(offset).toBe(BigInt(records))
    expect(payload).toEqual(Buffer.alloc(payload.length, payload.length))
    records += 1
  }
  const length = disk.files().get(PATH)?.length ?? 0
  await opened.journal.close()
  return { records, length, cut: opened.recovery.partitions[0]?.cut }
}

describe('truncation within the last group commit', () => {
  test('loses whole units of that group only, and says how many bytes', async () => {
    const bytes = await written()
    for (let length = LAST_GROUP; length < bytes.length; length++) {
      const found = await reopened(bytes.subarray(0, length))
      expect(found.records, `cut to ${length}`).toBeOneOf([RECORDS_BEFORE_LAST, RECORDS - 1])
      expect(found.cut?.bytes ?? 0).toBe(length - (found.length ?? 0))
    }
    expect((await reopened(bytes)).records).toBe(RECORDS)
  })

  test('is refused when the store has applied what it lost', async () => {
    const bytes = await written()
    for (let length = LAST_GROUP; length < bytes.length; length += 7) {
      const { error } = await reopened(bytes.subarray(0, length), BigInt(RECORDS))
      expect(error?.code).toBeOneOf(['corrupt_frame', 'behind_store'])
      expect(error?.message).toContain('the store has applied')
    }
  })
})

describe('one flipped bit', () => {
  test('in the last group commit loses units of that group only, and says how many bytes', async () => {
    const bytes = await written()
    for (let at = LAST_GROUP; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes)
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8))
      const found = await reopened(damaged)
      expect(found.records, `byte ${at}`).toBeOneOf([RECORDS_BEFORE_LAST, RECORDS - 1])
      expect(found.cut).toMatchObject({ bytes: bytes.length - (found.length ?? 0) })
      expect(found.cut?.position).toBe(found.length)
    }
  })

  test('before it stops the opening with the place, because what follows proves that it was durable', async () => {
    const bytes = await written()
    for (let at = SEGMENT_HEADER_BYTES; at < LAST_GROUP; at++) {
      const damaged = Buffer.from(bytes)
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8))
      const { error } = await reopened(damaged)
      expect(error, `byte ${at}`).toMatchObject({ code: 'corrupt_frame', path: PATH, partition: 0 })
      expect(error?.position).toBeLessThanOrEqual(at)
      expect(error?.run).toContain('llmhub journal repair')
      expect(error?.offset).toBeOneOf(at < SECOND_GROUP ? [0n, 1n, 2n, 3n] : [4n])
    }
  })

  test('in the segment header stops the opening', async () => {
    const bytes = await written()
    for (let at = 0; at < SEGMENT_HEADER_BYTES; at++) {
      const damaged = Buffer.from(bytes)
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8))
      expect((await reopened(damaged)).error?.code, `byte ${at}`).toBe('corrupt_header')
    }
  })
})

describe('what a power loss leaves behind the last record', () => {
  test.each([1, 40, 512, 4096, 300_000])('%i zero bytes are cut', async (length) => {
    const bytes = await written()
    const found = await reopened(Buffer.concat([bytes, Buffer.alloc(length)]))
    expect(found.records).toBe(RECORDS)
    expect(found.cut).toMatchObject({
      bytes: length,
      position: bytes.length,
      offset: BigInt(RECORDS),
    })
  })

  test('frames of another segment are not taken for records', async () => {
    const bytes = await written()
    const other = await written()
    const stale = other.subarray(SEGMENT_HEADER_BYTES)
    const found = await reopened(Buffer.concat([bytes, stale]))
    expect(found.records).toBe(RECORDS)
    expect(found.cut).toMatchObject({ bytes: stale.length })
  })

  test('the same frames again are not taken for records', async () => {
    const bytes = await written()
    const stale = bytes.subarray(LAST_GROUP)
    const found = await reopened(Buffer.concat([bytes, stale]))
    expect(found.records).toBe(RECORDS)
    expect(found.cut).toMatchObject({ bytes: stale.length })
  })

  test.each([0, 1, 47, 48])(
    'a new segment with %i bytes of its header is no loss',
    async (length) => {
      const bytes = await written()
      const path = `${DIR}/0/${String(RECORDS).padStart(20, '0')}.seg`
      const half = Buffer.alloc(length, 'LHJRNL')
      const disk = new SimulatedDisk(
        new Map([
          [PATH, bytes],
          [path, half],
        ]),
      )
      const opened = await openJournal({ dir: DIR, disk })
      if (!opened.ok) throw new Error(opened.error.message)
      expect(opened.recovery.partitions[0]?.discarded).toEqual([path])
      expect(opened.journal.next(0)).toBe(BigInt(RECORDS))
      await opened.journal.close()
    },
  )

  test('a new segment proves that the one before it was durable', async () => {
    const bytes = await written()
    const path = `${DIR}/0/${String(RECORDS).padStart(20, '0')}.seg`
    const torn = bytes.subarray(0, bytes.length - 1)
    const disk = new SimulatedDisk(
      new Map([
        [PATH, torn],
        [path, Buffer.alloc(20)],
      ]),
    )
    const opened = await openJournal({ dir: DIR, disk })
    expect(opened).toMatchObject({ ok: false, error: { code: 'corrupt_frame', path: PATH } })
  })
})
