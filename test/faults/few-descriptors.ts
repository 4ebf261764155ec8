import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { inFolder } from '../support/folder.ts'
import { pause, withHub } from '../support/hub-process.ts'
import { openFiles } from '../support/process-measures.ts'
import { FaultFound } from './fault-found.ts'
import { Ledger } from './ledger.ts'
import { startLoad } from './load.ts'

/**
 * A hub that may open few files (`ulimit -n`), and clients that take them all with connections, while
 * journal segments are so small that the log needs new files all the time. Acknowledged is acknowledged;
 * when the connections end, the hub goes on, or it has ended as on a failing disk and starts again.
 */

export interface FewDescriptorsOptions {
  readonly seed: number
  /** Descriptors the hub may have. */
  readonly limit: number
  /** How long they are all taken. */
  readonly forMs: number
}

export interface FewDescriptorsReport {
  readonly acknowledged: number
  /** Descriptors at the worst moment. */
  readonly most: number
  readonly after: number
  readonly ended: boolean
}

const STORAGE_FAILED = 75
const SETTLES_WITHIN_MS = 20_000
/** Files that come and go by themselves: connections of the test, a segment being compressed. */
const SPARE = 16

/** @throws FaultFound */
export function runFewDescriptors(options: FewDescriptorsOptions): Promise<FewDescriptorsReport> {
  const { seed, limit, forMs } = options
  return inFolder(async (folder) => {
    const start = {
      dataDir: join(folder, 'data'),
      settings: { log_level: 'warn', 'log.segment_bytes': 65_536, 'store.memory_mb': 256 },
      answerWithinMs: 5000,
    }
    const under = ['prlimit', `--nofile=${limit}`]
    const ledger = new Ledger()
    const report = await withHub({ ...start, under }, async (hub) => {
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
      if (most < limit - 2 && !hub.hasEnded) {
        throw new Error(`only ${most} of ${limit} descriptors were ever taken`)
      }
      await pause(forMs / 2)
      await load.end()
      if (hub.hasEnded) {
        const ending = await hub.ended
        if (!('code' in ending) || ending.code !== STORAGE_FAILED) {
          throw new FaultFound(`without descriptors: ${JSON.stringify(ending)}${hub.story()}`)
        }
        return { most, after: 0, ended: true }
      }
      await ledger.resend(hub)
      await ledger.check(hub)
      const deadline = performance.now() + SETTLES_WITHIN_MS
      while (openFiles(hub.pid) > before + SPARE && performance.now() < deadline) await pause(100)
      const after = openFiles(hub.pid)
      if (after > before + SPARE) throw new FaultFound(`${before} files before, ${after} afterwards`)
      await hub.stop()
      return { most, after, ended: false }
    })
    await withHub(start, async (hub) => {
      await ledger.resend(hub)
      await ledger.check(hub)
    })
    return { acknowledged: ledger.acknowledged.size, ...report }
  })
}
