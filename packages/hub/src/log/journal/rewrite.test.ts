/** Records of closed segments replaced in place: what readers see, and what a crash at any step leaves. */
import { describe, expect, test } from 'vitest'
import type { EditRecord } from '../log.ts'
import { FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES } from './format.ts'
import { openJournal } from './journal.ts'
import { openJournalReader } from './reader.ts'
import { repairJournal } from './repair.ts'
import { SimulatedDisk } from './simulated-disk.fixture.ts'
import { verifyJournal } from './verify.ts'

const DIR = '/data/log'
const PAYLOAD_BYTES = 60
/** Five records fit a segment: 0–4, 5–9, 10–14 are closed, 15–17 open. */
const SEGMENT_BYTES = SEGMENT_HEADER_BYTES + 5 * (FRAME_HEADER_BYTES + PAYLOAD_BYTES)
const RECORDS = 18

function path(first: number, compressed: boolean): string {
  return `${DIR}/0/${String(first).padStart(20, '0')}.seg${compressed ? '.zst' : ''}`
}

async function mustOpen(disk: SimulatedDisk, compress: boolean) {
  const result = await openJournal({ dir: DIR, disk, segmentBytes: SEGMENT_BYTES, compress })
  if (!result.ok) throw new Error(result.error.message)
  return result.journal
}

async function written(compress: boolean) {
  const disk = new SimulatedDisk()
  const journal = await mustOpen(disk, compress)
  for (let i = 0; i < RECORDS; i++) {
    const payload = Buffer.alloc(PAYLOAD_BYTES, `${i},`)
    await journal.append(0, [{ kind: i % 2 === 0 ? 'events' : 'operation', payload }])
  }
  await journal.idle()
  return { disk, journal }
}

/** Odd records become longer or shorter, even ones stay. */
const editOdd: EditRecord = ({ offset }) =>
  offset % 2n === 0n
    ? null
    : Buffer.alloc(offset % 4n === 1n ? 90 : Number(offset % 3n), `new ${offset},`)

function isEdited(offset: number, payload: Uint8Array): boolean {
  const edited = editOdd({ partition: 0, offset: BigInt(offset), kind: 'events', payload })
  const old = Buffer.alloc(PAYLOAD_BYTES, `${offset},`)
  if (edited !== null && Buffer.from(payload).equals(edited as Uint8Array)) return true
  expect(Buffer.from(payload)).toEqual(old)
  return false
}

/** Offsets that hold the new payload; every other holds the old one. */
async function editedOffsets(disk: SimulatedDisk, from = 0): Promise<number[]> {
  const reader = openJournalReader(DIR, { disk })
  const found: number[] = []
  let next = from
  for await (const { offset, kind, payload } of reader.read(0, BigInt(from), BigInt(RECORDS))) {
    expect(Number(offset)).toBe(next)
    expect(kind).toBe(next % 2 === 0 ? 'events' : 'operation')
    if (isEdited(next, payload)) found.push(next)
    next += 1
  }
  expect(next).toBe(RECORDS)
  return found
}

describe.each([false, true])('compressed: %s', (compress) => {
  test('edits what is closed, each record once, and leaves the rest', async () => {
    const { disk, journal } = await written(compress)
    const seen: bigint[] = []
    const progress: number[][] = []
    const report = await journal.rewrite(
      0,
      (record) => {
        seen.push(record.offset)
        return editOdd(record)
      },
      { onProgress: (...done) => progress.push(done) },
    )
    expect(report).toMatchObject({ segments: 3, rewritten: 3, records: 7, problems: [] })
    expect(report.stopped).toBeUndefined()
    expect(seen).toEqual(Array.from({ length: 15 }, (_, i) => BigInt(i)))
    expect(progress).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ])
    expect(await editedOffsets(disk)).toEqual([1, 3, 5, 7, 9, 11, 13])
    expect([...disk.files().keys()].filter((name) => name.endsWith('.tmp'))).toEqual([])
    await journal.close()
    expect(await verifyJournal(DIR, undefined, disk)).toMatchObject({ ok: true, records: RECORDS })
    expect(await repairJournal(DIR, { dryRun: true, disk })).toMatchObject({ actions: [] })
    expect((await mustOpen(disk, compress)).next(0)).toBe(BigInt(RECORDS))
  })

  test('begins a new segment first when asked, and again only when it holds records', async () => {
    const { disk, journal } = await written(compress)
    expect(await journal.rewrite(0, editOdd, { rotate: true })).toMatchObject({
      segments: 4,
      records: 9,
    })
    expect(await editedOffsets(disk)).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17])
    expect(await journal.rewrite(0, () => null, { rotate: true })).toMatchObject({ segments: 4 })
    const outcome = await journal.append(0, [{ kind: 'events', payload: Buffer.from('after') }])
    expect(outcome).toMatchObject({ ok: true, appended: { first: BigInt(RECORDS) } })
    expect(
      (await journal.segments(0)).map(({ first, next, closed }) => [first, next, closed]),
    ).toEqual([
      [0n, 5n, true],
      [5n, 10n, true],
      [10n, 15n, true],
      [15n, 18n, true],
      [18n, 19n, false],
    ])
    await journal.close()
  })

  test('leaves files alone in which nothing changes or that are not wanted', async () => {
    const { disk, journal } = await written(compress)
    const before = disk.files()
    const only = (first: bigint) => first === 5n
    const report = await journal.rewrite(0, editOdd, { wanted: only })
    expect(report).toMatchObject({ segments: 1, rewritten: 1, records: 3 })
    expect(report.bytesBefore).toBe(before.get(path(5, compress))?.length)
    expect(report.bytesAfter).toBe(disk.files().get(path(5, compress))?.length)
    expect(await journal.rewrite(0, () => null)).toMatchObject({ segments: 3, rewritten: 0 })
    for (const first of [0, 10]) {
      expect(disk.files().get(path(first, compress))).toEqual(before.get(path(first, compress)))
    }
    await journal.close()
  })

  test('an edit that throws, a damaged segment and a stop leave whole segments', async () => {
    const { disk, journal } = await written(compress)
    const failing: EditRecord = (record) => {
      if (record.offset === 8n) throw new Error('no')
      return editOdd(record)
    }
    await expect(journal.rewrite(0, failing)).rejects.toThrow('no')
    expect(await editedOffsets(disk)).toEqual([1, 3])
    let asked = 0
    const stopped = await journal.rewrite(0, () => Buffer.from('lost'), { stop: () => ++asked > 3 })
    expect(stopped).toMatchObject({ segments: 0, records: 0, stopped: 'asked' })
    const damaged = disk.files().get(path(5, compress)) ?? Buffer.alloc(0)
    damaged[damaged.length >> 1] = (damaged[damaged.length >> 1] ?? 0) ^ 8
    disk.setFile(path(5, compress), damaged)
    const report = await journal.rewrite(0, editOdd)
    expect(report).toMatchObject({ segments: 3, rewritten: 2 })
    expect(report.problems).toHaveLength(1)
    expect(report.problems[0]).toContain(path(5, compress))
    expect(disk.files().get(path(5, compress))).toEqual(damaged)
    expect(await editedOffsets(disk, 10)).toEqual([11, 13])
    await journal.close()
    expect(await journal.rewrite(0, editOdd)).toMatchObject({ segments: 0, stopped: 'closed' })
  })

  test('a reader goes on: in the old file where it has it open, at its place in the new one after', async () => {
    const { disk, journal } = await written(compress)
    const reader = openJournalReader(DIR, { disk })
    const seen: [number, boolean][] = []
    const take = async (from: bigint, until: bigint, during?: () => Promise<unknown>) => {
      for await (const { offset, payload } of reader.read(0, from, until)) {
        seen.push([Number(offset), isEdited(Number(offset), payload)])
        await during?.()
      }
    }
    await take(0n, 7n)
    await journal.rewrite(0, editOdd, { wanted: (first) => first === 5n })
    // The position at which the reader stopped now lies within another record.
    await take(7n, 10n)
    let rewritten = false
    await take(10n, 15n, async () => {
      if (!rewritten) await journal.rewrite(0, editOdd)
      rewritten = true
    })
    expect(seen).toEqual(Array.from({ length: 15 }, (_, i) => [i, i === 7 || i === 9]))
    await journal.close()
  })

  test.each(['kill', 'power loss'])(
    'after a %s at any step each segment is old or new',
    async (end) => {
      let cutShort = 0
      for (let steps = 0; ; steps++) {
        const { disk, journal } = await written(compress)
        disk.freezeIn(steps)
        const work = journal.rewrite(0, editOdd, { rotate: true })
        const done = await Promise.race([work.then(() => true), disk.frozen.then(() => false)])
        const left = end === 'kill' ? disk.afterKill() : disk.afterPowerLoss(steps + 1)
        const reopened = await mustOpen(left, compress)
        expect(reopened.next(0)).toBe(BigInt(RECORDS))
        await reopened.idle()
        const edited = await editedOffsets(left)
        for (const group of [
          [1, 3],
          [5, 7, 9],
          [11, 13],
          [15, 17],
        ]) {
          const found = group.filter((offset) => edited.includes(offset))
          expect([0, group.length]).toContain(found.length)
        }
        expect(done ? edited.length : 9).toBe(9)
        // The same call again finishes what was begun.
        await reopened.rewrite(0, editOdd, { rotate: true })
        expect(await editedOffsets(left)).toHaveLength(9)
        await reopened.close()
        expect([...left.files().keys()].filter((name) => name.endsWith('.tmp'))).toEqual([])
        expect((await verifyJournal(DIR, undefined, left)).ok).toBe(true)
        if (done) break
        cutShort += 1
      }
      expect(cutShort).toBeGreaterThan(40)
    },
  )

  test('a segment before a recorded hole is rewritten too', async () => {
    const { disk, journal } = await written(compress)
    await journal.close()
    disk.removeFile(path(5, compress))
    await repairJournal(DIR, { dryRun: false, disk })
    const again = await mustOpen(disk, compress)
    expect(await again.rewrite(0, editOdd)).toMatchObject({
      segments: 2,
      rewritten: 2,
      problems: [],
    })
    await again.close()
    expect((await verifyJournal(DIR, undefined, disk)).ok).toBe(true)
  })
})

test('without space nothing changes, and it says so', async () => {
  const { disk, journal } = await written(true)
  disk.setFault({ after: 1, code: 'ENOSPC', sticky: true, operations: ['write', 'create'] })
  expect(await journal.rewrite(0, editOdd, { rotate: true })).toMatchObject({
    stopped: 'disk_full',
  })
  expect(await journal.rewrite(0, editOdd)).toMatchObject({ stopped: 'disk_full', records: 0 })
  disk.setFault(undefined)
  expect(await editedOffsets(disk)).toEqual([])
  await journal.close()
})
