/**
 * Measures backup and restore of a hub: `node bench/restore.ts`.
 *
 *     --events N       size of the stored data, default 1,000,000
 *     --bytes N        instead: as many events as make a log of about N bytes (10 GB: 10e9)
 *     --folder PATH    where data goes (removed afterwards); default the system's temporary folder
 *
 * Prints, as JSON: seconds of the first and of an incremental backup, of their verification, of the
 * copying of a restore, and from the start of the restored hub until it takes events and until it answers
 * questions. Recovery time = copying + that start. What it says of 10 GB is an extrapolation: bytes
 * scaled up, with the rates of this run.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { folderBytes, HubProcess, KEY } from './hub-process.ts'
import { generateLoad } from './load.ts'

const { values: flags } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    bytes: { type: 'string' },
    folder: { type: 'string', default: tmpdir() },
  },
})
/** Of the generator's events in a compressed log, about. */
const LOG_BYTES_PER_EVENT = 90
const SETTLE_LIMIT_SECONDS = 3_600
const LOAD_LIMIT_SECONDS = 24 * 3_600
const TEN_GB = 10e9
const events = Math.round(
  flags.bytes === undefined ? Number(flags.events) : Number(flags.bytes) / LOG_BYTES_PER_EVENT,
)
const LAUNCHER = fileURLToPath(new URL('../packages/hub/bin/llmhub.js', import.meta.url))

/** Seconds that a command takes. @throws Error unless it exits with 0 */
async function command(...args: readonly string[]): Promise<number> {
  const start = performance.now()
  const child = spawn(process.execPath, [LAUNCHER, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, LLMHUB_KEY: KEY },
  })
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
  if (code !== 0) throw new Error(`llmhub ${args.join(' ')}: exit ${String(code)}`)
  return (performance.now() - start) / 1000
}

async function load(hub: HubProcess, count: number, firstSerial: number): Promise<void> {
  await generateLoad({
    url: hub.url,
    key: KEY,
    seed: 20_261_121,
    firstSerial,
    batch: 500,
    connections: 8,
    seconds: LOAD_LIMIT_SECONDS,
    events: count,
    rate: null,
    spreadDays: 30,
  })
}

const dir = await mkdtemp(join(flags.folder, 'llmhub-restore-'))
try {
  const [dataDir, backups, restored] = ['data', 'backups', 'restored'].map((name) =>
    join(dir, name),
  ) as [string, string, string]
  const hub = await HubProcess.start({ dataDir, settings: { 'backup.dir': backups } })
  await load(hub, events, 0)
  await hub.settle(SETTLE_LIMIT_SECONDS)
  const firstSeconds = await command('backup', '--url', hub.url)
  await load(hub, Math.round(events / 100), events)
  await hub.settle(SETTLE_LIMIT_SECONDS)
  const incrementalSeconds = await command('backup', '--url', hub.url)
  await hub.stop()
  const logBytes = await folderBytes(join(dataDir, 'log'))
  const verifySeconds = await command('backup', 'verify', backups)
  const copySeconds = await command('restore', '--from', backups, '--to', restored)
  const again = await HubProcess.start({ dataDir: restored })
  const { readyMs, listeningMs } = again
  await again.stop()
  const seconds = copySeconds + readyMs / 1000
  process.stdout.write(
    `${JSON.stringify(
      {
        events: events + Math.round(events / 100),
        logBytes,
        backupBytes: await folderBytes(backups),
        firstSeconds,
        incrementalSeconds,
        verifySeconds,
        copySeconds,
        takesEventsSeconds: copySeconds + listeningMs / 1000,
        answersSeconds: seconds,
        extrapolatedMinutesFor10GB: ((seconds * TEN_GB) / logBytes / 60).toFixed(1),
      },
      null,
      2,
    )}\n`,
  )
} finally {
  await rm(dir, { recursive: true, force: true })
}
