/**
 * Measures a hub that runs as a process of its own, on this machine, over loopback: `npm run bench`.
 *
 *     --quick          10 s per load and 1 M events instead of 60 s and 1 M, 10 M
 *     --seconds N      time of each load
 *     --events N,M     sizes of the stored data
 *     --only A,B       sections: ingest, peers, data
 *     --folder PATH    where data goes (removed afterwards); default the system's temporary folder
 *     --profile PATH   keep CPU profiles of the hub's threads there; figures are lower with it
 *
 * Nothing here judges by time: the table says what was wanted and what came out. Figures of a machine
 * that does other work at the same time are only good as ratios to the calibration beside them.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { quantile } from '../packages/hub/src/cli/bench/quantiles.ts'
import { calibrate, measurePeers, type Peers } from './calibration.ts'
import { HubProcess, KEY } from './hub-process.ts'
import { type IngestResult, measureIngest } from './ingest.ts'
import { type DiskUse, dropStore, type Idle, measureDisk, measureIdle } from './lifecycle.ts'
import {
  measureCachedReport,
  measureQuestions,
  type QuestionResult,
  type ReportRate,
} from './questions.ts'
import {
  commitOf,
  describeMachine,
  type Line,
  lineTable,
  shown,
  table,
  writeResults,
} from './report.ts'

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    seconds: { type: 'string' },
    events: { type: 'string' },
    only: { type: 'string', default: 'ingest,peers,data' },
    folder: { type: 'string', default: tmpdir() },
    profile: { type: 'string' },
  },
})
const SEED = 20_261_121
const seconds = Number(flags.seconds ?? (flags.quick ? 10 : 60))
const sizes = (flags.events ?? (flags.quick ? '1000000' : '1000000,10000000'))
  .split(',')
  .map(Number)
const sections = new Set(flags.only.split(','))
const idleSeconds = flags.quick ? 10 : 30
const repeats = flags.quick ? 10 : 30
/** A longer load would be a fault of its own. */
const LOAD_LIMIT_SECONDS = 3_600
const SETTLE_LIMIT_SECONDS = 600
const MIB = 1024 * 1024

const { version } = JSON.parse(
  await readFile(new URL('../packages/hub/package.json', import.meta.url), 'utf8'),
) as { version: string }
const env: Readonly<Record<string, string>> =
  flags.profile === undefined
    ? {}
    : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${flags.profile} --cpu-prof-interval=500` }

interface EmptyResult {
  readonly startMs: readonly number[]
  readonly idle: Idle
}

interface DataResult {
  readonly events: number
  readonly load: IngestResult
  readonly idle: Idle
  readonly questions: readonly QuestionResult[]
  readonly report: ReportRate
  readonly startAfterKillMs: number
  readonly disk: DiskUse
  readonly rebuildSeconds: number
}

const calibrations: { readonly before: string; readonly parsedPerSecond: number }[] = []
const lines: Line[] = []
const parts: string[] = []
let empty: EmptyResult | null = null
const ingest: IngestResult[] = []
let peers: Peers | null = null
const data: DataResult[] = []

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`)
}

function calibration(before: string): void {
  const parsedPerSecond = calibrate(SEED)
  calibrations.push({ before, parsedPerSecond })
  say(`${before}: JSON.parse of these events on one core: ${shown(parsedPerSecond)} events/s`)
}

/** A data folder of its own, removed in the end. */
async function inFolder<T>(work: (dataDir: string) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(join(flags.folder, 'llmhub-bench-'))
  try {
    return await work(dataDir)
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** A hub for as long as `work` takes. */
async function withHub<T>(dataDir: string, work: (hub: HubProcess) => Promise<T>): Promise<T> {
  const hub = await HubProcess.start({ dataDir, env })
  try {
    return await work(hub)
  } finally {
    await hub.stop()
  }
}

async function measureEmpty(): Promise<EmptyResult> {
  const startMs: number[] = []
  for (let n = 0; n < 3; n++) {
    startMs.push(await inFolder((dir) => withHub(dir, (hub) => Promise.resolve(hub.readyMs))))
  }
  const idle = await inFolder((dir) => withHub(dir, (hub) => measureIdle(hub, idleSeconds)))
  return { startMs, idle }
}

async function measureLoads(): Promise<void> {
  const run = async (
    batch: number,
    connections: number,
    rate: number | null,
  ): Promise<IngestResult> => {
    const result = await inFolder((dir) =>
      withHub(dir, (hub) =>
        measureIngest(
          hub,
          {
            seed: SEED,
            firstSerial: 0,
            batch,
            connections,
            seconds,
            events: null,
            rate,
            spreadDays: null,
          },
          KEY,
        ),
      ),
    )
    say(`batches of ${batch}: ${shown(result.eventsPerSecond)} events/s`)
    ingest.push(result)
    return result
  }
  const full = await run(1_000, 4, null)
  const half = await run(1_000, 4, full.eventsPerSecond / 2)
  await run(100, 8, null)
  await run(1, 32, null)
  lines.push(
    {
      what: 'ingest, batches of 1,000',
      unit: 'events/s',
      must: 60_000,
      aim: 100_000,
      got: full.eventsPerSecond,
      more: true,
    },
    {
      what: 'lag from ack to answer, greatest',
      unit: 'ms',
      must: 2_000,
      aim: null,
      got: full.lagMaxMs,
      more: false,
    },
    {
      what: 'lag after the last ack',
      unit: 'ms',
      must: 2_000,
      aim: null,
      got: full.lagEndMs,
      more: false,
    },
    {
      what: 'ack p99 at half that rate',
      unit: 'ms',
      must: 100,
      aim: 25,
      got: half.ackP99Ms,
      more: false,
    },
    {
      what: 'RSS under load, greatest',
      unit: 'MiB',
      must: null,
      aim: null,
      got: full.hubRssMaxBytes / MIB,
      more: false,
    },
  )
}

async function measureData(events: number): Promise<DataResult> {
  return inFolder(async (dataDir) => {
    say(`loading ${shown(events)} events over 30 days`)
    const load = await withHub(dataDir, async (hub) => {
      const result = await measureIngest(
        hub,
        {
          seed: SEED,
          firstSerial: 0,
          batch: 1_000,
          connections: 4,
          seconds: LOAD_LIMIT_SECONDS,
          events,
          rate: null,
          spreadDays: 30,
        },
        KEY,
      )
      say(`${shown(result.eventsPerSecond)} events/s; waiting for rollups and compression`)
      await hub.settle(SETTLE_LIMIT_SECONDS)
      return result
    })
    const disk = await measureDisk(dataDir, events)
    const crashing = await HubProcess.start({ dataDir, env })
    await crashing.kill()
    const [started, questions, report, idle] = await withHub(dataDir, async (hub) => {
      say(`ready ${shown(hub.readyMs)} ms after kill -9; asking`)
      const asked = await measureQuestions(hub, repeats)
      const cached = await measureCachedReport(hub, Math.min(seconds, 10), 8)
      await hub.settle(SETTLE_LIMIT_SECONDS)
      return [hub.readyMs, asked, cached, await measureIdle(hub, idleSeconds)] as const
    })
    await dropStore(dataDir)
    say('rebuilding the store from the log')
    const rebuildSeconds = await withHub(dataDir, (hub) => Promise.resolve(hub.readyMs / 1000))
    return {
      events,
      load,
      idle,
      questions,
      report,
      startAfterKillMs: started,
      disk,
      rebuildSeconds,
    }
  })
}

function dataLines(result: DataResult, started: EmptyResult | null): void {
  const size = `${shown(result.events / 1e6)} M events`
  const worst = Math.max(...result.questions.map(({ p95Ms }) => p95Ms))
  const { disk, idle } = result
  lines.push(
    {
      what: `questions, p95 of the slowest, ${size}`,
      unit: 'ms',
      must: 100,
      aim: 30,
      got: worst,
      more: false,
    },
    {
      what: `cached report, ${size}`,
      unit: 'req/s',
      must: 2_000,
      aim: 5_000,
      got: result.report.requestsPerSecond,
      more: true,
    },
    {
      what: `start to ready after kill -9, ${size}`,
      unit: 'ms',
      must: 10_000,
      aim: 5_000,
      got: result.startAfterKillMs,
      more: false,
    },
    {
      what: `rebuild of the store, ${size}`,
      unit: 'events/s',
      must: 60_000,
      aim: 150_000,
      // A start without data is no part of it.
      got:
        result.events /
        Math.max(0.001, result.rebuildSeconds - quantile(started?.startMs ?? [0], 0.5) / 1000),
      more: true,
    },
    {
      what: `idle RSS, ${size}`,
      unit: 'MiB',
      must: 450,
      aim: 300,
      got: idle.rssBytes / MIB,
      more: false,
    },
    {
      what: `idle CPU, ${size}`,
      unit: '% of a core',
      must: 1,
      aim: 1,
      got: idle.cpuShare * 100,
      more: false,
    },
    {
      what: `store on disk, ${size}`,
      unit: 'bytes/event',
      must: 90,
      aim: 60,
      got: disk.storeBytesPerEvent,
      more: false,
    },
    {
      what: `store + log on disk, ${size}`,
      unit: 'bytes/event',
      must: 220,
      aim: 150,
      got: disk.storeBytesPerEvent + disk.logBytesPerEvent,
      more: false,
    },
    {
      what: `indexes on disk, ${size}`,
      unit: 'bytes/event',
      must: null,
      aim: null,
      got: disk.indexBytesPerEvent,
      more: false,
    },
  )
}

function questionTable(result: DataResult): string {
  const head = [
    'question',
    'source',
    'rows',
    'cold ms',
    'p50 ms',
    'p95 ms',
    'from rows p50',
    'from rows p95',
  ]
  const rows = result.questions.map((each) => [
    each.name,
    each.source,
    String(each.rows),
    ...[each.coldMs, each.p50Ms, each.p95Ms, each.rawP50Ms, each.rawP95Ms].map(shown),
  ])
  return `## Questions, ${shown(result.events)} events over 30 days\n\n${table(head, rows)}\n`
}

function ingestTable(): string {
  const head = [
    'batch',
    'connections',
    'asked events/s',
    'events/s',
    'ack p50 ms',
    'ack p99 ms',
    'lag p50 ms',
    'lag max ms',
    'lag end ms',
    'refused',
    'CPU µs/event',
    'RSS MiB',
    'bytes/event sent',
  ]
  const rows = ingest.map((each) => [
    String(each.batch),
    String(each.connections),
    each.rate === null ? 'all it takes' : shown(each.rate),
    ...[
      each.eventsPerSecond,
      each.ackP50Ms,
      each.ackP99Ms,
      each.lagP50Ms,
      each.lagMaxMs,
      each.lagEndMs,
    ].map(shown),
    String(each.refused),
    shown((each.hubCpuSeconds / each.events) * 1e6),
    shown(each.hubRssMaxBytes / MIB),
    shown(each.bytes / each.events),
  ])
  return `## Ingest over HTTP, ${seconds} s each\n\n${table(head, rows)}\n`
}

const date = new Date().toISOString()
calibration('at the start')
if (sections.has('ingest')) {
  empty = await measureEmpty()
  lines.push(
    {
      what: 'start to ready, empty',
      unit: 'ms',
      must: 3_000,
      aim: 1_000,
      got: quantile(empty.startMs, 0.5),
      more: false,
    },
    {
      what: 'idle RSS, empty',
      unit: 'MiB',
      must: 300,
      aim: 180,
      got: empty.idle.rssBytes / MIB,
      more: false,
    },
    {
      what: 'idle CPU, empty',
      unit: '% of a core',
      must: 1,
      aim: 1,
      got: empty.idle.cpuShare * 100,
      more: false,
    },
  )
  await measureLoads()
  parts.push(ingestTable())
  calibration('after ingest')
}
if (sections.has('peers')) {
  peers = await measurePeers(SEED)
  const rate = ingest[0]?.eventsPerSecond
  const rows: string[][] = [
    ['DuckDB INSERT FROM read_json, no log, no check, no deduplication', peers.readJsonPerSecond],
    ['DuckDB INSERT of one row, in one transaction', peers.oneRowPerSecond],
    ['JSON.parse alone, one core', calibrations[0]?.parsedPerSecond ?? Number.NaN],
  ].map(([name, value]) => [
    String(name),
    shown(Number(value)),
    rate === undefined ? '' : shown(rate / Number(value)),
  ])
  parts.push(`## Beside, in the same run\n\n${table(['what', 'events/s', 'hub / this'], rows)}\n`)
}
if (sections.has('data')) {
  for (const events of sizes) {
    const result = await measureData(events)
    data.push(result)
    dataLines(result, empty)
    parts.push(questionTable(result))
    calibration(`after ${shown(events)} events`)
  }
}

const machine = describeMachine()
const about = [
  `Version ${version}, commit ${commitOf() ?? 'unknown'}, ${date}. ${machine.cores} cores of ${machine.cpu}, ${machine.memoryGb} GB, ${machine.kernel}, Node ${machine.node}.`,
  `The load generator runs on the same machine. JSON.parse of the same events on one core, as a measure of the machine: ${calibrations.map(({ before, parsedPerSecond }) => `${before} ${shown(parsedPerSecond)}/s`).join(', ')}.`,
]
const summary = lineTable(lines)
const markdown = `# Benchmark\n\n${about.join('\n')}\n\n${summary}\n\n${parts.join('\n')}`
const name = `${date.slice(0, 19).replaceAll(':', '')}Z${flags.quick ? '-quick' : ''}`
const path = await writeResults(name, markdown, {
  date,
  version,
  commit: commitOf(),
  machine,
  options: { ...flags, seconds, sizes },
  calibrations,
  lines,
  empty,
  ingest,
  peers,
  data,
})
process.stdout.write(`\n${markdown}\n${path}.md\n${path}.json\n`)
