import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { quantile } from './quantiles.ts'

export interface MachineFacts {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly node: string
  readonly platform: string
  /** Processes that wanted a core over the last minute; more than there are cores: figures are too low. */
  readonly load1: number
  /** Median of writing 4 KiB and waiting until the disk of the temporary folder has it. */
  readonly fsyncP50Ms: number
}

const SYNCS = 40
const BLOCK = Buffer.alloc(4096, 1)

export function machineFacts(clock: Clock): MachineFacts {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    load1: loadavg()[0] ?? 0,
    fsyncP50Ms: fsyncTime(clock),
  }
}

function fsyncTime(clock: Clock): number {
  const folder = mkdtempSync(join(tmpdir(), 'llmhub-fsync-'))
  const file = openSync(join(folder, 'probe'), 'w')
  try {
    const times = Array.from({ length: SYNCS }, () => {
      const start = clock.monotonic()
      writeSync(file, BLOCK)
      fsyncSync(file)
      return clock.monotonic() - start
    })
    return quantile(times, 0.5)
  } finally {
    closeSync(file)
    rmSync(folder, { recursive: true, force: true })
  }
}
