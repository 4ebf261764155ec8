import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { inFolder } from '../support/folder.ts'
import { describeEnding, HubProcess, pause, withHub } from '../support/hub-process.ts'
import { mixSeed } from '../support/seeded.ts'
import { Traffic } from '../support/traffic.ts'
import { FaultFound } from './fault-found.ts'
import { Ledger } from './ledger.ts'
import { injectFault } from './strace.ts'

/** A disk that is full, and a disk that says that it did not write. */

export interface DiskFullReport {
  readonly acknowledged: number
  /** Requests that got `disk_full`. */
  readonly refused: number
  /** Milliseconds from more space to the next acknowledgement. */
  readonly resumedMs: number
}

export interface DiskFullOptions {
  readonly seed: number
  readonly megabytes: number
  /** Free space the hub keeps; 0 lets it run into the full disk. */
  readonly reserveBytes: number
}

const MOST_BATCHES = 5000
const BATCH = 200
const MORE_WHEN_FULL = 20
const RESUMES_WITHIN_MS = 60_000
const FAILS_WITHIN_MS = 30_000
const MEBI = 1 << 20

/** Why this machine cannot mount a tmpfs, or null. */
export async function whyNoMount(): Promise<string | null> {
  return inFolder((folder) => {
    try {
      mount(folder, 1)
      run('umount', folder)
      return Promise.resolve(null)
    } catch (error) {
      return Promise.resolve(`a tmpfs cannot be mounted here: ${String(error)}`)
    }
  })
}

/**
 * Fills a small disk until the hub refuses, and a little longer; then gives it space.
 * @throws FaultFound on any other answer, on a false acknowledgement, and when it does not resume
 */
export function runDiskFull(options: DiskFullOptions): Promise<DiskFullReport> {
  return inFolder(async (folder) => {
    const disk = join(folder, 'disk')
    mkdirSync(disk)
    mount(disk, options.megabytes)
    try {
      return await fillDisk(options, disk)
    } finally {
      run('umount', '--lazy', disk)
    }
  })
}

async function fillDisk(options: DiskFullOptions, disk: string): Promise<DiskFullReport> {
  const { seed, megabytes, reserveBytes } = options
  const ledger = new Ledger()
  const traffic = new Traffic({ seed, name: 'disk', wrong: 0.02 })
  const start = {
    dataDir: join(disk, 'data'),
    settings: {
      log_level: 'warn',
      'ingest.disk_reserve_bytes': reserveBytes,
      'store.memory_mb': 256,
    },
  }
  const report = await withHub(start, async (hub) => {
    const send = async () => {
      const outcome = await ledger.send(hub, traffic.batch(BATCH))
      if (
        outcome.kind === 'unknown' ||
        (outcome.kind === 'refused' && outcome.code !== 'disk_full')
      ) {
        throw new FaultFound(`on a full disk: ${JSON.stringify(outcome)}${hub.story()}`)
      }
      return outcome.kind === 'refused'
    }
    let batches = 0
    while (!(await send())) {
      if (++batches > MOST_BATCHES) throw new Error(`${megabytes} MiB were never full`)
    }
    let refused = 1
    for (let i = 0; i < MORE_WHEN_FULL; i++) if (await send()) refused++
    const before = ledger.acknowledged.size
    run('mount', '-o', `remount,size=${megabytes * 8}m`, disk)
    const since = performance.now()
    while (await send()) {
      refused++
      if (performance.now() - since > RESUMES_WITHIN_MS) {
        throw new FaultFound(`still refuses after there is space again${hub.story()}`)
      }
      await pause(50)
    }
    const resumedMs = performance.now() - since
    if (ledger.acknowledged.size <= before) throw new FaultFound('nothing was acknowledged again')
    await ledger.resend(hub)
    await ledger.check(hub)
    await hub.stop()
    return { refused, resumedMs }
  })
  await withHub(start, (hub) => ledger.check(hub))
  return { ...report, acknowledged: ledger.acknowledged.size }
}

export interface SyncFailureOptions {
  readonly seed: number
  readonly env?: Readonly<Record<string, string>>
}

export interface SyncFailureReport {
  readonly acknowledged: number
  readonly exitCode: number
}

/**
 * From some moment on every fdatasync of the running hub fails with EIO. From then on nothing may be
 * acknowledged, the process must end with exit 75, and a start on a healthy disk must be clean.
 * @throws FaultFound
 */
export function runSyncFailure({ seed, env = {} }: SyncFailureOptions): Promise<SyncFailureReport> {
  return inFolder(async (folder) => {
    const start = { dataDir: join(folder, 'data'), env, settings: { log_level: 'warn' } }
    const ledger = new Ledger()
    const traffic = new Traffic({ seed, name: 'sync', wrong: 0, repeated: 0 })
    const hub = await HubProcess.start(start)
    let exitCode: number
    try {
      for (let i = 0; i < 5; i++) await ledger.send(hub, traffic.batch(50))
      const tracer = await injectFault(hub.pid, ['fdatasync'], 'error=EIO')
      try {
        await Promise.all(
          Array.from({ length: 4 }, async () => {
            const outcome = await ledger.send(hub, traffic.batch(20))
            if (outcome.kind !== 'unknown') {
              throw new FaultFound(`fdatasync failed, and the answer was ${outcome.kind}`)
            }
          }),
        )
        const ending = await hub.endsWithin(FAILS_WITHIN_MS)
        if (!('code' in ending) || ending.code !== 75) {
          throw new FaultFound(
            `after a failed fdatasync: ${describeEnding(ending)}, not exit 75${hub.story()}`,
          )
        }
        exitCode = ending.code
      } finally {
        tracer.detach()
      }
    } finally {
      await hub.kill()
    }
    await withHub(start, async (again) => {
      await ledger.resend(again)
      await ledger.check(again)
    })
    return { acknowledged: ledger.acknowledged.size, exitCode }
  })
}

/**
 * The n-th and every later sync of each thread fails, from the very start. The hub starts or says
 * that it cannot; what it acknowledges is there when the disk is healthy again.
 * @throws FaultFound
 */
export function runNthSyncFailure(seed: number, n: number): Promise<'refused' | 'failed' | 'ran'> {
  return inFolder(async (folder) => {
    const start = { dataDir: join(folder, 'data'), settings: { log_level: 'warn' } }
    const ledger = new Ledger()
    const traffic = new Traffic({ seed: mixSeed(seed, n), name: 'nth', wrong: 0.02 })
    const inject = `inject=fdatasync,fsync:error=EIO:when=${n}+`
    const under = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=fdatasync,fsync']
    const hub = HubProcess.spawn({ ...start, under: [...under, '-e', inject] })
    let how: 'refused' | 'failed' | 'ran' = 'ran'
    try {
      await hub.ready().catch((error: unknown) => {
        if (!hub.hasEnded) throw error
        how = 'refused'
      })
      for (let i = 0; i < 50 && !hub.hasEnded; i++) await ledger.send(hub, traffic.batch(10))
      if (how === 'ran' && hub.hasEnded) how = 'failed'
    } finally {
      await hub.kill()
    }
    if (how !== 'ran') {
      const ending = await hub.ended
      if (!('code' in ending) || ending.code === 0) {
        throw new FaultFound(`sync ${n} failed, and the hub ended with ${JSON.stringify(ending)}`)
      }
    }
    await withHub(start, async (again) => {
      await ledger.resend(again)
      await ledger.check(again)
    })
    return how
  })
}

function mount(folder: string, megabytes: number): void {
  run('mount', '-t', 'tmpfs', '-o', `size=${megabytes * MEBI}`, 'tmpfs', folder)
}

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
