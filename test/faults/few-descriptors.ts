import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { inFolder } from '../support/folder.ts'
import { describeEnding, pause, withHub } from '../support/hub-process.ts'
import { openFiles } from '../support/process-measures.ts'
import { FaultFound } from './fault-found.ts'
import { Ledger } from './ledger.ts'
import { startLoad } from './load.ts'

/**
 * A hub that may open few files (`ulimit -n`), and clients that would take them all with connections,
 * while journal segments are so small that the log needs new files all the time. The hub keeps enough
 * for itself; where even those are too few it ends as on a failing disk, and nothing acknowledged is lost.
 */

export interface FewDescriptorsOptions {
  readonly seed: number
  /** Descriptors the hub may have. */
  readonly limit: number
  /** How long clients try to take them all. */
  readonly forMs: number
  /** Whether the hub may end as on a failing disk. Default false. */
  readonly mayEnd?: boolean
}

export interface FewDescriptorsReport {
  readonly acknowledged: number
  /** Descriptors at the worst moment. */
  readonly most: number
  readonly after: number
  /** How the process ended by itself, or 'ran'. */
  readonly ending: string
}

/** As on a failing disk. */
const STORAGE_FAILED = 'exit 75'
/** A connection that the hub accepts late or never must not hold a writer up. */
const IMPATIENT_MS = 5000
const SETTLES_WITHIN_MS = 20_000
/** Files that come and go by themselves: connections of the test, a segment being compressed. */
const SPARE = 16

/** @throws FaultFound */
export function runFewDescriptors(options: FewDescriptorsOptions): Promise<FewDescriptorsReport> {
  const { seed, limit, forMs, mayEnd = false } = options
  return inFolder(async (folder) => {
    const start = {
      dataDir: join(folder, 'data'),
      settings: { log_level: 'warn', 'log.segment_bytes': 65_536, 'store.memory_mb': 256 },
    }
    const under = ['prlimit', `--nofile=${limit}`]
    const ledger = new Ledger()
    const report = await withHub({ ...start, under }, async (hub) => {
      const { patienceMs } = hub
      hub.patienceMs = IMPATIENT_MS
      const load = startLoad(hub, ledger, {
        seed,
        name: 'before',
        refusals: ['storage_failed', 'overloaded'],
      })
      await pause(forMs / 2)
      const before = openFiles(hub.pid)
      const { hostname, port } = new URL(hub.url)
      const sockets: Socket[] = []
      for (let i = 0; i < limit * 2; i++) {
        const socket = connect({ host: hostname, port: Number(port) })
        socket.on('error', () => undefined)
        sockets.push(socket)
      }
      let most = before
      const until = performance.now() + forMs
      while (performance.now() < until && !hub.hasEnded) {
        most = Math.max(most, openFiles(hub.pid))
        await pause(20)
      }
      for (const socket of sockets) socket.destroy()
      await pause(forMs / 2)
      await load.end()
      hub.patienceMs = patienceMs
      if (hub.hasEnded) {
        const ending = await hub.ended
        const said = describeEnding(ending)
        if (!mayEnd || said !== STORAGE_FAILED) {
          throw new FaultFound(`without descriptors: ${said}${hub.story()}`)
        }
        return { most, after: 0, ending: said }
      }
      await ledger.resend(hub)
      await ledger.check(hub)
      const deadline = performance.now() + SETTLES_WITHIN_MS
      while (openFiles(hub.pid) > before + SPARE && performance.now() < deadline) await pause(100)
      const after = openFiles(hub.pid)
      if (after > before + SPARE)
        throw new FaultFound(`${before} files before, ${after} afterwards`)
      await hub.stop()
      return { most, after, ending: 'ran' }
    })
    await withHub(start, async (hub) => {
      await ledger.resend(hub)
      await ledger.check(hub)
    })
    return { acknowledged: ledger.acknowledged.size, ...report }
  })
}
