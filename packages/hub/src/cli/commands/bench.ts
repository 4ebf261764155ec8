import type { ClientSettings } from '../../config/load.ts'
import { askPhase } from '../bench/ask.ts'
import { type IngestFigures, ingestPhase, type Target } from '../bench/ingest.ts'
import { type MachineFacts, machineFacts } from '../bench/machine-facts.ts'
import { quantile } from '../bench/quantiles.ts'
import { startTemporaryHub, type TemporaryHub } from '../bench/temporary-hub.ts'
import { makePool } from '../bench/traffic.ts'
import { failed, request } from '../client.ts'
import { type CliContext, connection, format, type GlobalOptions, printJson } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { bytes, columnFormat, count } from '../formats.ts'
import { printTable } from '../table.ts'

export interface BenchOptions extends GlobalOptions {
  readonly seconds: number
  readonly batch: number
  readonly connections: number
}

/** Whose events they are on a hub that has others: a project that no application has. */
const PROJECT = 'bench'
const MOST_SECONDS = 300
const MOST_BATCH = 10_000
const MOST_CONNECTIONS = 64
/** About a gigabyte of log and store. */
const MOST_EVENTS = 5_000_000
const POOL_EVENTS = 20_000
/** Ids of a phase begin this far from those of the phase before. */
const PHASE_SERIALS = 1_000_000_000

interface Report {
  readonly hub: string
  readonly seconds: number
  readonly batch: number
  readonly connections: number
  readonly machine: MachineFacts
  readonly full: IngestFigures
  readonly half: IngestFigures
  readonly questions: {
    readonly events: number
    readonly p50_ms: number
    readonly p95_ms: number
    readonly each: Awaited<ReturnType<typeof askPhase>>
  }
}

/**
 * `llmhub bench`: how fast events are taken in and questions answered, by a hub of its own, or, with
 * --url or --context, by a running one in the project `bench`.
 */
export async function bench(options: BenchOptions, context: CliContext): Promise<void> {
  bounded('--seconds', options.seconds, MOST_SECONDS)
  bounded('--batch', options.batch, MOST_BATCH)
  bounded('--connections', options.connections, MOST_CONNECTIONS)
  const output = format(options, context)
  const { terminal } = context
  const isOther = options.url !== undefined || options.context !== undefined
  const own = isOther ? null : await startTemporaryHub(context)
  try {
    const target = own === null ? await runningTarget(options) : ownTarget(own)
    const where = own === null ? `${target.url}, project ${PROJECT}` : 'a temporary hub'
    terminal.err(`Measuring ${where}, for about ${Math.ceil(options.seconds * 2)} s …\n`)
    const report = await measured(target, options, context)
    if (context.signal.aborted) throw new CliError('interrupted: no figures', EXIT.interrupted)
    if (output === 'json') printJson(context, { ...report, temporary: own !== null })
    else print(report, context)
    if (own === null) {
      terminal.err(
        `${count(report.questions.events)} events stay in project ${PROJECT}. To let them go: llmhub retention set 1 --project ${PROJECT}\n`,
      )
    }
  } finally {
    await own?.end()
  }
}

function bounded(name: string, value: number, most: number): void {
  if (value < 1 || value > most) {
    throw new CliError(`${name} ${value}: expected 1 to ${count(most)}`, EXIT.usage)
  }
}

function ownTarget({ url, key }: TemporaryHub): Target {
  return { url, key, project: null }
}

async function runningTarget(options: BenchOptions): Promise<Target> {
  const settings = connection(options)
  const { url, key } = settings
  if (key === null)
    throw new CliError(`there is no key for ${url}: see llmhub help auth`, EXIT.auth)
  if (!url.startsWith('http://')) {
    throw new CliError(`${url}: bench speaks plain http alone; measure beside the hub`, EXIT.usage)
  }
  await mustHaveProject(settings)
  return { url, key, project: PROJECT }
}

/** Makes the project where it is missing; one that is there keeps its limits. */
async function mustHaveProject(settings: ClientSettings): Promise<void> {
  const listed = await request(settings, 'GET', '/api/v1/projects')
  // A key that may not look can still use a project that is there; sending says if there is none.
  if (listed.status === 403) return
  if (listed.status !== 200) throw failed(listed)
  const { projects } = listed.body as { readonly projects: readonly { readonly name: string }[] }
  if (projects.some(({ name }) => name === PROJECT)) return
  const content = JSON.stringify({ events_per_second: null })
  const body = { content, type: 'application/json' }
  const made = await request(settings, 'PUT', `/api/v1/projects/${PROJECT}`, body)
  if (made.status !== 200) throw failed(made)
}

async function measured(
  target: Target,
  { seconds, batch, connections }: BenchOptions,
  context: CliContext,
): Promise<Report> {
  const { clock } = context
  const machine = machineFacts(clock)
  // Another world of ids each time: events that the hub has already would only be recognised.
  const pool = makePool(clock.now() % 0xffff_ffff, POOL_EVENTS)
  const phase = { batch, connections, mostEvents: MOST_EVENTS }
  const full = await ingestPhase(
    target,
    pool,
    { ...phase, seconds, rate: null, firstSerial: 0 },
    context,
  )
  const rate = Math.max(1, full.eventsPerSecond / 2)
  const half = await ingestPhase(
    target,
    pool,
    { ...phase, seconds: seconds / 2, rate, firstSerial: PHASE_SERIALS },
    context,
  )
  const each = await askPhase(target, seconds / 2, context)
  return {
    hub: target.url,
    seconds,
    batch,
    connections,
    machine,
    full,
    half,
    questions: {
      events: full.events + half.events,
      p50_ms: quantile(
        each.map(({ p50Ms }) => p50Ms),
        0.5,
      ),
      p95_ms: quantile(
        each.map(({ p95Ms }) => p95Ms),
        1,
      ),
      each,
    },
  }
}

const ms = (value: number): string =>
  Number.isNaN(value) ? '–' : columnFormat('ms', [value])(value)

function print(report: Report, { terminal }: CliContext): void {
  const { full, half, questions, machine, batch, connections } = report
  const row = (name: string, phase: IngestFigures): string[] => [
    name,
    `${count(phase.eventsPerSecond)} /s`,
    ms(phase.ackP50Ms),
    ms(phase.ackP99Ms),
    ms(phase.lagMaxMs),
    count(phase.refused),
  ]
  printTable(
    terminal,
    ['INGEST', 'EVENTS', 'ACK P50', 'ACK P99', 'LAG', 'REFUSED'],
    [row('as fast as it goes', full), row('at half that rate', half)],
  )
  terminal.out('\n')
  printTable(
    terminal,
    [`QUESTION, OVER ${count(questions.events)} EVENTS`, 'ASKED', 'P50', 'P95'],
    questions.each.map(({ name, asked, p50Ms, p95Ms }) => [
      name,
      count(asked),
      ms(p50Ms),
      ms(p95Ms),
    ]),
  )
  terminal.out('\n')
  const { cpu, cores, memoryBytes, node, platform, load1, fsyncP50Ms } = machine
  terminal.out(
    `${cpu}, ${cores} cores, ${bytes(memoryBytes)}; ${platform}, Node ${node}; fsync ${ms(fsyncP50Ms)}\n`,
  )
  terminal.out(
    `Requests of ${count(batch)} events over ${count(connections)} connections, made on the machine of this command.\n`,
  )
  if (load1 > cores) {
    terminal.err(
      `! ${load1.toFixed(1)} processes wanted ${cores} cores: alone on the machine the hub is faster.\n`,
    )
  }
}
