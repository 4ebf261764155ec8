import { join } from 'node:path'
import { inFolder } from '../support/folder.ts'
import { describeEnding, HubProcess, pause, withHub } from '../support/hub-process.ts'
import { residentMb } from '../support/process-measures.ts'
import { FaultFound } from './fault-found.ts'
import { Ledger } from './ledger.ts'
import { startLoad } from './load.ts'

/**
 * A heap that is too small for what comes in. The hub sheds with 503, or V8 ends it: then it is a kill
 * like any other, and a start with the usual heap finds all that was acknowledged.
 */

export interface SmallHeapOptions {
  readonly seed: number
  readonly heapMb: number
  readonly forMs: number
}

export interface SmallHeapReport {
  readonly acknowledged: number
  readonly refused: number
  readonly residentMb: number
  /** How the process ended, or 'ran'. */
  readonly ending: string
}

const WRITERS = 12
/** An answer tells at most 1,000 results, and a batch must not have more to tell. */
const MOST_EVENTS = 4000

/** @throws FaultFound */
export function runSmallHeap({ seed, heapMb, forMs }: SmallHeapOptions): Promise<SmallHeapReport> {
  return inFolder(async (folder) => {
    const start = { dataDir: join(folder, 'data'), settings: { log_level: 'warn' } }
    const ledger = new Ledger()
    const hub = HubProcess.spawn({
      ...start,
      env: { NODE_OPTIONS: `--max-old-space-size=${heapMb}` },
    })
    let refused = 0
    let resident = 0
    let ending = 'ran'
    try {
      const ready = await hub.ready().then(
        () => true,
        () => false,
      )
      if (!ready && !hub.hasEnded) throw new FaultFound(`neither ready nor ended${hub.story()}`)
      if (ready) {
        const load = startLoad(hub, ledger, {
          seed,
          name: 'heap',
          writers: WRITERS,
          most: MOST_EVENTS,
          refusals: ['overloaded'],
        })
        const until = performance.now() + forMs
        while (performance.now() < until && !hub.hasEnded) {
          resident = Math.max(resident, residentMb(hub.pid))
          await pause(100)
        }
        refused = (await load.end()).refused
      }
      if (hub.hasEnded) {
        ending = describeEnding(await hub.ended)
        if (ending === 'exit 0') throw new FaultFound(`ended as if asked to${hub.story()}`)
      }
    } finally {
      await hub.kill()
    }
    await withHub(start, async (again) => {
      await ledger.resend(again)
      await ledger.check(again)
    })
    return { acknowledged: ledger.acknowledged.size, refused, residentMb: resident, ending }
  })
}
