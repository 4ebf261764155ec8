/** Whatever bytes of a log are changed: never a wrong record, and after a repair every offset is there or on record as lost. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { endOfHole } from './holes.ts'
import { type Journal, openJournal } from './journal.ts'
import { JournalError } from './problem.ts'
import { openJournalReader } from './reader.ts'
import { repairJournal } from './repair.ts'
import { generator, SimulatedDisk } from './simulated-disk.fixture.ts'
import { verifyJournal } from './verify.ts'

const DIR = '/data/log'

interface Log {
  readonly units: readonly number[]
  readonly compress: boolean
}

interface Damage {
  readonly file: number
  readonly at: number
  readonly kind: 'flip' | 'zero' | 'cut' | 'extend' | 'remove' | 'shuffle'
  readonly length: number
}

const log: fc.Arbitrary<Log> = fc.record({
  units: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 14 }),
  compress: fc.boolean(),
})

const damage: fc.Arbitrary<Damage> = fc.record({
  file: fc.nat(),
  at: fc.nat(),
  kind: fc.constantFrom('flip', 'flip', 'flip', 'zero', 'cut', 'extend', 'remove', 'shuffle'),
  length: fc.integer({ min: 1, max: 300 }),
})

function text(offset: bigint): string {
  return `${offset} `.padEnd(20 + Number(offset % 7n) * 30, `${offset}.`)
}

async function opened(disk: SimulatedDisk, compress: boolean, keepFrom: bigint) {
  return openJournal({
    dir: DIR,
    disk,
    segmentBytes: 900,
    compress,
    keepFrom: new Map([[0, keepFrom]]),
  })
}

async function write(disk: SimulatedDisk, { units, compress }: Log): Promise<bigint> {
  const result = await opened(disk, compress, 0n)
  if (!result.ok) throw new Error(result.error.message)
  for (const count of units) {
    const first = result.journal.next(0)
    const entries = Array.from({ length: count }, (_, i) => {
      return { kind: 'events' as const, payload: Buffer.from(text(first + BigInt(i))) }
    })
    await result.journal.append(0, entries)
  }
  await result.journal.idle()
  await result.journal.close()
  return result.journal.next(0)
}

function harm(disk: SimulatedDisk, { file, at, kind, length }: Damage): void {
  const files = [...disk.files()].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const [path, bytes] = files[file % files.length] ?? ['', Buffer.alloc(0)]
  if (bytes.length === 0) return
  const from = at % bytes.length
  const random = generator(at + 1)
  switch (kind) {
    case 'flip':
      bytes[from] = (bytes[from] ?? 0) ^ (1 << (at % 8))
      break
    case 'zero':
      bytes.fill(0, from, Math.min(bytes.length, from + length))
      break
    case 'shuffle':
      for (let i = from; i < Math.min(bytes.length, from + length); i++) bytes[i] = random(256)
      break
    case 'cut':
      disk.setFile(path, bytes.subarray(0, from))
      return
    case 'extend':
      disk.setFile(path, Buffer.concat([bytes, bytes.subarray(from, from + length)]))
      return
    case 'remove':
      disk.removeFile(path)
      return
  }
  disk.setFile(path, bytes)
}

/** Every record read is the one that was written; reading may stop with an error that says where. */
async function readsNothingWrong(disk: SimulatedDisk, next: bigint): Promise<void> {
  const reader = openJournalReader(DIR, { disk })
  let expected = 0n
  try {
    for await (const { offset, payload } of reader.read(0, 0n, next)) {
      assert.equal(offset, expected)
      assert.equal(payload.toString(), text(offset))
      expected += 1n
    }
    assert.equal(expected, next)
  } catch (error) {
    assert.ok(error instanceof JournalError, String(error))
  }
}

/** Nothing tells a first segment that was removed from one that retention dropped. */
function mayLookTrimmed(damages: readonly Damage[]): boolean {
  return damages.some(({ kind }) => kind === 'remove')
}

async function everyOffsetAccountedFor(
  disk: SimulatedDisk,
  journal: Journal,
  next: bigint,
  trimmed: boolean,
): Promise<void> {
  assert.equal(journal.next(0), next)
  const holes = await openJournalReader(DIR, { disk }).holes()
  const found = new Set<bigint>()
  const earliest = await openJournalReader(DIR, { disk }).earliest(0)
  for await (const { offset, payload } of journal.read(0, earliest)) {
    assert.equal(payload.toString(), text(offset))
    found.add(offset)
  }
  for (let offset = trimmed ? earliest : 0n; offset < next; offset++) {
    const lost = endOfHole(holes, 0, offset) !== undefined
    assert.equal(found.has(offset), !lost, `offset ${offset}`)
  }
}

const law = fc.asyncProperty(
  log,
  fc.array(damage, { minLength: 1, maxLength: 4 }),
  async (shape, damages) => {
    const disk = new SimulatedDisk()
    const next = await write(disk, shape)
    for (const each of damages) harm(disk, each)
    await readsNothingWrong(disk, next)

    // Opening refuses, or cuts only what the store does not have: here the store has everything.
    const damaged = new SimulatedDisk(disk.files())
    const result = await opened(damaged, shape.compress, next)
    if (result.ok) {
      assert.equal(result.journal.next(0), next)
      await result.journal.close()
    }

    const keepFrom = new Map([[0, next]])
    const report = await repairJournal(DIR, { dryRun: false, keepFrom, disk })
    assert.ok(report.ok)
    const verified = await verifyJournal(DIR, undefined, disk)
    assert.ok(verified.ok, JSON.stringify(verified.segments.map(({ problem }) => problem?.message)))
    const repaired = await opened(disk, shape.compress, next)
    assert.ok(repaired.ok, repaired.ok ? '' : repaired.error.message)
    await everyOffsetAccountedFor(disk, repaired.journal, next, mayLookTrimmed(damages))
    await repaired.journal.close()
  },
)

test('damage is detected, and a repair keeps or records every offset', async () => {
  const runs = Number(process.env['LLMHUB_MODEL_RUNS'] ?? 500)
  // A copy of the record stands behind the damaged one: it must be written anew, not cut off.
  const copyBehindDamage: [Log, Damage[]] = [
    { units: [1], compress: false },
    [
      { file: 0, at: 73_673_198, kind: 'extend', length: 82 },
      { file: 0, at: 792_336_528, kind: 'flip', length: 1 },
    ],
  ]
  await expect(
    fc.assert(law, { numRuns: runs, examples: [copyBehindDamage] }),
  ).resolves.toBeUndefined()
})
