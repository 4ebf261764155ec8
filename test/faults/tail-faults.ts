import {
  closeSync,
  cpSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { inFolder } from '../support/folder.ts'
import { HubProcess, type HubStart } from '../support/hub-process.ts'
import { mixSeed, Seeded } from '../support/seeded.ts'
import { type Sent, Traffic } from '../support/traffic.ts'
import { FaultFound } from './fault-found.ts'
import { Ledger } from './ledger.ts'

/**
 * Damage at the end of the log of a stopped hub.
 *
 * Batches were sent one after the other, so each is one group commit, and it is known at which byte of
 * the segment each ends. Then the file is cut or one of its bits is flipped, and the hub is started:
 *
 * - with its database, which has applied everything: the hub must refuse, because records are gone
 *   that it knows to have been durable;
 * - without its database: damage in the last group commit is what a torn write looks like, and may be
 *   cut off if the hub says how many bytes; damage before it must be refused. After a cut everything
 *   else must be right, and what was lost can be sent again.
 */

export interface TailReport {
  readonly trials: number
  readonly refused: number
  readonly cut: number
  /** Damage that left every event readable, such as a cut in the zeros behind the last frame. */
  readonly harmless: number
}

export interface TailOptions {
  readonly seed: number
  readonly trials: number
  readonly env?: Readonly<Record<string, string>>
}

interface Written {
  readonly folder: string
  readonly segment: string
  /** Where each batch ends in the segment, in bytes. */
  readonly ends: readonly number[]
  readonly last: readonly Sent[]
  /** As it was before the last batch. */
  readonly before: Ledger
}

const BATCHES = 12
const READY_WITHIN_MS = 15_000

/** @throws FaultFound */
export function runTailFaults(options: TailOptions): Promise<TailReport> {
  return inFolder(async (folder) => {
    const written = await writeLog(options, join(folder, 'written'))
    const counts = { refused: 0, cut: 0, harmless: 0 }
    for (let trial = 0; trial < options.trials; trial++) {
      const dataDir = join(folder, 'trial')
      cpSync(written.folder, dataDir, { recursive: true })
      try {
        counts[await tryDamage(options, written, dataDir, trial)]++
      } catch (error) {
        throw new FaultFound(`trial ${trial} of seed ${options.seed}: ${String(error)}`, {
          cause: error,
        })
      }
      rmSync(dataDir, { recursive: true })
    }
    return { trials: options.trials, ...counts }
  })
}

async function writeLog({ seed }: TailOptions, dataDir: string): Promise<Written> {
  const ledger = new Ledger()
  const traffic = new Traffic({ seed, name: 'tail', repeated: 0 })
  const hub = await HubProcess.start(startOf(dataDir))
  try {
    const ends: number[] = []
    let before = ledger
    let last: readonly Sent[] = []
    let segment = ''
    for (let i = 0; i < BATCHES; i++) {
      before = ledger.fork()
      last = traffic.batch(20)
      await ledger.send(hub, last)
      segment = join('log', '0', lastSegment(dataDir))
      ends.push(statSync(join(dataDir, segment)).size)
    }
    await ledger.check(hub)
    await hub.stop()
    return { folder: dataDir, segment, ends, last, before }
  } finally {
    await hub.kill()
  }
}

function startOf(dataDir: string, env: Readonly<Record<string, string>> = {}): HubStart {
  // A closed segment that is not compressed stays as it was written.
  return { dataDir, env, settings: { log_level: 'warn', 'log.compress': false } }
}

function lastSegment(dataDir: string): string {
  const name = readdirSync(join(dataDir, 'log', '0'))
    .toSorted()
    .at(-1)
  if (name === undefined) throw new Error('the log has no segment')
  return name
}

async function tryDamage(
  options: TailOptions,
  written: Written,
  dataDir: string,
  trial: number,
): Promise<'refused' | 'cut' | 'harmless'> {
  const random = new Seeded(mixSeed(options.seed, trial))
  const file = join(dataDir, written.segment)
  const [from = 0, to = 0] = written.ends.slice(-2)
  const withStore = random.chance(0.3)
  const inLast = random.chance(0.7)
  const at = inLast ? random.between(from, to - 1) : random.between(48, from - 1)
  // A log that was cut before its last group looks like a shorter log: only the store can tell.
  const truncate = random.chance(0.4) && (inLast || withStore)
  const what = `${truncate ? 'cut' : 'flip'} at byte ${at} of ${to}, ${withStore ? 'with' : 'without'} database`
  if (truncate) truncateSync(file, at)
  else flipBit(file, at, random.int(8))
  if (!withStore) rmSync(join(dataDir, 'store'), { recursive: true })

  const hub = HubProcess.spawn(startOf(dataDir, options.env))
  try {
    const started = await Promise.race([
      hub.ready(READY_WITHIN_MS).then(() => true),
      hub.ended.then(() => false),
    ])
    if (!started) {
      const ending = await hub.ended
      const named = hub.stderr.includes(written.segment) && /byte \d+/.test(hub.stderr)
      if (!('code' in ending) || ending.code !== 75 || !named) {
        throw new FaultFound(`${what}: refused, but not in the way it should${hub.story()}`)
      }
      return 'refused'
    }
    if (withStore || !inLast) throw new FaultFound(`${what}: not noticed${hub.story()}`)
    return await demandRest(hub, written, what)
  } finally {
    await hub.kill()
  }
}

/** Everything but the last batch is there; the last one is there whole, or is gone and said to be. */
async function demandRest(
  hub: HubProcess,
  written: Written,
  what: string,
): Promise<'cut' | 'harmless'> {
  const ledger = written.before.fork()
  const outcome = await ledger.send(hub, written.last)
  if (outcome.kind !== 'answered') throw new FaultFound(`${what}: ${JSON.stringify(outcome)}`)
  const { accepted, duplicates } = outcome.answer
  if (accepted > 0 && duplicates > 0) {
    throw new FaultFound(`${what}: of one group commit ${accepted} events were lost, others not`)
  }
  await ledger.check(hub)
  if (accepted === 0) return 'harmless'
  const said = /"bytes":(\d+)[^\n]*cut/.exec(hub.stdout)?.[1]
  if (Number(said ?? 0) <= 0) {
    throw new FaultFound(`${what}: ${accepted} events lost without a word${hub.story()}`)
  }
  return 'cut'
}

function flipBit(path: string, at: number, bit: number): void {
  const file = openSync(path, 'r+')
  try {
    const byte = new Uint8Array(1)
    readSync(file, byte, 0, 1, at)
    byte[0] = (byte[0] ?? 0) ^ (1 << bit)
    writeSync(file, byte, 0, 1, at)
  } finally {
    closeSync(file)
  }
}
