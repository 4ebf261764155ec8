/**
 * A journal on a disk that loses power, is killed, fills up and fails, against a model that knows
 * only what was acknowledged. A failure prints the seed and path with which fast-check replays it.
 * LLMHUB_MODEL_RUNS sets the number of runs.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AppendOutcome } from '../log.ts'
import { type Journal, openJournal } from './journal.ts'
import type { Sabotage } from './options.ts'
import { type Fault, generator, SimulatedDisk } from './simulated-disk.fixture.ts'

const DIR = '/data/log'

interface Command {
  readonly do: 'append' | 'trim' | 'rewrite' | 'close' | 'idle'
  /** Units appended at once: partition and payload sizes. */
  readonly units: readonly { readonly partition: number; readonly sizes: readonly number[] }[]
  readonly back: number
  /** The machine stops after so many disk operations of this command, or not. */
  readonly freezeIn: number | undefined
  readonly fault: Fault | undefined
  /** How the process ends when it must: power loss with this seed, or a kill. */
  readonly powerLoss: boolean
  readonly seed: number
  /** The machine stops or fails after so many disk operations of the recovery that follows. */
  readonly recoveryStop: number | undefined
}

interface Run {
  readonly compress: boolean
  readonly commands: readonly Command[]
}

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({
    after: fc.integer({ min: 1, max: 12 }),
    code: fc.constant('EIO' as const),
    sticky: fc.boolean(),
  }),
  fc.record({
    after: fc.integer({ min: 1, max: 4 }),
    code: fc.constant('ENOSPC' as const),
    sticky: fc.boolean(),
    operations: fc.constant(['write', 'create'] as const),
  }),
)

const unit = fc.record({
  partition: fc.integer({ min: 0, max: 1 }),
  sizes: fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 3 }),
})

const command: fc.Arbitrary<Command> = fc.record({
  do: fc.oneof(
    { weight: 6, arbitrary: fc.constant('append' as const) },
    { weight: 1, arbitrary: fc.constantFrom('trim' as const, 'close' as const, 'idle' as const) },
    { weight: 1, arbitrary: fc.constant('rewrite' as const) },
  ),
  units: fc.array(unit, { minLength: 1, maxLength: 5 }),
  back: fc.integer({ min: 0, max: 10 }),
  freezeIn: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined, freq: 2 }),
  fault: fc.option(fault, { nil: undefined, freq: 4 }),
  powerLoss: fc.boolean(),
  seed: fc.integer({ min: 1, max: 0x7fffffff }),
  recoveryStop: fc.option(fc.integer({ min: 0, max: 25 }), { nil: undefined, freq: 3 }),
})

const run: fc.Arbitrary<Run> = fc.record({
  compress: fc.boolean(),
  commands: fc.array(command, { minLength: 1, maxLength: 12 }),
})

/** What the model knows of one partition. */
interface Known {
  /** Every record known to be in the log, by offset; trimmed ones stay in the list. */
  readonly records: string[]
  /** Units that were never answered, in order. */
  unanswered: string[][]
  /** What a rewriting that did not answer may have made of records, by offset. */
  edited: Map<number, string>
  /** The log may have dropped records before this offset. */
  trimmedBefore: bigint
}

class Model {
  readonly known: readonly Known[] = [0, 1].map(() => ({
    records: [],
    unanswered: [],
    edited: new Map(),
    trimmedBefore: 0n,
  }))
  #units = 0

  partition(number: number): Known {
    const known = this.known[number]
    if (known === undefined) throw new Error(`no partition ${number}`)
    return known
  }

  payloads(sizes: readonly number[]): string[] {
    this.#units += 1
    return sizes.map((size, index) => `${this.#units}.${index}:`.padEnd(size, String(this.#units)))
  }

  answered(number: number, texts: string[], outcome: AppendOutcome): void {
    const known = this.partition(number)
    assert.equal(known.unanswered[0], texts)
    known.unanswered.shift()
    if (!outcome.ok) {
      assert.equal(outcome.failure, 'disk_full')
      return
    }
    assert.equal(outcome.appended.first, BigInt(known.records.length))
    known.records.push(...texts)
    assert.equal(outcome.appended.next, BigInt(known.records.length))
  }
}

async function recordsOf(journal: Journal, partition: number): Promise<string[]> {
  const texts: string[] = []
  let offset = journal.earliest(partition)
  for await (const record of journal.read(partition, offset)) {
    assert.equal(record.offset, offset)
    texts.push(Buffer.from(record.payload).toString())
    offset += 1n
  }
  assert.equal(offset, journal.next(partition))
  return texts
}

/** Acknowledged records are all there; unanswered units are there wholly or not at all, in order. */
async function check(journal: Journal, model: Model): Promise<void> {
  for (const number of [0, 1]) {
    const known = model.partition(number)
    const earliest = journal.earliest(number)
    assert.ok(earliest <= known.trimmedBefore)
    const found = await recordsOf(journal, number)
    for (const [offset, text] of known.edited) {
      if (found[offset - Number(earliest)] === text) known.records[offset] = text
    }
    known.edited.clear()
    const acknowledged = known.records.slice(Number(earliest))
    assert.deepEqual(found.slice(0, acknowledged.length), acknowledged)
    let rest = found.slice(acknowledged.length)
    for (const unit of known.unanswered) {
      if (rest.length === 0) break
      assert.deepEqual(rest.slice(0, unit.length), unit)
      rest = rest.slice(unit.length)
      known.records.push(...unit)
    }
    assert.deepEqual(rest, [])
    known.unanswered = []
  }
}

function seeds(): () => Uint8Array {
  const random = generator(77)
  return () => Uint8Array.from({ length: 16 }, () => random(256))
}

async function execute({ compress, commands }: Run, sabotage: Sabotage): Promise<void> {
  const model = new Model()
  const newSeed = seeds()
  let disk = new SimulatedDisk()
  const open = () => {
    // The store has applied some of what it knows to be in the log.
    const keepFrom = new Map([0, 1].map((p) => [p, BigInt(model.partition(p).records.length >> 1)]))
    const options = { dir: DIR, disk, segmentBytes: 3_000, groupBytes: 1_500, compress, newSeed }
    return openJournal({ ...options, keepFrom, sabotage })
  }
  const mustOpen = async () => {
    const opened = await open()
    if (!opened.ok) throw new Error(opened.error.message)
    return opened.journal
  }
  let journal = await mustOpen()

  for (const step of commands) {
    disk.setFault(step.fault)
    if (step.freezeIn !== undefined) disk.freezeIn(step.freezeIn)
    const work = perform(journal, model, step)
    const end = await Promise.race([
      work,
      disk.frozen.then(() => 'stopped' as const),
      journal.failed.then(() => 'failed' as const),
    ])
    if (end === 'running') {
      disk.setFault(undefined)
      disk.freezeIn(Number.POSITIVE_INFINITY)
      await check(journal, model)
      continue
    }
    for (const stop of [step.recoveryStop, undefined]) {
      disk = end === 'closed' || !step.powerLoss ? disk.afterKill() : disk.afterPowerLoss(step.seed)
      if (stop === undefined) break
      // Recovery is disturbed as well: stopped, or failed by an I/O error. Neither may do harm.
      if (stop % 2 === 0) disk.freezeIn(stop)
      else disk.setFault({ after: stop, code: 'EIO', sticky: false })
      await Promise.race([open(), disk.frozen])
    }
    journal = await mustOpen()
    await check(journal, model)
  }
}

async function perform(
  journal: Journal,
  model: Model,
  step: Command,
): Promise<'running' | 'closed' | 'failed'> {
  switch (step.do) {
    case 'append': {
      await Promise.all(
        step.units.map(async ({ partition, sizes }) => {
          const texts = model.payloads(sizes)
          model.partition(partition).unanswered.push(texts)
          const entries = texts.map((text) => ({
            kind: 'events' as const,
            payload: Buffer.from(text),
          }))
          model.answered(partition, texts, await journal.append(partition, entries))
        }),
      )
      return 'running'
    }
    case 'trim': {
      const known = model.partition(0)
      const before = BigInt(Math.max(0, known.records.length - step.back))
      if (before > known.trimmedBefore) known.trimmedBefore = before
      try {
        await journal.trim(0, before)
      } catch (error) {
        // An unlink that fails is reported, and the log stays as it was.
        if (!(error instanceof Error) || !('code' in error)) throw error
      }
      return 'running'
    }
    case 'rewrite': {
      const number = step.seed % 2
      const { records, edited } = model.partition(number)
      const editOf = (text: string, offset: number): string | null =>
        offset % 3 === step.back % 3 ? text.slice(0, text.indexOf(':') + 1 + step.back) : null
      for (const [offset, text] of records.entries()) {
        const after = editOf(text, offset)
        if (after !== null) edited.set(offset, after)
      }
      const rotate = step.seed % 4 > 1
      try {
        const report = await journal.rewrite(
          number,
          ({ offset, payload }) => {
            const after = editOf(Buffer.from(payload).toString(), Number(offset))
            return after === null ? null : Buffer.from(after)
          },
          { rotate },
        )
        assert.deepEqual(report.problems, [])
        if (!rotate || report.stopped !== undefined) return 'running'
        for (const [offset, text] of edited) {
          if (BigInt(offset) >= journal.earliest(number)) records[offset] = text
        }
        edited.clear()
      } catch (error) {
        // What the disk refuses is reported, and segments are old or new.
        if (!(error instanceof Error) || !('code' in error)) throw error
      }
      return 'running'
    }
    case 'idle':
      await journal.idle()
      return 'running'
    case 'close':
      try {
        await journal.close()
      } catch {
        return 'failed'
      }
      return 'closed'
  }
}

function property(sabotage: Sabotage) {
  return fc.asyncProperty(run, (found) => execute(found, sabotage))
}

const RUNS = Number(process.env['LLMHUB_MODEL_RUNS'] ?? 600)

test('acknowledged records survive, unanswered ones are whole or absent, order is kept', {
  timeout: 30_000 + RUNS * 50,
}, async () => {
  await expect(fc.assert(property({}), { numRuns: RUNS })).resolves.toBeUndefined()
})

test('the model notices an acknowledgement before the sync', async () => {
  const result = await fc.check(property({ ackBeforeSync: true }), {
    numRuns: 400,
    seed: 1,
    endOnFailure: true,
  })
  expect(result.failed).toBe(true)
})

test('the model notices missing checksums', async () => {
  const result = await fc.check(property({ skipChecksum: true }), {
    numRuns: 400,
    seed: 1,
    endOnFailure: true,
  })
  expect(result.failed).toBe(true)
})
