/**
 * Fails the n-th disk operation for n = 1, 2, 3 … until the work passes undisturbed, once and for
 * good, and looks afterwards that nothing acknowledged is lost, whatever the process or the power does.
 */
import assert from 'node:assert/strict'
import { describe, expect, test } from 'vitest'
import { openJournal } from './journal.ts'
import { repairJournal } from './repair.ts'
import { type Fault, SimulatedDisk } from './simulated-disk.fixture.ts'
import { verifyJournal } from './verify.ts'

const DIR = '/data/log'

/** What the test knows to be in partition 0. */
interface Known {
  acknowledged: string[]
  trimmedBefore: bigint
}

type Ending = 'done' | 'stopped'

async function opened(disk: SimulatedDisk) {
  const result = await openJournal({ dir: DIR, disk, segmentBytes: 700, groupBytes: 400 })
  if (!result.ok) throw new Error(result.error.message)
  return result.journal
}

/** Opens, appends over several segments, compresses, trims and closes. Stops where a process would exit. */
async function work(disk: SimulatedDisk, known: Known): Promise<Ending> {
  const result = await openJournal({ dir: DIR, disk, segmentBytes: 700, groupBytes: 400 })
  if (!result.ok) {
    assert.equal(result.error.code, 'io')
    return 'stopped'
  }
  const { journal } = result
  const appends = async (): Promise<Ending> => {
    for (let i = 0; i < 4; i++) {
      const texts = [`${i}a`.padEnd(90, 'x'), `${i}b`.padEnd(120, 'y')]
      const entries = texts.map((text) => ({ kind: 'events' as const, payload: Buffer.from(text) }))
      const outcome = await journal.append(0, entries)
      if (outcome.ok) known.acknowledged.push(...texts)
      else assert.equal(outcome.failure, 'disk_full')
    }
    await journal.idle()
    known.trimmedBefore = 3n
    try {
      await journal.trim(0, 3n)
    } catch (error) {
      assert.ok(error instanceof Error && 'code' in error)
    }
    return 'done'
  }
  const ending = await Promise.race([appends(), journal.failed.then((): Ending => 'stopped')])
  if (ending === 'done') {
    await journal.close().catch((error: unknown) => {
      assert.ok(error instanceof Error && 'code' in error)
    })
  }
  return ending
}

async function looksRight(disk: SimulatedDisk, known: Known, unanswered: number): Promise<void> {
  const journal = await opened(disk)
  const earliest = journal.earliest(0)
  expect(earliest <= known.trimmedBefore).toBe(true)
  const found: string[] = []
  for await (const { payload } of journal.read(0, earliest)) found.push(payload.toString())
  const expected = known.acknowledged.slice(Number(earliest))
  expect(found.slice(0, expected.length)).toEqual(expected)
  expect(found.length - expected.length).toBeOneOf(unanswered === 0 ? [0] : [0, unanswered])
  await journal.close()
  expect((await verifyJournal(DIR, undefined, disk)).ok).toBe(true)
}

const FAULTS: readonly Omit<Fault, 'after'>[] = [
  { code: 'EIO', sticky: false },
  { code: 'EIO', sticky: true },
  { code: 'ENOSPC', sticky: false },
  { code: 'ENOSPC', sticky: true, operations: ['write', 'create'] },
  { code: 'EMFILE', sticky: false, operations: ['open', 'create'] },
]

describe.each(FAULTS)('$code, sticky: $sticky, on $operations', (fault) => {
  test('in opening, appending, rolling, compressing and trimming', async () => {
    let after = 0
    for (let faulted = true; faulted; ) {
      after += 1
      const disk = new SimulatedDisk()
      disk.setFault({ ...fault, after })
      const known: Known = { acknowledged: [], trimmedBefore: 0n }
      const ending = await work(disk, known)
      faulted = disk.faults > 0
      const pending = ending === 'stopped' ? 2 : 0
      disk.setFault(undefined)
      const seed = after * 7919
      const files = disk.files()
      await looksRight(disk.afterPowerLoss(seed), known, pending)
      await looksRight(new SimulatedDisk(files), known, pending)
    }
    expect(after).toBeGreaterThan(4)
  })

  test('in recovery of a torn tail', async () => {
    const original = new SimulatedDisk()
    const known: Known = { acknowledged: [], trimmedBefore: 0n }
    expect(await work(original, known)).toBe('done')
    const files = original.files()
    const last =
      [...files.keys()]
        .filter((path) => path.endsWith('.seg'))
        .toSorted()
        .at(-1) ?? ''
    files.set(last, Buffer.concat([files.get(last) ?? Buffer.alloc(0), Buffer.alloc(700, 'torn')]))
    for (let after = 1; ; after++) {
      const disk = new SimulatedDisk(files)
      disk.setFault({ ...fault, after })
      const before = disk.faults
      const result = await openJournal({ dir: DIR, disk, segmentBytes: 700 })
      if (result.ok) await result.journal.close()
      else assert.equal(result.error.code, 'io')
      if (disk.faults === before) break
      disk.setFault(undefined)
      await looksRight(disk.afterPowerLoss(after), known, 0)
    }
  })

  test('in a repair, which can then be done again', async () => {
    const original = new SimulatedDisk()
    const known: Known = { acknowledged: [], trimmedBefore: 0n }
    expect(await work(original, known)).toBe('done')
    const files = original.files()
    for (const [path, bytes] of files) {
      // Damages the second frame of every segment, compressed or not.
      const at = Math.min(bytes.length - 10, 48 + 40 + 90 + 45)
      bytes[at] = (bytes[at] ?? 0) ^ 0xff
      files.set(path, bytes)
    }
    const keepFrom = new Map([[0, BigInt(known.acknowledged.length)]])
    const undisturbed = new SimulatedDisk(files)
    const expected = await repairJournal(DIR, { dryRun: false, keepFrom, disk: undisturbed })
    if (!expected.ok) throw new Error(expected.error.message)
    expect(expected.holes.length).toBeGreaterThan(0)
    for (let after = 1; ; after++) {
      const disk = new SimulatedDisk(files)
      disk.setFault({ ...fault, after })
      const before = disk.faults
      const first = await repairJournal(DIR, { dryRun: false, keepFrom, disk }).catch(
        (error: unknown) => error,
      )
      if (disk.faults === before) {
        assert.ok(!(first instanceof Error))
        break
      }
      disk.setFault(undefined)
      const rebooted = disk.afterPowerLoss(after * 31)
      const again = await repairJournal(DIR, { dryRun: false, keepFrom, disk: rebooted })
      const ranges = (report: typeof again) =>
        report.ok
          ? report.holes.map(({ partition, first: from, next }) => [partition, from, next])
          : []
      expect(ranges(again)).toEqual(ranges(expected))
      expect((await verifyJournal(DIR, undefined, rebooted)).ok).toBe(true)
      const recovered = await openJournal({ dir: DIR, disk: rebooted, keepFrom })
      if (!recovered.ok) throw new Error(recovered.error.message)
      expect(recovered.journal.next(0)).toBe(BigInt(known.acknowledged.length))
      await recovered.journal.close()
    }
  })
})
