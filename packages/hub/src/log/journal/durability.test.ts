/** What an append answers, and what it must not answer, when the disk refuses. */
import { expect, test } from 'vitest'
import type { AppendOutcome } from '../log.ts'
import { SyncError } from './disk.ts'
import { FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES } from './format.ts'
import { type Journal, openJournal } from './journal.ts'
import { SimulatedDisk } from './simulated-disk.fixture.ts'

const DIR = '/data/log'
const FIRST = `${DIR}/0/${'0'.repeat(20)}.seg`
const TEN_BYTES = SEGMENT_HEADER_BYTES + FRAME_HEADER_BYTES + 10

async function opened(disk: SimulatedDisk, segmentBytes = 4_000): Promise<Journal> {
  const result = await openJournal({
    dir: DIR,
    disk,
    segmentBytes,
    groupBytes: 200,
    compress: false,
  })
  if (!result.ok) throw new Error(result.error.message)
  return result.journal
}

function append(journal: Journal, bytes: number, partition = 0): Promise<AppendOutcome> {
  return journal.append(partition, [{ kind: 'events', payload: Buffer.alloc(bytes, 'x') }])
}

/** Whether the promise is settled once the event loop has gone round. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const later = new Promise((resolve) => {
    setImmediate(() => resolve('later'))
  })
  return (await Promise.race([promise, later])) !== 'later'
}

test('a failed fsync ends the journal: nothing is acknowledged, nothing is tried again', async () => {
  const disk = new SimulatedDisk()
  const journal = await opened(disk)
  await append(journal, 10)
  disk.setFault({ after: 1, code: 'EIO', sticky: false, operations: ['sync'] })
  const pending = append(journal, 20)
  const queued = append(journal, 30)
  expect(await journal.failed).toBeInstanceOf(SyncError)
  const operations = disk.operations
  expect(await isSettled(pending)).toBe(false)
  expect(await isSettled(queued)).toBe(false)
  expect(await isSettled(append(journal, 40))).toBe(false)
  expect(await isSettled(append(journal, 50, 1))).toBe(false)
  expect(disk.operations).toBe(operations)
  expect([journal.next(0), journal.next(1)]).toEqual([1n, 0n])
  await journal.close()
})

test('an unexpected write error ends the journal', async () => {
  const disk = new SimulatedDisk()
  const journal = await opened(disk)
  await append(journal, 10)
  disk.setFault({ after: 1, code: 'EIO', sticky: false, operations: ['write'] })
  const pending = append(journal, 20)
  expect(await journal.failed).toMatchObject({ code: 'EIO' })
  expect(await isSettled(pending)).toBe(false)
})

test('a full disk is answered, the partial write is cut back, and the next append succeeds', async () => {
  const disk = new SimulatedDisk()
  const journal = await opened(disk)
  await append(journal, 10)
  disk.setFault({ after: 1, code: 'ENOSPC', sticky: false, operations: ['write'] })
  const outcomes = await Promise.all([append(journal, 20), append(journal, 30)])
  expect(outcomes).toMatchObject([
    { ok: false, failure: 'disk_full' },
    { ok: false, failure: 'disk_full' },
  ])
  expect(disk.files().get(FIRST)).toHaveLength(TEN_BYTES)
  expect(journal.pendingBytes).toBe(0)
  const after = await append(journal, 40)
  expect(after).toEqual({ ok: true, appended: { partition: 0, first: 1n, next: 2n } })
  await journal.close()
})

test.each(['truncate', 'sync'] as const)(
  'a full disk with a failing %s afterwards ends the journal',
  async (operation) => {
    const disk = new SimulatedDisk()
    const journal = await opened(disk)
    await append(journal, 10)
    disk.setFault({ after: 1, code: 'ENOSPC', sticky: true, operations: ['write', operation] })
    const pending = append(journal, 20)
    expect(await journal.failed).toBeInstanceOf(Error)
    expect(await isSettled(pending)).toBe(false)
  },
)

test.each(['create', 'write'] as const)(
  'no room for a new segment at its %s is answered, and passes',
  async (operation) => {
    const disk = new SimulatedDisk()
    const journal = await opened(disk, TEN_BYTES + 10)
    await append(journal, 10)
    disk.setFault({ after: 1, code: 'ENOSPC', sticky: false, operations: [operation] })
    expect(await append(journal, 10)).toMatchObject({ ok: false, failure: 'disk_full' })
    expect([...disk.files().keys()]).toEqual([FIRST])
    expect(await append(journal, 10)).toMatchObject({ ok: true, appended: { first: 1n } })
    expect([...disk.files().keys()]).toHaveLength(2)
    await journal.close()
  },
)

test('appends collect while a group is written, and a group has a largest size', async () => {
  const disk = new SimulatedDisk()
  const journal = await opened(disk)
  await append(journal, 10)
  const before = journal.stats().commits
  const first = append(journal, 10)
  await Promise.resolve()
  await Promise.resolve()
  // The first group is under way; of these, three frames of 50 bytes fit one group of 200 bytes.
  const rest = [10, 10, 10, 10].map((bytes) => append(journal, bytes))
  expect(journal.pendingBytes).toBe(5 * (FRAME_HEADER_BYTES + 10))
  await Promise.all([first, ...rest])
  expect(journal.stats().commits - before).toBe(2)
  await Promise.all([90, 90, 10].map((bytes) => append(journal, bytes)))
  expect(journal.stats().commits - before).toBe(4)
  expect(journal.next(0)).toBe(9n)
  await journal.close()
})

test('each commit is announced once, after it is durable, until the listener leaves', async () => {
  const disk = new SimulatedDisk()
  const journal = await opened(disk)
  const seen: [number, bigint][] = []
  const leave = journal.onCommit((partition, next) => seen.push([partition, next]))
  await append(journal, 10)
  await append(journal, 10, 1)
  leave()
  await append(journal, 10)
  expect(seen).toEqual([
    [0, 1n],
    [1, 1n],
  ])
  await journal.close()
})

test('a listener of commits that throws is a bug, and ends the journal after what was durable is answered', async () => {
  const disk = new SimulatedDisk()
  const journal = await opened(disk)
  journal.onCommit(() => {
    throw new Error('a bug of the listener')
  })
  expect(await append(journal, 10)).toMatchObject({ ok: true })
  const failed = journal.failed.then((error) => error.message)
  expect(await failed).toBe('a bug of the listener')
})
