import { join } from 'node:path'
import { withExt4Disk } from '../support/ext4-disk.ts'
import { HubProcess, pause, withHub } from '../support/hub-process.ts'
import { mixSeed, Seeded } from '../support/seeded.ts'
import { FaultFound } from './fault-found.ts'
import { Ledger } from './ledger.ts'
import { startLoad } from './load.ts'
import { injectFault } from './strace.ts'

/**
 * The power goes while clients are sending: what was written but not synced is gone, unlike after a
 * kill, where the kernel still has it. Over and over on one disk.
 */

export interface PowerLossOptions {
  readonly seed: number
  readonly cycles: number
  /**
   * Lets every sync begin a while late, with strace: then much is written and not synced when the power
   * goes. Default false.
   */
  readonly lateSyncs?: boolean
  readonly env?: Readonly<Record<string, string>>
}

export interface PowerLossReport {
  readonly acknowledged: number
  /** Requests without an answer. */
  readonly lost: number
}

const DISK_MB = 512
const LONGEST_TRAFFIC_MS = 800
const LATE_US = 150_000

/** @throws FaultFound */
export function runPowerLoss({
  seed,
  cycles,
  lateSyncs = false,
  env = {},
}: PowerLossOptions): Promise<PowerLossReport> {
  return withExt4Disk(DISK_MB, async (disk) => {
    const start = {
      dataDir: join(disk.path, 'data'),
      env,
      settings: {
        log_level: 'error',
        'log.segment_bytes': 1 << 20,
        'ingest.disk_reserve_bytes': 0,
      },
    }
    const ledger = new Ledger()
    let lost = 0
    for (let cycle = 0; cycle < cycles; cycle++) {
      const random = new Seeded(mixSeed(seed, cycle))
      const hub = HubProcess.spawn(start)
      try {
        await hub.ready()
        await ledger.resend(hub)
        await ledger.check(hub, { list: cycle % 5 === 0 })
        const late = lateSyncs
          ? await injectFault(hub.pid, ['fdatasync', 'fsync'], `delay_enter=${LATE_US}`)
          : null
        const load = startLoad(hub, ledger, {
          seed: mixSeed(seed, cycle),
          name: `power-${cycle}`,
          endAtLoss: true,
        })
        await pause(random.int(LONGEST_TRAFFIC_MS))
        disk.losePower()
        await hub.kill()
        late?.detach()
        lost += (await load.end()).lost
      } catch (error) {
        throw new FaultFound(`power loss ${cycle} of seed ${seed}: ${String(error)}`, {
          cause: error,
        })
      } finally {
        await hub.kill()
      }
      disk.mountAgain()
    }
    await withHub(start, async (hub) => {
      await ledger.resend(hub)
      await ledger.check(hub)
      await hub.stop()
    })
    return { acknowledged: ledger.acknowledged.size, lost }
  })
}
