import { join } from 'node:path'
import { inFolder } from '../support/folder.ts'
import { pause, withHub } from '../support/hub-process.ts'
import { FaultFound } from './fault-found.ts'
import { Ledger } from './ledger.ts'
import { startLoad } from './load.ts'

/**
 * A hub that stands still for a while, as under a debugger, in a paused virtual machine, or on a
 * machine that swaps. Its clients give their requests up and send them again; when it goes on it
 * finds both, and each event counts once.
 */

export interface StallOptions {
  readonly seed: number
  readonly stillMs: number
}

export interface StallReport {
  readonly acknowledged: number
  /** Requests that their clients gave up. */
  readonly givenUp: number
}

const IMPATIENT_MS = 1500
const BEFORE_MS = 500

/** @throws FaultFound */
export function runStall({ seed, stillMs }: StallOptions): Promise<StallReport> {
  return inFolder((folder) => {
    const dataDir = join(folder, 'data')
    const settings = { log_level: 'warn' }
    const ledger = new Ledger()
    return withHub({ dataDir, settings }, async (hub) => {
      const { patienceMs } = hub
      hub.patienceMs = IMPATIENT_MS
      // What was taken in before it stood still is applied late: until it is, the hub may ask to wait.
      const load = startLoad(hub, ledger, { seed, name: 'stall', refusals: ['overloaded'] })
      await pause(BEFORE_MS)
      const before = ledger.acknowledged.size
      hub.standStill()
      await pause(stillMs)
      hub.goOn()
      await pause(BEFORE_MS)
      const { lost } = await load.end()
      hub.patienceMs = patienceMs
      if (hub.hasEnded) throw new FaultFound(`the hub ended after it stood still${hub.story()}`)
      await ledger.resend(hub)
      if (ledger.acknowledged.size <= before) {
        throw new FaultFound(`nothing is taken in after ${stillMs} ms of standing still`)
      }
      await ledger.check(hub)
      return { acknowledged: ledger.acknowledged.size, givenUp: lost }
    })
  })
}
