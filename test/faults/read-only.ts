import { join } from 'node:path'
import { withExt4Disk } from '../support/ext4-disk.ts'
import { describeEnding, HubProcess, pause, withHub } from '../support/hub-process.ts'
import { Traffic } from '../support/traffic.ts'
import { FaultFound } from './fault-found.ts'
import { Ledger } from './ledger.ts'
import { startLoad } from './load.ts'

/**
 * The file system turns read-only under a running hub. Nothing is acknowledged from then on; the hub
 * ends as on a failing disk, says on a start what is wrong, and goes on when the disk is healthy.
 */

export interface ReadOnlyReport {
  readonly acknowledged: number
  readonly ending: string
  /** How a start on the read-only disk ends. */
  readonly start: string
}

const DISK_MB = 256
const ENDS_WITHIN_MS = 30_000
const STORAGE_FAILED = 'exit 75'

/** @throws FaultFound */
export function runReadOnly({ seed }: { readonly seed: number }): Promise<ReadOnlyReport> {
  return withExt4Disk(DISK_MB, async (disk) => {
    const settings = { log_level: 'warn', 'ingest.disk_reserve_bytes': 0 }
    const start = { dataDir: join(disk.path, 'data'), settings }
    const ledger = new Ledger()
    const traffic = new Traffic({ seed, name: 'after', wrong: 0, repeated: 0 })
    const hub = await HubProcess.start(start)
    let ending = ''
    try {
      const load = startLoad(hub, ledger, { seed, name: 'before' })
      await pause(1000)
      await load.end()
      disk.turnReadOnly()
      const outcome = await ledger.send(hub, traffic.batch(20))
      if (outcome.kind === 'answered') throw new FaultFound('acknowledged on a read-only disk')
      ending = describeEnding(await hub.endsWithin(ENDS_WITHIN_MS))
      if (ending !== STORAGE_FAILED) throw new FaultFound(`read-only: ${ending}${hub.story()}`)
    } finally {
      await hub.kill()
    }
    const refused = HubProcess.spawn(start)
    let startEnding = ''
    try {
      startEnding = describeEnding(await refused.endsWithin(ENDS_WITHIN_MS))
      const said = refused.stderr
      if (
        startEnding === 'exit 0' ||
        !/cannot be written|read-only|EROFS/i.test(said) ||
        /\n\s+at /.test(said)
      ) {
        throw new FaultFound(`a start on a read-only disk: ${startEnding}${refused.story()}`)
      }
    } finally {
      await refused.kill()
    }
    disk.mountAgain()
    await withHub(start, async (again) => {
      await ledger.resend(again)
      await ledger.check(again)
      await again.stop()
    })
    return { acknowledged: ledger.acknowledged.size, ending, start: startEnding }
  })
}
