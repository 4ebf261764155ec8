import { join } from 'node:path'
import { inFolder } from '../support/folder.ts'
import { pause, withHub } from '../support/hub-process.ts'
import { residentMb } from '../support/process-measures.ts'
import { FaultFound } from './fault-found.ts'
import { percentile } from './kill-cycles.ts'
import { Ledger } from './ledger.ts'
import { startLoad } from './load.ts'
import { injectFault } from './strace.ts'

/**
 * A disk on which every sync takes two seconds. Requests get slow, or 503 with `Retry-After`; none is
 * lost, and what waits does not pile up in memory.
 */

export interface SlowDiskOptions {
  readonly seed: number
  readonly delayMs: number
  /** How long the disk is slow. */
  readonly forMs: number
}

export interface SlowDiskReport {
  readonly acknowledged: number
  readonly refused: number
  /** Median and largest answer time while the disk is slow. */
  readonly p50Ms: number
  readonly maxMs: number
  readonly growthMb: number
}

const WARM_MS = 1500
const MOST_GROWTH_MB = 256

/** @throws FaultFound */
export function runSlowDisk({ seed, delayMs, forMs }: SlowDiskOptions): Promise<SlowDiskReport> {
  return inFolder((folder) => {
    const start = { dataDir: join(folder, 'data'), settings: { log_level: 'warn' } }
    const ledger = new Ledger()
    return withHub(start, async (hub) => {
      const options = { writers: 16, refusals: ['overloaded'], mayLose: false }
      const warm = startLoad(hub, ledger, { ...options, seed, name: 'warm' })
      await pause(WARM_MS)
      await warm.end()
      const before = residentMb(hub.pid)
      const tracer = await injectFault(
        hub.pid,
        ['fdatasync', 'fsync'],
        `delay_exit=${delayMs * 1000}`,
      )
      try {
        const slow = startLoad(hub, ledger, { ...options, seed: seed + 1, name: 'slow' })
        await pause(forMs)
        const { refused, tookMs } = await slow.end()
        const growthMb = residentMb(hub.pid) - before
        if (percentile(tookMs, 0.5) < delayMs / 2) {
          throw new FaultFound(`acknowledged in ${percentile(tookMs, 0.5)} ms: before the sync`)
        }
        if (growthMb > MOST_GROWTH_MB) {
          throw new FaultFound(`memory grew by ${growthMb.toFixed(0)} MB on a slow disk`)
        }
        tracer.detach()
        await ledger.resend(hub)
        await ledger.check(hub)
        return {
          acknowledged: ledger.acknowledged.size,
          refused,
          p50Ms: percentile(tookMs, 0.5),
          maxMs: percentile(tookMs, 1),
          growthMb,
        }
      } finally {
        tracer.detach()
      }
    })
  })
}
