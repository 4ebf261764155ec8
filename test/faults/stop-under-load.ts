import { join } from 'node:path'
import { inFolder } from '../support/folder.ts'
import { describeEnding, pause, withHub } from '../support/hub-process.ts'
import { mixSeed, Seeded } from '../support/seeded.ts'
import { FaultFound } from './fault-found.ts'
import { Ledger } from './ledger.ts'
import { startLoad } from './load.ts'

/**
 * SIGTERM while clients are sending, over and over on one data folder, as in a rolling restart. The
 * hub finishes what it has begun and ends with 0 within its deadline; clients send again what got no
 * answer; nothing is lost, nothing counts twice.
 */

export interface StopOptions {
  readonly seed: number
  readonly cycles: number
}

export interface StopReport {
  readonly cycles: number
  readonly acknowledged: number
  /** Requests without an answer. */
  readonly lost: number
  readonly slowestStopMs: number
}

const LONGEST_TRAFFIC_MS = 600
const STOPS_WITHIN_MS = 15_000
/** The list of all ids is read in every so many cycles, the reports in each. */
const LIST_EVERY = 5

/** @throws FaultFound */
export function runStopUnderLoad({ seed, cycles }: StopOptions): Promise<StopReport> {
  return inFolder(async (folder) => {
    const start = { dataDir: join(folder, 'data'), settings: { log_level: 'warn' } }
    const ledger = new Ledger()
    let lost = 0
    let slowestStopMs = 0
    for (let cycle = 0; cycle < cycles; cycle++) {
      const random = new Seeded(mixSeed(seed, cycle))
      await withHub(start, async (hub) => {
        await ledger.resend(hub)
        await ledger.check(hub, { list: cycle % LIST_EVERY === 0 })
        const load = startLoad(hub, ledger, {
          seed: mixSeed(seed, cycle),
          name: `stop-${cycle}`,
          endAtLoss: true,
        })
        await pause(random.int(LONGEST_TRAFFIC_MS))
        const since = performance.now()
        hub.askToStop()
        const ending = describeEnding(await hub.endsWithin(STOPS_WITHIN_MS))
        slowestStopMs = Math.max(slowestStopMs, performance.now() - since)
        lost += (await load.end()).lost
        if (ending !== 'exit 0') {
          throw new FaultFound(
            `cycle ${cycle}: SIGTERM under load ended with ${ending}${hub.story()}`,
          )
        }
      })
    }
    await withHub(start, async (hub) => {
      await ledger.resend(hub)
      await ledger.check(hub)
    })
    return { cycles, acknowledged: ledger.acknowledged.size, lost, slowestStopMs }
  })
}
