/**
 * Measures backup and restore of a hub: `node bench/restore.ts`.
 *
 *     --events N       events to store, default 1,000,000
 *     --payload N      characters of incompressible text in each, default 0: three quarters of N bytes of log.
 *                      So a log of 10 GB is made of 10 million events: --events 10e6 --payload 1250
 *     --bytes N        instead of --events: as many as make a log of about N bytes (10 GB: 10e9)
 *     --compare        starts the restored hub once more without the index that was restored
 *     --folder PATH    where data goes (removed afterwards), about four times the log; default the system's
 *                      temporary folder
 *
 * Prints, as JSON: seconds of the first and of an incremental backup, of their verification, of the
 * copying of a restore; then, from the beginning of the restore, seconds until the restored hub takes
 * events, until it answers questions, and until it is at rest, rollups built. Rates are of this run; nothing is
 * extrapolated. Processor seconds are the hub's own.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { folderBytes, HubProcess, KEY } from './hub-process.ts'
import { generateLoad } from './load.ts'

const { values: flags } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    payload: { type: 'string', default: '0' },
    bytes: { type: 'string' },
    compare: { type: 'boolean', default: false },
    folder: { type: 'string', default: tmpdir() },
  },
})
/** Of the generator's events in a compressed log, about, without a payload and for each character of it. */
const LOG_BYTES_PER_EVENT = 67
const LOG_BYTES_PER_CHARACTER = 0.75
/** More than anything here takes; whoever waits longer has stopped it. */
const LIMIT_SECONDS = 24 * 3_600
/** What `settle` waits for at the end, to be sure. */
const QUIET_SECONDS = 4
const MOST_PAYLOAD = 60_000

const payload = number('payload', flags.payload, MOST_PAYLOAD)
const events = Math.round(
  flags.bytes === undefined
    ? number('events', flags.events, 1e10)
    : number('bytes', flags.bytes, 1e13) /
        (LOG_BYTES_PER_EVENT + LOG_BYTES_PER_CHARACTER * payload),
)
const LAUNCHER = fileURLToPath(new URL('../packages/hub/bin/llmhub.js', import.meta.url))

/** @throws Error unless it is a number from 0 to `most` */
function number(flag: string, text: string, most: number): number {
  const value = Number(text)
  if (text !== '' && value >= 0 && value <= most) return value
  throw new Error(`--${flag} ${text}: expected a number from 0 to ${most}`)
}

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
    seconds: LIMIT_SECONDS,
    events: count,
    rate: null,
    spreadDays: 30,
    payload,
  })
}

interface Recovery {
  readonly takesEventsSeconds: number
  readonly answersSeconds: number
  readonly atRestSeconds: number
  readonly takesEventsCpuSeconds: number
  readonly answersCpuSeconds: number
  readonly atRestCpuSeconds: number
}

/** Starts the hub on a restored folder. Its times begin `copySeconds` before. */
async function recovery(dataDir: string, copySeconds: number): Promise<Recovery> {
  const begun = performance.now()
  const settings = { log_level: 'error' }
  const hub = await HubProcess.start({ dataDir, settings, readyWithinSeconds: LIMIT_SECONDS })
  const { listeningMs, listeningCpuSeconds, readyMs, readyCpuSeconds } = hub.started
  await hub.settle(LIMIT_SECONDS)
  const atRestSeconds = (performance.now() - begun) / 1000 - QUIET_SECONDS
  const { cpuSeconds } = await hub.usage()
  await hub.stop()
  return {
    takesEventsSeconds: copySeconds + listeningMs / 1000,
    answersSeconds: copySeconds + readyMs / 1000,
    atRestSeconds: copySeconds + Math.max(readyMs / 1000, atRestSeconds),
    takesEventsCpuSeconds: listeningCpuSeconds,
    answersCpuSeconds: readyCpuSeconds,
    atRestCpuSeconds: cpuSeconds,
  }
}

const dir = await mkdtemp(join(flags.folder, 'llmhub-restore-'))
try {
  const [dataDir, backups, restored] = ['data', 'backups', 'restored'].map((name) =>
    join(dir, name),
  ) as [string, string, string]
  const hub = await HubProcess.start({ dataDir, settings: { 'backup.dir': backups } })
  const loadStart = performance.now()
  await load(hub, events, 0)
  const loadSeconds = (performance.now() - loadStart) / 1000
  await hub.settle(LIMIT_SECONDS)
  const firstSeconds = await command('backup', '--url', hub.url)
  await load(hub, Math.round(events / 100), events)
  await hub.settle(LIMIT_SECONDS)
  const incrementalSeconds = await command('backup', '--url', hub.url)
  await hub.stop()
  const logBytes = await folderBytes(join(dataDir, 'log'))
  const indexBytes = await folderBytes(join(dataDir, 'dedup'))
  const backupBytes = await folderBytes(backups)
  const verifySeconds = await command('backup', 'verify', backups)
  // Room for the restored folder, on a disk that would not hold both.
  await rm(dataDir, { recursive: true })
  const copySeconds = await command('restore', '--from', backups, '--to', restored)
  const withIndex = await recovery(restored, copySeconds)
  let withoutIndex: Recovery | null = null
  if (flags.compare) {
    for (const name of ['dedup', 'store']) await rm(join(restored, name), { recursive: true })
    withoutIndex = await recovery(restored, copySeconds)
  }
  const stored = events + Math.round(events / 100)
  const after = withIndex.answersSeconds - copySeconds
  const report = {
    cores: cpus().length,
    events: stored,
    payloadCharacters: payload,
    logBytes,
    logBytesPerEvent: logBytes / stored,
    indexBytes,
    backupBytes,
    loadSeconds,
    firstSeconds,
    incrementalSeconds,
    verifySeconds,
    copySeconds,
    ...withIndex,
    copiedBytesPerSecond: (logBytes + indexBytes) / copySeconds,
    appliedEventsPerSecond: stored / after,
    appliedBytesPerSecond: logBytes / after,
    ...(withoutIndex === null ? {} : { withoutIndex }),
  }
  const rounded = (_: string, value: unknown): unknown =>
    typeof value === 'number' ? Number(value.toFixed(value < 1000 ? 2 : 0)) : value
  process.stdout.write(`${JSON.stringify(report, rounded, 2)}\n`)
} finally {
  await rm(dir, { recursive: true, force: true })
}
