import { join } from 'node:path'
import { inFolder } from '../support/folder.ts'
import { describeEnding, HubProcess, type HubStart, pause } from '../support/hub-process.ts'
import { mixSeed, Seeded } from '../support/seeded.ts'
import { conflictWith, type Sent, Traffic } from '../support/traffic.ts'
import { FaultFound } from './fault-found.ts'
import { Ledger } from './ledger.ts'

/**
 * SIGKILL at random moments, over and over, on one data folder.
 *
 * A cycle is one kill. Three in four hit a hub that four writers are sending to, some of them while it
 * is stopping and writes a checkpoint; one in four hits it while it starts, so while it recovers from
 * the kill before. After each the hub is started again, what nobody knows is sent again, and
 * everything is held against the recount of what was acknowledged, since the folder was new.
 *
 * The database keeps a position only in a checkpoint, or, with a write-ahead log, in every commit.
 * So every other folder has one, and now and then an orderly stop comes between.
 */

export interface KillOptions {
  readonly seed: number
  readonly cycles: number
  /** Default 4. */
  readonly writers?: number
  /**
   * After so many cycles a new folder begins, so that recounting stays cheap. The second, fourth, …
   * folder has a database with a write-ahead log. Default 50.
   */
  readonly cyclesPerFolder?: number
  readonly env?: Readonly<Record<string, string>>
  /** Called after every cycle. */
  readonly onCycle?: (done: number) => void
}

export interface KillReport {
  readonly cycles: number
  readonly duringRecovery: number
  readonly acknowledged: number
  readonly requests: number
  /** Requests whose connection broke before the answer. */
  readonly ambiguous: number
  /** Milliseconds from start to ready after a kill, ascending. */
  readonly readyMs: readonly number[]
}

const IN_RECOVERY = 0.25
const WHILE_STOPPING = 0.2
const ORDERLY_BEFORE = 0.2
const LONGEST_TRAFFIC_MS = 400
const LONGEST_STOPPING_MS = 200
/** A kill during a start comes within the time a start takes, so that every phase is hit. */
const FIRST_GUESS_OF_START_MS = 600
/** The list of all ids is read in every so many cycles, the reports in each. */
const LIST_EVERY = 5
const CONFLICTS = 0.02

interface Tally {
  duringRecovery: number
  acknowledged: number
  requests: number
  ambiguous: number
  readonly readyMs: number[]
}

/** @throws FaultFound with the seed and the cycle; the data folder is then kept */
export async function runKillCycles(options: KillOptions): Promise<KillReport> {
  const { cycles, cyclesPerFolder = 50 } = options
  const tally: Tally = {
    duringRecovery: 0,
    acknowledged: 0,
    requests: 0,
    ambiguous: 0,
    readyMs: [],
  }
  for (let first = 0; first < cycles; first += cyclesPerFolder) {
    const last = Math.min(cycles, first + cyclesPerFolder)
    await inFolder((folder) => killInFolder(options, join(folder, 'data'), first, last, tally), {
      keep: true,
    })
  }
  return { cycles, ...tally, readyMs: tally.readyMs.toSorted((a, b) => a - b) }
}

async function killInFolder(
  options: KillOptions,
  dataDir: string,
  first: number,
  last: number,
  tally: Tally,
): Promise<void> {
  const { seed, cyclesPerFolder = 50, env = {}, onCycle } = options
  const ledger = new Ledger()
  const settings = {
    log_level: 'error',
    'log.segment_bytes': 1 << 20,
    'store.wal': Math.floor(first / cyclesPerFolder) % 2 === 1,
  }
  const start = { dataDir, env, settings }
  for (let cycle = first; cycle < last; cycle++) {
    const random = new Seeded(mixSeed(seed, cycle))
    try {
      // The first start of a folder recovers nothing.
      if (cycle > first && random.chance(IN_RECOVERY)) {
        const hub = HubProcess.spawn(start)
        await pause(random.int(tally.readyMs.at(-1) ?? FIRST_GUESS_OF_START_MS))
        await hub.kill()
        tally.duringRecovery++
      } else {
        if (cycle > first && random.chance(ORDERLY_BEFORE)) await orderly(start, ledger, tally)
        const hub = HubProcess.spawn(start)
        try {
          const ms = await hub.ready()
          if (cycle > first) tally.readyMs.push(ms)
          await ledger.resend(hub)
          await ledger.check(hub, { list: cycle % LIST_EVERY === 0 })
          await writeUntilKilled(hub, ledger, options, cycle, random)
        } finally {
          await hub.kill()
        }
      }
    } catch (error) {
      throw new FaultFound(`kill cycle ${cycle} of seed ${seed}: ${String(error)}`, {
        cause: error,
      })
    }
    onCycle?.(cycle + 1)
  }
  try {
    // Everything once more after the last kill, and again after an orderly stop.
    await orderly(start, ledger, tally)
    await orderly(start, ledger, tally)
  } catch (error) {
    throw new FaultFound(`after cycle ${last - 1} of seed ${seed}: ${String(error)}`, {
      cause: error,
    })
  }
  tally.acknowledged += ledger.acknowledged.size
  tally.requests += ledger.requests
  tally.ambiguous += ledger.ambiguous
}

/**
 * Starts, sends what is owed, looks at everything, and stops in order. A single event is sent last, so
 * that the last record that the database has applied is one whose loss or repetition shows.
 */
async function orderly(start: HubStart, ledger: Ledger, tally: Tally): Promise<void> {
  const hub = HubProcess.spawn(start)
  try {
    tally.readyMs.push(await hub.ready())
    await ledger.resend(hub)
    await ledger.check(hub)
    const name = `orderly-${ledger.acknowledged.size}`
    await ledger.send(hub, [new Traffic({ seed: 1, name, wrong: 0 }).next()])
    await ledger.check(hub, { list: false })
    const ending = await hub.stop()
    if (!('code' in ending) || ending.code !== 0) {
      throw new FaultFound(`an orderly stop ended with ${describeEnding(ending)}${hub.story()}`)
    }
  } finally {
    await hub.kill()
  }
}

async function writeUntilKilled(
  hub: HubProcess,
  ledger: Ledger,
  { seed, writers = 4 }: KillOptions,
  cycle: number,
  random: Seeded,
): Promise<void> {
  const killAfter = random.int(LONGEST_TRAFFIC_MS)
  const running = Array.from({ length: writers }, (_, writer) =>
    write(hub, ledger, mixSeed(seed, cycle, writer), `${cycle}-${writer}`),
  )
  // A fault that a writer finds must not wait for the kill, nor go unnoticed after it.
  const all = Promise.all(running)
  await Promise.race([all, pause(killAfter)])
  if (random.chance(WHILE_STOPPING)) {
    hub.askToStop()
    await Promise.race([hub.ended, pause(random.int(LONGEST_STOPPING_MS))])
  }
  await hub.kill()
  await all
}

/** Sends batch after batch until the hub is gone. */
async function write(hub: HubProcess, ledger: Ledger, seed: number, name: string): Promise<void> {
  const random = new Seeded(mixSeed(seed, 1))
  const traffic = new Traffic({ seed, name })
  const mine: Sent[] = []
  while (!hub.hasEnded) {
    const batch = traffic.batch(random.between(1, 60))
    const known = mine.length > 0 && random.chance(CONFLICTS * batch.length)
    const event = known ? random.pick(mine).event : null
    if (event !== null) batch.push(conflictWith(event))
    const outcome = await ledger.send(hub, batch, random.chance(0.3))
    if (outcome.kind === 'unknown') return
    if (outcome.kind === 'answered') mine.push(...batch.filter((sent) => sent.event !== null))
  }
}

/** The smallest value that at least the share `q` of the ascending values do not exceed. */
export function percentile(ascending: readonly number[], q: number): number {
  return ascending[Math.max(0, Math.ceil(q * ascending.length) - 1)] ?? 0
}
