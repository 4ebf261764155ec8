import { globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inFolder } from '../support/folder.ts'
import { type HubProcess, pause, withHub } from '../support/hub-process.ts'
import { Traffic } from '../support/traffic.ts'
import { FaultFound } from './fault-found.ts'
import { Ledger } from './ledger.ts'

/**
 * The wall clock jumps by an hour and by years, both ways, under a running hub; the clock that only
 * goes forward does not. Event times stay as they were sent, repeats are known again, and events are
 * refused as `future` only while the clock says so.
 */

export interface ClockJumpReport {
  readonly acknowledged: number
  readonly jumps: number
}

const LIBRARIES = [
  '/usr/lib/*/faketime/libfaketimeMT.so.1',
  '/usr/local/lib/faketime/libfaketimeMT.so.1',
]
const YEAR_DAYS = 3653
/** Jumps in a row, as libfaketime writes them, and whether events of 2026 then lie in the future. */
const JUMPS = [
  ['+0', false],
  ['+1h', false],
  ['-1h', false],
  ['+2h', false],
  ['+0', false],
  [`+${YEAR_DAYS}d`, false],
  // Past the 32-bit end of time, 2038-01-19.
  ['+4400d', false],
  [`-${YEAR_DAYS}d`, true],
  ['+0', false],
] as const
const SETTLES_MS = 300
const BATCH = 100

/** The library that can do this, or null: LIBFAKETIME, or where Debian has it. */
function fakeTimeLibrary(): string | null {
  const named = process.env['LIBFAKETIME']
  return named ?? LIBRARIES.flatMap((pattern) => globSync(pattern))[0] ?? null
}

export function whyNoFakeTime(): Promise<string | null> {
  const missing = 'libfaketime is not installed, and LIBFAKETIME does not name it'
  return Promise.resolve(fakeTimeLibrary() === null ? missing : null)
}

/** @throws FaultFound */
export function runClockJump({ seed }: { readonly seed: number }): Promise<ClockJumpReport> {
  return inFolder((folder) => {
    const clock = join(folder, 'clock')
    writeFileSync(clock, '+0')
    const ledger = new Ledger()
    const start = {
      dataDir: join(folder, 'data'),
      // Ids are remembered for a while by the clock; that while must not be what a jump runs out of.
      settings: { log_level: 'warn', 'dedup.horizon_days': 36_500 },
      env: {
        LD_PRELOAD: fakeTimeLibrary() ?? '',
        FAKETIME_TIMESTAMP_FILE: clock,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
    }
    return withHub(start, async (hub) => {
      const traffic = new Traffic({ seed, name: 'clock', wrong: 0.02, repeated: 0.3 })
      await ledger.send(hub, traffic.batch(BATCH))
      for (const [jump, future] of JUMPS) {
        writeFileSync(clock, jump)
        await pause(SETTLES_MS)
        if (future) await demandFuture(hub, traffic)
        else for (let i = 0; i < 5; i++) await ledger.send(hub, traffic.batch(BATCH))
        await ledger.check(hub)
        const { status, text } = await hub.get('/ready')
        if (status !== 200) throw new FaultFound(`not ready after ${jump}: ${text}${hub.story()}`)
      }
      await hub.stop()
    }).then(() =>
      // Once more from the files, by a clock that is right again.
      withHub({ dataDir: start.dataDir, settings: start.settings }, async (hub) => {
        await ledger.check(hub)
        return { acknowledged: ledger.acknowledged.size, jumps: JUMPS.length }
      }),
    )
  })
}

/** Ten years before, nothing of today has happened yet. @throws FaultFound */
async function demandFuture(hub: HubProcess, traffic: Traffic): Promise<void> {
  const sent = Array.from({ length: BATCH }, () => traffic.next(0))
  const reply = await hub.post(
    '/api/v1/events',
    sent.map(({ body }) => body),
  )
  const { accepted, results } = JSON.parse(reply.text) as {
    accepted: number
    results: readonly { outcome: string; code?: string }[]
  }
  const other = results.find(({ outcome, code }) => outcome === 'rejected' && code !== 'future')
  if (accepted > 0 || other !== undefined) {
    throw new FaultFound(`${accepted} events of the future accepted: ${reply.text.slice(0, 300)}`)
  }
}
